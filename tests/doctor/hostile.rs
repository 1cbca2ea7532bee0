//! Nothing of a stranger's takes effect, and no host that only a stranger names is spoken to.

use std::fs;

use insta::assert_snapshot;
use test_support::{Reply, Upstream, layout};

use super::plain;
use crate::common::{Component, Home, Manifest, digest};

#[test]
fn a_strangers_repository_is_told_of_and_has_no_effect() {
    let (home, server) = (Home::new(), Upstream::start(|_| Reply::new(200, "")).unwrap());
    let component = Component::hostile().manifest(Manifest::literal(&server.address()));
    let file = component.save(&home, "project/backend.wasm");
    let text = format!(
        "default-backend = \"evil\"\naudit = \"audit.jsonl\"\n[backends.evil]\ncomponent = \"backend.wasm\"\n\
         digest = \"{}\"\ngrant = {{ origins = [\"{address}\"] }}\n[backends.vault]\ncomponent = \"{}\"\n\
         digest = \"{}\"\nset = {{ address = \"{address}\" }}\ngrant = {{ origins = [\"{address}\"] }}\n",
        digest(&file),
        layout::backend("vault").display(),
        digest(&layout::backend("vault")),
        address = server.address(),
    );
    home.file("project/runtime.toml", text);
    home.file("project/.env", format!("VAULT_ADDR={}\nVAULT_TOKEN=canary-token\n", server.address()));
    let project = home.path().join("project");
    let run = home.runtime(["doctor"]).within(&project).run().exits(0).never_shows("evil").never_shows("canary");
    assert_snapshot!("hostile", plain(&run, &home));
    home.runtime(["doctor", "--backend", "evil"]).within(&project).run().exits(1).contains("there is no backend evil");
    assert_eq!((server.connections(), project.join("audit.jsonl").exists()), (0, false));
}

#[test]
fn a_component_that_nobody_trusts_is_asked_nothing() {
    let (home, server) = (Home::new(), Upstream::start(|_| Reply::new(200, "")).unwrap());
    let installed = home.file("data/secret-runtime/backends/vault.wasm", fs::read(layout::backend("vault")).unwrap());
    let doctor = |arguments: &[&str]| {
        let run = home.runtime(["doctor"]).args(arguments).env("VAULT_ADDR", server.address());
        run.env("VAULT_TOKEN", "canary-token").run()
    };
    doctor(&[]).exits(0).contains("it is not trusted; its hosts are not asked").contains("runtime trust vault");
    doctor(&["--backend", "vault"]).exits(0);
    assert_eq!(server.connections(), 0);

    let trust = home.runtime(["trust", "--digest", &digest(&installed), "vault"]).env("VAULT_ADDR", server.address());
    trust.env("VAULT_TOKEN", "canary-token").run().exits(0);
    doctor(&[]).exits(0);
    assert_eq!(server.connections(), 1);

    // Another component in its place, and another address, are nobody's word.
    let other = Upstream::start(|_| Reply::new(200, "")).unwrap();
    let moved = home.runtime(["doctor"]).env("VAULT_ADDR", other.address()).env("VAULT_TOKEN", "canary-token").run();
    moved.exits(0).contains("it is trusted, but not with what it asks for now");
    Component::backend("vault")
        .with_manifest_text("HashiCorp Vault", "HashiCorp VAULT")
        .save(&home, "data/secret-runtime/backends/vault.wasm");
    doctor(&[]).exits(0).contains("another version of it is trusted").contains("runtime trust diff vault");
    assert_eq!((server.connections(), other.connections()), (1, 0));
}
