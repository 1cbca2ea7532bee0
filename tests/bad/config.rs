//! Settings that ask for too much, and configurations that can't be relied on.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use test_support::Upstream;

use super::vault as server;
use crate::common::{Attack, Component, Home, Manifest, digest};

#[test]
fn a_setting_that_asks_for_a_credential_is_a_fault_of_the_component() {
    for variable in [
        "GITHUB_TOKEN",
        "github_token",
        "AWS_SECRET_ACCESS_KEY",
        "CLIENT_SECRET",
        "DB_PASSWORD",
        "OPENAI_API_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "SENTRY_DSN",
    ] {
        let manifest = Manifest::honest().replace("[\"HOSTILE_ADDR\"]", &format!("[\"{variable}\"]"));
        let attack = Attack::with(manifest).set("act", "ask").set("ask", "address").env(variable, "canary-credential");
        let run = attack.get();
        run.blames_the_component(&["config.address", variable]).never_shows("canary-credential");
    }
}

#[test]
fn a_variable_that_was_not_declared_is_not_there() {
    for variable in ["GITHUB_TOKEN", "HOME", "PATH", "HOSTILE_TOKEN"] {
        let attack = Attack::with(Manifest::honest())
            .env("GITHUB_TOKEN", "canary-credential")
            .env("HOSTILE_TOKEN", "canary-credential")
            .env("HOSTILE_ADDR", "https://upstream.test")
            .set("act", "ask")
            .set("ask", variable);
        attack.get().exits(10).prints("").never_shows("canary-credential");
    }
}

#[test]
fn a_credential_reads_as_a_placeholder() {
    let attack = Attack::with(Manifest::honest())
        .env("HOSTILE_TOKEN", "canary-credential")
        .env("HOSTILE_ADDR", "https://upstream.test")
        .set("act", "ask")
        .set("ask", "token");
    let run = attack.get().exits(0);
    assert!(!run.stdout.is_empty());
    run.never_shows("canary-credential");
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_known_one() {
    let run = Attack::with(Manifest::honest()).set("adress", "https://upstream.test").get();
    run.exits(2).says(&["adress", "address"]).prints("");
}

/// A configuration for the vault backend, granted in it; what is not needed for that comes last.
fn configured(home: &Home, server: &Upstream, more: &str) -> PathBuf {
    let component = Component::backend("vault").save(home, "vault.wasm");
    let (digest, address) = (digest(&component), server.address());
    home.file(
        "runtime.toml",
        format!(
            "default-backend = \"prod\"\n[backends.prod]\ncomponent = \"vault.wasm\"\ndigest = \"{digest}\"\n\
             set = {{ address = \"{address}\" }}\ncredentials = {{ token = {{ env = \"PROD_TOKEN\" }} }}\n\
             grant = {{ origins = [\"{address}\"] }}\n{more}"
        ),
    )
}

#[test]
fn a_configuration_that_is_right_is_used() {
    let (home, server) = (Home::new(), server());
    let config = configured(&home, &server, "");
    let run = home.runtime(["--config-file"]).arg(config).args(["get", "KEY"]).env("PROD_TOKEN", "canary-credential");
    run.run().exits(0).prints("the value");
    assert_eq!(server.seen()[0].header("x-vault-token"), Some("canary-credential"));
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    for (line, near) in [
        ("acess-mode = \"read-only\"", "access-mode"),
        ("hosted_keys = [\"A\"]", "hosted-keys"),
        ("hostedkeys = [\"A\"]", "hosted-keys"),
        ("write-prefx = \"a/\"", "write-prefix"),
        ("cache = { tll = \"1m\" }", "ttl"),
        ("limits = { memroy = \"64MiB\" }", "memory"),
        ("requests = { timout = \"1s\" }", "timeout"),
        ("[backend.other]\ncomponent = \"vault.wasm\"", "backends"),
    ] {
        let (home, server) = (Home::new(), server());
        let config = configured(&home, &server, line);
        let run =
            home.runtime(["--config-file"]).arg(config).args(["get", "KEY"]).env("PROD_TOKEN", "canary-credential");
        let said = format!("did you mean \"{near}\"?");
        run.run().exits(2).says(&["runtime.toml", "unknown key", &said]).prints("").never_shows("canary-credential");
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn a_value_that_can_not_be_right_is_refused() {
    for (line, words) in [
        ("access-mode = \"everything\"", "access-mode"),
        ("hosted-keys = \"OPENAI_*\"", "hosted-keys"),
        ("hosted-keys = [\"\"]", "hosted-keys"),
        ("timeout = \"10\"", "timeout"),
        ("timeout = \"0s\"", "timeout"),
        ("cache = { ttl = \"-1s\" }", "ttl"),
        ("limits = { memory = \"lots\" }", "memory"),
        ("limits = { memory = \"2GiB\" }", "memory"),
        ("env-fallback = \"yes\"", "env-fallback"),
        ("access-mode", "line"),
    ] {
        let (home, server) = (Home::new(), server());
        let config = configured(&home, &server, line);
        let run =
            home.runtime(["--config-file"]).arg(config).args(["get", "KEY"]).env("PROD_TOKEN", "canary-credential");
        run.run().exits(2).says(&[words]).prints("").never_shows("canary-credential");
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn a_configuration_that_others_can_write_has_no_effect() {
    for mode in [0o620, 0o602, 0o666] {
        let (home, server) = (Home::new(), server());
        let config = configured(&home, &server, "");
        fs::set_permissions(&config, fs::Permissions::from_mode(mode)).unwrap();
        let run =
            home.runtime(["--config-file"]).arg(config).args(["get", "KEY"]).env("PROD_TOKEN", "canary-credential");
        run.run().exits(3).says(&["runtime.toml", "others can write it"]).prints("");
        assert_eq!(server.connections(), 0);
    }
}

#[test]
fn a_configuration_that_can_not_be_read_is_an_error_of_its_own() {
    let home = Home::new();
    let folder = home.path().join("folder.toml");
    fs::create_dir(&folder).unwrap();
    let missing = home.path().join("missing.toml");
    home.runtime(["--config-file"]).arg(&missing).args(["get", "KEY"]).run().exits(2).says(&["missing.toml"]);
    let get = home.runtime(["--config-file"]).arg(&folder).args(["get", "KEY"]).run();
    assert!([2, 3].contains(&get.status.code().unwrap()), "{get:?}");
    get.says(&["folder.toml"]).prints("");

    let not_text = home.file("bytes.toml", [0xff, 0xfe]);
    let get = home.runtime(["--config-file"]).arg(&not_text).args(["get", "KEY"]).run();
    get.exits(2).says(&["bytes.toml"]).prints("");

    let fifo = home.path().join("fifo.toml");
    super::fifo(&fifo);
    let get = home.runtime(["--config-file"]).arg(&fifo).args(["get", "KEY"]).run();
    assert!([2, 3].contains(&get.status.code().unwrap()), "{get:?}");
    get.says(&["fifo.toml"]).prints("");
}

#[test]
fn a_configuration_that_was_found_has_no_effect_before_it_is_trusted() {
    let (home, server) = (Home::new(), server());
    let config = configured(&home, &server, "");
    let below = home.path().join("project/src");
    fs::create_dir_all(&below).unwrap();
    let get = || home.runtime(["get", "KEY"]).within(&below).env("PROD_TOKEN", "canary-credential").run();

    get().exits(2).says(&["is not trusted and has no effect", "no backend is named"]).prints("");
    assert_eq!(server.connections(), 0);

    let pinned = digest(&config);
    home.runtime(["trust", "--digest", &pinned]).arg(&config).run().exits(0);
    get().exits(0).prints("the value");

    // Changed by a single byte, it is a stranger's again.
    let mut text = fs::read_to_string(&config).unwrap();
    text.push('\n');
    fs::write(&config, text).unwrap();
    get().exits(2).says(&["is not trusted and has no effect"]).prints("");
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_configuration_for_another_component_grants_nothing() {
    let (home, server) = (Home::new(), server());
    let config = configured(&home, &server, "");
    let Component(mut changed) = Component::backend("vault");
    changed.extend([0, 2, 1, b'x']);
    home.file("vault.wasm", changed);
    let run = home.runtime(["--config-file"]).arg(config).args(["get", "KEY"]).env("PROD_TOKEN", "canary-credential");
    run.run().exits(3).prints("");
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_configuration_that_grants_another_origin_grants_nothing() {
    let (home, server) = (Home::new(), server());
    let config = configured(&home, &server, "");
    let text = fs::read_to_string(&config).unwrap();
    let address = format!("origins = [\"{}\"]", server.address());
    home.file("runtime.toml", text.replace(&address, "origins = [\"https://elsewhere.test\"]"));
    let run = home.runtime(["--config-file"]).arg(config).args(["get", "KEY"]).env("PROD_TOKEN", "canary-credential");
    run.run().exits(3).prints("");
    assert_eq!(server.connections(), 0);
}

#[test]
fn times_that_can_not_be_added_up_are_no_panic() {
    let run = Attack::bare().option("--timeout").option("200000000h").get();
    assert!([0, 2].contains(&run.status.code().unwrap()), "{run:?}");
    run.never_shows("defect");
}
