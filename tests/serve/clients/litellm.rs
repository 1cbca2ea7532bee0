//! LiteLLM with our manager, and with its own for Vault.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::{
    host::{Host, LITELLM},
    stage::{MOUNTS, NAME, Stage, Twin, VALUE},
};
use crate::common::Daemon;

/// LiteLLM with our manager on the daemon's socket, as its own user.
fn on_socket(daemon: &Daemon, mount: &str) -> Host {
    let address = format!("unix://{}", daemon.socket().display());
    Host::start(&LITELLM, &[("SECRET_RUNTIME_ADDR", &address), ("SECRET_RUNTIME_MOUNT", mount)])
}

#[test]
fn our_manager_reads_writes_rotates_and_deletes_in_every_backend() {
    let stage = Stage::start();
    let mut host = on_socket(&stage.daemon, "");
    for mount in ["local", "vault", "aws", "azure"] {
        let at = |name: &str| format!("{mount}/{name}");
        assert_eq!(host.call("here.get_secret", json!({ "secret_name": format!("os.environ/{}", at(NAME)) })), VALUE);
        assert_eq!(host.call("manager.async_read_secret", json!({ "secret_name": at(NAME) })), VALUE);
        let written = json!({ "secret_name": at("ONE"), "secret_value": "canary-1" });
        let written = host.call("manager.async_write_secret", written);
        assert_eq!((&written["status"], &written["secret_name"]), (&json!("success"), &json!(at("ONE"))));
        for (from, to, value) in [("ONE", "TWO", "canary-2"), ("TWO", "TWO", "canary-3")] {
            let names =
                json!({ "current_secret_name": at(from), "new_secret_name": at(to), "new_secret_value": value });
            host.call("manager.async_rotate_secret", names);
            assert_eq!(host.call("manager.sync_read_secret", json!({ "secret_name": at(to) })), value);
        }
        assert_eq!(host.call("manager.async_read_secret", json!({ "secret_name": at("ONE") })), Value::Null);
        for status in ["success", "not_found"] {
            let deleted = host.call("manager.async_delete_secret", json!({ "secret_name": at("TWO") }));
            // Vault's interface does not tell whether there was one.
            assert!(deleted["status"] == status || mount == "vault", "{mount}: {deleted}");
        }
    }
    let gone =
        json!({ "current_secret_name": "local/ONE", "new_secret_name": "local/X", "new_secret_value": "canary" });
    assert_eq!(host.fails("manager.async_rotate_secret", gone).class, "ValueError");
    assert!(!host.log().contains("canary") && !host.log().contains(VALUE), "{}", host.log());
}

#[test]
fn our_manager_does_what_litellms_settings_say() {
    let stage = Stage::start();
    let mut host = on_socket(&stage.daemon, "aws");
    let read = |name: &str, settings: Value| json!({ "secret_name": name, "optional_params": settings });
    // A team's own place.
    let team = json!({ "secret_manager_settings": { "mount": "bao", "path_prefix": "/team/a/", "data": "key" } });
    let secret = json!({ "secret_name": "K", "secret_value": "team's", "optional_params": team });
    host.call("manager.async_write_secret", secret);
    assert_eq!(stage.bao.get("team/a/K").unwrap(), Some(json!({ "key": "team's" })));
    assert_eq!(host.call("manager.sync_read_secret", read("K", team)), "team's");
    assert_eq!(host.fails("manager.sync_read_secret", read("K", json!({ "namespace": "n" }))).class, "ValueError");
    host.fails("manager.sync_read_secret", read(NAME, json!({ "data": "x" }))).is("invalid", &[VALUE]);

    // One secret with many members.
    let many = json!({ "secret_name": "MANY", "secret_value": r#"{"A": "1", "N": 1}"#, "tags": { "team": "a" },
                       "description": "all of them" });
    host.call("manager.async_write_secret", many);
    let primary = json!({ "primary_secret_name": "MANY" });
    assert_eq!(host.call("manager.sync_read_secret", read("A", primary.clone())), "1");
    assert_eq!(host.call("manager.sync_read_secret", read("B", primary.clone())), Value::Null);
    host.fails("manager.sync_read_secret", read("N", primary)).is("unsupported", &[]);
    let (none, text) = (json!({ "primary_secret_name": "NONE" }), json!({ "primary_secret_name": NAME }));
    assert_eq!(host.call("manager.sync_read_secret", read("A", none)), Value::Null);
    host.fails("manager.sync_read_secret", read("A", text)).is("malformed", &[VALUE]);

    let days = json!({ "secret_name": "MANY", "recovery_window_in_days": 3 });
    host.fails("manager.async_delete_secret", days).is("invalid", &[]);
    host.call("manager.async_delete_secret", json!({ "secret_name": "MANY", "recovery_window_in_days": 30 }));
    assert_eq!(host.call("manager.async_health_check", json!({})), true);
    assert_eq!(host.call("manager.validate_environment", json!({})), true);
}

#[test]
fn our_manager_raises_what_litellm_then_logs_and_shows_no_value() {
    let daemon = Daemon::with_dotenv("A=canary-1\nB=canary-2\n");
    let token = daemon.token(&["read:local/A"]);
    let mut host = Host::start(
        &LITELLM,
        &[
            ("SECRET_RUNTIME_ADDR", &daemon.url()),
            ("SECRET_RUNTIME_MOUNT", "local"),
            ("SECRET_RUNTIME_TOKEN", &token),
            ("B", "from the environment"),
        ],
    );
    assert_eq!(host.call("here.get_secret", json!({ "secret_name": "A" })), "canary-1");
    host.fails("manager.sync_read_secret", json!({ "secret_name": "B" })).is("refused", &[&token, "canary"]);
    // What LiteLLM makes of it is for it to decide; it says why.
    assert_eq!(host.call("here.get_secret", json!({ "secret_name": "B" })), "from the environment");
    let log = host.log();
    assert!(log.contains("HTTP 403, refused: permission denied (rule scope)"), "{log}");
    assert!(!log.contains("canary") && !log.contains(&token), "{log}");
}

#[test]
fn our_manager_lets_others_go_on_while_it_waits_and_waits_no_longer_than_it_may() {
    // Takes connections, and never answers.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = format!("http://{}", silent.local_addr().unwrap());
    let mut host = Host::start(
        &LITELLM,
        &[
            ("SECRET_RUNTIME_ADDR", &address),
            ("SECRET_RUNTIME_MOUNT", "local"),
            ("SECRET_RUNTIME_TOKEN", "canary"),
            ("SECRET_RUNTIME_TIMEOUT", "0.5"),
        ],
    );
    for arguments in [json!({ "secret_name": "A" }), json!({ "secret_name": "A", "timeout": 0.3 })] {
        let waited = host.call("here.turns_while_reading", arguments);
        assert_eq!(waited["kind"], "timeout");
        assert!(waited["turns"].as_u64().unwrap() > 5, "{waited}");
    }
    assert_eq!(host.call("manager.async_health_check", json!({ "timeout": 0.3 })), false);
}

#[test]
fn its_own_manager_for_vault_reads_every_backend_through_the_daemon() {
    let stage = Stage::start();
    let token = stage.daemon.token(&["*:*/**"]);
    let mut host = Host::start(&LITELLM, &[("HCP_VAULT_ADDR", &stage.daemon.url()), ("HCP_VAULT_TOKEN", &token)]);
    for mount in MOUNTS {
        let place = |name: &str| json!({ "secret_name": name, "optional_params": { "mount": mount } });
        assert_eq!(host.call("manager.sync_read_secret", place(NAME)), VALUE, "{mount}");
        assert_eq!(host.call("manager.async_read_secret", place(NAME)), VALUE, "{mount}");
        assert_eq!(host.call("manager.sync_read_secret", place("MISSING")), Value::Null, "{mount}");
        let secret = json!({ "secret_name": "NEW", "secret_value": "canary", "optional_params": { "mount": mount } });
        host.call("manager.async_write_secret", secret);
        assert_eq!(host.call("manager.async_read_secret", place("NEW")), "canary", "{mount}");
        let deleted = host.call("manager.async_delete_secret", place("NEW"));
        assert_eq!(deleted["status"], "success", "{mount}");
        assert_eq!(host.call("manager.async_read_secret", place("NEW")), Value::Null, "{mount}");
    }
}

#[test]
fn its_own_manager_for_vault_needs_no_more_than_an_address_and_a_token() {
    let twin = Twin::start();
    twin.bao.put("team/KEY", &json!({ "key": "value of it" })).unwrap();
    let mut host = Host::start(&LITELLM, &[("HCP_VAULT_ADDR", &twin.daemon.url()), ("HCP_VAULT_TOKEN", &twin.token)]);
    assert_eq!(host.call("here.get_secret", json!({ "secret_name": "os.environ/team/KEY" })), "value of it");
}
