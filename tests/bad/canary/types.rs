//! `Debug` and `Display` of what the library gives out.

use std::{collections::BTreeMap, fmt::Debug, fs, sync::Arc};

use secret_runtime::{Allocation, Answer, AuditLog, CredentialSource, Read, Runtime, SecretBytes, Write};
use test_support::{Reply, Upstream};

use super::{SECRET, assert_hidden, clean, keeper, key};
use crate::common::{Attack, Home, attack::TOKEN, block_on, library::runtime};

/// Neither `Debug` shows a canary.
#[track_caller]
fn hides(what: &impl Debug) {
    let shown = format!("{what:?} {what:#?}");
    // Bytes are shown as numbers by careless code.
    let numbers = |canary: &str| format!("{:?}", &canary.as_bytes()[..8]).trim_matches(['[', ']']).to_owned();
    for canary in [SECRET, TOKEN] {
        assert!(!shown.contains(canary) && !shown.contains(&numbers(canary)), "{shown}");
    }
}

#[test]
fn types_that_hold_them_do_not_show_them() {
    let upstream = keeper();
    let runtime = runtime();
    let attack = Attack::on(&upstream).sends("GET", &key(&upstream)).set("only", "body");
    let environment = BTreeMap::from([("HOSTILE_TOKEN".to_owned(), TOKEN.to_owned())]);
    let builder = runtime
        .backend(attack.component().parse().unwrap())
        .environment(Arc::new(environment))
        .set("address", upstream.address())
        .credential("token", CredentialSource::value(TOKEN));
    hides(&builder);
    let candidate = builder.candidate().unwrap();
    hides(candidate.facts());
    hides(&candidate.grant());

    let backend = attack.load(&runtime).unwrap();
    let answer: Answer = block_on(backend.get("KEY")).unwrap();
    assert_eq!(answer.secret.expose(), SECRET.as_bytes());
    hides(&answer);
    hides(&answer.secret);
    hides(&SecretBytes::from(SECRET.as_bytes().to_vec()));
    hides(&CredentialSource::value(TOKEN));
    hides(&CredentialSource::Environment {
        variable: "HOSTILE_TOKEN".into(),
        value: SecretBytes::from(TOKEN.as_bytes().to_vec()),
    });
    hides(&Write::new(SECRET));
    hides(&backend);
    hides(&backend.call());
    hides(&runtime);
    let read = Read { name: backend.key("KEY").unwrap(), version: None, options: Default::default() };
    hides(&read);
}

#[test]
fn errors_of_every_kind_do_not_show_them() {
    for reply in [
        Reply::new(200, SECRET),
        Reply::new(500, SECRET),
        Reply::new(200, format!("{SECRET} {TOKEN}")),
        Reply::redirect(302, &format!("http://{SECRET}/")),
        Reply::bytes(format!("{SECRET} {TOKEN}\r\n\r\n")),
        Reply::cut_short(200, SECRET, 10_000),
    ] {
        let upstream = Upstream::start(move |_| reply.clone()).unwrap();
        let runtime = runtime();
        for act in ["gossip", "smuggle", "follow", "send"] {
            let attack = Attack::on(&upstream).sends("GET", &key(&upstream)).set("act", act).set("to", "http://VALUE/");
            if let Err(error) = block_on(attack.load(&runtime).unwrap().get("KEY")) {
                assert_hidden(&error, &[SECRET, TOKEN]);
            }
        }
    }
}

#[test]
fn audit_lines_of_a_service_do_not_hold_them() {
    let upstream = keeper();
    let home = Home::new();
    let file = home.path().join("audit.jsonl");
    let audit = AuditLog::open(&file).unwrap();
    let runtime = Runtime::builder().allocation(Allocation::OnDemand).audit(audit).build().unwrap();
    for act in ["send", "gossip", "smuggle"] {
        let attack = Attack::on(&upstream).sends("GET", &key(&upstream)).set("act", act);
        let _ = block_on(attack.load(&runtime).unwrap().get("KEY"));
    }
    let lines = fs::read_to_string(&file).unwrap();
    assert_eq!(lines.lines().count(), 3);
    clean(&home, &[SECRET, TOKEN]);
}
