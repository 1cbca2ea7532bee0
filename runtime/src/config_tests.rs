#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;

fn refused(text: &str) -> String {
    read(text, Path::new("/etc/runtime.toml"), Path::new("/etc"))
        .map(|_| String::new())
        .unwrap_or_else(|error| error.to_string())
}

const WHOLE: &str = r#"
        default-backend = "prod"
        audit = "audit.jsonl"
        [backends.prod]
        component = "vault.wasm"
        digest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        recipe = "approle"
        set = { address = "https://vault.corp:8200", mount = "secret" }
        credentials = { role-id = { env = "ROLE_ID" }, secret-id = { file = "/run/secrets/secret-id" } }
        grant = { origins = ["https://vault.corp:8200"], variables = ["VAULT_NAMESPACE"], storage = "team.env" }
        access-mode = "read-only"
        hosted-keys = ["OPENAI_*", "team/**"]
        allow-options = ["mount"]
        write-prefix = "litellm/"
        map-names = true
        description = "kept by ops"
        tags = { team = "a" }
        cache = { ttl = "10m", entries = 1000, bytes = "4MiB", absent-ttl = "5s", stale = "1h", refresh = true }
        env-fallback = true
        timeout = "30s"
        limits = { memory = "64MiB", guest-time = "5s", host-calls = 100, requests = 10, value = "1MiB", instances = 4 }
        requests = { timeout = "5s", body = "1MiB", reply = "1MiB" }
        [secrets]
        OPENAI_API_KEY = { backend = "prod", name = "team/openai", version = "3", field = "key" }
        SHORT = "ref+prod://team/db#password"
        [serve]
        socket = "/run/secrets.sock"
        listen = "127.0.0.1:8200"
        tls = { certificate = "cert.pem", key = "key.pem" }
        hosts = ["secrets.internal"]
        origins = ["https://ui.internal"]
        state = "state"
        owner = ["read,list:*/**"]
        users = { 1001 = ["read:prod/team/*"] }
        mounts = { secret = { backend = "prod", fields = ["key"], objects = true } }
        telemetry = { traces = "http://127.0.0.1:4318", names = true }
        [profiles.staging]
        serve = {}
        default-backend = "prod"
        audit = "-"
        backends = { prod = { timeout = "5s" } }
        secrets = { ONLY_HERE = {} }
    "#;

#[test]
fn a_component_is_a_file_or_one_that_is_installed() {
    for (word, path) in [
        ("vault", installed_backends().unwrap().join("vault.wasm")),
        ("./vault", "/etc/./vault".into()),
        ("/opt/vault", "/opt/vault".into()),
    ] {
        let text = format!("[backends.a]\ncomponent = \"{word}\"");
        let config = read(&text, Path::new("x"), Path::new("/etc")).unwrap();
        assert_eq!(config.backend("a").unwrap().component(), path, "{word}");
    }
}

#[test]
fn a_whole_configuration_is_read() {
    let config = read(WHOLE, Path::new("/etc/runtime.toml"), Path::new("/etc")).unwrap();
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
        backend("limits = { instances = \"8\" }"),
        backend("cache = { refresh = \"yes\" }"),
    ] {
        assert!(!message.is_empty());
        assert!(message.starts_with("backends") || message.starts_with("default-backend"), "{message}");
    }
}

#[test]
fn the_address_of_a_collector_holds_no_credential_and_is_one_of_the_web() {
    let refused = |url: &str| refused(&format!("[serve.telemetry]\ntraces = \"{url}\""));
    for url in ["ftp://collector", "collector:4318", "http://u:hidden@collector", "http://collector?key=hidden", "x"] {
        let message = refused(url);
        assert!(message.starts_with("serve.telemetry.traces") && !message.contains("hidden"), "{url}: {message}");
    }
    assert_eq!(refused("https://collector.corp/otlp"), "");
}

/// The keys that a schema has, and those that it shares with a document, as paths; `*` is a name of the author's own.
fn keys(
    schema: &serde_json::Value,
    root: &serde_json::Value,
    path: &str,
    found: &mut std::collections::BTreeSet<String>,
) {
    if let Some(to) = schema["$ref"].as_str() {
        let to = root.pointer(to.trim_start_matches('#')).unwrap();
        keys(to, root, path, found);
    }
    for (key, below) in schema["properties"].as_object().into_iter().flatten() {
        found.insert(format!("{path}.{key}"));
        keys(below, root, &format!("{path}.{key}"), found);
    }
    if schema["additionalProperties"].is_object() {
        keys(&schema["additionalProperties"], root, &format!("{path}.*"), found);
    }
    for one in schema["oneOf"].as_array().into_iter().flatten() {
        keys(one, root, path, found);
    }
}

/// The keys of a document, as [`keys`] has them: tables whose keys are the author's own are told by their place.
fn written(value: &toml::Value, path: &str, found: &mut std::collections::BTreeSet<String>) {
    let own = [".backends", ".users", ".mounts", ".secrets", ".profiles", ".set", ".credentials", ".tags"];
    for (key, below) in value.as_table().into_iter().flatten() {
        let free = own.iter().any(|end| path.ends_with(end));
        let path = if free { format!("{path}.*") } else { format!("{path}.{key}") };
        if !free {
            found.insert(path.clone());
        }
        written(below, &path, found);
    }
}

#[test]
fn the_schema_has_exactly_the_keys_that_are_read() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let (mut described, mut read) = (Default::default(), Default::default());
    keys(&schema, &schema, "", &mut described);
    written(&toml::Value::Table(WHOLE.parse().unwrap()), "", &mut read);
    read.retain(|key: &String| !key.starts_with(".profiles.*.backends.*") && !key.starts_with(".profiles.*.secrets.*"));
    described.retain(|key: &String| !key.starts_with(".profiles.*.secrets.*"));
    assert_eq!(described, read);
}

#[test]
fn what_a_profile_brings_about_is_told_as_whole_as_the_rest() {
    let text = r#"
        default-backend = "prod"
        [backends.prod]
        component = "vault.wasm"
        set = { address = "https://vault.corp" }
        [secrets]
        A = {}
        [profiles.evil]
        default-backend = "other"
        [profiles.evil.backends.prod]
        set = { address = "https://evil.example" }
        credentials = { token = { file = "/home/me/.ssh/id" } }
        access-mode = "read-write"
        env-fallback = true
        [profiles.evil.secrets]
        B = "ref+prod://x"
        [profiles.slow.backends.prod]
        timeout = "60s"
    "#;
    let config = read(text, Path::new("/etc/runtime.toml"), Path::new("/etc")).unwrap();
    insta::assert_snapshot!(config.describe());
}

#[test]
fn no_variable_is_left_out_of_what_is_told_however_many_there_are() {
    let many: Vec<_> = (0..100).map(|number| format!("HARMLESS_VARIABLE_{number}")).collect();
    let text = format!(
        "[backends.a]\ncomponent = \"a.wasm\"\n[backends.a.grant]\nvariables = [\"SETTING\"]\nstorage = \"env:{},EVIL_*\"\n",
        many.join(",")
    );
    let told = read(&text, Path::new("/etc/runtime.toml"), Path::new("/etc")).unwrap().describe();
    assert!(told.contains("EVIL_* from your environment, as secrets") && told.contains("SETTING from"), "{told}");
}
