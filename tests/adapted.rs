//! Classes that were written for other programs, unchanged from their documentation, as backends.

use serde_json::json;
use test_support::{OpenBao, Reply, Upstream, layout};

use crate::common::{Home, Outcome, READ_WRITE, attack::TOKEN, cli::Run};

/// A run of the component that was made of this class.
fn class(home: &Home, class: &str, arguments: &[&str]) -> Run {
    home.runtime(["--trust", "--backend"]).arg(layout::backend(&format!("adapted-{class}"))).args(arguments)
}

/// `HashiCorpVaultPlugin` of GenAIKeys, on this server with this token.
#[track_caller]
fn plugin(address: &str, token: &str, arguments: &[&str]) -> Outcome {
    let home = Home::new();
    let run = class(&home, "hashicorp-vault-plugin", arguments);
    run.env("VAULT_ADDR", address).env("VAULT_TOKEN", token).run().never_shows(token)
}

/// `MyVaultSecretManager` of LiteLLM, on this server.
#[track_caller]
fn my_vault(server: &Upstream, arguments: &[&str]) -> Outcome {
    let home = Home::new();
    let run = class(&home, "my-vault-secret-manager", arguments).input("new value");
    run.env("MY_VAULT_URL", server.address()).env("MY_VAULT_TOKEN", TOKEN).run().never_shows(TOKEN)
}

/// `InMemorySecretManager` of LiteLLM.
#[track_caller]
fn in_memory(arguments: &[&str]) -> Outcome {
    class(&Home::new(), "in-memory-secret-manager", arguments).run()
}

#[test]
fn the_plugin_reads_asks_and_lists_what_a_real_vault_holds() {
    let server = OpenBao::start().unwrap();
    let run = |arguments: &[&str]| plugin(server.address(), server.token(), arguments);
    run(&["list"]).exits(0).prints("");
    for name in ["KEY", "OTHER", "team/app/KEY"] {
        server.put(name, &json!({ "value": format!("v\u{e4}lue of {name}\n") })).unwrap();
    }
    run(&["get", "KEY"]).exits(0).prints("v\u{e4}lue of KEY\n");
    run(&["get", "team/app/KEY"]).exits(0).prints("v\u{e4}lue of team/app/KEY\n");
    run(&["exists", "KEY"]).exits(0).prints("yes\n");
    run(&["list"]).exits(0).prints("KEY\nOTHER\nteam/\n");
    run(&["list", "O"]).exits(0).prints("OTHER\n");
    for missing in ["MISSING", "team/app", "KEY/deeper"] {
        run(&["get", missing]).exits(10).prints("").says(&[missing]);
        run(&["exists", missing]).exits(10).prints("no\n");
    }
}

#[test]
fn the_plugin_sends_one_request_for_a_read() {
    let server = OpenBao::start().unwrap();
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.forget_requests().unwrap();
    plugin(server.address(), server.token(), &["get", "KEY"]).exits(0).prints("v");
    let seen: Vec<_> = server.requests().unwrap().into_iter().map(|seen| (seen.operation, seen.path)).collect();
    assert_eq!(seen, [("read".to_owned(), "secret/data/KEY".to_owned())]);
}

#[test]
fn the_plugin_with_a_token_that_is_wrong_or_may_not_is_refused_and_never_says_no() {
    let server = OpenBao::start().unwrap();
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.policy("nothing", r#"path "secret/data/ELSEWHERE" { capabilities = ["read"] }"#).unwrap();
    let powerless = server.issue_token(&["nothing"], "60s").unwrap();
    for token in ["s.no-such-token", powerless.as_str()] {
        for command in [&["get", "KEY"][..], &["exists", "KEY"], &["exists", "MISSING"], &["list"]] {
            plugin(server.address(), token, command).exits(5).prints("");
        }
    }
}

#[test]
fn the_plugin_on_a_vault_that_is_sealed_is_unavailable_though_the_class_would_say_no() {
    let server = OpenBao::start().unwrap();
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.seal().unwrap();
    for command in [&["get", "KEY"][..], &["exists", "KEY"], &["list"]] {
        plugin(server.address(), server.token(), command).exits(6).prints("");
    }
    server.unseal().unwrap();
    plugin(server.address(), server.token(), &["exists", "KEY"]).exits(0).prints("yes\n");
}

#[test]
fn the_plugin_holds_a_placeholder_and_the_runtime_sends_the_token() {
    // It hands over what it was sent: if the class had the token, it would come out.
    let echo = |seen: &str| json!({ "data": { "data": { "value": seen }, "metadata": { "version": 1 } } });
    let server = Upstream::start(move |seen| Reply::json(200, &echo(&seen.target))).unwrap();
    plugin(&server.address(), TOKEN, &["-vvv", "get", "KEY"]).exits(0).prints("/v1/secret/data/KEY");
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].header("x-vault-token")), (1, Some(TOKEN)));

    let server =
        Upstream::start(move |seen| Reply::json(200, &echo(seen.header("x-vault-token").unwrap_or("")))).unwrap();
    plugin(&server.address(), TOKEN, &["get", "KEY"]).is_refused("credential-echo");
}

#[test]
fn the_plugin_does_not_take_a_broken_answer_for_none() {
    for (reply, code) in [
        (Reply::new(503, "busy"), 6),
        (Reply::new(429, "{}"), 6),
        (Reply::cut_short(200, "{", 100), 6),
        (Reply::new(200, "<html>"), 1),
        (Reply::json(200, &json!({ "data": {} })), 7),
        (Reply::redirect(302, "http://127.0.0.1:1/"), 7),
    ] {
        let shown = format!("{reply:?}");
        let server = Upstream::start(move |_| reply.clone()).unwrap();
        for command in ["get", "exists"] {
            let outcome = plugin(&server.address(), TOKEN, &[command, "KEY"]).prints("");
            assert_eq!(outcome.status.code(), Some(code), "{shown}\n{outcome:?}");
        }
    }
}

#[test]
fn the_secret_manager_reads_with_the_token_that_the_runtime_adds() {
    let server = Upstream::start(|seen| match seen.target.as_str() {
        "/v1/secret/team/KEY" => Reply::json(200, &json!({ "data": { "value": "s\u{e9}cret" } })),
        _ => Reply::new(404, "{}"),
    })
    .unwrap();
    my_vault(&server, &["-vvv", "get", "team/KEY"]).exits(0).prints("s\u{e9}cret");
    my_vault(&server, &["exists", "team/KEY"]).exits(0).prints("yes\n");
    my_vault(&server, &["get", "MISSING"]).exits(10).prints("");
    my_vault(&server, &["exists", "MISSING"]).exits(10).prints("no\n");
    assert!(server.seen().iter().all(|seen| seen.method == "GET" && seen.header("x-vault-token") == Some(TOKEN)));
}

#[test]
fn what_raise_for_status_says_becomes_an_exit_code() {
    for (status, code) in [(400, 7), (401, 5), (403, 5), (404, 10), (429, 6), (500, 6), (503, 6)] {
        let server = Upstream::start(move |_| Reply::new(status, "canary in the body")).unwrap();
        let outcome = my_vault(&server, &["get", "KEY"]).prints("").never_shows("canary in the body");
        assert_eq!(outcome.status.code(), Some(code), "{status}\n{outcome:?}");
    }
}

#[test]
fn the_secret_manager_writes_to_the_end_of_its_asynchronous_method() {
    let server = Upstream::start(|_| Reply::json(200, &json!({}))).unwrap();
    my_vault(&server, &["set", "KEY"]).exits(3).prints("");
    assert_eq!(server.connections(), 0);
    let set = my_vault(&server, &[READ_WRITE, "set", "team/KEY", "--description", "why"]);
    set.exits(0).prints("").never_shows("new value");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), ("POST", "/v1/secret/team/KEY"));
    assert_eq!(seen[0].header("x-vault-token"), Some(TOKEN));
    let sent: serde_json::Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(sent, json!({ "value": "new value", "description": "why" }));
}

#[test]
fn a_write_that_fails_upstream_fails_here() {
    for (status, code) in [(403, 5), (404, 1), (500, 6)] {
        let server = Upstream::start(move |_| Reply::new(status, "{}")).unwrap();
        let outcome = my_vault(&server, &[READ_WRITE, "set", "KEY"]).never_shows("new value");
        assert_eq!(outcome.status.code(), Some(code), "{status}\n{outcome:?}");
    }
}

#[test]
fn a_class_that_sends_nothing_needs_no_network_and_no_credential() {
    in_memory(&["get", "OPENAI_API_KEY"]).exits(0).prints("sk-...");
    in_memory(&["get", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "--output", "json"]).exits(0);
    in_memory(&["exists", "ANTHROPIC_API_KEY"]).exits(0).prints("yes\n");
    in_memory(&["get", "UNKNOWN"]).exits(10).prints("").says(&["UNKNOWN"]);
    in_memory(&["exists", "UNKNOWN"]).exits(10).prints("no\n");
}

#[test]
fn what_a_class_does_not_do_is_unsupported() {
    in_memory(&["list"]).exits(4).prints("");
    let server = Upstream::start(|_| Reply::new(200, "{}")).unwrap();
    my_vault(&server, &[READ_WRITE, "delete", "--force", "KEY"]).exits(4).prints("");
    my_vault(&server, &[READ_WRITE, "set", "KEY", "--create-only"]).exits(4).prints("");
    my_vault(&server, &["get", "KEY", "--version", "1"]).exits(4).prints("");
    assert_eq!(server.connections(), 0);
}
