//! Writing and deleting.

use std::time::{Duration, SystemTime};

use secret_runtime::Write;
use serde_json::json;
use test_support::{Azure, layout};

use crate::common::{Component, Home, READ_WRITE, block_on, cli::Run, library};

fn change(home: &Home, azure: &Azure, arguments: &[&str]) -> Run {
    home.azure(azure, [READ_WRITE]).args(arguments)
}

#[test]
fn a_value_is_created_and_replaced_with_what_is_given_beside_it() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    let beside = ["--opt", "content-type=text/plain", "--tag", "team=a", "--description", "for the app"];
    change(&home, &azure, &["set", "key"]).args(beside).input("one").run().exits(0).prints("").says(&["stored key"]);
    let stored = azure.get("key").unwrap();
    assert_eq!((&stored["value"], &stored["contentType"]), (&json!("one"), &json!("text/plain")));
    assert_eq!(stored["tags"], json!({ "team": "a", "description": "for the app" }));

    let said = change(&home, &azure, &["--output", "json", "set", "key"]).input("two").run().exits(0).json();
    let stored = azure.get("key").unwrap();
    assert_eq!((&stored["value"], stored.get("tags"), stored.get("contentType")), (&json!("two"), None, None));
    let version = said["version"].as_str().unwrap();
    home.azure(&azure, ["get", "key", "--version", version]).run().exits(0).prints("two");

    change(&home, &azure, &["set", "key"]).input("").run().exits(0);
    home.azure(&azure, ["get", "key"]).run().exits(0).prints("");
    assert_eq!(azure.versions("key"), 3);
}

#[test]
fn a_secret_is_given_an_end() {
    let azure = Azure::start().unwrap();
    let client = azure.client();
    let environment = std::collections::BTreeMap::from([
        ("AZURE_KEY_VAULT_URL".to_owned(), azure.address()),
        ("AZURE_AUTHORITY_HOST".to_owned(), azure.address()),
        ("AZURE_TENANT_ID".to_owned(), azure.tenant()),
        ("AZURE_CLIENT_ID".to_owned(), client.id),
        ("AZURE_CLIENT_SECRET".to_owned(), client.secret),
    ]);
    let runtime = library::runtime();
    let component = Component::backend("azure-key-vault").parse().unwrap();
    let builder = runtime.backend(component).environment(std::sync::Arc::new(environment));
    let backend = library::load(builder.access_mode(secret_runtime::AccessMode::ReadWrite)).unwrap();
    let end = SystemTime::UNIX_EPOCH + Duration::from_millis(4_102_444_800_900);
    let write = Write { expires_at: Some(end), ..Write::new("v") };
    block_on(backend.write("key", &write, &backend.call())).unwrap();
    assert_eq!(azure.get("key").unwrap()["attributes"]["exp"], 4_102_444_800_u64);
    let read = block_on(backend.get("key")).unwrap();
    assert_eq!(read.secret.expires_at(), Some(SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800)));
}

#[test]
fn what_the_vault_can_not_keep_is_refused_before_it_is_sent() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    for value in [vec![0xff, 0xfe], vec![b'x'; 25_601]] {
        change(&home, &azure, &["set", "key"]).input(value).run().exits(2);
    }
    for mode in [&["--create-only"][..], &["--if-version", "00000000000000000000000000000001"]] {
        change(&home, &azure, &["set", "key"]).args(mode).input("v").run().exits(4).says(&["Key Vault"]);
    }
    change(&home, &azure, &["delete", "key", "--recovery-days", "7"]).run().exits(4);
    assert_eq!((azure.requests().len(), azure.get("key")), (0, None));
    change(&home, &azure, &["set", "key"]).input(vec![b'x'; 25_600]).run().exits(0);
}

#[test]
fn more_tags_than_the_vault_keeps_are_told_as_its_refusal() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    let tags = (0..16).flat_map(|number| ["--tag".to_owned(), format!("t{number}=x")]);
    change(&home, &azure, &["set", "key"]).args(tags).input("v").run().exits(2).says(&["tags"]);
    assert_eq!(azure.get("key"), None);
}

#[test]
fn a_deleted_secret_is_gone_and_can_be_recovered() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("key", &json!({ "value": "v" }));
    change(&home, &azure, &["delete", "key"]).run().exits(0).prints("").says(&["deleted key"]);
    home.azure(&azure, ["get", "key"]).run().exits(10);
    home.azure(&azure, ["exists", "key"]).run().exits(10);
    change(&home, &azure, &["delete", "key"]).run().exits(10);
    assert_eq!(azure.versions("key"), 1);
}

#[test]
fn a_deleted_name_is_recovered_before_it_is_written() {
    for lag in [0, 1, 3] {
        let (home, azure) = (Home::new(), Azure::start().unwrap());
        azure.lag(lag);
        azure.put("key", &json!({ "value": "old" }));
        change(&home, &azure, &["delete", "key"]).run().exits(0);
        change(&home, &azure, &["set", "key"]).input("new").run().exits(0);
        home.azure(&azure, ["get", "key"]).run().exits(0).prints("new");
        assert_eq!(azure.versions("key"), 2);
        let recovered = azure.requests().iter().filter(|request| request.starts_with("POST")).count();
        assert_eq!(recovered, 1, "{:?}", azure.requests());
    }
}

#[test]
fn a_name_that_stays_taken_is_told_when_time_runs_out() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.lag(1000);
    azure.put("key", &json!({ "value": "old" }));
    change(&home, &azure, &["delete", "key"]).run().exits(0);
    change(&home, &azure, &["--timeout", "2s", "set", "key"]).input("new").run().exits(6).prints("");
}

#[test]
fn who_may_write_but_not_recover_is_told_so() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    let writer = azure.add_client(&["set", "delete"]).unwrap();
    azure.lag(0);
    azure.put("key", &json!({ "value": "old" }));
    home.azure_as(&azure, &writer, [READ_WRITE, "delete", "key"]).run().exits(0);
    let set = home.azure_as(&azure, &writer, [READ_WRITE, "set", "key"]).input("new").run().exits(5);
    set.says(&["recover", "[ForbiddenByPolicy]"]);
}

#[test]
fn a_permanent_delete_leaves_nothing() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    for lag in [0, 3] {
        azure.lag(lag);
        azure.put("key", &json!({ "value": "v" }));
        change(&home, &azure, &["delete", "key", "--force"]).run().exits(0);
        assert_eq!(azure.versions("key"), 0);
        change(&home, &azure, &["delete", "key", "--force"]).run().exits(10);
    }
    // What was deleted before can still be removed for good.
    azure.put("key", &json!({ "value": "v" }));
    change(&home, &azure, &["delete", "key"]).run().exits(0);
    change(&home, &azure, &["delete", "key", "--force"]).run().exits(0);
    assert_eq!(azure.versions("key"), 0);
}

#[test]
fn a_vault_that_protects_what_is_deleted_says_so() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.protect_from_purge(true);
    azure.put("key", &json!({ "value": "v" }));
    let delete = change(&home, &azure, &["delete", "key", "--force"]).run().exits(5);
    delete.says(&["purge protection", "can still be recovered"]);
    home.azure(&azure, ["get", "key"]).run().exits(10);
    assert_eq!(azure.versions("key"), 1);
}

#[test]
fn rotating_keeps_the_name_or_moves_to_a_new_one() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("key", &json!({ "value": "old" }));
    change(&home, &azure, &["rotate", "key"]).input("new").run().exits(0);
    change(&home, &azure, &["rotate", "key", "--to", "key-2"]).input("newer").run().exits(0);
    home.azure(&azure, ["get", "key"]).run().exits(10);
    home.azure(&azure, ["get", "key-2"]).run().exits(0).prints("newer");
}

#[test]
fn the_component_is_small() {
    let size = std::fs::metadata(layout::backend("azure-key-vault")).unwrap().len();
    assert!(size <= 200_000, "{size} bytes");
}
