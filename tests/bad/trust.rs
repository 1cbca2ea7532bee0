//! What was trusted has changed, or what says so can't be relied on: exit 3, and nothing is asked of anybody.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use test_support::Upstream;

use super::vault as server;
use crate::common::{Component, Home, Outcome, cli::Run, digest};

/// A home in which the vault backend is trusted for one server.
struct Trusted {
    home: Home,
    server: Upstream,
    component: PathBuf,
}

impl Trusted {
    fn new() -> Self {
        let home = Home::new();
        let component = Component::backend("vault").save(&home, "vault.wasm");
        let server = server();
        let trusted = Self { home, server, component };
        let pinned = digest(&trusted.component);
        trusted.run(&trusted.server).args(["trust", "--digest", &pinned]).run().exits(0);
        trusted
    }

    fn run(&self, server: &Upstream) -> Run {
        let run = self.home.runtime(["--backend"]).arg(&self.component);
        run.env("VAULT_ADDR", server.address()).env("VAULT_TOKEN", "canary-credential")
    }

    fn get(&self) -> Outcome {
        self.run(&self.server).args(["get", "KEY"]).run()
    }

    fn trust_file(&self) -> PathBuf {
        self.home.find("trust.toml")
    }

    #[track_caller]
    fn refuses(&self, words: &[&str]) {
        self.get().exits(3).says(words).prints("").never_shows("canary-credential");
        assert_eq!(self.server.connections(), 0);
    }
}

#[test]
fn what_is_trusted_runs() {
    Trusted::new().get().exits(0).prints("the value");
}

#[test]
fn another_address_in_the_environment_is_not_trusted_and_not_called() {
    let (trusted, other) = (Trusted::new(), server());
    let run = trusted.run(&other).args(["get", "KEY"]).run();
    run.exits(3).prints("").says(&[&trusted.server.address(), &other.address(), "runtime trust --digest"]);
    // Nor is one that is typed, or another credential in its place.
    let run =
        trusted.run(&trusted.server).arg("--set").arg(format!("address={}", other.address())).args(["get", "KEY"]);
    run.run().exits(3).prints("").says(&[&other.address()]);
    let run = trusted.run(&trusted.server).env("VAULT_ROLE_ID", "role").env("VAULT_SECRET_ID", "secret");
    run.args(["get", "KEY"]).run().exits(3).prints("").says(&["approle"]);
    assert_eq!((trusted.server.connections(), other.connections()), (0, 0));
}

#[test]
fn a_component_that_was_changed_is_not_trusted_even_by_bare_trust() {
    let trusted = Trusted::new();
    let old = digest(&trusted.component);
    let Component(mut bytes) = Component::backend("vault");
    // A custom section of no meaning: the least that can change.
    bytes.extend([0, 2, 1, b'x']);
    fs::write(&trusted.component, bytes).unwrap();

    trusted.refuses(&["the component is not trusted"]);
    let bare = trusted.run(&trusted.server).args(["--trust", "get", "KEY"]).run();
    bare.exits(3).prints("").says(&["another component", &old, "--trust alone does not replace it"]);
    let pinned = trusted.run(&trusted.server).arg(format!("--trust={old}")).args(["get", "KEY"]).run();
    pinned.exits(3).prints("").says(&[&old, &digest(&trusted.component)]);
    assert_eq!(trusted.server.connections(), 0);
}

#[test]
fn another_component_of_a_trusted_name_is_not_trusted_by_bare_trust() {
    let trusted = Trusted::new();
    let imposter = Component::hostile().manifest(crate::common::Manifest::of_backend("vault"));
    let elsewhere = imposter.save(&trusted.home, "elsewhere/other.wasm");
    let run = trusted.home.runtime(["--trust", "--backend"]).arg(elsewhere).args(["get", "KEY"]);
    let run = run.env("VAULT_ADDR", trusted.server.address()).env("VAULT_TOKEN", "canary-credential");
    run.run().exits(3).prints("").says(&["--trust alone does not replace it"]);
    assert_eq!(trusted.server.connections(), 0);
}

#[test]
fn trust_for_another_digest_is_not_recorded() {
    let home = Home::new();
    let component = Component::backend("vault").save(&home, "vault.wasm");
    let other = format!("sha256:{}", "0".repeat(64));
    let run = home.runtime(["--backend"]).arg(&component).args(["trust", "--digest", &other]);
    let run = run.env("VAULT_ADDR", "https://vault.test").env("VAULT_TOKEN", "canary-credential").run();
    run.exits(3).says(&[&other, &digest(&component)]).never_shows("canary-credential");
    assert!(home.files().iter().all(|(path, _)| !path.ends_with("trust.toml")));
}

#[test]
fn a_corrupt_trust_file_is_no_trust() {
    for (content, words) in [
        (b"version = 1\n[[component".as_slice(), "can't be relied on"),
        (b"version = 2\n", "its format is version 2, this program knows 1"),
        (b"version = 1\ncomponents = []\n", "unknown field `components`"),
        (b"\xff\xfe\x00", "can't be relied on"),
        (b"", "can't be relied on"),
    ] {
        let trusted = Trusted::new();
        fs::write(trusted.trust_file(), content).unwrap();
        trusted.refuses(&["trust.toml", words]);
        // It is not replaced either: what is in it may be somebody's work.
        let trust = trusted.run(&trusted.server).args(["trust", "--digest", &digest(&trusted.component)]).run();
        trust.exits(3).says(&[words]);
        assert_eq!(fs::read(trusted.trust_file()).unwrap(), content);
    }
}

#[test]
fn a_corrupt_trust_file_does_not_count_as_an_empty_one_for_bare_trust() {
    let trusted = Trusted::new();
    fs::write(trusted.trust_file(), "version = 1\n[[component").unwrap();
    let run = trusted.run(&trusted.server).args(["--trust", "get", "KEY"]).run();
    run.exits(3).prints("").says(&["can't be relied on"]);
    assert_eq!(trusted.server.connections(), 0);
}

#[test]
fn a_trust_file_that_others_can_write_is_no_trust() {
    for mode in [0o620, 0o602, 0o666] {
        let trusted = Trusted::new();
        fs::set_permissions(trusted.trust_file(), fs::Permissions::from_mode(mode)).unwrap();
        trusted.refuses(&["trust.toml", "others can write it"]);
    }
}

#[test]
fn a_trust_file_that_is_no_file_is_no_trust() {
    let trusted = Trusted::new();
    let path = trusted.trust_file();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    trusted.refuses(&["can't be relied on"]);
}

#[test]
fn a_trust_file_that_is_a_fifo_is_no_trust_and_does_not_hang() {
    let trusted = Trusted::new();
    let path = trusted.trust_file();
    fs::remove_file(&path).unwrap();
    super::fifo(&path);
    trusted.refuses(&["can't be relied on"]);
}

#[test]
fn an_unreadable_trust_file_is_no_trust() {
    // Root reads everything: there the permission means nothing, and the other cases stand for it.
    if rustix::process::geteuid().is_root() {
        return;
    }
    let trusted = Trusted::new();
    fs::set_permissions(trusted.trust_file(), fs::Permissions::from_mode(0o000)).unwrap();
    trusted.get().exits(3).says(&["can't be relied on"]).prints("");
}
