//! Backends against a script of their upstream.

use insta::assert_snapshot;
use secret_runtime::{conform::Trial, stand_in::Script};

use super::{failed, script, skipped, tried};
use crate::common::Component;

#[test]
fn vault_passes_with_a_script_of_its_key_value_store() {
    let report = tried(&Component::backend("vault"), &Trial::with_script(script("vault.toml")), |builder| builder);
    assert_eq!((failed(&report), skipped(&report)), (vec![], vec![]));
    // The ids are stable: somebody names them in a README or a build.
    let ids: Vec<_> = report.rows.iter().map(|row| row.id).collect();
    assert_snapshot!(ids.join("\n"));
}

#[test]
fn a_request_that_the_script_has_no_answer_to_is_named() {
    let only_reading = Script::parse(
        "[set]\naddress = 'https://upstream.example'\n[secrets]\na = 'b'\n\
         [[route]]\nmethod = 'GET'\npath = '/secret/{name}'\nreply = { body = '{value}' }\n\
         [untried]\n'POST /other' = 'nothing here needs it'\n",
    );
    let trial = Trial::with_script(only_reading.unwrap());
    let report = tried(&Component::careless(), &trial, |builder| builder);
    assert_eq!(failed(&report), [("script.answers", "no route is for GET /secrets")]);
    assert!(skipped(&report).contains(&("list.works", "the script has no answer to it; see script.answers")));
}
