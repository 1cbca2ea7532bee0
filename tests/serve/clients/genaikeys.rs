//! GenAIKeys with our plugin.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};

use super::{
    host::{GENAIKEYS, Host},
    stage::{NAME, Stage, VALUE},
};
use crate::common::{Daemon, Home};

/// The mounts that show single values, one for each backend.
const MOUNTS: [&str; 4] = ["local", "vault", "aws", "azure"];

/// GenAIKeys with the daemon's socket, as its own user.
fn on_socket(daemon: &Daemon, mount: &str) -> Host {
    let address = format!("unix://{}", daemon.socket().display());
    Host::start(&GENAIKEYS, &[("SECRET_RUNTIME_ADDR", &address), ("SECRET_RUNTIME_MOUNT", mount)])
}

#[test]
fn it_reads_the_same_secret_from_every_backend_over_the_socket_and_over_tcp() {
    let stage = Stage::start();
    let token = stage.daemon.home().file("token", format!("{}\n", stage.daemon.token(&["read:*/**"])));
    let over_tcp =
        [("SECRET_RUNTIME_ADDR", &*stage.daemon.url()), ("SECRET_RUNTIME_TOKEN_FILE", token.to_str().unwrap())];
    let names: Vec<_> = MOUNTS.iter().map(|mount| format!("{mount}/{NAME}")).collect();
    let all: Value = names.iter().map(|name| (name.clone(), json!(VALUE))).collect::<serde_json::Map<_, _>>().into();
    for mut host in [on_socket(&stage.daemon, ""), Host::start(&GENAIKEYS, &over_tcp)] {
        assert_eq!(host.call("keys.get_many", json!([names])), all);
        assert_eq!(host.call("keys.aget_many", json!([names])), all);
        for mount in MOUNTS {
            assert_eq!(host.call("plugin.exists", json!([format!("{mount}/{NAME}")])), true);
            assert_eq!(host.call("plugin.exists", json!([format!("{mount}/MISSING")])), false);
            assert_eq!(host.fails("keys.get", json!([format!("{mount}/MISSING")])).class, "KeyError");
        }
        assert_eq!(host.log(), "");
    }
}

#[test]
fn it_writes_and_lists_in_every_backend() {
    let stage = Stage::start();
    for mount in MOUNTS {
        let mut host = on_socket(&stage.daemon, mount);
        for name in ["B", "A"] {
            host.call("keys.put", json!([name, format!("v\u{e4}lue of {name}")]));
            assert_eq!(host.call("keys.get", json!([name])), format!("v\u{e4}lue of {name}"));
        }
        let names: Vec<String> = serde_json::from_value(host.call("plugin.list_secrets", json!([]))).unwrap();
        // Azure does not tell case apart, and each has an order of its own.
        let mut sorted: Vec<_> = names.iter().map(|name| name.to_uppercase()).collect();
        sorted.sort_unstable();
        assert_eq!(sorted, ["A", "B", NAME], "{mount}");
        assert_eq!(host.call("plugin.list_secrets", json!([2])), json!(names[..2]));
        assert_eq!(host.call("plugin.list_secrets", json!([0])), json!([]));
    }
}

#[test]
fn it_finds_the_socket_in_the_users_runtime_folder() {
    let (daemon, home) = (Daemon::with_dotenv("A=1\n"), Home::new());
    std::fs::create_dir(home.path().join("secret-runtime")).unwrap();
    symlink(daemon.socket(), home.path().join("secret-runtime/runtime.sock")).unwrap();
    let folder = home.path().to_str().unwrap();
    let mut host = Host::start(&GENAIKEYS, &[("XDG_RUNTIME_DIR", folder), ("SECRET_RUNTIME_MOUNT", "local")]);
    assert_eq!(host.call("keys.get", json!(["A"])), "1");
}

#[test]
fn what_is_refused_or_out_of_reach_is_an_exception_and_no_absence() {
    let mut daemon = Daemon::with_dotenv("A=canary-1\nB=canary-2\n");
    let token = daemon.token(&["read:local/A"]);
    let file = daemon.home().file("token", &token);
    let address = format!("unix://{}", daemon.socket().display());
    let mut host = Host::start(
        &GENAIKEYS,
        &[
            ("SECRET_RUNTIME_ADDR", &address),
            ("SECRET_RUNTIME_MOUNT", "local"),
            ("SECRET_RUNTIME_TOKEN_FILE", file.to_str().unwrap()),
        ],
    );
    assert_eq!(host.call("keys.get", json!(["A"])), "canary-1");
    let hidden = [&*token, "canary"];
    host.fails("keys.get", json!(["B"])).is("refused", &hidden);
    host.fails("keys.get", json!(["MISSING"])).is("refused", &hidden);
    host.fails("keys.put", json!(["A", "canary-3"])).is("refused", &hidden);
    host.fails("plugin.list_secrets", json!([])).is("refused", &hidden);
    // There is no body to say it in after HEAD.
    host.fails("plugin.exists", json!(["B"])).is("other", &hidden);
    for name in ["", "/A", "A/", "a//b", "../A", "."] {
        assert_eq!(host.fails("keys.get", json!([name])).class, "ValueError", "{name}");
    }

    // A token that is renewed is used at once.
    daemon.home().file("token", daemon.token(&["read:local/B"]));
    assert_eq!(host.call("keys.get", json!(["B"])), "canary-2");
    daemon.home().file("token", "canary\n4");
    let raised = host.fails("keys.get", json!(["B"]));
    assert!(raised.class == "ValueError" && !raised.said.contains("canary"), "{raised:?}");

    daemon.home().file("token", &token);
    daemon.kill();
    host.fails("keys.get", json!(["A"])).is("unavailable", &hidden);
    host.fails("plugin.exists", json!(["A"])).is("unavailable", &hidden);
    assert_eq!(host.log(), "");
}

#[test]
fn a_daemon_that_was_started_again_is_asked_as_before() {
    let mut daemon = Daemon::with_dotenv("A=1\n");
    let mut host = on_socket(&daemon, "local");
    assert_eq!(host.call("keys.get", json!(["A"])), "1");
    daemon.kill();
    daemon.start_again();
    assert_eq!(host.call("keys.get", json!(["A"])), "1");
    assert_eq!(host.call("plugin.exists", json!(["A"])), true);
}
