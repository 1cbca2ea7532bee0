//! Headers, methods and encodings that would make a request another one: refused before a byte is sent.

use super::{key, plain};
use crate::common::{Attack, Home, Manifest, attack::TOKEN};

#[test]
fn headers_that_only_the_host_writes_or_nobody_may_are_refused_before_a_byte_is_sent() {
    let upstream = plain();
    for name in [
        "Host",
        "host",
        "Content-Length",
        "Transfer-Encoding",
        "TE",
        "Connection",
        "Upgrade",
        "Accept-Encoding",
        "Expect",
        "Proxy-Authorization",
        "Authorization",
        "Cookie",
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Real-IP",
        "X-Original-URL",
        "X-Rewrite-URL",
    ] {
        let attack = Attack::on(&upstream).sends("GET", &key(&upstream)).set("headers", &format!("{name}=evil"));
        attack.get().is_refused("header").never_shows("evil");
    }
    for headers in [
        // What ends a line begins another header, or another request.
        "Accept=a\\r\\nX-Injected: b",
        "Accept=a\\nX-Injected: b",
        "Accept=a\\rb",
        "Accept=a\\0b",
        "Acc\\r\\nept=a",
        "Accept =a",
        "X Y=a",
        "Accept=é",
        "Accept=a|accept=b",
    ] {
        let attack = Attack::on(&upstream).sends("GET", &key(&upstream)).set("headers", headers);
        attack.get().is_refused("header");
    }
    let unnamed = Attack::on(&upstream).sends("GET", &key(&upstream)).set("headers", "X-Unnamed=a");
    unnamed.get().is_refused("request-rule");
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn an_injected_header_set_by_the_guest_is_refused_unless_it_is_the_placeholder() {
    let upstream = plain();
    for name in ["X-Token", "x-token"] {
        for value in ["guess", "", TOKEN] {
            let attack = Attack::on(&upstream).sends("GET", &key(&upstream));
            attack.set("headers", &format!("{name}={value}")).get().is_refused("injected-header");
        }
    }
    assert_eq!(upstream.connections(), 0);

    let placeholder = Attack::on(&upstream).set("act", "ask").set("ask", "token").get().exits(0);
    assert_ne!(placeholder.stdout, TOKEN.as_bytes());
    let placeholder = String::from_utf8(placeholder.stdout).unwrap();
    let attack = Attack::on(&upstream).sends("GET", &key(&upstream));
    let run = attack.set("headers", &format!("X-Token={placeholder}")).get().exits(0);
    assert_eq!(upstream.seen()[0].header("x-token"), Some(TOKEN));
    run.never_shows(TOKEN);
}

#[test]
fn methods_that_no_rule_knows_are_refused() {
    let upstream = plain();
    for method in ["CONNECT", "TRACE", "OPTIONS", "get", "GET ", "GET\\r\\n", "G\u{395}T", "PURGE"] {
        Attack::on(&upstream).sends(method, &key(&upstream)).get().is_refused("method");
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn an_encoded_slash_passes_only_where_the_name_itself_holds_one() {
    let upstream = plain();
    let whole = || Manifest::honest().replace("{/name*}", "/{name}");
    let attack = |url: &str| {
        Attack::with(whole())
            .env("HOSTILE_ADDR", &upstream.address())
            .env("HOSTILE_TOKEN", TOKEN)
            .sends("GET", &format!("{}{url}", upstream.address()))
    };
    let home = Home::new();
    attack("/v1/secret/team%2fKEY").command(&home, &["get", "KEY"]).run().is_refused("request-rule");
    attack("/v1/secret/team/KEY").command(&home, &["get", "team/KEY"]).run().is_refused("request-rule");
    attack("/v1/secret/team%252fKEY").command(&home, &["get", "team/KEY"]).run().is_refused("request-rule");
    assert_eq!(upstream.connections(), 0);
    attack("/v1/secret/team%2fKEY").command(&home, &["get", "team/KEY"]).run().exits(0);
    assert_eq!(upstream.seen()[0].target, "/v1/secret/team%2FKEY");
}
