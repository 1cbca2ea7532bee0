//! What is not there is not found, and nothing else is.

use crate::{
    conform::{
        bench::Bench,
        report::{Not, Outcome},
        stage::shown,
    },
    error::Kind,
    store::Operation,
};

pub(crate) async fn all(bench: &mut Bench) {
    bench.begin("absent.read");
    let outcome = read(bench).await;
    bench.end("a secret that is not there is not found", outcome);
    if bench.exports(Operation::Exists) {
        bench.begin("absent.exists");
        let outcome = exists(bench).await;
        bench.end("a secret that is not there does not exist", outcome);
    }
    bench.begin("version.unknown");
    let outcome = version(bench).await;
    bench.end("a version that is not there is never the current value", outcome);
    bench.begin("read.repeated");
    let outcome = repeated(bench).await;
    bench.end("the same read asks the same and gets the same", outcome);
}

async fn read(bench: &mut Bench) -> Outcome {
    bench.needs(Operation::Read)?;
    let asked = bench.read(&bench.name("absent")).await;
    let requests = asked.sent.len();
    match asked.settled(bench)? {
        Err(error) if error.kind() == Kind::NotFound => asked_for(bench, requests),
        Err(error) => Not::failed(shown(&error)),
        Ok(_) => Not::failed("a value"),
    }
}

async fn exists(bench: &mut Bench) -> Outcome {
    bench.needs(Operation::Exists)?;
    let asked = bench.exists(&bench.name("absent"), None).await;
    let requests = asked.sent.len();
    match asked.settled(bench)? {
        Ok(false) => asked_for(bench, requests),
        Ok(true) => Not::failed("yes"),
        Err(error) => Not::failed(shown(&error)),
    }
}

/// Only the upstream knows what is not there; where there is storage, that may be what was asked.
fn asked_for(bench: &Bench, requests: usize) -> Outcome {
    match requests {
        0 if !bench.has_storage => Not::failed("it said so without a request for it"),
        _ => Ok(String::new()),
    }
}

async fn version(bench: &mut Bench) -> Outcome {
    bench.needs(Operation::Read)?;
    let name = bench.known()?;
    let mut notes = Vec::new();
    for version in ["987654321", "no-such-version"] {
        match bench.read_as(&name, Some(version), None).await.settled(bench)? {
            Ok(_) => return Not::failed(format!("a value for version {version}")),
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Unsupported | Kind::Invalid) => {
                notes.push(error.kind().as_str());
            }
            Err(error) => return Not::failed(shown(&error)),
        }
    }
    notes.dedup();
    Ok(notes.join(", "))
}

async fn repeated(bench: &mut Bench) -> Outcome {
    bench.needs(Operation::Read)?;
    let name = bench.known()?;
    let (first, second) = (bench.read(&name).await, bench.read(&name).await);
    let same_requests = first.sent == second.sent;
    match (first.settled(bench)?, second.settled(bench)?) {
        (Ok(one), Ok(other)) if one != other => Not::failed("two values"),
        (Ok(_), Ok(_)) if !same_requests => Not::failed("other requests the second time"),
        (Ok(_), Ok(_)) => Ok(String::new()),
        (Err(error), _) | (_, Err(error)) => Not::failed(shown(&error)),
    }
}
