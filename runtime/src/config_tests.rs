#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

fn refused(text: &str) -> String {
    read(text, Path::new("/etc/runtime.toml"), Path::new("/etc"))
        .map(|_| String::new())
        .unwrap_or_else(|error| error.to_string())
}

#[test]
fn a_whole_configuration_is_read() {
    let text = r#"
        default-backend = "prod"
        audit = "audit.jsonl"
        [backends.prod]
        component = "vault.wasm"
        digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        recipe = "approle"
        set = { address = "https://vault.corp:8200", mount = "secret" }
        credentials = { role-id = { env = "ROLE_ID" }, secret-id = { file = "/run/secrets/secret-id" } }
        grant = { origins = ["https://vault.corp:8200"], variables = ["VAULT_NAMESPACE"] }
        access-mode = "read-only"
        hosted-keys = ["OPENAI_*", "team/**"]
        allow-options = ["mount"]
        write-prefix = "litellm/"
        map-names = true
        description = "kept by ops"
        tags = { team = "a" }
        cache = { ttl = "10m", entries = 1000, bytes = "4MiB", absent-ttl = "5s", stale = "1h" }
        env-fallback = true
        timeout = "30s"
        limits = { memory = "64MiB", guest-time = "5s", host-calls = 100, requests = 10, value = "1MiB" }
        requests = { timeout = "5s", body = "1MiB", reply = "1MiB" }
    "#;
    let config = read(text, Path::new("/etc/runtime.toml"), Path::new("/etc")).unwrap();
    assert_eq!(config.default_backend(), Some("prod"));
    assert_eq!(config.audit(), Some(Path::new("/etc/audit.jsonl")));
    assert_eq!(config.backend("prod").unwrap().component(), Path::new("/etc/vault.wasm"));
    insta::assert_snapshot!(config.describe());
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let backend = |line: &str| refused(&format!("[backends.a]\ncomponent = \"a.wasm\"\n{line}"));
    for (message, wanted) in [
        (refused("default-bakend = \"a\""), "unknown key \"default-bakend\"; did you mean \"default-backend\"?"),
        (
            backend("acess-mode = \"read-only\""),
            "backends.a: unknown key \"acess-mode\"; did you mean \"access-mode\"?",
        ),
        (backend("cache = { tll = \"1s\" }"), "backends.a.cache: unknown key \"tll\"; did you mean \"ttl\"?"),
        (backend("limits = { fuel = 1 }"), "backends.a.limits: unknown key \"fuel\""),
        (backend("grant = { origin = [] }"), "backends.a.grant: unknown key \"origin\"; did you mean \"origins\"?"),
    ] {
        assert_eq!(message, wanted);
    }
}

#[test]
fn values_that_cannot_be_right_are_refused() {
    let backend = |line: &str| refused(&format!("[backends.a]\ncomponent = \"a.wasm\"\n{line}"));
    for message in [
        refused("default-backend = 1"),
        refused("[backends.\"a/b\"]\ncomponent = \"a.wasm\""),
        refused("[backends.a]"),
        backend("digest = \"sha256:12\""),
        backend("access-mode = \"all\""),
        backend("timeout = \"0s\""),
        backend("timeout = 30"),
        backend("limits = { memory = \"lots\" }"),
        backend("credentials = { a = { env = \"A\", file = \"/b\" } }"),
        backend("credentials = { a = {} }"),
        backend("grant = { origins = [\"https://u:p@vault\"] }"),
        backend("hosted-keys = \"*\""),
    ] {
        assert!(!message.is_empty());
        assert!(message.starts_with("backends") || message.starts_with("default-backend"), "{message}");
    }
}
