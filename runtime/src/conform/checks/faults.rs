//! A failure is told as what it is, and never as "there is none".

use std::collections::BTreeSet;

use crate::{
    backend::Write,
    conform::{
        bench::Bench,
        report::{Not, Outcome},
        stage::{Fault, shown},
    },
    error::{Error, Kind},
    stand_in::{StandInFault, StandInReply},
    store::{DeleteMode, Listing, Operation},
};

/// What does not change what is there.
const LOOKING: [Operation; 3] = [Operation::Read, Operation::Exists, Operation::List];

/// The seconds that an upstream asks us to wait.
const WAIT: u64 = 7;

/// What an operation comes to.
enum Said {
    /// There is nothing: not-found, no, an empty page.
    Nothing(&'static str),
    /// There is something; perhaps the body of the reply, word for word.
    Something { literally: bool },
    /// It failed.
    Failed(Error),
}

pub(crate) async fn all(bench: &mut Bench) {
    let mut throttled = reply(429, "the upstream fails", "text/plain");
    throttled.headers.push(("retry-after".to_owned(), WAIT.to_string()));
    let status = |status| Fault::Reply(reply(status, "the upstream fails", "text/plain"));
    // Of servers that answer the same to a wrong credential and to a missing permission, the host asks which it was.
    let verifies = bench.backend.manifest().recipes.iter().any(|recipe| recipe.verify.is_some());
    let refused: &[Kind] = &[Kind::Denied, Kind::Unauthenticated];
    let unauthenticated = if verifies { refused } else { &[Kind::Unauthenticated] };
    let faults: [(&'static str, &'static str, Fault, &[Kind]); 7] = [
        ("fault.500", "status 500 is unavailable", status(500), &[Kind::Unavailable]),
        ("fault.503", "status 503 is unavailable", status(503), &[Kind::Unavailable]),
        ("fault.429", "status 429 is rate-limited, with its seconds", Fault::Reply(throttled), &[Kind::RateLimited]),
        ("fault.401", "status 401 is unauthenticated", status(401), unauthenticated),
        ("fault.403", "status 403 is denied", status(403), refused),
        (
            "fault.broken",
            "a broken connection is unavailable",
            Fault::Nothing(StandInFault::Broken),
            &[Kind::Unavailable],
        ),
        ("fault.silent", "silence is a timeout", Fault::Nothing(StandInFault::Silent), &[Kind::Timeout]),
    ];
    for (id, tried, fault, kinds) in faults {
        bench.begin(id);
        let outcome = told(bench, &fault, kinds, &BTreeSet::new()).await;
        bench.end(tried, outcome);
    }
    pages(bench).await;
    bench.begin("fault.change");
    let outcome = changes(bench, &status(503)).await;
    bench.end("a change that meets status 503 is not done", outcome);
}

/// Replies that are none of this upstream's, with status 200.
async fn pages(bench: &mut Bench) {
    let canary = String::from_utf8(bench.value("in-a-page")).unwrap_or_default();
    let html = format!("<html><title>Sign in</title><body>{canary}</body></html>");
    let half = match bench.is_scripted() {
        true => Fault::Half,
        false => Fault::Reply(reply(200, &format!(r#"{{"data":{{"value":"{canary}"#), "application/json")),
    };
    bench.begin("fault.html");
    let page = Fault::Reply(reply(200, &html, "text/html"));
    let literal = literal(bench, &page, &html).await;
    let empty = Fault::Reply(reply(200, "", "application/json"));
    for (id, tried, fault) in [
        ("fault.html", "a page of HTML is malformed", page),
        ("fault.empty", "an empty reply is malformed", empty),
        ("fault.half", "half of a JSON reply is malformed", half),
    ] {
        bench.begin(id);
        let outcome = told(bench, &fault, &[Kind::Malformed], &literal).await;
        bench.end(tried, outcome);
    }
}

fn reply(status: u16, body: &str, media: &str) -> StandInReply {
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    StandInReply { status, headers, body: body.as_bytes().to_vec() }
}

/// The operations to which any reply of status 200 is an answer: its body is the value, or its status says it all.
async fn literal(bench: &mut Bench, page: &Fault, body: &str) -> BTreeSet<Operation> {
    let mut literal = BTreeSet::new();
    for (operation, _) in bench.asking(&LOOKING) {
        if let Ok((Said::Something { literally: true }, _)) = ask(bench, operation, (0, page.clone()), body).await {
            literal.insert(operation);
        }
    }
    literal
}

/// Each operation that asks its upstream says what went wrong, at whichever of its requests.
async fn told(bench: &mut Bench, fault: &Fault, kinds: &[Kind], but: &BTreeSet<Operation>) -> Outcome {
    let asking = bench.asking(&LOOKING);
    if asking.is_empty() {
        return Not::skipped("nothing that works makes a request");
    }
    let mut tried = BTreeSet::new();
    for (operation, requests) in asking.into_iter().filter(|(operation, _)| !but.contains(operation)) {
        for from in 0..requests {
            let (said, was_faulty) = ask(bench, operation, (from, fault.clone()), "").await?;
            match said {
                _ if !was_faulty => continue,
                Said::Failed(error) if kinds.contains(&error.kind()) => waits(operation, &error)?,
                Said::Failed(error) => return Not::failed(format!("{operation}: {}", shown(&error))),
                Said::Nothing(seen) => return Not::failed(format!("{operation}: {seen}")),
                // What the first request brought may be enough.
                Said::Something { .. } if from > 0 => {}
                Said::Something { .. } => return Not::failed(format!("{operation}: an answer")),
            }
            tried.insert(operation.as_str());
        }
    }
    match tried.is_empty() {
        true => Not::skipped("any reply is an answer there"),
        false => Ok(tried.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// Who was asked to come back later knows when.
fn waits(operation: Operation, error: &Error) -> Result<(), Not> {
    let seconds = error.retry_after().map(|wait| wait.as_secs());
    match error.kind() == Kind::RateLimited && seconds != Some(WAIT) {
        true => Not::failed(format!("{operation}: rate-limited, without the {WAIT} s of Retry-After")),
        false => Ok(()),
    }
}

/// What the operation comes to with this fault, and whether the fault came to pass.
async fn ask(bench: &mut Bench, operation: Operation, fault: (usize, Fault), body: &str) -> Result<(Said, bool), Not> {
    let name = bench.known()?;
    Ok(match operation {
        Operation::Exists => {
            let asked = bench.exists(&name, Some(fault)).await;
            let was_faulty = asked.was_faulty;
            let said = match asked.settled(bench)? {
                Ok(true) => Said::Something { literally: true },
                Ok(false) => Said::Nothing("no"),
                Err(error) => Said::Failed(error),
            };
            (said, was_faulty)
        }
        Operation::List => {
            let prefix = bench.folder.clone();
            let asked = bench.list(&Listing { prefix, limit: 10, ..Listing::default() }, Some(fault)).await;
            let was_faulty = asked.was_faulty;
            let said = match asked.settled(bench)? {
                Ok(page) if page.entries.is_empty() => Said::Nothing("an empty page"),
                Ok(page) => Said::Something { literally: page.entries.iter().all(|entry| body.contains(&entry.name)) },
                Err(error) => Said::Failed(error),
            };
            (said, was_faulty)
        }
        _ => {
            let asked = bench.read_as(&name, None, Some(fault)).await;
            let was_faulty = asked.was_faulty;
            let said = match asked.settled(bench)? {
                Ok(value) => Said::Something { literally: value == body.as_bytes() },
                Err(error) if error.kind() == Kind::NotFound => Said::Nothing("not-found"),
                Err(error) => Said::Failed(error),
            };
            (said, was_faulty)
        }
    })
}

/// What was not done is not said to be done.
async fn changes(bench: &mut Bench, fault: &Fault) -> Outcome {
    if !bench.can_write() {
        return Not::skipped("nothing is written here");
    }
    let (name, value) = (bench.name("fault"), bench.value("fault"));
    bench.keep(&name, &value).await?;
    let changed = bench.value("changed");
    let asked = bench.write_with(&name, Write::new(changed), Some((0, fault.clone()))).await;
    unavailable(asked.was_faulty, asked.settled(bench)?, Operation::Write)?;
    if bench.exports(Operation::Delete) {
        let asked = bench.delete(&name, DeleteMode::Recoverable(None), Some((0, fault.clone()))).await;
        unavailable(asked.was_faulty, asked.settled(bench)?, Operation::Delete)?;
    }
    match bench.read(&name).await.settled(bench)? {
        Ok(back) if back == value => Ok(String::new()),
        Ok(_) => Not::failed("the secret was changed"),
        Err(error) => Not::failed(format!("afterwards: {}", shown(&error))),
    }
}

fn unavailable(was_faulty: bool, result: crate::Result<()>, operation: Operation) -> Result<(), Not> {
    match result {
        _ if !was_faulty => Not::skipped(format!("{operation} makes no request")),
        Err(error) if error.kind() == Kind::Unavailable => Ok(()),
        Err(error) => Not::failed(format!("{operation}: {}", shown(&error))),
        Ok(()) => Not::failed(format!("{operation}: done")),
    }
}
