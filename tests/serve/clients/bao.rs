//! The `bao` command line, over TCP and over the socket.

use std::process::{Command, Output};

use serde_json::{Value, json};
use test_support::OpenBao;

use super::stage::{MOUNTS, NAME, Stage, VALUE};

/// `bao ARGUMENTS` on this server.
pub(super) fn run(address: &str, token: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(OpenBao::program().unwrap());
    command.args(arguments).env_clear().env("BAO_ADDR", address).env("HOME", "/nonexistent");
    // Refused is refused: asking again would only take time.
    command.env("BAO_MAX_RETRIES", "0");
    if !token.is_empty() {
        command.env("BAO_TOKEN", token);
    }
    command.output().unwrap()
}

/// A run that succeeds; its output.
#[track_caller]
fn shown(address: &str, token: &str, arguments: &[&str]) -> String {
    let output = run(address, token, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn it_reads_the_same_secret_from_every_backend_over_tcp_and_over_the_socket() {
    let stage = Stage::start();
    let token = stage.daemon.token(&["read,list:*/**"]);
    let socket = format!("unix://{}", stage.daemon.socket().display());
    for (address, token) in [(stage.daemon.url(), token.as_str()), (socket.clone(), token.as_str()), (socket, "")] {
        for mount in MOUNTS {
            let mount = format!("-mount={mount}");
            let read = shown(&address, token, &["kv", "get", &mount, "-format=json", NAME]);
            let read: Value = serde_json::from_str(&read).unwrap();
            assert_eq!(read["data"]["data"], json!({ "value": VALUE, "key": VALUE }), "{address} {mount}");
            let listed = shown(&address, token, &["kv", "list", &mount, "-format=json"]);
            let keys: Vec<String> = serde_json::from_str(&listed).unwrap();
            assert!(keys.iter().any(|key| key.eq_ignore_ascii_case(NAME)), "{address} {mount}: {keys:?}");
        }
    }
}

#[test]
fn it_tells_writes_patches_and_deletes() {
    let stage = Stage::start();
    let socket = format!("unix://{}", stage.daemon.socket().display());
    let bao = |arguments: &[&str]| shown(&socket, "", arguments);
    for mount in MOUNTS {
        let known = bao(&["kv", "metadata", "get", &format!("-mount={mount}"), "-format=json", NAME]);
        let known: Value = serde_json::from_str(&known).unwrap();
        assert_eq!(known["data"]["cas_required"], false, "{known}");
    }
    for mount in ["-mount=local", "-mount=bao", "-mount=aws", "-mount=azure"] {
        bao(&["kv", "put", mount, "FRESH", "value=one"]);
        assert_eq!(bao(&["kv", "get", mount, "-field=value", "FRESH"]), "one", "{mount}");
        bao(&["kv", "delete", mount, "FRESH"]);
        assert_eq!(run(&socket, "", &["kv", "get", mount, "FRESH"]).status.code(), Some(2), "{mount}");
    }
    bao(&["kv", "put", "-mount=bao", "-cas=0", "MANY", "user=u", "password=p"]);
    let refused = run(&socket, "", &["kv", "put", "-mount=bao", "-cas=0", "MANY", "user=v"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("check-and-set parameter did not match"), "{refused:?}");
    // It reads, changes and writes where it can't patch.
    bao(&["kv", "patch", "-mount=bao", "MANY", "password=q"]);
    assert_eq!(stage.bao.get("MANY").unwrap(), Some(json!({ "user": "u", "password": "q" })));
    bao(&["kv", "metadata", "delete", "-mount=bao", "MANY"]);
    assert_eq!(stage.bao.get("MANY").unwrap(), None);
}

#[test]
fn it_sees_a_server_that_serves() {
    let stage = Stage::start();
    for address in [stage.daemon.url(), format!("unix://{}", stage.daemon.socket().display())] {
        let status: Value = serde_json::from_str(&shown(&address, "", &["status", "-format=json"])).unwrap();
        assert_eq!((&status["initialized"], &status["sealed"]), (&json!(true), &json!(false)), "{status}");
        shown(&address, "", &["status"]);
    }
}

#[test]
fn without_access_it_is_told_so_before_anything_is_asked() {
    let stage = Stage::start();
    let token = stage.daemon.token(&["read:local/*"]);
    stage.bao.forget_requests().unwrap();
    let refused = run(&stage.daemon.url(), &token, &["kv", "get", "-mount=bao", NAME]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("preflight capability check returned 403") && !said.contains(VALUE), "{said}");
    assert_eq!(stage.bao.requests().unwrap(), []);
}
