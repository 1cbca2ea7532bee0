//! hvac, as it is installed.

use serde_json::{Value, json};
use test_support::aws::Boto;

use super::stage::{Hvac, MOUNTS, NAME, Stage, VALUE};

const KV: &str = "secrets.kv.v2";

fn kv(method: &str) -> String {
    format!("{KV}.{method}")
}

#[test]
fn it_reads_the_same_secret_from_every_backend() {
    let stage = Stage::start();
    let mut hvac = Hvac::start(&stage.daemon.url(), &stage.daemon.token(&["read,list:*/**"]));
    for mount in MOUNTS {
        let place = json!({ "path": NAME, "mount_point": mount, "raise_on_deleted_version": true });
        let read = hvac.call(&kv("read_secret_version"), place);
        assert_eq!(read["answer"]["data"]["data"], json!({ "value": VALUE, "key": VALUE }), "{mount}: {read}");

        let listed = hvac.call(&kv("list_secrets"), json!({ "path": "", "mount_point": mount }));
        let keys = listed["answer"]["data"]["keys"].as_array().unwrap();
        assert!(keys.iter().any(|key| key.as_str().unwrap().eq_ignore_ascii_case(NAME)), "{mount}: {listed}");

        let missing = json!({ "path": "NO-SUCH", "mount_point": mount, "raise_on_deleted_version": true });
        let missing = if mount == "local" { with_path(missing, "NO_SUCH") } else { missing };
        let missing = hvac.call(&kv("read_secret_version"), missing);
        assert_eq!(missing, json!({ "error": "InvalidPath", "errors": [] }), "{mount}");
    }
    let mounts = hvac.call("sys.list_mounted_secrets_engines", json!({}));
    let mounts: Vec<_> = mounts["answer"]["data"].as_object().unwrap().keys().map(|name| name.as_str()).collect();
    assert_eq!(mounts, ["aws/", "azure/", "bao/", "local/", "vault/", "whole/"]);
}

fn with_path(mut place: Value, path: &str) -> Value {
    place["path"] = path.into();
    place
}

#[test]
fn it_writes_and_deletes_a_single_value_under_one_of_its_fields() {
    let stage = Stage::start();
    let token = stage.daemon.token(&["*:*/**"]);
    let mut hvac = Hvac::start(&stage.daemon.url(), &token);
    for mount in ["local", "aws", "azure"] {
        let mut write = |secret: Value, cas: Option<i64>| {
            let place = json!({ "path": "FRESH", "secret": secret, "cas": cas, "mount_point": mount });
            hvac.call(&kv("create_or_update_secret"), place)
        };
        for wrong in [
            json!({ "value": "a", "key": "a" }),
            json!({ "password": "a" }),
            json!({ "value": 1 }),
            json!({ "value": null }),
            json!({}),
        ] {
            assert_eq!(write(wrong.clone(), None)["error"], "InvalidRequest", "{mount}: {wrong}");
        }
        let written = write(json!({ "key": "one" }), None);
        assert_eq!(written["answer"]["data"]["destroyed"], false, "{mount}: {written}");
        let place = json!({ "path": "FRESH", "mount_point": mount, "raise_on_deleted_version": true });
        let read = hvac.call(&kv("read_secret_version"), place.clone());
        assert_eq!(read["answer"]["data"]["data"], json!({ "value": "one", "key": "one" }), "{mount}");

        let gone = hvac.call(&kv("delete_latest_version_of_secret"), json!({ "path": "FRESH", "mount_point": mount }));
        assert_eq!(gone["answer"], 204, "{mount}: {gone}");
        let read = hvac.call(&kv("read_secret_version"), place);
        assert_eq!(read, json!({ "error": "InvalidPath", "errors": [] }), "{mount}");
    }
}

#[test]
fn json_and_bytes_of_other_backends_keep_their_shape() {
    let stage = Stage::start();
    let create = |input: Value| stage.aws.done("secretsmanager.create_secret", &input).unwrap();
    create(json!({ "Name": "OBJECT", "SecretString": r#"{"user":"u","port":5432}"# }));
    create(json!({ "Name": "BYTES", "SecretBinary": Boto::bytes(b"\xff\x00") }));
    let mut hvac = Hvac::start(&stage.daemon.url(), &stage.daemon.token(&["*:*/**"]));
    let mut read = |path: &str, mount: &str| {
        let place = json!({ "path": path, "mount_point": mount, "raise_on_deleted_version": true });
        hvac.call(&kv("read_secret_version"), place)["answer"]["data"].clone()
    };
    let object = read("OBJECT", "whole");
    assert_eq!(object["data"], json!({ "user": "u", "port": 5432 }));
    // Its versions are no numbers: clients see none, and what it is called beside.
    assert_eq!(object["metadata"]["version"], 0);
    assert_eq!(object["metadata"]["custom_metadata"]["version"].as_str().unwrap().len(), 36);
    assert_eq!(read("OBJECT", "aws")["data"]["value"], r#"{"user":"u","port":5432}"#);
    assert_eq!(read(NAME, "whole")["data"]["value"], VALUE);
    for mount in ["aws", "whole"] {
        assert_eq!(read("BYTES", mount)["data"], json!({ "value_base64": "/wA=", "key_base64": "/wA=" }));
    }
    let place = json!({ "path": "OBJECT", "secret": { "user": "v", "more": [1] }, "mount_point": "whole" });
    let written = hvac.call(&kv("create_or_update_secret"), place);
    assert_eq!(written["answer"]["data"]["version"], 0, "{written}");
    let stored = stage.aws.done("secretsmanager.get_secret_value", &json!({ "SecretId": "OBJECT" })).unwrap();
    let stored: Value = serde_json::from_str(stored["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(stored, json!({ "user": "v", "more": [1] }));
}

#[test]
fn what_a_backend_has_not_is_said_to_be_unsupported() {
    let stage = Stage::start();
    let mut hvac = Hvac::start(&stage.daemon.url(), &stage.daemon.token(&["*:*/**"]));
    let versions = json!({ "path": NAME, "versions": [1], "mount_point": "local" });
    for method in ["delete_secret_versions", "undelete_secret_versions", "destroy_secret_versions"] {
        let refused = hvac.call(&kv(method), versions.clone());
        // It has no class for a 405, of Vault's own or of ours.
        assert_eq!(refused["error"], "UnexpectedError", "{method}");
        assert!(refused["errors"][0].as_str().unwrap().starts_with("unsupported operation"), "{method}: {refused}");
    }
    let place = json!({ "path": NAME, "secret": { "value": "x" }, "cas": 3, "mount_point": "local" });
    let refused = hvac.call(&kv("create_or_update_secret"), place);
    assert_eq!(refused["error"], "InvalidRequest");
    assert!(refused["errors"][0].as_str().unwrap().contains("no versions to check and set by"), "{refused}");
    let place = json!({ "path": NAME, "secret": { "value": "x" }, "cas": 0, "mount_point": "local" });
    let refused = hvac.call(&kv("create_or_update_secret"), place);
    assert_eq!(refused["errors"], json!(["check-and-set parameter did not match the current version"]));
}

#[test]
fn missing_denied_and_unavailable_are_exceptions_of_their_own() {
    let stage = Stage::start();
    let mut hvac = Hvac::start(&stage.daemon.url(), &stage.daemon.token(&["read:bao/*"]));
    let mut read = |path: &str, mount: &str| {
        let place = json!({ "path": path, "mount_point": mount, "raise_on_deleted_version": true });
        hvac.call(&kv("read_secret_version"), place)["error"].clone()
    };
    assert_eq!(read("NO-SUCH", "bao"), "InvalidPath");
    assert_eq!(read("team/deep", "bao"), "Forbidden");
    assert_eq!(read(NAME, "local"), "Forbidden");
    assert_eq!(read(NAME, "nowhere"), "Forbidden");
    stage.bao.seal().unwrap();
    assert_eq!(read("UNREAD", "bao"), "VaultDown");
    let mut stranger = Hvac::start(&stage.daemon.url(), "s.stranger");
    let place = json!({ "path": NAME, "mount_point": "bao", "raise_on_deleted_version": true });
    assert_eq!(stranger.call(&kv("read_secret_version"), place)["error"], "Forbidden");
}
