//! Reading, asking for existence, listing, checking.

use serde_json::json;
use test_support::{Drongo, Login, Spoiled, google};

use super::{Cloud, full};

/// Every byte there is, and some that look like something.
fn awkward() -> Vec<u8> {
    (0..=255).chain(*b"\r\n True \"quoted\" ").collect()
}

#[test]
fn what_the_vendors_client_writes_is_read_byte_for_byte() {
    let cloud = Cloud::new();
    cloud.vendor(&["write", &full("KEY")], &awkward());
    cloud.secrets(["get", "KEY"]).run().exits(0).prints(awkward());
}

#[test]
fn the_newest_version_is_read_unless_another_is_named() {
    let cloud = Cloud::new();
    for value in ["first", "second"] {
        cloud.vendor(&["write", &full("KEY")], value.as_bytes());
    }
    cloud.secrets(["get", "KEY"]).run().exits(0).prints("second");
    cloud.secrets(["get", "KEY", "--version", "1"]).run().exits(0).prints("first");
    cloud.secrets(["get", "KEY", "--version", "latest"]).run().exits(0).prints("second");
    cloud.secrets(["get", "KEY", "--version", "3"]).run().exits(10).prints("");
    let before = cloud.asked().len();
    for unusable in ["1:access", "1/../2", "newest!"] {
        cloud.secrets(["get", "KEY", "--version", unusable]).run().exits(2).prints("");
    }
    assert_eq!(cloud.asked().len(), before);
    let answer = cloud.secrets(["--output", "json", "get", "KEY"]).run().exits(0).json();
    assert_eq!((&answer["KEY"]["value"], &answer["KEY"]["version"]), (&json!("second"), &json!("2")));
}

#[test]
fn a_read_is_one_request_for_the_value() {
    let cloud = Cloud::new();
    cloud.vendor(&["write", &full("KEY")], b"v");
    let before = cloud.asked().len();
    cloud.secrets(["get", "KEY"]).run().exits(0).prints("v");
    assert_eq!(cloud.asked()[before..], [format!("GET /v1/{}/versions/latest:access", full("KEY"))]);
}

#[test]
fn a_secret_without_a_value_is_missing_and_one_that_is_switched_off_is_denied() {
    let cloud = Cloud::new();
    cloud.set_up("POST", "?secretId=EMPTY", Some(&json!({ "replication": { "automatic": {} } })));
    for name in ["NONE", "EMPTY"] {
        cloud.secrets(["get", name]).run().exits(10).prints("").says(&[name]);
        cloud.secrets(["exists", name]).run().exits(10).prints("no\n");
    }
    cloud.vendor(&["write", &full("OFF")], b"v");
    cloud.secrets(["exists", "OFF"]).run().exits(0).prints("yes\n");
    for verb in ["disable", "destroy"] {
        cloud.set_up("POST", &format!("OFF/versions/1:{verb}"), Some(&json!({})));
        cloud.secrets(["get", "OFF"]).run().exits(5).prints("").says(&["[FAILED_PRECONDITION]"]);
        cloud.secrets(["exists", "OFF"]).run().exits(10).prints("no\n");
    }
}

#[test]
fn a_value_that_does_not_match_its_checksum_is_not_handed_over() {
    let cloud = Cloud::new();
    cloud.vendor(&["write", &full("KEY")], b"canary");
    cloud.server.spoil(Spoiled::Checksums);
    let get = cloud.secrets(["get", "KEY"]).run().exits(7).prints("").never_shows("canary");
    get.says(&["google-secret-manager", "checksum"]);
    cloud.server.spoil(Spoiled::NoChecksums);
    cloud.secrets(["get", "KEY"]).run().exits(0).prints("canary");
}

#[test]
fn who_may_not_and_who_is_not_known_are_told_apart_from_what_is_missing() {
    let cloud = Cloud::new();
    cloud.vendor(&["write", &full("KEY")], b"v");
    for (login, said) in [(Login::Outsider, "[PERMISSION_DENIED]"), (Login::Stranger, "refused our credentials")] {
        for command in [&["get", "KEY"][..], &["exists", "KEY"], &["list"], &["set", "KEY"], &["delete", "KEY"]] {
            let run = cloud.run_as(login, "google-secret-manager", command).input("new");
            run.env("GOOGLE_CLOUD_PROJECT", "test-project").run().exits(5).prints("").says(&[said]);
        }
    }
    cloud.secrets(["get", "KEY"]).run().exits(0).prints("v");
    let elsewhere = cloud.secrets(["--set", "project=somebody-elses", "get", "KEY"]).run();
    elsewhere.exits(5).prints("");
}

#[test]
fn names_are_listed_by_prefix_over_all_pages() {
    let cloud = Cloud::new();
    for number in 0..25 {
        let create = json!({ "replication": { "automatic": {} } });
        for name in [format!("A-{number:02}"), format!("B_A-{number:02}")] {
            cloud.set_up("POST", &format!("?secretId={name}"), Some(&create));
        }
    }
    let lines = |of: &str| (0..25).map(|number| format!("{of}{number:02}\n")).collect::<String>();
    cloud.secrets(["list", "A-"]).run().exits(0).prints(lines("A-"));
    cloud.secrets(["list"]).run().exits(0).prints(lines("A-") + &lines("B_A-"));
    cloud.secrets(["list", "C"]).run().exits(0).prints("");
    for (limit, more) in [("1", true), ("24", true), ("25", false)] {
        let listed = cloud.secrets(["--output", "json", "list", "A-", "--limit", limit]).run().exits(0).json();
        assert_eq!(listed["entries"].as_array().unwrap().len().to_string(), limit);
        assert!(listed["more"] == more || limit == "25", "{listed}");
    }
    let empty = cloud.secrets(["--set", "location=nowhere", "list"]).run();
    empty.exits(0).prints("");
}

#[test]
fn a_secret_of_one_region_is_not_a_global_one() {
    let cloud = Cloud::new();
    let regional = format!("projects/{}/locations/europe-west3/secrets/KEY", test_support::Google::PROJECT);
    cloud.vendor(&["write", &regional], b"regional");
    cloud.secrets(["get", "KEY"]).run().exits(10);
    cloud.secrets(["--set", "location=europe-west3", "get", "KEY"]).run().exits(0).prints("regional");
    let by_variable = cloud.secrets(["get", "KEY"]).env("GOOGLE_SECRET_MANAGER_LOCATION", "europe-west3");
    by_variable.run().exits(0).prints("regional");
}

#[test]
fn a_check_says_whether_secrets_can_be_listed() {
    let cloud = Cloud::new();
    cloud.secrets(["check"]).run().exits(0).prints("ready\n");
    let check = |login| {
        let run = cloud.run_as(login, "google-secret-manager", ["check"]);
        run.env("GOOGLE_CLOUD_PROJECT", "test-project").run()
    };
    check(Login::Outsider).exits(0).contains("unknown");
    check(Login::Stranger).exits(5).prints("");
}

#[test]
fn the_emulator_is_read_and_written_and_the_vendors_client_agrees() {
    let (cloud, drongo) = (Cloud::new(), Drongo::start().unwrap());
    let on = |arguments: &[&str]| cloud.secrets_on(&drongo, arguments);
    on(&["get", "KEY"]).run().exits(10);
    on(&["set", "KEY", "--tag", "team=a"]).input(awkward()).run().exits(0).says(&["version 1"]);
    on(&["set", "KEY"]).input("second").run().exits(0).says(&["version 2"]);
    on(&["get", "KEY"]).run().exits(0).prints("second");
    on(&["get", "KEY", "--version", "1"]).run().exits(0).prints(awkward());
    let read = google::vendor("client.py", &[drongo.address(), "none", "read", &full("KEY")], b"").unwrap();
    assert!(String::from_utf8_lossy(&read).contains("\"c2Vjb25k\""));
    google::vendor("client.py", &[drongo.address(), "none", "write", &full("THEIRS")], &awkward()).unwrap();
    on(&["get", "THEIRS"]).run().exits(0).prints(awkward());
    on(&["list"]).run().exits(0).prints("KEY\nTHEIRS\n");
    on(&["exists", "KEY"]).run().exits(0).prints("yes\n");
    on(&["set", "KEY", "--create-only"]).input("x").run().exits(9);
    on(&["delete", "KEY"]).run().exits(0);
    on(&["exists", "KEY"]).run().exits(10).prints("no\n");
}
