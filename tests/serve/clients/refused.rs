//! What nobody may send, through the real socket.

use serde_json::Value;

use crate::common::Daemon;

#[test]
fn a_path_that_could_mean_two_things_is_refused_in_vaults_words() {
    let daemon = Daemon::with_dotenv("A=1\n");
    for path in [
        "/v1/local/data/../data/A",
        "/v1/local/data/%2e%2e/data/A",
        "/v1/local/data/./A",
        "/v1/local/data//A",
        "/v1//local/data/A",
        "//v1/local/data/A",
        "/v1/local/data%2fA",
        "/v1/local/data%2FA",
        "/v1/local/data%252fA",
        "/v1/local/data/%252e%252e/A",
        "/v1/local/data/A%00",
        "/v1/local/data/A%0a",
        "/v1/local/data/A%5c",
        "/v1/local/data/A%ff",
        "/v1/local/data/A%",
        "/v1/local/data/A/",
        "/v1.0/secrets/local/..%2fA",
        "/runtime/v1/secrets/local/%2e/A",
    ] {
        let answer = daemon.ask("GET", path).send().is(400).json();
        assert!(answer["errors"].as_array().is_some_and(|errors| errors.len() == 1), "{path}: {answer}");
    }
    daemon.ask("GET", "/v1/local/data/A\0").send().is(400);
    daemon.ask("GET", "/v1/local/data/A").send().is(200);
}

#[test]
fn what_is_not_here_is_said_not_to_be_here() {
    let daemon = Daemon::with_dotenv("A=1\n");
    let errors = |answer: Value| answer["errors"].as_array().unwrap().len();
    for (method, path, status, words) in [
        ("GET", "/v1/local/data/NONE", 404, 0),
        ("LIST", "/v1/local/metadata/nowhere", 404, 0),
        ("GET", "/v1/local/metadata", 404, 0),
        ("GET", "/v1/local/metadata/NONE", 404, 0),
        ("GET", "/v1/local/data", 404, 0),
        ("GET", "/v1/local/subkeys/A", 404, 1),
        ("GET", "/v1/local", 404, 1),
        ("GET", "/v1/sys/nowhere", 404, 1),
        ("GET", "/v1/nowhere/data/A", 403, 1),
        ("PATCH", "/v1/local/data/A", 405, 1),
        ("LIST", "/v1/local/data/A", 405, 1),
        ("GET", "/v1/local/data/A?list=true", 405, 1),
        ("POST", "/v1/local/metadata/A", 405, 1),
        ("POST", "/v1/local/undelete/A", 405, 1),
        ("POST", "/v1/sys/health", 405, 1),
        ("DELETE", "/v1/sys/mounts", 405, 1),
        ("GET", "/v1/local/data/A?version=1&version=2", 400, 1),
        ("POST", "/v1/local/data/A", 400, 1),
    ] {
        let answer = daemon.ask(method, path).send().is(status).json();
        assert_eq!(errors(answer), words, "{method} {path}");
    }
}

#[test]
fn a_foreign_namespace_and_a_wrapped_reply_are_refused() {
    let daemon = Daemon::with_dotenv("A=1\n");
    for (name, value) in [("X-Vault-Namespace", "team"), ("X-Vault-Wrap-TTL", "60")] {
        let answer = daemon.ask("GET", "/v1/local/data/A").header(name, value).send().is(400).json();
        assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{name}");
    }
}

#[test]
fn a_narrow_token_learns_nothing_of_what_it_may_not_reach() {
    let daemon = Daemon::with_dotenv("A=1\nB=2\n");
    let token = daemon.token(&["read,list:local/A"]);
    let ask = |method: &str, path: &str| daemon.ask_tcp(method, path).token(&token).send();
    assert_eq!(ask("LIST", "/v1/local/metadata").is(200).json()["data"]["keys"], serde_json::json!(["A"]));
    let body = serde_json::json!({ "data": { "value": "x" } });
    for name in ["B", "NONE"] {
        let mut answers = vec![
            ask("GET", &format!("/v1/local/data/{name}")),
            ask("GET", &format!("/v1/local/metadata/{name}")),
            ask("DELETE", &format!("/v1/local/data/{name}")),
            ask("DELETE", &format!("/v1/local/metadata/{name}")),
            ask("GET", &format!("/v1.0/secrets/local/{name}")),
            ask("GET", &format!("/runtime/v1/secrets/local/{name}")),
        ];
        answers.push(daemon.ask_tcp("POST", &format!("/v1/local/data/{name}")).token(&token).json(&body).send());
        for answer in answers {
            answer.is(403);
        }
    }
    assert_eq!(daemon.ask("GET", "/v1/local/data/B").send().is(200).json()["data"]["data"]["value"], "2");
}

#[test]
fn health_needs_no_token_and_tells_nothing_of_what_is_served() {
    let daemon = Daemon::with_dotenv("A=1\n");
    for path in ["/v1/sys/health", "/v1/sys/seal-status", "/v1/sys/init", "/v1/sys/leader"] {
        let answer = daemon.ask_tcp("GET", path).without("X-Vault-Request").send().is(200);
        assert!(!answer.text().contains("local"), "{path}");
        daemon.ask_tcp("GET", path).header("X-Forwarded-For", "10.0.0.1").send().is(403);
    }
    assert_eq!(daemon.ask_tcp("HEAD", "/v1/sys/health").send().is(200).body, b"");
}
