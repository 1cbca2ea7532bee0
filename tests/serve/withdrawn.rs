//! What goes with a trust that is taken back: what was kept, and those whose credentials are there.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use test_support::{Gate, Reply, Upstream, layout};

use crate::common::{
    Daemon, Home,
    backends::digest,
    daemon::{OWNER, wait_for},
};

const FOUND: &str = r#"{"data":{"data":{"value":"canary"},"metadata":{"created_time":"t","version":1}}}"#;

/// A daemon whose mount `local` is a .env file by trust alone, and beside it what this says.
fn daemon(text: &str, beside: &str) -> Daemon {
    let home = Home::with_dotenv(text);
    home.file("token", "canary-token");
    let component = layout::backend("dotenv");
    let storage = home.dotenv_file();
    let local = format!("[backends.local]\ncomponent = {component:?}\ngrant = {{ storage = {storage:?} }}\n");
    let config = format!("{OWNER}{local}{beside}");
    home.file("runtime.toml", &config);
    let named = home.runtime(["--config-file"]).arg(home.path().join("runtime.toml"));
    named.args(["trust", "--digest", &digest(&component), "local"]).run().exits(0);
    Daemon::start_in(home, &config)
}

/// A vault backend of this name at this address, which spells out its grant, with this credential.
fn vault(name: &str, address: &str, token: &str) -> String {
    let component = layout::backend("vault");
    format!(
        "[backends.{name}]\ncomponent = {component:?}\ndigest = \"{}\"\nset = {{ address = {address:?} }}\n\
         grant = {{ origins = [{address:?}] }}\ncredentials = {{ token = {token} }}\n",
        digest(&component)
    )
}

fn revoke(daemon: &Daemon) {
    daemon.client(&["trust", "revoke", &digest(&layout::backend("dotenv"))]).run().exits(0);
}

fn trust(daemon: &Daemon) {
    daemon.client(&["trust", "--digest", &digest(&layout::backend("dotenv")), "local"]).run().exits(0);
}

fn wait_for_status(daemon: &Daemon, target: &str, status: u16) {
    wait_for("act", || (daemon.ask("GET", target).send().status == status).then_some(()));
}

#[test]
fn what_was_kept_is_forgotten_with_the_trust() {
    let daemon = daemon("A=canary\n", "");
    let kept = || daemon.ask("GET", "/runtime/v1/cache").send().is(200).json()["entries"].as_array().unwrap().len();
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
    assert_eq!(kept(), 1);
    revoke(&daemon);
    wait_for_status(&daemon, "/readyz", 503);
    trust(&daemon);
    wait_for_status(&daemon, "/readyz", 200);
    assert_eq!(kept(), 0);
}

#[test]
fn a_backend_goes_with_the_one_that_holds_its_credential_and_comes_back_with_it() {
    let server = Upstream::start(|_| Reply::new(200, FOUND)).unwrap();
    let daemon = daemon("TOKEN=canary-token\n", &vault("prod", &server.address(), "\"ref+local://TOKEN\""));
    let read = "/v1/prod/data/A";
    daemon.ask("GET", read).send().is(200);
    revoke(&daemon);
    wait_for_status(&daemon, read, 503);
    let answer = daemon.ask("GET", "/runtime/v1/secrets/prod/A").send().is(503);
    assert!(answer.text().contains("untrusted") && !answer.text().contains("canary"), "{answer:?}");
    trust(&daemon);
    wait_for_status(&daemon, read, 200);
}

#[test]
fn trust_is_taken_back_also_while_another_configuration_is_waited_for() {
    let (gate, held) = (Gate::new(), Arc::new(AtomicBool::new(false)));
    let server = {
        let (gate, held) = (gate.clone(), held.clone());
        Upstream::start(move |_| {
            let reply = Reply::new(200, FOUND);
            if held.load(Ordering::Relaxed) { reply.after(&gate) } else { reply }
        })
        .unwrap()
    };
    let beside = [
        vault("keeper", &server.address(), "{ file = \"token\" }"),
        // Its credential is read again with every configuration.
        vault("prod", &server.address(), "\"ref+keeper://TOKEN\""),
    ];
    let daemon = daemon("A=1\n", &beside.concat());
    daemon.ask("DELETE", "/runtime/v1/cache").send().is(200);
    held.store(true, Ordering::Relaxed);
    let asked = server.seen().len();
    thread::scope(|scope| {
        let reloading = scope.spawn(|| daemon.ask("POST", "/runtime/v1/reload").send());
        server.wait_for(asked + 1).unwrap();
        revoke(&daemon);
        wait_for_status(&daemon, "/v1/local/data/A", 503);
        assert!(!reloading.is_finished());
        gate.open();
        reloading.join().unwrap();
    });
    wait_for_status(&daemon, "/v1/local/data/A", 503);
}
