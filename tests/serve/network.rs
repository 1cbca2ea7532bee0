//! Over TCP: TLS with a certificate that can be renewed, and sockets that somebody else opened.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Output},
};

use rustix::process::Signal;
use test_support::{Authority, Identity};

use crate::common::{
    Daemon, Home,
    daemon::{OWNER, backend},
};

/// A GET with a token by curl, which trusts this authority.
fn curl(daemon: &Daemon, scheme: &str, authority: &Path, token: &str) -> Output {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60", "--cacert"]).arg(authority);
    command.args(["--header", &format!("X-Vault-Token: {token}")]);
    command.arg(format!("{scheme}://{}/v1/local/data/A", daemon.address())).output().unwrap()
}

fn shows(output: &Output, value: &str) -> bool {
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains(value)
}

/// Puts certificate and key where the configuration has them.
fn install(home: &Home, identity: &Identity) {
    home.file("cert.pem", identity.certificate_pem());
    let key = home.file("key.pem", identity.key_pem());
    fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
}

fn config(home: &Home) -> String {
    let tls = "listen = \"127.0.0.1:0\"\ntls = { certificate = \"cert.pem\", key = \"key.pem\" }\n";
    format!("{OWNER}{tls}{}", backend(home, "local", "read-only"))
}

#[test]
fn an_address_of_tls_speaks_nothing_else_and_its_certificate_can_be_renewed() {
    let (first, second) = (Authority::new().unwrap(), Authority::new().unwrap());
    let home = Home::with_dotenv("A=canary\n");
    install(&home, &first.server().unwrap());
    let config = config(&home);
    let daemon = Daemon::start_in(home, &config);
    let token = daemon.token(&["read:local/A"]);
    assert!(shows(&curl(&daemon, "https", &first.ca_file(), &token), "canary"));
    assert!(!curl(&daemon, "https", &second.ca_file(), &token).status.success());
    assert!(!shows(&curl(&daemon, "http", &first.ca_file(), &token), "canary"));

    install(daemon.home(), &second.server().unwrap());
    daemon.ask("POST", "/runtime/v1/reload").send().is(200);
    assert!(shows(&curl(&daemon, "https", &second.ca_file(), &token), "canary"));
    // What can't be used leaves the one that can.
    daemon.home().file("cert.pem", "no certificate");
    daemon.ask("POST", "/runtime/v1/reload").send().is(400);
    assert!(shows(&curl(&daemon, "https", &second.ca_file(), &token), "canary"));
}

#[test]
fn a_key_that_everybody_can_read_is_not_used() {
    let home = Home::with_dotenv("A=1\n");
    install(&home, &Authority::new().unwrap().server().unwrap());
    fs::set_permissions(home.path().join("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    home.file("runtime.toml", config(&home));
    let serve = home.runtime(["--config-file"]).arg(home.path().join("runtime.toml")).args(["serve", "--socket"]);
    serve.arg(home.path().join("run/s")).run().exits(1).says(&["everybody on this machine can read the key"]);
}

#[test]
fn an_address_that_is_not_loopback_needs_tls() {
    let home = Home::with_dotenv("A=1\n");
    home.file("runtime.toml", format!("{OWNER}{}", backend(&home, "local", "read-only")));
    let serve = home.runtime(["--config-file"]).arg(home.path().join("runtime.toml")).args(["serve", "--socket"]);
    let serve = serve.arg(home.path().join("run/s")).args(["--listen", "0.0.0.0:0"]);
    serve.run().exits(2).says(&["an address that is not loopback needs TLS"]);
}

#[test]
fn sockets_that_systemd_opened_are_served_and_left_where_they_are() {
    const OPEN: &str = "\
import os, socket, sys
local, remote = socket.socket(socket.AF_UNIX), socket.create_server(('127.0.0.1', 0))
os.umask(0o177)
local.bind(sys.argv[1])
local.listen()
for number, opened in enumerate([os.dup(local.fileno()), os.dup(remote.fileno())]):
    os.dup2(opened, 3 + number, inheritable=True)
os.environ.update(LISTEN_FDS='2', LISTEN_PID=str(os.getpid()))
os.execvp(sys.argv[2], sys.argv[2:])
";
    let home = Home::with_dotenv("A=1\n");
    fs::create_dir(home.path().join("run")).unwrap();
    let socket = home.path().join("run/runtime.sock");
    let config = format!("{OWNER}{}", backend(&home, "local", "read-only"));
    let mut daemon = Daemon::start_under(home, &config, &["python3", "-c", OPEN, socket.to_str().unwrap()]);
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
    let token = daemon.token(&["read:local/A"]);
    daemon.ask_tcp("GET", "/v1/local/data/A").token(&token).send().is(200);
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
    assert!(socket.exists());
}
