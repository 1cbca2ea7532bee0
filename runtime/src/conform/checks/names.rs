//! A name is that name and no other, whatever characters it has.

use crate::{
    conform::{
        bench::{Asked, Bench, Put},
        report::{Not, Outcome},
        stage::shown,
    },
    error::Kind,
    store::Operation,
};

/// Names in which something has a meaning to a URL.
const NAMES: [(&str, &str, &str); 8] = [
    ("name.space", "a b", "a name with a space is that name"),
    ("name.percent", "100%", "a name with a % is that name"),
    ("name.query", "a?b#c", "a name with ? and # is that name"),
    ("name.slash", "a/b", "a name with a / is that name, or refused"),
    ("name.unicode", "ü🔑", "a name that is not ASCII is that name"),
    ("name.dots", "..", "a name of dots leads nowhere else"),
    ("name.escaped", "a%2Fb", "a name that looks encoded is that name"),
    ("name.plus", "a+b", "a name with a + is that name"),
];

/// What a name that is read wrongly may become.
const DECOYS: [&str; 7] = ["a", "b", "ab", "100", "a%20b", "a%2520b", "a%252Fb"];

pub(crate) async fn all(bench: &mut Bench) {
    let all: Vec<_> = NAMES.iter().map(|(_, own, _)| *own).chain(DECOYS).collect();
    let mut secrets = Vec::new();
    for own in all {
        let (name, value) = (placed(bench, own), bench.value("named"));
        secrets.push((canonical(bench, &name), value));
    }
    for (id, own, tried) in NAMES {
        bench.begin(id);
        bench.hold(secrets.clone());
        let outcome = itself(bench, own, &secrets).await;
        bench.end(tried, outcome);
    }
}

/// Where a secret of this name is: as it is in a script, and where others are, among those of the trial.
fn placed(bench: &Bench, own: &str) -> String {
    match (bench.is_scripted(), own) {
        (true, _) => format!("{}{own}", bench.folder),
        // Dots alone mean something.
        (false, "..") => format!("{}/..", bench.stem()),
        (false, _) => format!("{}-{own}", bench.stem()),
    }
}

fn canonical(bench: &Bench, name: &str) -> String {
    bench.backend.key(name).map_or_else(|_| name.to_owned(), |name| name.to_string())
}

async fn itself(bench: &mut Bench, own: &str, secrets: &[(String, Vec<u8>)]) -> Outcome {
    bench.needs(Operation::Read)?;
    let name = placed(bench, own);
    let wanted = canonical(bench, &name);
    let mut value = secrets.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
    if !bench.is_scripted() {
        if bench.can_write() {
            match written(bench, &name).await? {
                Ok(kept) => value = Some(kept),
                Err(refused) => return Ok(refused),
            }
        } else {
            value = None;
        }
    }
    let Asked { result, sent, was_faulty } = bench.read(&name).await;
    let requests = sent.len();
    match &result {
        // Elsewhere a refusal is a matter of the rules; here it says that the name was not encoded.
        Err(error) if error.kind() == Kind::Refused => return Not::failed(error.reason().to_owned()),
        Err(error) if error.kind() == Kind::Invalid && requests == 0 => return Ok("refused: invalid".to_owned()),
        _ => {}
    }
    match (Asked { result, sent, was_faulty }.settled(bench)?, value) {
        (Ok(back), Some(value)) if back == value => Ok(String::new()),
        (Ok(back), _) if secrets.iter().any(|(_, value)| *value == back) => Not::failed("the value of another secret"),
        (Ok(_), _) => Not::failed("another value"),
        (Err(error), None) if error.kind() == Kind::NotFound => Ok("there is none, and none is found".to_owned()),
        (Err(error), _) if error.kind() == Kind::NotFound => Not::failed("not-found, although it is there"),
        (Err(error), _) => Not::failed(shown(&error)),
    }
}

/// Writes a secret of this name; answers its value, or how it is refused.
async fn written(bench: &mut Bench, name: &str) -> Result<Result<Vec<u8>, String>, Not> {
    let value = bench.value("named");
    match bench.put(name, &value).await? {
        Put::Kept => Ok(Ok(value)),
        Put::Refused(error) if matches!(error.kind(), Kind::Invalid | Kind::Unsupported) => {
            Ok(Err(format!("not written: {}", error.kind())))
        }
        Put::Refused(error) => Not::failed(format!("when it is written: {}", shown(&error))),
    }
}
