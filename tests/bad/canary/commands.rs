//! Our own backends: every command, as verbose as it gets.

use test_support::{OpenBao, Reply, Seen, Upstream, layout};

use serde_json::json;

use super::{SECRET, VERBOSE, clean};
use crate::common::{Attack, Home, Manifest, Outcome, READ_WRITE, attack::TOKEN, digest};

#[track_caller]
fn silent(outcome: &Outcome, canaries: &[&str]) {
    for canary in canaries {
        assert!(!outcome.stderr.contains(canary), "{canary} is on standard error\n{outcome:?}");
    }
}

#[test]
fn neither_is_said_or_kept_by_any_command_however_verbose() {
    let bao = OpenBao::start().unwrap();
    let canaries = [SECRET, bao.token()];
    for verbose in VERBOSE {
        let home = Home::new();
        let run = |arguments: &[&str]| {
            home.vault(&bao, verbose)
                .arg(READ_WRITE)
                .args(arguments)
                .env("XDG_CACHE_HOME", home.path().join("cache"))
                .env("RUST_LOG", "trace")
                .env("RUST_BACKTRACE", "full")
        };
        let done = |arguments: &[&str], code| {
            let outcome = run(arguments).args(["--audit", "audit.jsonl"]).input(SECRET).run().exits(code);
            silent(&outcome, &canaries);
            outcome
        };
        done(&["set", "KEY"], 0).prints("");
        done(&["get", "KEY"], 0).prints(SECRET);
        done(&["get", "KEY", "MISSING"], 10);
        done(&["--output", "json", "get", "KEY"], 0);
        done(&["get", "--field", "missing", "KEY"], 2).prints("");
        done(&["get", "--version", "99", "KEY"], 10).prints("");
        done(&["exists", "KEY"], 0);
        done(&["list"], 0);
        done(&["check"], 0);
        done(&["rotate", "KEY", "--to", "NEW"], 0).prints("");
        done(&["set", "NEW", "--create-only"], 9).prints("");
        done(&["delete", "--force", "NEW"], 0);
        silent(&run(&["--audit", "-", "get", "MISSING"]).run().exits(10), &canaries);
        silent(&run(&["trust", "--digest", &digest(&layout::backend("vault"))]).run().exits(0), &canaries);

        // The audit log, the trust file and the compiled code are there, and hold neither.
        assert!(std::fs::read_to_string(home.find("audit.jsonl")).unwrap().lines().count() > 10);
        home.find("trust.toml");
        assert!(home.files().iter().any(|(path, _)| path.extension().is_some_and(|kind| kind == "cwasm")));
        clean(&home, &canaries);
    }
}

#[test]
fn a_credential_that_is_refused_is_not_said() {
    let bao = OpenBao::start().unwrap();
    bao.put("KEY", &json!({ "value": SECRET })).unwrap();
    for verbose in VERBOSE {
        let home = Home::new();
        let run = home.vault_at(bao.address(), verbose).args(["--audit", "audit.jsonl", "get", "KEY"]);
        run.env("VAULT_TOKEN", TOKEN).run().exits(5).prints("").never_shows(TOKEN);
        let run = home.vault_at(bao.address(), verbose).args(["--audit", "audit.jsonl", "get", "KEY", "OTHER"]);
        run.env("VAULT_ROLE_ID", "canary-role").env("VAULT_SECRET_ID", TOKEN).run().exits(5).never_shows(TOKEN);
        clean(&home, &[TOKEN, SECRET]);
    }
}

#[test]
fn nothing_of_a_login_is_said_whatever_the_server_answers() {
    for reply in [
        Reply::new(400, format!("{{\"errors\":[\"{SECRET}\"]}}")),
        Reply::new(403, SECRET),
        Reply::new(429, SECRET),
        Reply::new(500, SECRET),
        Reply::new(200, SECRET),
        Reply::new(200, format!("{{\"auth\":{{\"client_token\":[\"{SECRET}\"]}}}}")),
        Reply::redirect(302, &format!("http://127.0.0.1:1/{SECRET}")),
        Reply::bytes(format!("{SECRET}\r\n\r\n")),
        Reply::cut_short(200, SECRET, 1000),
    ] {
        let upstream = Upstream::start(move |_: &Seen| reply.clone()).unwrap();
        let home = Home::new();
        let run = home.vault_at(
            &upstream.address(),
            ["-vvv", "--timeout", "3s", "--audit", "audit.jsonl", "get", "KEY", "OTHER"],
        );
        let outcome = run.env("VAULT_ROLE_ID", "a-role-id").env("VAULT_SECRET_ID", TOKEN).run();
        assert!(outcome.status.code().is_some_and(|code| code != 0), "{outcome:?}");
        outcome.never_shows(SECRET).never_shows(TOKEN);
        assert!(upstream.seen().iter().all(|seen| seen.target == "/v1/auth/approle/login"));
        clean(&home, &[SECRET, TOKEN]);
    }
}

#[test]
fn values_are_not_taken_from_the_argument_list() {
    let home = Home::with_dotenv("OTHER=kept\n");
    let run = home.dotenv([READ_WRITE, "set", "KEY", SECRET]).run();
    run.exits(2).prints("");
    assert_eq!(home.dotenv_text(), "OTHER=kept\n");
}

#[test]
fn a_typing_error_in_a_setting_is_not_repeated() {
    // Somebody forgot the key: what is there may be the value.
    let attack = Attack::with(Manifest::typed()).option("--set").option(SECRET);
    attack.get().exits(2).prints("").never_shows(SECRET);
}
