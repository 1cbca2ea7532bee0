//! The configuration, the trust file, modes, the cache.

use std::fs;

use insta::assert_snapshot;
use test_support::layout;

use super::{about, chmod, plain};
use crate::{
    common::{Home, Outcome, digest},
    config::dotenv,
};

#[test]
fn a_bare_machine_has_nothing_that_fails() {
    let home = Home::new();
    let run = home.runtime(["doctor"]).run().exits(0);
    assert_snapshot!("bare", plain(&run, &home));
}

#[test]
fn backends_that_are_only_installed_are_no_trouble() {
    let home = Home::with_dotenv("KEY=canary-value\n");
    for name in ["conjur", "dotenv", "vault"] {
        home.file(&format!("data/secret-runtime/backends/{name}.wasm"), fs::read(layout::backend(name)).unwrap());
    }
    let config = "[backends.dotenv]\ncomponent = \"dotenv\"\ngrant = { storage = \".env\" }\n";
    let file = home.file("mine.toml", config);
    let doctor = || home.runtime(["--config-file"]).arg(&file).args(["doctor", "--offline", "--output", "json"]);
    let run = doctor().run().exits(0);
    let idle = "conjur, vault: not set up; `runtime doctor --backend NAME` says what one lacks";
    assert_eq!(about(&run, "installed"), [("ok".to_owned(), idle.to_owned())]);
    assert!(about(&run, "backend vault").is_empty() && !about(&run, "backend dotenv").is_empty());
    // Once it has what it needs, it is looked at.
    let run = doctor().env("VAULT_ADDR", "https://vault.invalid").env("VAULT_TOKEN", "canary").run().exits(0);
    assert!(about(&run, "backend vault").iter().any(|(level, _)| level == "warn"), "{run:?}");
    assert_eq!(about(&run, "installed").len(), 1);
}

#[test]
fn what_is_configured_is_looked_at_by_name() {
    let home = Home::with_dotenv("KEY=canary-value\n");
    home.file("credential", "canary-token");
    let text = format!(
        "default-backend = \"files\"\naudit = \"logs/audit.jsonl\"\n[backends.files]\ncomponent = \"{dotenv}\"\n\
         digest = \"{digest}\"\ngrant = {{ storage = \".env\" }}\n[backends.prod]\ncomponent = \"{vault}\"\n\
         set = {{ address = \"https://vault.invalid\" }}\ncredentials = {{ token = {{ file = \"credential\" }} }}\n\
         [backends.lost]\ncomponent = \"lost.wasm\"\n",
        dotenv = layout::backend("dotenv").display(),
        digest = digest(&layout::backend("dotenv")),
        vault = layout::backend("vault").display(),
    );
    let file = home.file("mine.toml", text);
    let run = || home.runtime(["--config-file"]).arg(&file).args(["doctor", "--offline"]).run().never_shows("canary");
    let all = run().exits(1);
    assert_snapshot!("configured", plain(&all, &home));
    let one = home.runtime(["--config-file"]).arg(&file).args(["doctor", "--offline", "--backend", "files"]).run();
    one.exits(1).contains("logs/audit.jsonl").contains("mkdir -p ");
    fs::create_dir(home.path().join("logs")).unwrap();
    let one = home.runtime(["--config-file"]).arg(&file).args(["doctor", "--offline", "--backend", "files"]).run();
    one.exits(0).contains("All is well.").never_shows("canary");
}

#[test]
fn files_that_others_can_read_or_write_are_told_with_what_to_type() {
    let home = Home::with_dotenv("KEY=canary-value\n");
    let token = home.file("token", "canary-token");
    let config = home.file(
        "mine.toml",
        format!(
            "[backends.files]\ncomponent = \"{}\"\ngrant = {{ storage = \".env\" }}\n[backends.prod]\ncomponent = \"{}\"\n\
             set = {{ address = \"https://vault.invalid\" }}\ncredentials = {{ token = {{ file = \"token\" }} }}\n",
            layout::backend("dotenv").display(),
            layout::backend("vault").display(),
        ),
    );
    home.runtime(["trust", "--digest", &digest(&layout::backend("dotenv")), "--storage", ".env"])
        .arg(layout::backend("dotenv"))
        .run()
        .exits(0);
    let trust = home.find("trust.toml");
    let doctor = || {
        let run = home.runtime(["--config-file"]).arg(&config).args(["--output", "json", "doctor", "--offline"]).run();
        run.never_shows("canary")
    };
    let of = |findings: Vec<(String, String)>, path: &std::path::Path| {
        let found = findings.into_iter().find(|(_, what)| what.ends_with(&format!(" {}", path.display())));
        found.map(|(level, what)| format!("{level} {}", what.split(" /").next().unwrap()))
    };
    let clean = doctor().exits(0);
    assert_eq!(of(about(&clean, "backend prod"), &token), None);
    for (path, name, readable, writable) in [
        (home.dotenv_file(), "backend files", "warn others can read", "fail others can write"),
        (token, "backend prod", "warn others can read", "fail others can write"),
        (trust.clone(), "trust file", "warn others can read", ""),
    ] {
        chmod(&path, 0o640);
        assert_eq!(of(about(&doctor().exits(0), name), &path).as_deref(), Some(readable), "{name}");
        if !writable.is_empty() {
            chmod(&path, 0o620);
            assert_eq!(of(about(&doctor().exits(1), name), &path).as_deref(), Some(writable), "{name}");
        }
        chmod(&path, 0o600);
    }

    // A trust file that others can write counts for nothing, and is not written over.
    chmod(&trust, 0o602);
    let (level, what) = about(&doctor().exits(1), "trust file").remove(0);
    assert!(level == "fail" && what.contains("others can write it"), "{what}");
    chmod(&trust, 0o600);
    fs::write(&trust, "version = 9\n").unwrap();
    let (level, what) = about(&doctor().exits(1), "trust file").remove(0);
    assert!(level == "fail" && what.contains("version 9"), "{what}");
    chmod(&config, 0o666);
    let (level, what) = about(&doctor().exits(1), "configuration").remove(0);
    assert!(level == "fail" && what.contains("others can write it"), "{what}");
}

#[test]
fn a_cache_that_others_could_write_is_told() {
    let home = Home::new();
    let cache = home.path().join("cache");
    fs::create_dir(&cache).unwrap();
    chmod(&cache, 0o777);
    let run = home.runtime(["doctor", "--output", "json"]).env("XDG_CACHE_HOME", &cache).run().exits(0);
    let (level, what) = about(&run, "cache").remove(0);
    assert!(level == "warn" && what.contains("can be written by others"), "{what}");
}

#[test]
fn a_component_that_is_broken_or_not_the_pinned_one_is_told() {
    let home = Home::with_dotenv("KEY=v\n");
    let broken = home.file("broken.wasm", "not a component");
    home.runtime(["doctor", "--backend"]).arg(broken).run().exits(1).contains("fail  backend ");
    let text = format!(
        "[backends.files]\ncomponent = \"{}\"\ndigest = \"sha256:{}\"\ngrant = {{ storage = \".env\" }}\n",
        layout::backend("dotenv").display(),
        "0".repeat(64),
    );
    let file = home.file("mine.toml", text);
    let run = home.runtime(["doctor", "--backend", "files", "--config-file"]).arg(file).run();
    run.contains("is not trusted");
}

#[test]
fn the_configuration_that_is_looked_at_is_the_one_that_counts_with_its_profile() {
    let home = Home::with_dotenv("KEY=canary-value\n");
    let (dev, prod) = (home.file("dev.env", "KEY=canary-dev\n"), home.file("prod.env", "KEY=canary-prod\n"));
    home.own_configuration(&format!("{}{}", dotenv("a", &home.dotenv_file(), ""), dotenv("mine", &dev, "")));
    let profile = format!("[profiles.prod.backends.a]\ngrant = {{ storage = {prod:?} }}\n");
    home.trusted_configuration(&format!("{}{profile}", dotenv("a", &dev, "")));
    let storage = |run: Outcome, backend: &str| -> String {
        let mut found = about(&run, &format!("backend {backend}")).into_iter();
        let (level, what) = found.rfind(|(_, what)| what.contains("its storage is")).unwrap();
        assert_eq!(level, "ok");
        what.rsplit('/').next().unwrap().to_owned()
    };
    let doctor = |options: &[&str]| {
        let run = home.runtime(options).args(["--output", "json", "doctor", "--offline"]).within(&home.project());
        run.run().never_shows("canary")
    };
    let plain = doctor(&[]).exits(0);
    let said = about(&plain, "configuration");
    assert!(said[0].1.ends_with("is trusted") && said[1].1.ends_with("is your own"), "{said:?}");
    assert_eq!(storage(plain, "a"), "dev.env");
    // What the project does not say is the user's own.
    assert_eq!(storage(doctor(&[]), "mine"), "dev.env");
    assert_eq!(storage(doctor(&["-P", "prod"]).exits(0), "a"), "prod.env");
    let unknown = doctor(&["-P", "prd"]).exits(1);
    assert!(about(&unknown, "configuration").iter().any(|(level, what)| level == "fail" && what.contains("prd")));
}
