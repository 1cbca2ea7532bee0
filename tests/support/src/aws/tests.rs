//! Against the real programs: what the emulators are trusted with.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::net::TcpStream;

use super::*;

const TOKEN: &str = "00000000-0000-4000-8000-000000000001";

/// Both emulators, and the client of each.
fn both() -> [(&'static str, Boto, Box<dyn std::any::Any>); 2] {
    let (ministack, moto) = (Ministack::start().unwrap(), Moto::start().unwrap());
    [("ministack", ministack.boto().unwrap(), Box::new(ministack)), ("moto", moto.boto().unwrap(), Box::new(moto))]
}

#[test]
fn both_keep_versions_labels_and_names_that_are_about_to_be_deleted() {
    for (emulator, boto, _server) in both() {
        let call = |method: &str, input: Value| boto.call(&format!("secretsmanager.{method}"), &input).unwrap();
        let name = "team/a_b+c=d.e@f!g-h";
        let created = call("create_secret", json!({ "Name": name, "SecretString": "one" })).unwrap();
        let first = created["VersionId"].as_str().unwrap();
        let again = call("create_secret", json!({ "Name": name, "SecretString": "two" }));
        assert_eq!(again, Err("ResourceExistsException".into()), "{emulator}");

        let staged = json!({
            "SecretId": name, "SecretBinary": Boto::bytes([0, 255]), "ClientRequestToken": TOKEN, "VersionStages": ["s"]
        });
        assert_eq!(call("put_secret_value", staged).unwrap()["VersionId"], TOKEN, "{emulator}");
        let get = || call("get_secret_value", json!({ "SecretId": name, "VersionStage": "AWSCURRENT" })).unwrap();
        assert_eq!(get()["SecretString"], "one", "{emulator}");
        let promote = |from: &str| {
            let stage = "AWSCURRENT";
            let moved = json!({
                "SecretId": name, "VersionStage": stage, "MoveToVersionId": TOKEN, "RemoveFromVersionId": from
            });
            call("update_secret_version_stage", moved)
        };
        promote(first).unwrap();
        assert_eq!(get()["SecretBinary"], Boto::bytes([0, 255]), "{emulator}");
        assert_eq!(
            promote(first),
            Err("InvalidParameterException".into()),
            "{emulator}: the label is elsewhere by now"
        );

        call("delete_secret", json!({ "SecretId": name, "RecoveryWindowInDays": 7 })).unwrap();
        let gone = call("get_secret_value", json!({ "SecretId": name }));
        assert_eq!(gone, Err("InvalidRequestException".into()), "{emulator}");
        assert!(call("describe_secret", json!({ "SecretId": name })).unwrap()["DeletedDate"].is_string(), "{emulator}");
        call("restore_secret", json!({ "SecretId": name })).unwrap();
        assert_eq!(get()["VersionId"], TOKEN, "{emulator}");
        let missing = call("get_secret_value", json!({ "SecretId": "missing" }));
        assert_eq!(missing, Err("ResourceNotFoundException".into()), "{emulator}");
    }
}

#[test]
fn both_decrypt_with_the_same_context_and_nothing_else() {
    for (emulator, boto, _server) in both() {
        let call = |method: &str, input: Value| boto.call(&format!("kms.{method}"), &input).unwrap();
        let key = call("create_key", json!({})).unwrap()["KeyMetadata"]["KeyId"].clone();
        let context = json!({ "app": "a", "secret": "KEY" });
        let input = json!({ "KeyId": key, "Plaintext": Boto::bytes("v"), "EncryptionContext": context });
        let ciphertext = call("encrypt", input).unwrap()["CiphertextBlob"].clone();
        let decrypt = |blob: &Value, context: Value| {
            call("decrypt", json!({ "CiphertextBlob": blob, "EncryptionContext": context }))
        };
        assert_eq!(decrypt(&ciphertext, context).unwrap()["Plaintext"], Boto::bytes("v"), "{emulator}");
        let wrong = Err("InvalidCiphertextException".into());
        assert_eq!(decrypt(&ciphertext, json!({ "app": "a", "secret": "OTHER" })), wrong, "{emulator}");
        assert_eq!(decrypt(&Boto::bytes("junk"), json!({})), wrong, "{emulator}");
    }
}

#[test]
fn ministack_knows_who_asks_and_what_they_may() {
    let server = Ministack::start().unwrap();
    let names = json!({ "Effect": "Allow", "Action": "secretsmanager:ListSecrets", "Resource": "*" });
    let user = server.user("lister", &json!([names])).unwrap();
    let as_who = |id: &str, secret: &str| {
        let key = AccessKey { id: id.into(), secret: secret.into() };
        let boto = Boto::start(server.address(), &key).unwrap();
        let get = boto.call("secretsmanager.get_secret_value", &json!({ "SecretId": "a" })).unwrap();
        (boto.call("secretsmanager.list_secrets", &json!({})).unwrap().map(drop), get.map(drop).unwrap_err())
    };
    assert_eq!(as_who(&user.id, &user.secret), (Ok(()), "AccessDeniedException".into()));
    let forged = "InvalidSignatureException".to_owned();
    assert_eq!(as_who(&user.id, "another"), (Err(forged.clone()), forged));
    let unknown = "UnrecognizedClientException".to_owned();
    assert_eq!(as_who("AKIAUNKNOWN", "any"), (Err(unknown.clone()), unknown));
    let owner = server.owner();
    assert_eq!(as_who(&owner.id, &owner.secret), (Ok(()), "ResourceNotFoundException".into()));
    assert_eq!(as_who(&owner.id, "another").1, "InvalidSignatureException");
}

#[test]
fn an_emulator_that_is_dropped_is_gone() {
    let server = Moto::start().unwrap();
    let listener = server.address().strip_prefix("http://").unwrap().to_owned();
    assert!(TcpStream::connect(&listener).is_ok());
    drop(server);
    assert!(TcpStream::connect(&listener).is_err());
}
