//! curl over the socket.

use std::process::Command;

use serde_json::{Value, json};

use super::stage::{MOUNTS, NAME, Stage, VALUE};

#[test]
fn it_reads_the_same_secret_from_every_backend_over_the_socket() {
    let stage = Stage::start();
    let curl = |path: &str| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--fail", "--header", "X-Vault-Request: true", "--unix-socket"]);
        let output = command.arg(stage.daemon.socket()).arg(format!("http://localhost{path}")).output().unwrap();
        assert!(output.status.success(), "{path}: {output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    for mount in MOUNTS {
        let data = &curl(&format!("/v1/{mount}/data/{NAME}"))["data"]["data"];
        assert_eq!(*data, json!({ "value": VALUE, "key": VALUE }), "{mount}");
        let plain = curl(&format!("/runtime/v1/secrets/{mount}/{NAME}"));
        let expected = if mount == "bao" { json!({ "value": VALUE, "key": VALUE }) } else { json!(VALUE) };
        // Of a mount of objects, the value is the object.
        let value = plain["value"].as_str().unwrap();
        let value = if mount == "bao" { serde_json::from_str(value).unwrap() } else { json!(value) };
        assert_eq!((&plain["name"], &value), (&json!(NAME), &expected), "{mount}");
        let dapr = curl(&format!("/v1.0/secrets/{mount}/{NAME}"));
        let expected = if mount == "bao" { expected } else { json!({ NAME: VALUE }) };
        assert_eq!(dapr, expected, "{mount}");
    }
}
