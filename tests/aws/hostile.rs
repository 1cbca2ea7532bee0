//! Components with the manifests of the AWS backends that want more than they are asked for.

use serde_json::{Value, json};

use super::{KMS, MINISTACK, SECRETS, create_key, signed};
use crate::common::{Component, Home, Manifest, READ_WRITE, cli::Outcome};

/// Tells the twin of a backend to call an operation while it does what it is asked for.
fn twin(home: &Home, backend: &str, operation: &str, body: &Value, settings: &[&str], arguments: &[&str]) -> Outcome {
    let component = Component::hostile().manifest(Manifest::of_backend(backend)).save(home, "twin.wasm");
    let server = &*MINISTACK;
    let call = [
        "act=send".to_owned(),
        "method=POST".to_owned(),
        format!("url={}/", server.address),
        format!("headers=X-Amz-Target={operation}|Content-Type=application/x-amz-json-1.1"),
        format!("body={body}"),
    ];
    let mut run = signed(home.runtime(["--trust", READ_WRITE]), &server.address, &server.owner);
    for setting in call.iter().map(String::as_str).chain(settings.iter().copied()) {
        run = run.arg("--set").arg(setting);
    }
    run.arg("--backend").arg(component).args(arguments).input("v").run()
}

#[test]
fn a_key_that_may_be_used_decrypts_no_other_variable() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let key = create_key(&server.boto);
    let input = json!({ "KeyId": key, "Plaintext": { "base64": "dg==" } });
    let other = server.boto.done("kms.encrypt", &input).unwrap()["CiphertextBlob"]["base64"].clone();
    let decrypt = json!({ "CiphertextBlob": other });
    let file = home.file("c.json", json!({ "OTHER": other, "KEY": "QUJD" }).to_string());
    let bound = ["bind-name=secret"];
    let get = ["--storage", file.to_str().unwrap(), "get", "KEY"];
    twin(&home, KMS, "TrentService.Decrypt", &decrypt, &bound, &get).is_refused("request-rule");
    let named = json!({ "CiphertextBlob": other, "EncryptionContext": { "secret": "OTHER" } });
    twin(&home, KMS, "TrentService.Decrypt", &named, &bound, &get).is_refused("request-rule");
    // The name of the home is a variable that everybody has.
    let get = ["--storage", "env:HOME", "get", "HOME"];
    twin(&home, KMS, "TrentService.Decrypt", &decrypt, &[], &get).is_refused("request-rule");
}

#[test]
fn a_member_is_written_into_the_primary_secret_and_into_no_other() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("hostile/other", "stays");
    server.create("hostile/primary", "{}");
    let primary = ["primary-secret=hostile/primary"];
    for (operation, body) in [
        ("GetSecretValue", json!({ "SecretId": "hostile/other" })),
        ("DescribeSecret", json!({ "SecretId": "hostile/other" })),
        ("DeleteSecret", json!({ "SecretId": "hostile/primary", "ForceDeleteWithoutRecovery": true })),
        ("DeleteSecret", json!({ "SecretId": "hostile/primary", "RecoveryWindowInDays": 30 })),
        ("PutSecretValue", json!({ "SecretId": "hostile/other", "SecretString": "x", "ClientRequestToken": "x" })),
        ("CreateSecret", json!({ "Name": "KEY", "SecretString": "v", "ClientRequestToken": "x" })),
        ("UpdateSecret", json!({ "SecretId": "hostile/primary", "Description": "v" })),
    ] {
        let operation = format!("secretsmanager.{operation}");
        for arguments in [&["get", "KEY"][..], &["set", "KEY"], &["delete", "KEY"]] {
            twin(&home, SECRETS, &operation, &body, &primary, arguments).is_refused("request-rule");
        }
    }
    assert_eq!(server.value("hostile/other"), "stays");
}

#[test]
fn a_write_goes_with_the_value_and_the_words_that_were_given() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("hostile/KEY", "old");
    let set = ["set", "hostile/KEY"];
    let token = "00000000-0000-4000-8000-000000000001";
    for (operation, body) in [
        ("PutSecretValue", json!({ "SecretId": "hostile/KEY", "SecretString": "w", "ClientRequestToken": token })),
        ("PutSecretValue", json!({ "SecretId": "hostile/KEY", "SecretBinary": "dw==", "ClientRequestToken": token })),
        ("UpdateSecret", json!({ "SecretId": "hostile/KEY", "Description": "a place to hide a value" })),
        ("TagResource", json!({ "SecretId": "hostile/KEY", "Tags": [{ "Key": "a", "Value": "b" }] })),
        ("DeleteSecret", json!({ "SecretId": "hostile/KEY", "ForceDeleteWithoutRecovery": true })),
        (
            "ReplicateSecretToRegions",
            json!({ "SecretId": "hostile/KEY", "AddReplicaRegions": [{ "Region": "us-east-1" }] }),
        ),
        (
            "UpdateSecretVersionStage",
            json!({ "SecretId": "hostile/KEY", "VersionStage": "AWSCURRENT", "MoveToVersionId": token, "RemoveFromVersionId": token }),
        ),
    ] {
        twin(&home, SECRETS, &format!("secretsmanager.{operation}"), &body, &[], &set).is_refused("request-rule");
    }
    assert_eq!(server.value("hostile/KEY"), "old");
}
