//! Tokens: what one may do, how long it holds, and that it is the same after a restart.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::MetadataExt as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::common::{
    Daemon, Home,
    daemon::{OWNER, backend, wait_for},
    http::Answer,
};

fn values() -> Daemon {
    let home = Home::with_dotenv("A=canary-a\nB=canary-b\n");
    let config = format!("{OWNER}{}{}", backend(&home, "local", "read-write"), backend(&home, "spare", "read-write"));
    Daemon::start_in(home, &config)
}

#[test]
fn a_token_allows_what_its_scopes_say_and_nothing_else() {
    let daemon = Daemon::with_dotenv("A=1\nB=2\n");
    let minted = daemon.ask("POST", "/runtime/v1/tokens").json(&json!({ "scopes": ["read:local/A"], "ttl": "1h" }));
    let minted = minted.send().is(200);
    assert_eq!(minted.header("cache-control"), Some("no-store"));
    let token = minted.json()["token"].as_str().unwrap().to_owned();
    let read = |name: &str| daemon.ask_tcp("GET", &format!("/v1/local/data/{name}")).token(&token).send();
    assert_eq!(read("A").is(200).json()["data"]["data"]["value"], "1");
    read("B").is(403);
    daemon.ask_tcp("GET", "/v1/local/data/A").send().is(403);
}

#[test]
fn a_token_is_taken_from_any_header_that_clients_use_and_never_from_two() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let (token, other) = (daemon.token(&["read:local/A"]), daemon.token(&["read:local/A"]));
    let bearer = format!("Bearer {token}");
    let ask = || daemon.ask_tcp("GET", "/v1/local/data/A").without("X-Vault-Request");
    ask().header("X-Vault-Token", &token).send().is(200);
    ask().header("Authorization", &bearer).send().is(200);
    ask().header("dapr-api-token", &token).send().is(200);
    ask().header("X-Vault-Token", &token).header("Authorization", &bearer).send().is(200);
    ask().header("X-Vault-Token", &other).header("Authorization", &bearer).send().is(403);
    ask().header("Authorization", &format!("Basic {token}")).send().is(403);
}

#[test]
fn a_narrow_token_gets_nowhere_else_by_any_route_or_operation() {
    let daemon = values();
    let before = daemon.home().dotenv_text();
    let token = daemon.token(&["read:local/A"]);
    let mine = daemon.ask("GET", "/v1/local/data/A").token(&token).send().is(200);
    assert!(mine.text().contains("canary-a"));
    let body = json!({ "data": { "value": "changed" }, "scopes": ["*:*/**"], "ttl": "1h", "versions": [1] });
    let paths = [
        "/v1/local/data/B",
        "/v1/local/data/A/../B",
        "/v1/local/data/A%2f..%2fB",
        "/v1/local//data/B",
        "/v1/local/metadata/B",
        "/v1/local/metadata/",
        "/v1/local/metadata/?list=true",
        "/v1/local/metadata?list=true",
        "/v1/local/delete/A",
        "/v1/local/undelete/A",
        "/v1/local/destroy/A",
        "/v1/local/config",
        "/v1/spare/data/A",
        "/v1/spare/metadata/?list=true",
        "/v1/sys/mounts",
        "/v1/sys/internal/ui/mounts",
        "/v1/sys/internal/ui/mounts/spare",
        "/v1/sys/policies/acl",
        "/v1/auth/token/create",
        "/v1/auth/token/lookup",
        "/v1/auth/token/accessors",
        "/v1/identity/entity",
        "/v1/cubbyhole/a",
        "/v1.0/secrets/local/B",
        "/v1.0/secrets/local/bulk",
        "/v1.0/secrets/spare/A",
        "/v1.0/secrets/spare/bulk",
        "/runtime/v1/secrets/local/B",
        "/runtime/v1/secrets/spare/A",
        "/runtime/v1/tokens",
        "/runtime/v1/tokens/0",
        "/runtime/v1/cache",
        "/runtime/v1/reload",
    ];
    for method in ["GET", "LIST", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for path in paths {
            for request in [daemon.ask(method, path), daemon.ask_tcp(method, path)] {
                let answer = request.token(&token).json(&body).send();
                // That there is such a mount can't be told from what is said of one that there is not.
                let absent = daemon.ask(method, &path.replace("spare", "never")).token(&token).json(&body).send();
                let text = answer.text().replace("spare", "never");
                let same = absent.status == answer.status && (!path.contains("spare") || text == absent.text());
                assert!(same, "{method} {path}: {answer:?} {absent:?}");
                for secret in ["canary-b", "spare", "\"B\"", "srt_"] {
                    let shown = answer.text().contains(secret) && !path.contains(secret);
                    assert!(!shown, "{method} {path} shows {secret}: {answer:?}");
                }
                let told = answer.status >= 400 || path.starts_with("/v1/sys/") || path.ends_with("local/bulk");
                assert!(told, "{method} {path}: {answer:?}");
            }
        }
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        for path in ["/v1/local/data/A", "/v1/local/metadata/A", "/v1.0/secrets/local/A", "/runtime/v1/secrets/local/A"]
        {
            let answer = daemon.ask_tcp(method, path).token(&token).json(&body).send();
            assert!(answer.status >= 400, "{method} {path}: {answer:?}");
        }
    }
    assert_eq!(daemon.home().dotenv_text(), before);
}

#[test]
fn no_token_and_no_user_but_the_owner_mints_lists_revokes_or_clears() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let wide = json!({ "scopes": ["*:*/**"], "ttl": "1h", "metrics": true });
    let minted = daemon.mint(&wide);
    let (token, accessor) = (minted["token"].as_str().unwrap(), minted["accessor"].as_str().unwrap());
    for (method, path) in [
        ("POST", "/runtime/v1/tokens"),
        ("GET", "/runtime/v1/tokens"),
        ("DELETE", "/runtime/v1/tokens"),
        ("DELETE", &format!("/runtime/v1/tokens/{accessor}")),
        ("GET", "/runtime/v1/cache"),
        ("DELETE", "/runtime/v1/cache"),
    ] {
        daemon.ask(method, path).token(token).json(&wide).send().is(403);
        daemon.ask_tcp(method, path).token(token).json(&wide).send().is(403);
        daemon.ask_tcp(method, path).json(&wide).send().is(403);
        // A page, or a service that was talked into a request, sends no such header.
        daemon.ask(method, path).without("X-Vault-Request").json(&wide).send().is(403);
    }
    daemon.ask("GET", "/v1/local/data/A").token(token).send().is(200);
}

#[test]
fn a_token_ends_by_itself() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let started = Instant::now();
    let token = daemon.token_for(&["read:local/A"], "1s");
    let read = || daemon.ask_tcp("GET", "/v1/local/data/A").token(&token).send().status;
    wait_for("end", || (read() == 403).then_some(()));
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert_eq!(daemon.ask("GET", "/runtime/v1/tokens").send().json(), json!({ "tokens": [] }));
}

#[test]
fn what_a_token_can_not_be_is_refused_with_what_is_wrong() {
    let daemon = Daemon::with_dotenv("");
    for (asked, said) in [
        (json!({ "scopes": ["read:local/A"] }), "not the JSON"),
        (json!({ "scopes": [], "ttl": "1h" }), "needs a scope"),
        (json!({ "scopes": ["reed:local/A"], "ttl": "1h" }), "did you mean `read`?"),
        (json!({ "scopes": ["read:local/A"], "ttl": "9000h" }), "a year (8760h) at most"),
        (json!({ "scopes": ["read:local/A"], "ttl": "10ms" }), "a second at least"),
        (json!({ "scopes": ["read:local/A"], "ttl": "soon" }), "ttl: "),
        (json!({ "scopes": ["read:local/A"], "ttl": "1h", "note": "a\nb" }), "a note is one line"),
        (json!({ "scopes": ["read:local/A"], "ttl": "1h", "more": 1 }), "not the JSON"),
    ] {
        let answer = daemon.ask("POST", "/runtime/v1/tokens").json(&asked).send().is(400);
        assert!(answer.text().contains(said), "{said}: {answer:?}");
    }
    daemon.ask("POST", "/runtime/v1/tokens").body("{\"scopes\":").send().is(400);
    assert_eq!(daemon.ask("GET", "/runtime/v1/tokens").send().json(), json!({ "tokens": [] }));
}

#[test]
fn revoking_acts_at_once_and_on_nothing_else() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let minted = [(); 2].map(|()| daemon.mint(&json!({ "scopes": ["read:local/A"], "ttl": "1h" })));
    let read = |minted: &Value| {
        daemon.ask_tcp("GET", "/v1/local/data/A").token(minted["token"].as_str().unwrap()).send().status
    };
    let accessor = minted[0]["accessor"].as_str().unwrap();
    let revoke = || daemon.ask("DELETE", &format!("/runtime/v1/tokens/{accessor}")).send();
    assert_eq!(revoke().is(200).json(), json!({ "revoked": 1 }));
    assert_eq!((read(&minted[0]), read(&minted[1])), (403, 200));
    revoke().is(404);
    assert_eq!(daemon.ask("DELETE", "/runtime/v1/tokens").send().is(200).json(), json!({ "revoked": 1 }));
    assert_eq!(read(&minted[1]), 403);
}

#[test]
fn a_token_that_is_revoked_while_its_request_comes_in_does_nothing() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let minted = daemon.mint(&json!({ "scopes": ["*:local/**"], "ttl": "1h" }));
    let body = r#"{"data":{"value":"changed"}}"#;
    let mut stream = TcpStream::connect(daemon.address()).unwrap();
    let head = format!(
        "PUT /v1/local/data/A HTTP/1.1\r\nhost: localhost\r\nx-vault-token: {}\r\nexpect: 100-continue\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        minted["token"].as_str().unwrap(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // Its body is wanted: the token held when it began.
    let mut goes_on = [0; 25];
    stream.read_exact(&mut goes_on).unwrap();
    assert_eq!(&goes_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    daemon.ask("DELETE", &format!("/runtime/v1/tokens/{}", minted["accessor"].as_str().unwrap())).send().is(200);
    stream.write_all(body.as_bytes()).unwrap();
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).unwrap();
    Answer::read(&raw).unwrap().is(403);
    assert_eq!(daemon.home().dotenv_text(), "A=1\n");
}

#[test]
fn a_token_survives_that_the_daemon_is_killed_and_a_revoked_one_does_not() {
    let mut daemon = Daemon::with_dotenv("A=1\n");
    let (kept, gone) = (daemon.token(&["read:local/A"]), daemon.mint(&json!({ "scopes": ["*:*/**"], "ttl": "1h" })));
    daemon.ask("DELETE", &format!("/runtime/v1/tokens/{}", gone["accessor"].as_str().unwrap())).send().is(200);
    let known = daemon.ask("GET", "/runtime/v1/tokens").send().json();
    daemon.kill();
    daemon.start_again();
    assert_eq!(daemon.ask("GET", "/runtime/v1/tokens").send().json(), known);
    let read = |token: &str| daemon.ask_tcp("GET", "/v1/local/data/A").token(token).send().status;
    assert_eq!((read(&kept), read(gone["token"].as_str().unwrap())), (200, 403));
}

#[test]
fn a_token_is_in_no_file_no_log_and_no_list() {
    let home = Home::with_dotenv("A=1\n");
    let config = format!("audit = \"audit.jsonl\"\n{OWNER}{}", backend(&home, "local", "read-write"));
    let mut daemon = Daemon::start_with(home, &config, &["-vvv"], &[]);
    let token = daemon.token(&["read:local/A"]);
    let secret = token.trim_start_matches("srt_");
    daemon.ask_tcp("GET", "/v1/local/data/A").token(&token).send().is(200);
    daemon.ask_tcp("GET", "/v1/local/data/B").token(&token).send().is(403);
    daemon.ask_tcp("GET", &format!("/v1/{token}/data/B")).token(&format!("{token}x")).send().is(403);
    let listed = daemon.token_command(&["list"]).run().exits(0).never_shows(secret);
    assert!(!listed.stdout.is_empty());
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
    for (path, content) in daemon.home().files() {
        assert!(!String::from_utf8_lossy(&content).contains(secret), "{}", path.display());
    }
    let state = daemon.home().find("tokens.json");
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!((mode(&state), mode(state.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn they_are_remembered_where_the_configuration_or_systemd_says() {
    let home = Home::with_dotenv("A=1\n");
    let local = backend(&home, "local", "read-only");
    let (given, named) = (home.path().join("var/given"), home.path().join("var/named"));
    let environment = [("STATE_DIRECTORY", given.to_str().unwrap())];
    let mut daemon = Daemon::start_with(home, &local, &[], &environment);
    daemon.token(&["read:local/A"]);
    assert!(given.join("tokens.json").is_file());
    daemon.kill();
    daemon.home().file("runtime.toml", format!("[serve]\nstate = \"var/named\"\n{local}"));
    daemon.start_again();
    assert_eq!(daemon.ask("GET", "/runtime/v1/tokens").send().json(), json!({ "tokens": [] }));
    daemon.token(&["read:local/A"]);
    assert!(named.join("tokens.json").is_file());
}

#[test]
fn two_daemons_do_not_share_what_they_remember() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let again = daemon.client(&["serve", "--socket"]).arg(daemon.home().path().join("other/runtime.sock"));
    again.run().exits(1).says(&["another daemon keeps its tokens in ", "serve.state"]);
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
}

#[test]
fn a_file_that_others_could_write_is_not_believed() {
    let mut daemon = Daemon::with_dotenv("A=1\n");
    daemon.token(&["read:local/A"]);
    daemon.kill();
    let file = daemon.home().find("tokens.json");
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    let again = daemon.client(&["serve", "--socket"]).arg(daemon.socket());
    again.run().exits(1).says(&["tokens.json", "its mode 666 lets others at it"]);
}

#[test]
fn a_full_disk_refuses_a_token_and_loses_none() {
    let home = Home::with_dotenv("A=1\n");
    let config = format!("{OWNER}{}", backend(&home, "local", "read-write"));
    // So that a file that may not grow is an error, as on a full disk, and not the end of the process.
    let mut daemon = Daemon::start_under(home, &config, &["env", "--ignore-signal=XFSZ"]);
    let kept = daemon.token(&["read:local/A"]);
    let file = daemon.home().find("tokens.json");
    // When it was last written down is in it too, and changes with the time.
    let tokens = || serde_json::from_slice::<serde_json::Value>(&fs::read(&file).unwrap()).unwrap()["tokens"].clone();
    let before = tokens();
    let limit = |bytes: &str| {
        let (id, limit) = (daemon.id().to_string(), format!("--fsize={bytes}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
    };
    limit("1");
    let asked = json!({ "scopes": ["read:local/A"], "ttl": "1h" });
    let refused = daemon.ask("POST", "/runtime/v1/tokens").json(&asked).send().is(507);
    assert!(refused.text().contains("no token was minted: it can't be remembered: "), "{refused:?}");
    assert_eq!(tokens(), before);
    let read = |daemon: &Daemon| daemon.ask_tcp("GET", "/v1/local/data/A").token(&kept).send().status;
    assert_eq!(read(&daemon), 200);
    // Revoking is not refused; it says that it may not last.
    let revoked = daemon.ask("DELETE", "/runtime/v1/tokens").send().is(507);
    assert!(revoked.text().contains("revoked; but this can't be written down"), "{revoked:?}");
    assert_eq!(read(&daemon), 403);
    limit("unlimited");
    daemon.token(&["read:local/A"]);
    daemon.kill();
    daemon.start_again();
    assert_eq!(read(&daemon), 403);
    assert_eq!(daemon.ask("GET", "/runtime/v1/tokens").send().json()["tokens"].as_array().unwrap().len(), 1);
}
