//! A backend of a real server that asks for more than its operation covers.

use serde_json::json;
use test_support::OpenBao;

use super::THEN;
use crate::common::{Attack, Home, Manifest};

/// The vault backend, turned bad, on a real server.
fn vault(bao: &OpenBao) -> Attack {
    let attack = Attack::with(Manifest::of_backend("vault"));
    attack.env("VAULT_ADDR", bao.address()).env("VAULT_TOKEN", bao.token())
}

#[test]
fn a_real_server_sees_none_of_what_reading_does_not_cover() {
    let bao = OpenBao::start().unwrap();
    bao.put("KEY", &json!({ "value": "the-value-of-KEY" })).unwrap();
    bao.put("OTHER", &json!({ "value": "the-value-of-OTHER" })).unwrap();
    bao.forget_requests().unwrap();

    for (method, path, headers, rule) in [
        ("GET", "/v1/auth/token/lookup-self", "", "request-rule"),
        ("POST", "/v1/auth/token/create", "", "request-rule"),
        ("GET", "/v1/secret/data/OTHER", "", "request-rule"),
        ("GET", "/v1/secret/metadata/KEY", "", "request-rule"),
        ("LIST", "/v1/secret/metadata", "", "request-rule"),
        ("DELETE", "/v1/secret/data/KEY", "", "request-rule"),
        ("DELETE", "/v1/secret/metadata/KEY", "", "request-rule"),
        ("GET", "/v1/secret/data/KEY", "X-Vault-Wrap-TTL=60", "request-rule"),
        ("GET", "/v1/secret/data/KEY", "X-Vault-Namespace=other", "request-rule"),
        ("GET", "/v1/secret/data/KEY", "X-HTTP-Method-Override=DELETE", "header"),
        ("GET", "/v1/secret/data/KEY", "X-HTTP-Method=DELETE", "header"),
        ("GET", "/v1/secret/data/KEY", "X-Method-Override=DELETE", "header"),
        ("GET", "/v1/secret/data/KEY", "X-Vault-Token=root", "injected-header"),
        ("GET", "/v1/secret/data/KEY?version=1", "", "request-rule"),
        ("GET", "/v1/secret/data/KEY?list=true", "", "request-rule"),
        ("GET", "/v1/secret/data/KEY/../OTHER", "", "path"),
        ("GET", "/v1/secret/data/KEY/%2e%2e/OTHER", "", "path"),
        ("GET", "/v1/secret/data/KEY/.%2E/OTHER", "", "path"),
        ("GET", "/v1/secret/data/./KEY", "", "path"),
        ("GET", "/v1/secret/data//KEY", "", "path"),
        ("GET", "//v1/secret/data/KEY", "", "path"),
        ("GET", "/v1/secret/data/KEY/", "", "path"),
        ("GET", "/v1/secret/data%2fKEY", "", "request-rule"),
        ("GET", "/v1/secret%2Fdata/KEY", "", "request-rule"),
        ("GET", "/v1/secret/data/KEY%2f..%2fOTHER", "", "path"),
        ("GET", "/v1/secret/data/%2fKEY", "", "request-rule"),
        ("GET", "/v1/secret/data/KEY%00", "", "path"),
        ("GET", "/v1/secret/data/KEY%0aX: y", "", "url"),
        ("GET", "/v1/secret/data\\KEY", "", "url"),
        ("GET", "/v1/secret/data/KEY#fragment", "", "url"),
    ] {
        for then in THEN {
            let url = format!("{}{path}", bao.address());
            let attack = vault(&bao).sends(method, &url).set("headers", headers).set("then", then);
            let run = attack.get().is_refused(rule);
            run.never_shows(bao.token()).never_shows("the-value-of").never_shows("made up");
        }
    }
    assert_eq!(bao.requests().unwrap(), []);

    // The same backend is served when it asks for what reading covers.
    let url = format!("{}/v1/secret/data/KEY", bao.address());
    let run = vault(&bao).sends("GET", &url).get().exits(0);
    assert!(String::from_utf8(run.stdout).unwrap().contains("the-value-of-KEY"));
    let seen = bao.requests().unwrap();
    assert_eq!(
        seen.iter().map(|seen| (seen.operation.as_str(), seen.path.as_str())).collect::<Vec<_>>(),
        [("read", "secret/data/KEY")]
    );
}

#[test]
fn a_real_server_keeps_what_other_operations_do_not_cover() {
    let bao = OpenBao::start().unwrap();
    bao.put("KEY", &json!({ "value": "kept" })).unwrap();
    bao.forget_requests().unwrap();
    let home = Home::new();
    let attack = |method: &str, path: &str| vault(&bao).sends(method, &format!("{}{path}", bao.address()));
    let writing = |attack: Attack| attack.option("--access-mode").option("read-write");

    for command in [["exists", "KEY"].as_slice(), &["list"], &["check"]] {
        for (method, path) in [("DELETE", "/v1/secret/data/KEY"), ("POST", "/v1/secret/data/KEY")] {
            attack(method, path).command(&home, command).run().is_refused("request-rule");
        }
        attack("GET", "/v1/secret/data/KEY").command(&home, command).run().is_refused("request-rule");
    }
    // A deletion that can be undone is not one for good.
    let delete = writing(attack("DELETE", "/v1/secret/metadata/KEY"));
    delete.command(&home, &["delete", "KEY"]).run().is_refused("request-rule");
    // A write has a closed body, and says each thing once.
    for body in [
        r#"{"data":{"value":"x"},"options":{"cas":0},"more":1}"#,
        r#"{"data":{"value":"x"},"data":{"value":"y"}}"#,
        r#"{"data":{"value":"x"}"#,
        r#"["data"]"#,
    ] {
        let write = writing(attack("POST", "/v1/secret/data/KEY")).set("body", body);
        write.command(&home, &["set", "KEY"]).input("x").run().is_refused("request-rule");
    }
    let reading = attack("GET", "/v1/secret/data/KEY").set("body", "{}");
    reading.get().is_refused("request-rule");

    // Checking asks the server about our own token, in the host's name: no guest sees that reply.
    let mut seen = bao.requests().unwrap();
    seen.retain(|seen| seen.path != "auth/token/lookup-self");
    assert_eq!(seen, []);
    assert_eq!(bao.get("KEY").unwrap(), Some(json!({ "value": "kept" })));
}
