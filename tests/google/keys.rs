//! Cloud KMS: ciphertexts in a file and in variables.

use std::fs;

use serde_json::{Value, json};
use test_support::{Drongo, Google, Login, Spoiled};

use super::Cloud;

/// The ciphertext of this name in the file.
fn stored(cloud: &Cloud, name: &str) -> String {
    let file: Value = serde_json::from_slice(&fs::read(cloud.ciphertexts()).unwrap()).unwrap();
    file[name].as_str().unwrap().to_owned()
}

/// What the vendor's client makes of a plaintext.
fn encrypted(cloud: &Cloud, plaintext: &[u8], more: &[&str]) -> String {
    String::from_utf8(cloud.vendor(&[&["encrypt", Google::KEY], more].concat(), plaintext)).unwrap()
}

fn awkward() -> Vec<u8> {
    (0..=255).chain(*b" \n").collect()
}

#[test]
fn ciphertexts_go_into_the_file_and_the_vendors_client_decrypts_them() {
    let cloud = Cloud::new();
    for (name, value) in [("KEY", awkward()), ("team/empty", Vec::new())] {
        cloud.keys(["set", name]).input(value.clone()).run().exits(0).prints("");
        assert_eq!(cloud.vendor(&["decrypt", Google::KEY, &stored(&cloud, name)], b""), value);
        cloud.keys(["get", name]).run().exits(0).prints(value);
    }
    cloud.keys(["list"]).run().exits(0).prints("KEY\nteam/empty\n");
    cloud.keys(["list", "team/"]).run().exits(0).prints("team/empty\n");
    cloud.keys(["exists", "KEY"]).run().exits(0).prints("yes\n");
    cloud.keys(["set", "KEY", "--create-only"]).input("x").run().exits(9);
    cloud.keys(["delete", "KEY"]).run().exits(0);
    for command in ["get", "exists", "delete"] {
        cloud.keys([command, "KEY"]).run().exits(10);
    }
}

#[test]
fn what_the_vendors_client_encrypts_is_read_from_file_and_variables() {
    let cloud = Cloud::new();
    let ciphertext = encrypted(&cloud, &awkward(), &[]);
    cloud.home.file("ciphertexts.json", json!({ "KEY": ciphertext }).to_string());
    cloud.keys(["get", "KEY"]).run().exits(0).prints(awkward());

    let variables = |arguments: &[&str]| {
        let run = cloud.run_as(Login::Owner, "google-kms", ["--storage", "env:APP_*"]).args(arguments);
        run.env("GOOGLE_KMS_RESOURCE_NAME", Google::KEY).env("APP_KEY", &ciphertext).env("OTHER_KEY", &ciphertext)
    };
    variables(&["get", "APP_KEY"]).run().exits(0).prints(awkward());
    variables(&["get", "APP_NONE"]).run().exits(10);
    variables(&["get", "OTHER_KEY"]).run().exits(10).prints("");
    variables(&["list"]).run().exits(0).prints("APP_KEY\n");
    variables(&["set", "APP_KEY"]).input("x").run().exits(4);
    variables(&["delete", "APP_KEY"]).run().exits(4);
}

#[test]
fn what_is_no_ciphertext_of_this_key_is_an_error_and_never_handed_over() {
    let cloud = Cloud::new();
    let other = cloud.vendor(&["encrypt", Google::OTHER_KEY], b"canary");
    let broken = {
        let mut text = encrypted(&cloud, b"canary", &[]);
        text.replace_range(20..24, "AAAA");
        text
    };
    for (text, exit) in [
        ("canary in the clear", 7),
        ("", 7),
        ("QQ=", 7),
        ("Y2FuYXJ5", 1),
        (std::str::from_utf8(&other).unwrap(), 1),
        (&broken, 1),
    ] {
        cloud.home.file("ciphertexts.json", json!({ "KEY": text }).to_string());
        let get = cloud.keys(["get", "KEY"]).run().exits(exit).prints("").never_shows("canary");
        if exit == 1 {
            get.says(&["[INVALID_ARGUMENT]"]);
        }
    }
}

#[test]
fn additional_data_has_to_be_the_same_on_both_ways() {
    let cloud = Cloud::new();
    let bound = ["--set", "aad=app \u{fc}"];
    cloud.keys(bound).args(["set", "KEY"]).input("v").run().exits(0);
    assert_eq!(cloud.vendor(&["decrypt", Google::KEY, &stored(&cloud, "KEY"), "app \u{fc}"], b""), b"v");
    cloud.keys(bound).args(["get", "KEY"]).run().exits(0).prints("v");
    cloud.keys(["get", "KEY"]).run().exits(1).prints("");
    cloud.keys(["--set", "aad=other", "get", "KEY"]).run().exits(1).prints("");

    let theirs = encrypted(&cloud, b"theirs", &["app \u{fc}"]);
    cloud.home.file("ciphertexts.json", json!({ "KEY": theirs }).to_string());
    cloud.keys(bound).args(["get", "KEY"]).run().exits(0).prints("theirs");
}

#[test]
fn a_ciphertext_that_is_bound_to_its_name_is_of_no_use_under_another() {
    let cloud = Cloud::new();
    let bound = ["--set", "bind-name=yes"];
    cloud.keys(bound).args(["set", "KEY"]).input("v").run().exits(0);
    cloud.keys(bound).args(["get", "KEY"]).run().exits(0).prints("v");
    let ciphertext = stored(&cloud, "KEY");
    assert_eq!(cloud.vendor(&["decrypt", Google::KEY, &ciphertext, "KEY"], b""), b"v");
    cloud.home.file("ciphertexts.json", json!({ "OTHER": ciphertext }).to_string());
    cloud.keys(bound).args(["get", "OTHER"]).run().exits(1).prints("");
    cloud.keys(bound).args(["--set", "aad=x", "get", "OTHER"]).run().exits(2).prints("");
}

#[test]
fn checksums_are_verified_on_both_ways_and_nothing_is_kept_that_fails() {
    let cloud = Cloud::new();
    cloud.keys(["set", "KEY"]).input("canary").run().exits(0);
    let before = fs::read(cloud.ciphertexts()).unwrap();
    for spoiled in [Spoiled::Checksums, Spoiled::NoChecksums] {
        cloud.server.spoil(spoiled);
        cloud.keys(["get", "KEY"]).run().exits(7).prints("").never_shows("canary").says(&["google-kms"]);
        cloud.keys(["set", "KEY"]).input("new").run().exits(7);
        assert_eq!(fs::read(cloud.ciphertexts()).unwrap(), before);
    }
    let sent: Vec<Value> =
        cloud.server.seen().iter().filter_map(|seen| serde_json::from_slice(&seen.body).ok()).collect();
    let summed = |member: &str| sent.iter().any(|body| body[member].is_string());
    assert!(summed("plaintextCrc32c") && summed("ciphertextCrc32c"), "{sent:?}");
}

#[test]
fn what_a_ciphertext_cannot_carry_is_refused_before_anything_is_encrypted() {
    let cloud = Cloud::new();
    cloud.keys(["set", "KEY"]).input(vec![b'x'; 65_537]).run().exits(2);
    for beside in [["--description", "D"], ["--tag", "a=b"], ["--if-version", "1"]] {
        cloud.keys(["set", "KEY"]).args(beside).input("v").run().exits(4);
    }
    cloud.keys(["get", "KEY", "--version", "1"]).run().exits(4);
    assert_eq!(cloud.asked(), [""; 0]);
    cloud.keys(["set", "KEY"]).input(vec![b'x'; 65_536]).run().exits(0);
    cloud.keys(["get", "KEY"]).run().exits(0).prints(vec![b'x'; 65_536]);
}

#[test]
fn a_key_that_is_missing_or_not_ours_is_no_missing_secret() {
    let cloud = Cloud::new();
    cloud.keys(["set", "KEY"]).input("v").run().exits(0);
    let missing = format!("key={}-missing", Google::KEY);
    cloud.keys(["--set", &missing, "get", "KEY"]).run().exits(1).prints("").says(&["[NOT_FOUND]"]);
    cloud.keys(["--set", &missing, "check"]).run().exits(1).prints("");
    cloud.keys(["check"]).run().exits(0).prints("ready\n");
    let outsider = |arguments: &[&str]| {
        let run = cloud.run_as(Login::Outsider, "google-kms", ["--storage"]).arg(cloud.ciphertexts());
        run.args(arguments).env("GOOGLE_KMS_RESOURCE_NAME", Google::KEY).run()
    };
    outsider(&["get", "KEY"]).exits(5).prints("");
    outsider(&["check"]).exits(0).contains("unknown");
}

#[test]
fn the_emulator_encrypts_and_decrypts() {
    let (cloud, drongo) = (Cloud::new(), Drongo::start().unwrap());
    let ring = "/v1/projects/test-project/locations/global/keyRings";
    let key = json!({ "purpose": "ENCRYPT_DECRYPT" });
    for (path, body) in
        [(format!("{ring}?keyRingId=ring"), json!({})), (format!("{ring}/ring/cryptoKeys?cryptoKeyId=key"), key)]
    {
        assert_eq!(drongo.request("POST", &path, Some(&body)).unwrap().0, 200);
    }
    let on = |arguments: &[&str]| {
        let run = cloud.run_at(drongo.address(), Login::Owner, "google-kms", ["--storage"]).arg(cloud.ciphertexts());
        run.args(arguments).env("GOOGLE_KMS_RESOURCE_NAME", Google::KEY)
    };
    on(&["set", "KEY"]).input(awkward()).run().exits(0);
    on(&["get", "KEY"]).run().exits(0).prints(awkward());
    on(&["check"]).run().exits(0).prints("ready\n");
}
