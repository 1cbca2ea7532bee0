//! Deleting from Secrets Manager.

use serde_json::json;

use super::{MINISTACK, SECRETS, both};
use crate::common::Home;

#[test]
fn a_deleted_secret_can_be_restored() {
    let home = Home::new();
    for server in both() {
        server.create("soft/KEY", "v");
        server.run(&home, SECRETS, ["delete", "soft/KEY"]).run().exits(0).prints("").says(&["deleted soft/KEY"]);
        server.run(&home, SECRETS, ["get", "soft/KEY"]).run().exits(10);
        server.run(&home, SECRETS, ["delete", "soft/KEY"]).run().exits(10);
        server.secret("restore_secret", json!({ "SecretId": "soft/KEY" })).unwrap();
        server.run(&home, SECRETS, ["get", "soft/KEY"]).run().exits(0).prints("v");
        server.run(&home, SECRETS, ["delete", "soft/NEVER"]).run().exits(10);
    }
}

#[test]
fn it_is_kept_for_seven_days_or_as_many_as_asked_for() {
    let (home, server) = (Home::new(), &*MINISTACK);
    // The day on which it is gone, which the vendor's client writes as a date and a time.
    let gone_on = |name: &str| server.description(name)["DeletedDate"].as_str().unwrap()[..10].to_owned();
    let days = |name: &str| {
        let sample = format!("{name}-sample");
        move |days: u32| {
            server.create(&format!("{sample}{days}"), "v");
            let delete = json!({ "SecretId": format!("{sample}{days}"), "RecoveryWindowInDays": days });
            server.secret("delete_secret", delete).unwrap()["DeletionDate"].as_str().unwrap()[..10].to_owned()
        }
    };
    for (name, arguments, expected) in [
        ("days/PLAIN", &[][..], 7),
        ("days/7", &["--recovery-days", "7"], 7),
        ("days/30", &["--recovery-days", "30"], 30),
    ] {
        server.create(name, "v");
        server.run(&home, SECRETS, ["delete", name]).args(arguments).run().exits(0);
        assert_eq!(gone_on(name), days(name)(expected));
    }
    server.create("days/KEY", "v");
    for unusable in ["6", "31", "0"] {
        server.run(&home, SECRETS, ["delete", "days/KEY", "--recovery-days", unusable]).run().exits(2);
    }
    assert_eq!(server.value("days/KEY"), "v");
}

#[test]
fn a_permanent_delete_leaves_nothing_and_is_no_success_where_nothing_was() {
    let home = Home::new();
    for server in both() {
        server.create("hard/KEY", "v");
        server.run(&home, SECRETS, ["delete", "hard/KEY", "--force"]).run().exits(0);
        let gone = server.secret("describe_secret", json!({ "SecretId": "hard/KEY" }));
        assert_eq!(gone, Err("ResourceNotFoundException".into()), "{}", server.name);
        server.run(&home, SECRETS, ["delete", "hard/KEY", "--force"]).run().exits(10);

        server.create("hard/SOFT", "v");
        server.run(&home, SECRETS, ["delete", "hard/SOFT"]).run().exits(0);
        server.run(&home, SECRETS, ["delete", "hard/SOFT", "--force"]).run().exits(0);
        let gone = server.secret("describe_secret", json!({ "SecretId": "hard/SOFT" }));
        assert_eq!(gone, Err("ResourceNotFoundException".into()), "{}", server.name);
    }
}

#[test]
fn rotating_moves_a_value_to_a_new_name() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("rotate/OLD", "one");
    let rotate = server.run(&home, SECRETS, ["rotate", "rotate/OLD", "--to", "rotate/NEW"]).input("two").run();
    rotate.exits(0);
    assert_eq!(server.value("rotate/NEW"), "two");
    assert!(server.description("rotate/OLD")["DeletedDate"].is_string());
}
