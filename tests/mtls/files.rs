//! The files that hold certificate and key.

use std::{fs, path::Path};

use secret_runtime::{Backend, CredentialSource, Kind};
use test_support::{Authority, Clients, Identity, Upstream};

use super::{client, client_with, manifest, server};
use crate::common::{Home, block_on, library};

/// Puts certificate and key into files of a home.
fn place(home: &Home, certificate: &str, key: &str) {
    home.file("certificate.pem", certificate);
    home.file("key.pem", key);
}

/// A backend of the library that shows the certificate in these files.
fn backend(home: &Home, server: &Upstream, authority: &Authority) -> Backend {
    let attack = client_with(manifest(), server, authority);
    let file = |name: &str| CredentialSource::File(home.path().join(name));
    let environment = std::collections::BTreeMap::from([
        ("HOSTILE_ADDR".to_owned(), server.address()),
        ("HOSTILE_CA".to_owned(), authority.ca_file().to_str().unwrap().to_owned()),
    ]);
    library::load(
        library::runtime()
            .backend(attack.component().parse().unwrap())
            .environment(std::sync::Arc::new(environment))
            .set("act", "send")
            .set("only", "body")
            .set("method", "GET")
            .set("url", format!("{}/v1/secret/KEY", server.address()))
            .credential("certificate", file("certificate.pem"))
            .credential("key", file("key.pem")),
    )
    .unwrap()
}

#[test]
fn a_certificate_is_shown_for_as_long_as_its_file_stays_and_a_new_one_after_that() {
    let (home, authority) = (Home::new(), Authority::new().unwrap());
    let [old, new] = ["old", "new"].map(|name| authority.client(name).unwrap());
    let server = server(&authority, Clients::Known(&authority));
    let write = |identity: &Identity| place(&home, &identity.certificate_pem(), &identity.key_pem());
    write(&old);
    let backend = backend(&home, &server, &authority);
    block_on(async {
        let read = async || assert_eq!(backend.get("KEY").await.unwrap().secret.expose(), b"s3cret");
        read().await;
        read().await;
        assert_eq!(server.connections(), 1, "the same certificate keeps its connection");
        write(&new);
        read().await;
    });
    let shown: Vec<_> = server.seen().into_iter().map(|seen| seen.certificate.unwrap()).collect();
    assert_eq!(shown, [old.certificate_der(), old.certificate_der(), new.certificate_der()]);
}

#[test]
fn a_file_that_turns_bad_fails_the_next_call_and_is_used_again_once_it_is_mended() {
    let (home, authority) = (Home::new(), Authority::new().unwrap());
    let ours = authority.client("ours").unwrap();
    let server = server(&authority, Clients::Known(&authority));
    place(&home, &ours.certificate_pem(), &ours.key_pem());
    let backend = backend(&home, &server, &authority);
    assert!(block_on(backend.get("KEY")).is_ok());
    fs::remove_file(home.path().join("key.pem")).unwrap();
    let error = library::failure(&backend, "KEY");
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.to_string().contains("key.pem"), "{error}");
    place(&home, &ours.certificate_pem(), &ours.key_pem());
    assert!(block_on(backend.get("KEY")).is_ok());
}

#[test]
fn what_is_wrong_with_a_file_is_said_without_what_is_in_it() {
    const CANARY: &str = "canarycanarycanary";
    let (home, authority) = (Home::new(), Authority::new().unwrap());
    let [ours, other] = ["ours", "other"].map(|name| authority.client(name).unwrap());
    let server = server(&authority, Clients::Known(&authority));
    let [certificate, key] = [ours.certificate_pem(), ours.key_pem()];
    let block = |label: &str| format!("-----BEGIN {label}-----\n{CANARY}aa\n-----END {label}-----\n");
    let (path, key_path) = (home.path().join("certificate.pem"), home.path().join("key.pem"));
    let (certificate_file, key_file) = (named("certificate", &path), named("key", &key_path));
    let not_pem = CANARY.to_owned();
    let table = [
        (&not_pem, &key, vec![format!("{certificate_file} holds no certificate in PEM")]),
        (&key, &key, vec![format!("{certificate_file} holds no certificate in PEM")]),
        (&block("CERTIFICATE"), &key, vec![format!("{certificate_file} holds a certificate that is malformed")]),
        (&certificate, &not_pem, vec![format!("{key_file} holds no private key in PEM")]),
        (&certificate, &block("ENCRYPTED PRIVATE KEY"), vec![format!("{key_file} holds no private key in PEM")]),
        (&certificate, &block("PRIVATE KEY"), vec![format!("{key_file} holds a key of a kind that can't be used")]),
        (&certificate, &other.key_pem(), vec![format!("{key_file} is not the key of {certificate_file}")]),
        (&certificate, &String::new(), vec!["the credential key is empty".to_owned()]),
    ];
    for (certificate, key, says) in table {
        place(&home, certificate, key);
        let run = client_with(manifest(), &server, &authority)
            .env("HOSTILE_CERTIFICATE", path.to_str().unwrap())
            .env("HOSTILE_KEY", key_path.to_str().unwrap())
            .command(&home, &["-vvv", "get", "KEY"])
            .run();
        let says: Vec<_> = says.iter().map(String::as_str).collect();
        let run = run.exits(2).prints("").says(&says).never_shows(CANARY);
        for line in key.lines().filter(|line| line.len() > 20 && !line.starts_with('-')) {
            assert!(!run.stderr.contains(line), "{run:?}");
        }
    }
    assert_eq!(server.connections(), 0);
}

fn named(credential: &str, path: &Path) -> String {
    format!("the credential {credential} in the file {}", path.display())
}

#[test]
fn neither_certificate_nor_key_is_ever_shown() {
    let authority = Authority::new().unwrap();
    let ours = authority.client("ours").unwrap();
    let server = server(&authority, Clients::Known(&authority));
    let run = client(&server, &authority, &ours).command(&Home::new(), &["-vvv", "get", "KEY"]).run().exits(0);
    for line in ours.key_pem().lines().chain(ours.certificate_pem().lines()).filter(|line| line.len() > 20) {
        assert!(!run.stderr.contains(line), "{run:?}");
    }
}
