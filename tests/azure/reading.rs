//! Reading and asking for existence: names, versions, what lies beside a value.

use serde_json::json;
use test_support::Azure;

use crate::common::Home;

#[test]
fn the_newest_version_is_read_unless_another_is_named() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    for value in ["first", "second"] {
        azure.put("key", &json!({ "value": value }));
    }
    home.azure(&azure, ["get", "key"]).run().exits(0).prints("second");
    home.azure(&azure, ["get", "key", "--version", &format!("{:032x}", 1)]).run().exits(0).prints("first");
    home.azure(&azure, ["get", "key", "--version", &format!("{:032x}", 3)]).run().exits(10).prints("");
    let before = azure.requests();
    for unusable in ["1", "latest", "versions", "../../../../../../../../../../etc"] {
        let get = home.azure(&azure, ["get", "key", "--version", unusable]).run().prints("");
        assert!(matches!(get.status.code(), Some(2 | 3)), "{unusable}: {get:?}");
    }
    assert_eq!(azure.requests(), before);
}

#[test]
fn names_do_not_differ_in_case() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("OpenAI-Key", &json!({ "value": "v" }));
    for name in ["OpenAI-Key", "openai-key", "OPENAI-KEY"] {
        home.azure(&azure, ["get", name]).run().exits(0).prints("v");
    }
    let seen = azure.requests();
    assert_eq!(seen, vec!["GET /secrets/openai-key?api-version=7.4"; 3]);
}

#[test]
fn names_that_the_vault_can_not_have_are_refused_before_anything_is_sent() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("openai-api-key", &json!({ "value": "v" }));
    for name in ["OPENAI_API_KEY", "team/key", "a b", "schl\u{fc}ssel", "key.1", &"k".repeat(128)] {
        home.azure(&azure, ["get", name]).run().exits(2).prints("");
    }
    assert_eq!((azure.requests().len(), azure.tokens_issued()), (0, 0));
    home.azure(&azure, ["--map-names", "get", "OPENAI_API_KEY"]).run().exits(0).prints("v");
    home.azure(&azure, ["get", &"k".repeat(127)]).run().exits(10);
}

#[test]
fn what_is_missing_deleted_or_disabled_is_told_apart() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("there", &json!({ "value": "v" }));
    azure.put("off", &json!({ "value": "v", "attributes": { "enabled": false } }));
    home.azure(&azure, ["exists", "there"]).run().exits(0).prints("yes\n");
    home.azure(&azure, ["exists", "missing"]).run().exits(10).prints("no\n");
    home.azure(&azure, ["get", "missing"]).run().exits(10).prints("");
    for command in ["get", "exists"] {
        home.azure(&azure, [command, "off"]).run().exits(5).prints("").says(&["[SecretDisabled]"]);
    }
}

#[test]
fn what_lies_beside_a_value_is_told_and_is_no_part_of_it() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    let attributes = json!({ "exp": 4_102_444_800_u64, "nbf": 1 });
    let tags = json!({ "team": "a" });
    azure.put("key", &json!({ "value": " v\n", "contentType": "text/plain", "tags": tags, "attributes": attributes }));
    let told = home.azure(&azure, ["--output", "json", "get", "key"]).run().exits(0).json();
    assert_eq!(told["key"]["value"], " v\n");
    let beside = &told["key"]["metadata"];
    assert_eq!(
        (&beside["contentType"], &beside["team"], &beside["nbf"]),
        (&json!("text/plain"), &json!("a"), &json!("1"))
    );
    assert!(told["key"].to_string().contains("2100-01-01"), "{told}");
}

#[test]
fn a_read_makes_one_request_and_asks_for_one_token() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("key", &json!({ "value": "v" }));
    home.azure(&azure, ["get", "key"]).run().exits(0).prints("v");
    assert_eq!(azure.requests(), ["GET /secrets/key?api-version=7.4"]);
    assert_eq!(azure.tokens_issued(), 1);
}
