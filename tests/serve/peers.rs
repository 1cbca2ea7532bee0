//! Other users at the socket: nothing, unless the configuration says so.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

use crate::common::{
    Daemon, Home,
    daemon::{OWNER, backend},
};

/// What this user gets over the socket with curl.
fn as_user(user: u32, daemon: &Daemon, method: &str, path: &str) -> u16 {
    let user = user.to_string();
    let output = Command::new("setpriv")
        .args(["--reuid", &user, "--regid", &user, "--clear-groups", "curl", "--silent", "--output", "/dev/null"])
        .args(["--write-out", "%{http_code}", "--header", "X-Vault-Request: true", "--request", method])
        .arg("--unix-socket")
        .arg(daemon.socket())
        .arg(format!("http://localhost{path}"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().parse().unwrap()
}

fn open_to_all(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn other_users_get_what_the_configuration_gives_them_and_nothing_else() {
    // Only root can be somebody else.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let home = Home::with_dotenv("A=1\nB=2\n");
    let users = "[serve.users]\n65533 = [\"read:local/A\"]\n";
    let config = format!("{OWNER}{users}{}", backend(&home, "local", "read-write"));
    let daemon = Daemon::start_in(home, &config);
    let (mapped, stranger) = (65533, 65534);
    // Nobody reaches the socket at first.
    assert_eq!(as_user(mapped, &daemon, "GET", "/v1/local/data/A"), 0);
    open_to_all(daemon.home().path(), 0o711);
    open_to_all(daemon.socket().parent().unwrap(), 0o711);
    open_to_all(&daemon.socket(), 0o666);
    for (user, method, path, status) in [
        (mapped, "GET", "/v1/local/data/A", 200),
        (mapped, "GET", "/v1/local/data/B", 403),
        (mapped, "GET", "/runtime/v1/tokens", 403),
        (mapped, "POST", "/runtime/v1/tokens", 403),
        (mapped, "DELETE", "/runtime/v1/cache", 403),
        (stranger, "GET", "/v1/local/data/A", 403),
        (stranger, "GET", "/runtime/v1/tokens", 403),
        (stranger, "POST", "/runtime/v1/tokens", 403),
        (stranger, "GET", "/healthz", 200),
    ] {
        assert_eq!(as_user(user, &daemon, method, path), status, "{user} {method} {path}");
    }
}
