//! `check`: ask whether the upstream answers and accepts us.

use std::process::ExitCode;

use secret_runtime::{Readiness, Shown};
use serde_json::json;

use super::{Failed, args::Options, output, session::Session};

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?;
    let backend = session.backend(None).await?;
    match backend.check(&session.call(&backend)).await? {
        Readiness::Ready => output::either(options.output, "ready\n", &json!({ "state": "ready" })),
        Readiness::Unknown(why) => output::either(
            options.output,
            &format!("unknown: {}\n", Shown(&why)),
            &json!({ "state": "unknown", "why": why }),
        ),
    }
}
