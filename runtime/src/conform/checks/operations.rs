//! Whether each operation works at all when all is well. What does not is not tried further.

use crate::{
    conform::{
        bench::{Asked, Bench, Put},
        report::{Not, Outcome},
        stage::shown,
    },
    store::{Listing, Operation},
};

pub(crate) async fn all(bench: &mut Bench) {
    bench.begin("read.works");
    let mut requests = 0;
    let outcome = reads(bench, &mut requests).await;
    tell(bench, Operation::Read, "a secret that is there is read", requests, outcome);

    if bench.exports(Operation::Exists) {
        bench.begin("exists.works");
        let outcome = match bench.known() {
            Ok(name) => {
                let asked = bench.exists(&name, None).await;
                requests = asked.sent.len();
                answered(bench, asked, |there| if *there { Ok(()) } else { Err("no, although it is there") })
            }
            Err(not) => Err(not),
        };
        tell(bench, Operation::Exists, "a secret that is there exists", requests, outcome);
    }
    if bench.exports(Operation::List) {
        bench.begin("list.works");
        let prefix = bench.folder.clone();
        let asked = bench.list(&Listing { prefix, limit: 10, ..Listing::default() }, None).await;
        requests = asked.sent.len();
        let known = bench.known.is_some();
        let outcome = answered(bench, asked, |page| match (known, page.entries.is_empty() && page.next.is_none()) {
            (true, true) => Err("an empty page, although there is a secret"),
            _ => Ok(()),
        });
        tell(bench, Operation::List, "names are listed", requests, outcome);
    }
    if bench.exports(Operation::Check) {
        bench.begin("check.works");
        let asked = bench.ready().await;
        requests = asked.sent.len();
        let outcome = answered(bench, asked, |_| Ok(()));
        tell(bench, Operation::Check, "the upstream is asked whether it is ready", requests, outcome);
    }
}

fn tell(bench: &mut Bench, operation: Operation, tried: &'static str, requests: usize, outcome: Outcome) {
    bench.works(operation, requests, &outcome);
    bench.end(tried, outcome);
}

/// Reads the secret that was named, or makes one.
async fn reads(bench: &mut Bench, requests: &mut usize) -> Outcome {
    let (name, wanted) = match bench.known.clone() {
        Some(name) => (name, None),
        None if !bench.is_scripted() && !bench.can_write() => {
            return Not::skipped("no secret is there: name one with --secret, or give --writing or --stand-in");
        }
        None => {
            let (name, value) = (bench.name("known"), bench.value("known"));
            match bench.put(&name, &value).await? {
                Put::Kept => bench.known = Some(name.clone()),
                Put::Refused(error) => return Not::failed(format!("it can't be written: {}", shown(&error))),
            }
            (name, Some(value))
        }
    };
    let asked = bench.read(&name).await;
    *requests = asked.sent.len();
    match asked.settled(bench)? {
        Ok(value) if wanted.as_ref().is_none_or(|wanted| *wanted == value) => {
            bench.told.in_play(&value);
            Ok(String::new())
        }
        Ok(_) => Not::failed("another value came back"),
        Err(error) => Not::failed(shown(&error)),
    }
}

fn answered<T>(bench: &mut Bench, asked: Asked<T>, right: impl Fn(&T) -> Result<(), &'static str>) -> Outcome {
    match asked.settled(bench)? {
        Ok(answer) => match right(&answer) {
            Ok(()) => Ok(String::new()),
            Err(seen) => Not::failed(seen),
        },
        Err(error) => Not::failed(shown(&error)),
    }
}
