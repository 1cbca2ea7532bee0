//! Ciphertexts in a file and in variables.

use std::{fs, thread};

use serde_json::{Value, json};
use test_support::aws::Boto;

use super::{KMS, MINISTACK, Server, both, create_key};
use crate::common::{Home, cli::Run};

/// A run with the file of this home.
fn with_file(home: &Home, server: &Server, arguments: &[&str]) -> Run {
    server.run(home, KMS, ["--storage"]).arg(home.path().join("c.json")).args(arguments)
}

fn file(home: &Home) -> Value {
    serde_json::from_slice(&fs::read(home.path().join("c.json")).unwrap()).unwrap()
}

/// What the vendor's client makes of a value.
fn encrypt(server: &Server, key: &str, value: &[u8], context: &Value) -> String {
    let input = json!({ "KeyId": key, "Plaintext": Boto::bytes(value), "EncryptionContext": context });
    let encrypted = server.boto.done("kms.encrypt", &input).unwrap();
    encrypted["CiphertextBlob"]["base64"].as_str().unwrap().to_owned()
}

/// What the vendor's client makes of a ciphertext.
fn decrypt(server: &Server, ciphertext: &Value, context: &Value) -> Value {
    let input = json!({ "CiphertextBlob": { "base64": ciphertext }, "EncryptionContext": context });
    server.boto.done("kms.decrypt", &input).unwrap()["Plaintext"].clone()
}

#[test]
fn the_vendors_client_encrypts_what_is_read_and_decrypts_what_was_written() {
    for server in both() {
        let (home, key) = (Home::new(), create_key(&server.boto));
        let setting = format!("key={key}");
        let all: Vec<u8> = (0..=255).collect();
        for value in [&b"  sk-kms \n"[..], &all, b"\0", "\u{1f511}".as_bytes()] {
            let content = json!({ "a/\u{fc} \"b\"": encrypt(server, &key, value, &json!({})) });
            home.file("c.json", content.to_string());
            with_file(&home, server, &["get", "a/\u{fc} \"b\""]).run().exits(0).prints(value);
            let set = ["--set", &setting, "set", "KEY"];
            with_file(&home, server, &set).input(value).run().exits(0);
            assert_eq!(decrypt(server, &file(&home)["KEY"], &json!({})), Boto::bytes(value), "{}", server.name);
            with_file(&home, server, &["--set", &setting, "get", "KEY"]).run().exits(0).prints(value);
        }
        with_file(&home, server, &["get", "missing"]).run().exits(10).prints("");
    }
}

#[test]
fn a_variable_holds_one_ciphertext_and_is_only_read() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let key = create_key(&server.boto);
    let ciphertext = encrypt(server, &key, b" v\n", &json!({}));
    let run = |arguments: &[&str]| {
        let run = server.run(&home, KMS, ["--storage", "env:APP_*", "--set", &format!("key={key}")]).args(arguments);
        run.env("APP_KEY", &ciphertext).env("APP_TEXT", "plain canary").env("APP_LINE", format!("{ciphertext}\n"))
    };
    run(&["get", "APP_KEY"]).run().exits(0).prints(" v\n");
    run(&["exists", "APP_KEY"]).run().exits(0).prints("yes\n");
    run(&["exists", "APP_OTHER"]).run().exits(10).prints("no\n");
    run(&["get", "APP_OTHER"]).run().exits(10).prints("");
    run(&["get", "HOME"]).run().exits(10).prints("");
    run(&["list"]).run().exits(0).prints("APP_KEY\nAPP_LINE\nAPP_TEXT\n");
    for name in ["APP_TEXT", "APP_LINE"] {
        run(&["get", name]).run().exits(7).prints("").never_shows("canary").says(&["base64"]);
    }
    run(&["set", "APP_KEY"]).input("w").run().exits(4).prints("");
    run(&["delete", "APP_KEY"]).run().exits(4);
}

#[test]
fn a_wrong_key_or_context_is_an_error_and_never_the_stored_text() {
    // ministack would decrypt with any key.
    let server = both()[1];
    let (home, context) = (Home::new(), json!({ "app": "one", "tier": "gold" }));
    let (key, other) = (create_key(&server.boto), create_key(&server.boto));
    let ciphertext = encrypt(server, &key, b"v", &context);
    home.file("c.json", json!({ "KEY": ciphertext, "JUNK": "anVuaw==", "EMPTY": "" }).to_string());
    let get = |arguments: &[&str]| with_file(&home, server, arguments).run();
    get(&["--set", "context=tier=gold, app=one", "get", "KEY"]).exits(0).prints("v");
    let fails = |arguments: &[&str], code: i32| get(arguments).exits(code).prints("").never_shows(&ciphertext);
    fails(&["get", "KEY"], 1).says(&["InvalidCiphertextException"]);
    fails(&["--set", "context=app=one", "get", "KEY"], 1);
    fails(&["--set", "context=app=two,tier=gold", "get", "KEY"], 1);
    fails(&["--set", "context=nonsense", "get", "KEY"], 2);
    fails(&["--set", "context=tier=gold,app=one", "--set", &format!("key={other}"), "get", "KEY"], 5);
    fails(&["get", "JUNK"], 1).never_shows("anVuaw");
    fails(&["get", "EMPTY"], 7);
}

#[test]
fn a_ciphertext_bound_to_its_name_cannot_stand_in_for_another() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let key = create_key(&server.boto);
    let settings = ["--set", &format!("key={key}"), "--set", "bind-name=secret", "--set", "context=app=one"];
    let run = |arguments: &[&str]| with_file(&home, server, &settings).args(arguments);
    run(&["set", "ONE"]).input("1").run().exits(0);
    run(&["set", "TWO"]).input("2").run().exits(0);
    let stored = file(&home);
    assert_eq!(decrypt(server, &stored["TWO"], &json!({ "app": "one", "secret": "TWO" })), Boto::bytes("2"));
    home.file("c.json", json!({ "ONE": stored["TWO"], "TWO": stored["TWO"] }).to_string());
    run(&["get", "ONE"]).run().exits(1).prints("").says(&["InvalidCiphertextException"]);
    run(&["get", "TWO"]).run().exits(0).prints("2");
}

#[test]
fn the_file_is_kept_in_order_and_nobodys_write_is_lost() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let key = format!("key={}", create_key(&server.boto));
    let names = ["b", "a/2", "c", "a/1"];
    thread::scope(|scope| {
        for name in names {
            let (home, key) = (&home, &key);
            scope.spawn(move || with_file(home, server, &["--set", key, "set", name]).input(name).run().exits(0));
        }
    });
    let text = fs::read_to_string(home.path().join("c.json")).unwrap();
    let lines: Vec<_> = text.lines().filter_map(|line| line.trim().split('"').nth(1)).collect();
    assert_eq!(lines, ["a/1", "a/2", "b", "c"]);
    with_file(&home, server, &["list", "a/"]).run().exits(0).prints("a/1\na/2\n");
    for name in names {
        with_file(&home, server, &["get", name]).run().exits(0).prints(name);
    }
    with_file(&home, server, &["--set", &key, "set", "b", "--create-only"]).input("x").run().exits(9);
    with_file(&home, server, &["delete", "b"]).run().exits(0);
    with_file(&home, server, &["delete", "b"]).run().exits(10);
    with_file(&home, server, &["delete", "c", "--recovery-days", "7"]).run().exits(4);
    with_file(&home, server, &["list"]).run().exits(0).prints("a/1\na/2\nc\n");
}

#[test]
fn what_cannot_be_kept_is_refused_and_the_file_stays() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let key = format!("key={}", create_key(&server.boto));
    home.file("c.json", "{}\n");
    let set = |arguments: &[&str]| with_file(&home, server, &["--set", &key, "set", "KEY"]).args(arguments);
    set(&[]).input("").run().exits(2);
    set(&[]).input(vec![b'x'; 4097]).run().exits(2);
    set(&["--if-version", "1"]).input("x").run().exits(4);
    set(&["--description", "d"]).input("x").run().exits(4);
    set(&["--tag", "a=b"]).input("x").run().exits(4);
    with_file(&home, server, &["set", "KEY"]).input("x").run().exits(2).says(&["`key`"]);
    with_file(&home, server, &["--set", "key=alias/nobody", "set", "KEY"]).input("x").run().exits(1);
    with_file(&home, server, &["get", "KEY", "--version", "1"]).run().exits(4);
    assert_eq!(file(&home), json!({}));
    set(&[]).input(vec![b'x'; 4096]).run().exits(0);

    home.file("c.json", "KEY=canary\n");
    with_file(&home, server, &["get", "KEY"]).run().exits(7).prints("").never_shows("canary");
    set(&[]).input("x").run().exits(7);
    assert_eq!(fs::read_to_string(home.path().join("c.json")).unwrap(), "KEY=canary\n");
}

#[test]
fn a_check_asks_for_the_key() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let key = create_key(&server.boto);
    let setting = format!("key={key}");
    let check = || with_file(&home, server, &["--set", &setting, "check"]).run();
    check().exits(0).prints("ready\n");
    with_file(&home, server, &["check"]).run().exits(0).contains("unknown");
    with_file(&home, server, &["--set", "key=alias/nobody", "check"]).run().exits(1).says(&["NotFoundException"]);
    server.boto.done("kms.disable_key", &json!({ "KeyId": key })).unwrap();
    check().exits(1).says(&["DisabledException"]);
}
