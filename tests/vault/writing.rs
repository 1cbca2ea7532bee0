//! Writing, deleting, rotating.

use serde_json::{Value, json};
use test_support::OpenBao;

use crate::common::{Home, READ_WRITE, cli::Run};

fn change(home: &Home, server: &OpenBao, arguments: &[&str]) -> Run {
    home.vault(server, [READ_WRITE]).args(arguments)
}

/// What lies beside a secret, and what became of its versions.
fn metadata(server: &OpenBao, name: &str) -> Value {
    let path = format!("/v1/secret/metadata/{name}");
    server.request("GET", &path, Some(server.token()), None, None).unwrap().1["data"].clone()
}

#[test]
fn a_value_is_created_and_replaced_and_versions_are_counted() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    change(&home, &server, &["set", "KEY"]).input("one").run().exits(0).prints("").says(&["stored KEY, version 1"]);
    change(&home, &server, &["set", "KEY"]).input("two").run().exits(0).says(&["version 2"]);
    assert_eq!(server.get("KEY").unwrap(), Some(json!({ "value": "two" })));
    let said = change(&home, &server, &["--output", "json", "set", "KEY"]).input("three").run().exits(0).json();
    assert_eq!(said, json!({ "name": "KEY", "version": "3" }));
}

#[test]
fn create_only_and_if_version_keep_what_somebody_else_wrote() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    change(&home, &server, &["set", "KEY", "--create-only"]).input("one").run().exits(0);
    let taken = change(&home, &server, &["set", "KEY", "--create-only"]).input("two").run().exits(9).prints("");
    taken.says(&["KEY"]).never_shows("two");
    change(&home, &server, &["set", "KEY", "--if-version", "2"]).input("two").run().exits(9);
    assert_eq!(server.get("KEY").unwrap(), Some(json!({ "value": "one" })));

    change(&home, &server, &["set", "KEY", "--if-version", "1"]).input("two").run().exits(0);
    assert_eq!(server.get("KEY").unwrap(), Some(json!({ "value": "two" })));
    change(&home, &server, &["set", "OTHER", "--if-version", "1"]).input("v").run().exits(9);
    change(&home, &server, &["set", "KEY", "--if-version", "newest"]).input("v").run().exits(2);
    change(&home, &server, &["set", "KEY", "--if-version", "1", "--create-only"]).input("v").run().exits(2);
}

#[test]
fn a_field_is_changed_and_the_others_stay_as_they_are() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("DB", &json!({ "user": "app", "password": "old", "port": 5432 })).unwrap();
    change(&home, &server, &["set", "DB", "--opt", "field=password"]).input("new").run().exits(0);
    assert_eq!(server.get("DB").unwrap(), Some(json!({ "user": "app", "password": "new", "port": 5432 })));

    change(&home, &server, &["set", "DB", "--opt", "field="]).input(r#"{"only": "this"}"#).run().exits(0);
    assert_eq!(server.get("DB").unwrap(), Some(json!({ "only": "this" })));
    change(&home, &server, &["set", "DB", "--opt", "field="]).input("no object").run().exits(2);
    change(&home, &server, &["set", "DB"]).input([0xff, 0xfe]).run().exits(2);
    assert_eq!(server.get("DB").unwrap(), Some(json!({ "only": "this" })));
}

#[test]
fn description_and_tags_are_kept_beside_the_secret() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    let arguments = ["set", "KEY", "--description", "for the app", "--tag", "owner=team-a", "--tag", "tier=gold"];
    change(&home, &server, &arguments).input("v").run().exits(0);
    let kept = json!({ "description": "for the app", "owner": "team-a", "tier": "gold" });
    assert_eq!(metadata(&server, "KEY")["custom_metadata"], kept);
    assert_eq!(server.get("KEY").unwrap(), Some(json!({ "value": "v" })));
}

#[test]
fn a_deleted_secret_can_be_undeleted() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    change(&home, &server, &["delete", "KEY"]).run().exits(0).prints("").says(&["deleted KEY"]);
    home.vault(&server, ["get", "KEY"]).run().exits(10);
    change(&home, &server, &["delete", "KEY"]).run().exits(10);

    let undelete = json!({ "versions": [1] });
    server.request("POST", "/v1/secret/undelete/KEY", Some(server.token()), None, Some(&undelete)).unwrap();
    home.vault(&server, ["get", "KEY"]).run().exits(0).prints("v");
    change(&home, &server, &["delete", "KEY", "--recovery-days", "7"]).run().exits(4);
    home.vault(&server, ["get", "KEY"]).run().exits(0);
}

#[test]
fn a_permanent_delete_leaves_nothing() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    for value in ["one", "two"] {
        server.put("KEY", &json!({ "value": value })).unwrap();
    }
    let said = change(&home, &server, &["--output", "json", "delete", "KEY", "--force"]).run().exits(0).json();
    assert_eq!(said, json!({ "name": "KEY", "permanent": true }));
    assert_eq!(metadata(&server, "KEY"), Value::Null);
    home.vault(&server, ["get", "KEY", "--version", "1"]).run().exits(10);
    change(&home, &server, &["delete", "KEY", "--force"]).run().exits(10);
    change(&home, &server, &["delete", "KEY", "--force", "--recovery-days", "1"]).run().exits(2);
}

#[test]
fn rotating_keeps_the_name_or_moves_to_a_new_one() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("OLD", &json!({ "value": "one" })).unwrap();
    change(&home, &server, &["rotate", "OLD"]).input("two").run().exits(0).says(&["rotated OLD, version 2"]);
    assert_eq!(server.get("OLD").unwrap(), Some(json!({ "value": "two" })));

    change(&home, &server, &["rotate", "OLD", "--to", "NEW"]).input("three").run().exits(0);
    assert_eq!(server.get("NEW").unwrap(), Some(json!({ "value": "three" })));
    assert_eq!(server.get("OLD").unwrap(), None);
    assert_eq!(metadata(&server, "OLD")["versions"]["2"]["destroyed"], false);

    change(&home, &server, &["rotate", "NEVER"]).input("v").run().exits(10);
    assert_eq!(metadata(&server, "NEVER"), Value::Null);
    server.put("TAKEN", &json!({ "value": "theirs" })).unwrap();
    change(&home, &server, &["rotate", "NEW", "--to", "TAKEN"]).input("four").run().exits(9);
    assert_eq!(server.get("TAKEN").unwrap(), Some(json!({ "value": "theirs" })));
    assert_eq!(server.get("NEW").unwrap(), Some(json!({ "value": "three" })));
}

#[test]
fn a_rotation_that_cannot_delete_the_old_name_says_so() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("OLD", &json!({ "value": "one" })).unwrap();
    let rules = r#"path "secret/*" { capabilities = ["create", "update", "read"] }"#;
    server.policy("no-delete", rules).unwrap();
    let token = server.issue_token(&["no-delete"], "60s").unwrap();
    let rotate = change(&home, &server, &["rotate", "OLD", "--to", "NEW"]).env("VAULT_TOKEN", token);
    let said = rotate.input("canary-two").run().exits(5).never_shows("canary-two");
    said.says(&["the new secret NEW is in place, but the old one was not deleted"]);
    assert_eq!(server.get("NEW").unwrap(), Some(json!({ "value": "canary-two" })));
}

#[test]
fn who_may_write_and_not_look_makes_new_secrets_and_loses_nothing_of_old_ones() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("OLD", &json!({ "value": "one", "user": "u" })).unwrap();
    let rules = r#"path "secret/data/*" { capabilities = ["create", "update"] }"#;
    server.policy("blind", rules).unwrap();
    let token = server.issue_token(&["blind"], "60s").unwrap();
    let set = |arguments: &[&str]| {
        let run = change(&home, &server, &["set"]).args(arguments).env("VAULT_TOKEN", &token);
        run.input("canary-new").run().never_shows("canary")
    };
    set(&["NEW"]).exits(0).says(&["stored NEW, version 1"]);
    set(&["OTHER", "--create-only"]).exits(0);
    assert_eq!(server.get("NEW").unwrap(), Some(json!({ "value": "canary-new" })));
    set(&["OLD"]).exits(5);
    set(&["OLD", "--create-only"]).exits(9);
    set(&["OLD", "--if-version", "1"]).exits(5);
    assert_eq!(server.get("OLD").unwrap(), Some(json!({ "value": "one", "user": "u" })));
}
