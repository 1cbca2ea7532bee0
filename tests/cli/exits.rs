//! Exit codes: one way to each of them. Scripts depend on the numbers.

use test_support::{Reply, Upstream};

use crate::common::{Attack, Home, Manifest, READ_WRITE};

/// How the vault backend ends when the server answers this.
#[track_caller]
fn vault_exits(code: i32, command: &[&str], reply: Reply) {
    let server = Upstream::start(move |_| reply.clone()).unwrap();
    let home = Home::new();
    let run = home.vault_at(&server.address(), [READ_WRITE, "--timeout", "2s"]).args(command);
    run.env("VAULT_TOKEN", "s.token").input("v").run().exits(code).prints("").never_shows("s.token");
}

fn errors(status: u16, words: &str) -> Reply {
    Reply::new(status, format!(r#"{{"errors":[{words}]}}"#))
}

#[test]
fn upstream_answers_have_their_codes() {
    let get = &["get", "KEY"][..];
    vault_exits(10, get, errors(404, ""));
    vault_exits(5, get, errors(403, r#""permission denied""#));
    vault_exits(6, get, errors(429, r#""quota""#));
    vault_exits(6, get, errors(500, r#""internal""#));
    vault_exits(6, get, errors(503, r#""sealed""#));
    vault_exits(6, get, Reply::new(502, "<html>bad gateway"));
    vault_exits(2, get, errors(400, r#""invalid version""#));
    vault_exits(1, get, errors(404, r#""no handler for route""#));
    for malformed in ["", "<html>", "[]", r#"{"data":{}}"#, r#"{"data":{"data":{"value":"v"}}}"#] {
        vault_exits(7, get, Reply::new(200, malformed));
    }
    vault_exits(9, &["set", "KEY", "--create-only"], errors(400, r#""check-and-set parameter did not match""#));
    vault_exits(4, &["delete", "KEY", "--recovery-days", "3"], Reply::new(200, METADATA));
}

/// Vault's word for a secret that has one version.
const METADATA: &str =
    r#"{"data":{"current_version":1,"versions":{"1":{"created_time":"t","deletion_time":"","destroyed":false}}}}"#;

#[test]
fn an_approval_that_is_needed_has_its_code_and_its_id() {
    let server = Upstream::start(|_| Reply::new(202, r#"{"state":"pending","request":"req-17\u001b[2J"}"#)).unwrap();
    let exchange = "inject = { header = \"X-Token\", value = \"{exchanged}\" }\n[recipe.exchange]\nmethod = \"POST\"\n\
                    url = \"{address}/login\"\njson = { token = \"{token}\" }\ntoken = { json = \"/token\" }\n\
                    lifetime = { seconds = 60 }\noutcome = [{ status = [202], json = { \"/state\" = \"pending\" }, \
                    error = \"approval-required\", id = \"/request\" }]\n";
    let manifest = Manifest::honest().replace("inject = { header = \"X-Token\", value = \"{token}\" }", exchange);
    let attack = Attack::with(manifest).env("HOSTILE_ADDR", &server.address()).env("HOSTILE_TOKEN", "canary");
    let attack = attack.sends("GET", &format!("{}/v1/secret/KEY", server.address()));
    let run = attack.command(&Home::new(), &["get", "KEY"]).run().exits(8).prints("");
    run.says(&["approve it under the id req-17\\u{1b}[2J"]).never_shows("canary");
    let json = attack.command(&Home::new(), &["--output", "json", "get", "KEY"]).run().exits(8).json();
    assert_eq!(json["KEY"]["error"]["approval_id"], "req-17\u{1b}[2J");
    assert!(server.seen().iter().all(|seen| seen.target == "/login"));
}

#[test]
fn the_rest_of_the_table() {
    let home = Home::with_dotenv("KEY=v\nBAD \"line\n");
    home.dotenv(["get", "KEY"]).run().exits(7).says(&["line 2"]);
    let home = Home::with_dotenv("KEY=v\n");
    home.dotenv(["get", "KEY"]).run().exits(0);
    home.dotenv(["check"]).run().exits(0);
    home.dotenv([READ_WRITE, "delete", "KEY", "--recovery-days", "3"]).run().exits(4);
    home.dotenv(["get", "NO NAME"]).run().exits(2);
    home.dotenv(["get", "ABSENT"]).run().exits(10);
    home.dotenv(["set", "KEY"]).input("v").run().exits(3);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(3);
    home.dotenv([READ_WRITE, "set", "KEY", "--create-only"]).input("v").run().exits(9);
}
