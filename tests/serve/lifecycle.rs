//! From its start to its end: the socket, readiness, another configuration, trust that is taken back.

use std::{
    fs,
    io::{Read as _, Write as _},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _},
        net::UnixListener,
    },
};

use rustix::process::Signal;
use test_support::{Gate, Reply, Upstream, layout};

use crate::common::{
    Daemon, Home,
    backends::digest,
    daemon::{OWNER, backend, wait_for},
    http::Way,
    schema,
};

#[test]
fn the_socket_is_its_users_alone_and_goes_with_the_daemon() {
    let mut daemon = Daemon::with_dotenv("A=1\n");
    let socket = daemon.socket();
    let mode = |path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(socket.as_path()), mode(socket.parent().unwrap())), (0o600, 0o700));
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.end(), Some(0));
    assert!(!socket.exists());
}

#[test]
fn it_leaves_no_core_file() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}

#[test]
fn a_socket_that_is_somebodys_is_not_taken_over() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let serve = || daemon.client(&["serve", "--socket"]).arg(daemon.socket()).run();
    serve().exits(1).says(&["a daemon answers at"]);
    daemon.ask("GET", "/v1/local/data/A").send().is(200);

    let home = Home::with_dotenv("A=1\n");
    home.file("runtime.toml", backend(&home, "local", "read-only"));
    let folder = home.path().join("place");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let socket = folder.join("runtime.sock");
    let serve = || {
        let toml = home.path().join("runtime.toml");
        home.runtime(["--config-file"]).arg(toml).args(["serve", "--socket"]).arg(&socket).run()
    };
    // A daemon that is not ours, and one that has no lock.
    let foreign = UnixListener::bind(&socket).unwrap();
    serve().exits(1).says(&["a daemon answers at"]);
    drop(foreign);
    fs::remove_file(&socket).unwrap();
    fs::write(&socket, "a file").unwrap();
    serve().exits(1).says(&["is there, and is no socket"]);
    assert_eq!(fs::read_to_string(&socket).unwrap(), "a file");
    fs::remove_file(&socket).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    serve().exits(1).says(&["others can reach the folder", "chmod 700"]);
}

#[test]
fn a_socket_that_a_killed_daemon_left_is_replaced() {
    let mut daemon = Daemon::with_dotenv("A=1\n");
    daemon.kill();
    assert!(daemon.socket().exists());
    daemon.start_again();
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
}

#[test]
fn what_has_been_asked_is_answered_before_it_ends() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Upstream::start(move |_| {
        Reply::new(200, r#"{"data":{"data":{"value":"late"},"metadata":{"created_time":"t","version":1}}}"#)
            .after(&held)
    })
    .unwrap();
    let mut daemon = vault_at(&server.address());
    let request = daemon.ask("GET", "/v1/prod/data/KEY");
    let asked = std::thread::spawn(move || request.send());
    server.wait_for(1).unwrap();
    daemon.signal(Signal::TERM);
    wait_for("close its socket", || daemon.ask("GET", "/healthz").try_send().is_err().then_some(()));
    gate.open();
    assert_eq!(asked.join().unwrap().is(200).json()["data"]["data"]["value"], "late");
    assert_eq!(daemon.end(), Some(0));
}

/// A daemon with a vault backend at this address, as mount `prod`.
fn vault_at(address: &str) -> Daemon {
    let home = Home::new();
    home.file("token", "canary-token");
    let component = layout::backend("vault");
    let config = format!(
        "{OWNER}[backends.prod]\ncomponent = {component:?}\ndigest = \"{}\"\nset = {{ address = \"{address}\" }}\n\
         grant = {{ origins = [\"{address}\"] }}\ncredentials = {{ token = {{ file = \"token\" }} }}\n",
        digest(&component)
    );
    Daemon::start_in(home, &config)
}

#[test]
fn another_configuration_counts_without_a_request_being_dropped_and_a_bad_one_changes_nothing() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let toml = daemon.home().path().join("runtime.toml");
    let before = fs::read_to_string(&toml).unwrap();
    daemon.ask("GET", "/v1/more/data/A").send().is(403);
    // Requests go on while it changes.
    let going = std::sync::atomic::AtomicBool::new(true);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut answered = 0;
            while going.load(std::sync::atomic::Ordering::Relaxed) {
                daemon.ask("GET", "/v1/local/data/A").send().is(200);
                answered += 1;
            }
            answered
        });
        fs::write(&toml, format!("{before}{}", backend(daemon.home(), "more", "read-only"))).unwrap();
        let reload = || daemon.client(&["reload", "--socket"]).arg(daemon.socket()).run();
        reload().exits(0).says(&["mounts: local, more"]);
        let json =
            daemon.client(&["--output", "json", "reload", "--socket"]).arg(daemon.socket()).run().exits(0).json();
        schema::holds("reload", &json);
        daemon.ask("GET", "/v1/more/data/A").send().is(200);

        for bad in ["nonsense", "[serve]\nlisten = \"0.0.0.0:1\"\n", "[backends.x]\ncomponent = \"absent.wasm\"\n"] {
            fs::write(&toml, bad).unwrap();
            reload().exits(2).says(&["the old configuration stays"]);
            daemon.ask("GET", "/v1/more/data/A").send().is(200);
        }
        fs::write(&toml, &before).unwrap();
        daemon.signal(Signal::HUP);
        wait_for("drop the mount", || (daemon.ask("GET", "/v1/more/data/A").send().status == 403).then_some(()));
        going.store(false, std::sync::atomic::Ordering::Relaxed);
        assert!(asking.join().unwrap() > 0);
    });
}

#[test]
fn a_backend_that_has_not_changed_keeps_what_it_keeps_and_another_does_not() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let source = || {
        let answer = daemon.ask("GET", "/runtime/v1/secrets/local/A").send().is(200).json();
        answer["source"].as_str().unwrap().to_owned()
    };
    let reload = || drop(daemon.ask("POST", "/runtime/v1/reload").send().is(200));
    assert_eq!([source(), source()], ["backend", "cache"]);
    reload();
    assert_eq!(source(), "cache");
    let toml = daemon.home().path().join("runtime.toml");
    fs::write(&toml, format!("{}timeout = \"7s\"\n", fs::read_to_string(&toml).unwrap())).unwrap();
    reload();
    assert_eq!([source(), source()], ["backend", "cache"]);
}

#[test]
fn trust_that_is_taken_back_acts_at_once_and_on_kept_values_too() {
    let home = Home::with_dotenv("A=canary\n");
    let component = layout::backend("dotenv");
    let config = format!(
        "audit = \"audit.jsonl\"\n{OWNER}[backends.local]\ncomponent = {component:?}\ngrant = {{ storage = {:?} }}\n",
        home.dotenv_file()
    );
    home.file("runtime.toml", &config);
    let digest = digest(&component);
    let named = ["trust", "--digest", digest.as_str(), "local"];
    home.runtime(["--config-file"]).arg(home.path().join("runtime.toml")).args(named).run().exits(0);
    let daemon = Daemon::start_in(home, &config);
    let trust = |words: &[&str]| daemon.client(words).run().exits(0);
    let status = || daemon.ask("GET", "/v1/local/data/A").send().status;
    assert_eq!(status(), 200);
    trust(&["trust", "revoke", &digest]);
    wait_for("act", || (status() == 503).then_some(()));
    let answer = daemon.ask("GET", "/v1/local/data/A").send();
    assert!(answer.text().contains("not trusted any more") && !answer.text().contains("canary"), "{answer:?}");
    for path in ["/runtime/v1/secrets/local/A", "/v1.0/secrets/local/A", "/v1.0/secrets/local/bulk"] {
        let answer = daemon.ask("GET", path).send();
        assert!(answer.status >= 400 && !answer.text().contains("canary"), "{path}: {answer:?}");
    }
    daemon.ask("GET", "/readyz").send().is(503);
    trust(&named);
    wait_for("act", || (status() == 200).then_some(()));
    let audit = fs::read_to_string(daemon.home().path().join("audit.jsonl")).unwrap();
    for operation in ["withdraw", "restore"] {
        assert!(audit.contains(&format!("\"operation\":\"{operation}\",\"backend\":\"local\"")), "{audit}");
    }
}

#[test]
fn the_environment_does_not_answer_in_a_daemon() {
    let home = Home::with_dotenv("A=1\n");
    home.file("runtime.toml", format!("{}env-fallback = true\n", backend(&home, "local", "read-only")));
    let serve = |words: &[&str]| {
        let run = home.runtime(["--config-file"]).arg(home.path().join("runtime.toml")).args(words);
        run.args(["serve", "--socket"]).arg(home.path().join("run/runtime.sock")).run()
    };
    serve(&[]).exits(2).says(&["local has env-fallback"]);
    serve(&["--env-fallback"]).exits(2).says(&["--env-fallback is for commands"]);
}

#[test]
fn without_anything_to_serve_it_says_what_to_type() {
    let home = Home::new();
    home.runtime(["serve", "--socket"])
        .arg(home.path().join("run/runtime.sock"))
        .run()
        .exits(2)
        .says(&["runtime init"]);
}

#[test]
fn systemd_is_told_when_it_is_ready_and_when_it_ends() {
    let home = Home::with_dotenv("A=1\n");
    let notify = home.path().join("notify");
    let heard = std::os::unix::net::UnixDatagram::bind(&notify).unwrap();
    heard.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let config = backend(&home, "local", "read-only");
    let mut daemon = Daemon::start_with(home, &config, &[], &[("NOTIFY_SOCKET", notify.to_str().unwrap())]);
    let next = || {
        let mut bytes = [0; 256];
        let length = heard.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    assert!(next().contains("READY=1"));
    daemon.signal(Signal::HUP);
    let told = next();
    assert!(told.contains("RELOADING=1") && told.contains("MONOTONIC_USEC="), "{told}");
    assert!(next().contains("READY=1"));
    daemon.signal(Signal::TERM);
    assert!(next().contains("STOPPING=1"));
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn a_client_that_has_asked_everything_is_still_answered() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let mut stream = std::os::unix::net::UnixStream::connect(daemon.socket()).unwrap();
    stream.write_all(b"GET /v1/local/data/A HTTP/1.1\r\nx-vault-request: true\r\nconnection: close\r\n\r\n").unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK"), "{text}");
    let way = Way::Socket(daemon.socket());
    assert!(way.connect().is_ok() && fs::metadata(daemon.socket()).unwrap().size() == 0);
}
