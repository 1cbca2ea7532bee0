//! `check`: ask whether the upstream answers and accepts us. Three answers, as the External Secrets Operator tells them
//! apart: ready, unknown where it can't be told, and error.

use std::process::ExitCode;

use secret_runtime::{Kind, Readiness, Result, Shown};
use serde_json::json;

use super::{
    Failed,
    args::{Options, Output},
    exit, output,
    session::Session,
};

pub(crate) async fn run(options: &Options) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?;
    let backend = session.backend(None).await?;
    match told(backend.check(&session.call(&backend)).await) {
        Ok(Readiness::Ready) => output::either(options.output, "ready\n", &json!({ "state": "ready" })),
        Ok(Readiness::Unknown(why)) => output::either(
            options.output,
            &format!("unknown: {}\n", Shown(&why)),
            &json!({ "state": "unknown", "why": why }),
        ),
        Err(error) if options.output == Output::Text => Err(error.into()),
        Err(error) => {
            let mut answer = output::error_json(&error);
            if let Some(answer) = answer.as_object_mut() {
                answer.insert("state".into(), "error".into());
            }
            output::json(&answer)?;
            // The state has told programs; people are told here.
            Err(Failed::silent(exit::tell(&error.into())))
        }
    }
}

/// That a backend has no check, or that its upstream asks to come back later, says neither yes nor no.
fn told(answer: Result<Readiness>) -> Result<Readiness> {
    match answer {
        Err(error) if matches!(error.kind(), Kind::Unsupported | Kind::RateLimited) => {
            Ok(Readiness::Unknown(error.to_string()))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use secret_runtime::Error;

    use super::*;

    #[test]
    fn what_cannot_be_told_is_neither_ready_nor_an_error() {
        for (kind, unknown) in [
            (Kind::Unsupported, true),
            (Kind::RateLimited, true),
            (Kind::Unavailable, false),
            (Kind::Timeout, false),
            (Kind::Unauthenticated, false),
            (Kind::Denied, false),
            (Kind::Config, false),
        ] {
            let told = told(Err(Error::new(kind, "so")));
            assert_eq!(matches!(told, Ok(Readiness::Unknown(_))), unknown, "{kind}");
            assert_eq!(told.is_err(), !unknown, "{kind}");
        }
        assert_eq!(told(Ok(Readiness::Ready)).ok(), Some(Readiness::Ready));
    }
}
