//! Many secrets as the members of one.

use std::thread;

use serde_json::{Value, json};

use super::{MINISTACK, SECRETS};
use crate::common::{Home, cli::Run};

const SETTING: &str = "--set";

fn member(home: &Home, primary: &str, arguments: &[&str]) -> Run {
    MINISTACK.run(home, SECRETS, [SETTING, &format!("primary-secret={primary}")]).args(arguments)
}

/// The primary secret as JSON, as the vendor's client reads it.
#[track_caller]
fn object(primary: &str) -> Value {
    serde_json::from_str(MINISTACK.value(primary).as_str().unwrap()).unwrap()
}

#[test]
fn members_are_read_as_text_or_as_the_json_they_are() {
    let home = Home::new();
    let version = MINISTACK.create("primary/read", r#"{"KEY":"p\u00e4ss\n","port": 5432, "on":true,"o":{"b": 1.0}}"#);
    for (name, value) in [("KEY", "p\u{e4}ss\n"), ("port", "5432"), ("on", "true"), ("o", r#"{"b": 1.0}"#)] {
        member(&home, "primary/read", &["get", name]).run().exits(0).prints(value);
        member(&home, "primary/read", &["exists", name]).run().exits(0).prints("yes\n");
    }
    member(&home, "primary/read", &["get", "key"]).run().exits(10).prints("");
    member(&home, "primary/read", &["exists", "key"]).run().exits(10).prints("no\n");
    member(&home, "primary/read", &["list"]).run().exits(0).prints("KEY\no\non\nport\n");
    member(&home, "primary/read", &["list", "o"]).run().exits(0).prints("o\non\n");
    member(&home, "primary/read", &["check"]).run().exits(0).prints("ready\n");

    let put = json!({ "SecretId": "primary/read", "SecretString": r#"{"KEY":"new"}"# });
    MINISTACK.secret("put_secret_value", put).unwrap();
    member(&home, "primary/read", &["get", "KEY"]).run().exits(0).prints("new");
    member(&home, "primary/read", &["get", "KEY", "--version", &version]).run().exits(0).prints("p\u{e4}ss\n");
    member(&home, "primary/read", &["get", "KEY", "--version", "AWSPREVIOUS"]).run().exits(0).prints("p\u{e4}ss\n");
}

#[test]
fn a_write_leaves_the_other_members_as_they_were_written() {
    let home = Home::new();
    let first = MINISTACK.create("primary/write", r#"{"n": 1.10, "KEY": "old"}"#);
    let set = |arguments: &[&str]| member(&home, "primary/write", &[&["set"], arguments].concat());
    set(&["KEY"]).input("new\"\n").run().exits(0);
    assert_eq!(MINISTACK.value("primary/write"), r#"{"KEY":"new\"\n","n":1.10}"#);
    let stages = MINISTACK.description("primary/write")["VersionIdsToStages"].clone();
    assert_eq!(stages[&first], json!(["AWSPREVIOUS"]));

    set(&["KEY", "--create-only"]).input("x").run().exits(9);
    set(&["OTHER", "--create-only"]).input("o").run().exits(0);
    set(&["KEY", "--if-version", &first]).input("x").run().exits(9);
    let said = member(&home, "primary/write", &["--output", "json", "get", "KEY"]).run().exits(0).json();
    set(&["KEY", "--if-version", said["KEY"]["version"].as_str().unwrap()]).input("last").run().exits(0);
    set(&["KEY"]).input([0xff]).run().exits(2);
    set(&["KEY"]).input(vec![b'x'; 65_537]).run().exits(2);
    set(&["KEY", "--description", "d"]).input("x").run().exits(4);
    set(&["KEY", "--tag", "a=b"]).input("x").run().exits(4);
    assert_eq!(object("primary/write"), json!({ "KEY": "last", "OTHER": "o", "n": 1.10 }));

    member(&home, "primary/write", &["delete", "OTHER"]).run().exits(0);
    member(&home, "primary/write", &["delete", "OTHER"]).run().exits(10);
    member(&home, "primary/write", &["delete", "KEY", "--force"]).run().exits(4);
    member(&home, "primary/write", &["delete", "KEY", "--recovery-days", "30"]).run().exits(4);
    assert_eq!(object("primary/write"), json!({ "KEY": "last", "n": 1.10 }));
}

#[test]
fn of_many_who_write_members_at_the_same_time_none_is_lost() {
    let home = Home::new();
    MINISTACK.create("primary/race", "{}");
    let names: Vec<_> = (0..4).map(|number| format!("KEY{number}")).collect();
    thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| member(&home, "primary/race", &["set", name]).input(&**name).run().exits(0));
        }
    });
    let expected: serde_json::Map<_, _> = names.iter().map(|name| (name.clone(), json!(name))).collect();
    assert_eq!(object("primary/race"), Value::Object(expected));
}

#[test]
fn a_primary_secret_that_is_missing_or_no_object_is_no_missing_member() {
    let home = Home::new();
    for arguments in [&["get", "KEY"][..], &["exists", "KEY"], &["list"], &["delete", "KEY"]] {
        member(&home, "primary/never", arguments).run().exits(2).prints("").says(&["primary-secret"]);
    }
    MINISTACK.create("primary/text", "canary, no JSON");
    member(&home, "primary/text", &["get", "KEY"]).run().exits(7).prints("").never_shows("canary");
    member(&home, "primary/text", &["set", "KEY"]).input("x").run().exits(7);
    assert_eq!(MINISTACK.value("primary/text"), "canary, no JSON");
}
