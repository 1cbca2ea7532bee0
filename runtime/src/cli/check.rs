//! `check`: ask whether the upstream answers and accepts us.

use std::process::ExitCode;

use secret_runtime::{Readiness, Shown};
use serde_json::json;

use super::{Failed, args::Options, get::load_call, load, output};

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failed> {
    let backend = load::backend(options)?;
    match backend.check(&load_call(options, &backend)).await? {
        Readiness::Ready => output::either(options.output, "ready\n", &json!({ "state": "ready" })),
        Readiness::Unknown(why) => output::either(
            options.output,
            &format!("unknown: {}\n", Shown(&why)),
            &json!({ "state": "unknown", "why": why }),
        ),
    }
}
