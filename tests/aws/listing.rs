//! Listing, and the check.

use serde_json::json;
use test_support::aws::AccessKey;

use super::{MINISTACK, SECRETS, both, run};
use crate::common::Home;

#[test]
fn names_are_listed_by_what_they_begin_with_and_nothing_else() {
    let home = Home::new();
    for server in both() {
        for name in ["list/A1", "list/A2", "list/a3", "list/b/list/A4", "!list/A5"] {
            server.create(name, "v");
        }
        server.create("list/A0", "v");
        server.secret("delete_secret", json!({ "SecretId": "list/A0", "RecoveryWindowInDays": 7 })).unwrap();
        for (prefix, names) in [
            ("list/A", "list/A1\nlist/A2\n"),
            ("list/", "list/A1\nlist/A2\nlist/a3\nlist/b/list/A4\n"),
            ("!list/", "!list/A5\n"),
            ("list/nowhere/", ""),
        ] {
            server.run(&home, SECRETS, ["list", prefix]).run().exits(0).prints(names);
        }
    }
}

#[test]
fn a_listing_tells_versions_and_descriptions() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let version = server.create("long/KEY", "v");
    server.secret("update_secret", json!({ "SecretId": "long/KEY", "Description": "for the app" })).unwrap();
    let listed = server.run(&home, SECRETS, ["--output", "json", "list", "long/"]).run().exits(0).json();
    assert_eq!(
        (&listed["entries"][0]["name"], &listed["entries"][0]["version"]),
        (&json!("long/KEY"), &json!(version))
    );
    assert_eq!(listed["entries"][0]["metadata"]["description"], "for the app");
}

#[test]
fn a_check_tells_who_is_known_from_who_is_not() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.run(&home, SECRETS, ["check"]).run().exits(0).prints("ready\n");
    let reader = server.run_as(&home, SECRETS, "check-reader", &["secretsmanager:GetSecretValue"], ["check"]);
    reader.run().exits(0).contains("unknown").contains("secretsmanager:ListSecrets");
    let forged = AccessKey { secret: "wrong".into(), ..server.owner.clone() };
    run(&home, SECRETS, &server.address, &forged, ["check"]).run().exits(5).prints("");
    let unknown = AccessKey { id: "AKIAUNKNOWN".into(), secret: "any".into() };
    run(&home, SECRETS, &server.address, &unknown, ["check"]).run().exits(5).prints("");
}
