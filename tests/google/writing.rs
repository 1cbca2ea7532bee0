//! Writing, deleting.

use serde_json::{Value, json};

use super::{Cloud, full};

/// What is kept beside a secret, as the vendor's client tells.
fn described(cloud: &Cloud, name: &str) -> Value {
    serde_json::from_slice(&cloud.vendor(&["describe", &full(name)], b"")).unwrap()
}

#[test]
fn the_vendors_client_reads_what_is_written_and_its_checksum_was_sent() {
    let cloud = Cloud::new();
    let value: Vec<u8> = (0..=255).collect();
    cloud.secrets(["set", "KEY"]).input(value.clone()).run().exits(0).prints("").says(&["stored KEY, version 1"]);
    assert_eq!(cloud.vendor_reads("KEY"), (base64(&value), "1".into()));
    assert_eq!(cloud.set_up("GET", "KEY/versions/1", None)["clientSpecifiedPayloadChecksum"], true);
    cloud.secrets(["set", "KEY"]).input("second").run().exits(0).says(&["version 2"]);
    assert_eq!(cloud.vendor_reads("KEY"), (base64(b"second"), "2".into()));
    assert_eq!(described(&cloud, "KEY")["replication"], json!({ "automatic": {} }));
}

/// Standard base64.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[test]
fn an_update_of_a_secret_that_is_there_is_one_request() {
    let cloud = Cloud::new();
    cloud.secrets(["set", "KEY"]).input("one").run().exits(0);
    let before = cloud.asked().len();
    cloud.secrets(["set", "KEY"]).input("two").run().exits(0);
    assert_eq!(cloud.asked()[before..], [format!("POST /v1/{}:addVersion", full("KEY"))]);
}

#[test]
fn create_only_keeps_what_somebody_else_wrote() {
    let cloud = Cloud::new();
    cloud.secrets(["set", "KEY", "--create-only"]).input("one").run().exits(0).says(&["version 1"]);
    let taken = cloud.secrets(["set", "KEY", "--create-only"]).input("canary").run().exits(9).prints("");
    taken.says(&["[ALREADY_EXISTS]"]).never_shows("canary");
    cloud.secrets(["set", "KEY", "--if-version", "1"]).input("two").run().exits(4);
    assert_eq!(cloud.vendor_reads("KEY").1, "1");
}

#[test]
fn copies_are_kept_where_the_operator_says() {
    let cloud = Cloud::new();
    let replicas = "replicas=europe-west1, europe-west4";
    cloud.secrets(["--set", replicas, "set", "PLACED"]).input("v").run().exits(0);
    let places = &described(&cloud, "PLACED")["replication"]["user_managed"]["replicas"];
    let places: Vec<_> = places.as_array().unwrap().iter().map(|place| place["location"].clone()).collect();
    assert_eq!(places, ["europe-west1", "europe-west4"]);

    let regional = ["--set", "location=europe-west3"];
    cloud.secrets(regional).args(["set", "REGIONAL"]).input("v").run().exits(0);
    cloud.secrets(regional).args(["get", "REGIONAL"]).run().exits(0).prints("v");
    cloud.secrets(["get", "REGIONAL"]).run().exits(10);
    let both = cloud.secrets(regional).args(["--set", replicas, "set", "BOTH", "--create-only"]).input("v").run();
    both.exits(2).prints("");
}

#[test]
fn description_and_tags_are_set_when_a_secret_is_created_and_never_lost() {
    let cloud = Cloud::new();
    let beside = ["--description", "For the app: keys, \u{fc}", "--tag", "team=a-1", "--tag", "tier=gold"];
    let set = |name: &str, value: &str, beside: &[&str]| cloud.secrets(["set", name]).args(beside).input(value).run();
    set("KEY", "one", &beside).exits(0).says(&["version 1"]);
    let found = described(&cloud, "KEY");
    assert_eq!(found["labels"], json!({ "team": "a-1", "tier": "gold" }));
    assert_eq!(found["annotations"], json!({ "description": "For the app: keys, \u{fc}" }));

    set("KEY", "two", &beside).exits(0).says(&["version 2"]);
    set("KEY", "three", &["--tag", "team=a-1"]).exits(0).says(&["version 3"]);
    set("KEY", "canary", &["--tag", "team=b"]).exits(4).never_shows("canary");
    set("KEY", "canary", &["--description", "other"]).exits(4);
    assert_eq!((cloud.vendor_reads("KEY").1.as_str(), described(&cloud, "KEY")), ("3", found));
}

#[test]
fn what_google_cannot_keep_is_refused_before_anything_is_sent() {
    let cloud = Cloud::new();
    let refused = |arguments: &[&str], value: &[u8]| {
        cloud.secrets(["set", "KEY"]).args(arguments).input(value).run().exits(2).prints("");
        assert_eq!(cloud.asked(), [""; 0]);
    };
    refused(&[], b"");
    refused(&[], &[b'x'; 65_537]);
    refused(&["--tag", "Team=a"], b"v");
    refused(&["--tag", "team=A b"], b"v");
    refused(&["--description", &"x".repeat(16_385)], b"v");
    for name in ["a.b", "a/b", "\u{fc}", &"x".repeat(256)] {
        cloud.secrets(["set", name]).input("v").run().exits(2);
    }
    assert_eq!(cloud.asked(), [""; 0]);
    cloud.secrets(["set", "KEY"]).input([b'x'; 65_536]).run().exits(0);
    cloud.secrets(["get", "KEY"]).run().exits(0).prints([b'x'; 65_536]);
}

#[test]
fn a_secret_that_is_there_without_a_value_gets_one() {
    let cloud = Cloud::new();
    cloud.set_up("POST", "?secretId=KEY", Some(&json!({ "replication": { "automatic": {} } })));
    cloud.secrets(["set", "KEY", "--create-only"]).input("v").run().exits(9);
    cloud.secrets(["set", "KEY"]).input("v").run().exits(0).says(&["version 1"]);
}

#[test]
fn a_deleted_secret_is_gone_with_all_versions() {
    let cloud = Cloud::new();
    for (name, how) in [("PLAIN", &[][..]), ("FORCED", &["--force"])] {
        cloud.secrets(["set", name]).input("old").run().exits(0);
        cloud.secrets(["delete", name, "--recovery-days", "7"]).run().exits(4);
        cloud.secrets(["get", name]).run().exits(0).prints("old");
        cloud.secrets(["delete", name]).args(how).run().exits(0).prints("");
        cloud.secrets(["get", name]).run().exits(10);
        cloud.secrets(["get", name, "--version", "1"]).run().exits(10);
        cloud.secrets(["delete", name]).args(how).run().exits(10);
        cloud.secrets(["set", name]).input("new").run().exits(0).says(&["version 1"]);
    }
}

#[test]
fn a_secret_is_rotated_to_another_name() {
    let cloud = Cloud::new();
    cloud.secrets(["set", "OLD"]).input("one").run().exits(0);
    cloud.secrets(["rotate", "OLD", "--to", "NEW"]).input("two").run().exits(0);
    cloud.secrets(["get", "NEW"]).run().exits(0).prints("two");
    cloud.secrets(["exists", "OLD"]).run().exits(10);
}
