//! Requests signed for AWS: each source of credentials, and what is signed with them.

mod keys;
mod machines;
mod places;
mod profiles;
mod sign_on;
mod signatures;
mod tokens;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::PathBuf, sync::Arc};

use secret_runtime::{Backend, BackendBuilder, Error, Result, Runtime, grant::Facts};
use test_support::{Reply, Seen, Signed, Upstream};

use crate::common::{
    Component, Manifest, block_on,
    library::{failure, load, runtime},
};

/// A time at which all tests have ended.
const LATER: &str = "2999-01-01T00:00:00Z";

/// A backend that sends one request, signed for the service `demo`.
fn manifest() -> Manifest {
    Manifest::typed()
        .replace("address = {", "region = { env = [\"AWS_REGION\"], identity = \"region\", required = true }\naddress = {")
        .and("[[recipe]]\nname = \"aws\"\nidentity = { kind = \"aws-sigv4\", service = \"demo\", region = \"{region}\" }")
}

/// Somebody who uses AWS: an environment, a home folder, and a service that sees what is signed.
struct User {
    home: tempfile::TempDir,
    environment: BTreeMap<String, String>,
    service: Upstream,
    manifest: Manifest,
}

impl User {
    /// Without any credentials, in `eu-west-1`.
    fn new() -> Self {
        Self::of(Upstream::start(|_| Reply::new(200, "the value")).unwrap())
    }

    /// Of this service.
    fn of(service: Upstream) -> Self {
        let environment = BTreeMap::from([("HOSTILE_ADDR".to_owned(), service.address())]);
        let user = Self { home: tempfile::tempdir().unwrap(), environment, service, manifest: manifest() };
        user.env("AWS_REGION", "eu-west-1").env("AWS_EC2_METADATA_DISABLED", "true")
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    fn manifest(mut self, manifest: Manifest) -> Self {
        self.manifest = manifest;
        self
    }

    /// Writes a file below the home folder, for its owner alone.
    fn file(self, name: &str, content: &str) -> Self {
        self.write(name, content);
        self
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn builder(&self, runtime: &Runtime) -> BackendBuilder {
        let component = Component::hostile().manifest(&self.manifest).parse().unwrap();
        let builder = runtime.backend(component).environment(Arc::new(self.environment.clone()));
        let url = format!("{}/v1/secret/KEY", self.service.address());
        builder.home(self.home.path()).set("act", "send").set("method", "GET").set("url", url)
    }

    fn facts(&self) -> Result<Facts> {
        self.builder(&runtime()).candidate().map(|candidate| candidate.facts().clone())
    }

    /// Where its credentials come from, and all places that something of them goes to.
    #[track_caller]
    fn source(&self) -> (String, Vec<String>) {
        let facts = self.facts().unwrap();
        let credential = facts.credentials.iter().find(|credential| credential.name == "aws-sigv4").unwrap();
        (credential.from.to_string(), credential.to.clone())
    }

    fn backend(&self) -> Result<Backend> {
        load(self.builder(&runtime()))
    }

    /// Reads once, and answers the request that the service saw, whose signature `secret` has to have made.
    #[track_caller]
    fn reads_as(&self, key: &str, secret: &str, token: Option<&str>) -> Seen {
        block_on(self.backend().unwrap().get("KEY")).unwrap();
        let seen = self.service.seen().pop().unwrap();
        let signed = Signed::of(&seen).unwrap();
        assert_eq!((signed.key.as_str(), signed.token.as_deref()), (key, token));
        assert!(signed.is_by(secret, &seen), "{seen:?}");
        seen
    }

    /// What goes wrong before or while it reads.
    #[track_caller]
    fn fails(&self) -> Error {
        match self.backend() {
            Ok(backend) => failure(&backend, "KEY"),
            Err(error) => error,
        }
    }
}

/// What STS answers to whoever may assume a role.
fn assumed(action: &str, key: &str) -> Reply {
    Reply::new(
        200,
        format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
             <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>secret of {key}</SecretAccessKey>\
             <SessionToken>token of {key}</SessionToken><Expiration>{LATER}</Expiration>\
             </Credentials></{action}Result></{action}Response>"
        ),
    )
    .with_header("Content-Type", "text/xml")
}

/// The fields of a request's form.
fn form(seen: &Seen) -> BTreeMap<String, String> {
    let body = String::from_utf8(seen.body.clone()).unwrap();
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            match byte {
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                }
                b'+' => bytes.push(b' '),
                byte => bytes.push(byte),
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (decode(key), decode(value))).collect()
}

/// No vendor's crate in the build has a way of its own to connect: there is no HTTP client among them.
#[test]
fn the_vendors_crates_bring_no_http_client() {
    let lock = fs::read_to_string(test_support::layout::root().join("Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"aws-config\""));
    assert!(!lock.contains("name = \"aws-smithy-http-client\""));
}
