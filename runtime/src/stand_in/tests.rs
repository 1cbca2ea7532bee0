#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use url::Url;

use super::*;
use crate::manifest::Phase;

const SMALLEST: &str = r#"
    [set]
    address = "https://upstream.example"
    [secrets]
    GREETING = "hello"

    [[route]]
    method = "GET"
    path = "/secret/{name}"
    reply = { body = "{value}" }
"#;

const WHOLE: &str = r#"
    [secrets]
    a = "first"
    "b/c" = { base64 = "AP8=" }

    [[route]]
    method = "GET"
    path = "/data/{name*}"
    query = { version = "{version}" }
    reply = { json = { value = "{value:base64}", version = "{version}" } }
    absent = { status = 404, json = { errors = [] } }

    [[route]]
    method = "PUT"
    path = "/data/{name*}"
    json = { "/value" = "{value:base64}", "/if" = "{version}" }
    does = "write"
    reply = { json = { version = "{version}" } }
    conflict = { status = 412, json = { current = "{version}" } }

    [[route]]
    method = "POST"
    path = "/data"
    header = { X-Target = "create" }
    json = { "/name" = "{name}", "/value" = "{value}", "/fresh" = true }
    does = "create"
    reply = 201

    [[route]]
    method = "PATCH"
    path = "/data/{name*}"
    body = "{value}"
    does = "write"
    absent = 404

    [[route]]
    method = "DELETE"
    path = "/data/{name*}"
    does = "delete"

    [[route]]
    method = "GET"
    path = "/list"
    query = { begins = "{prefix}", most = "{limit}", after = "{cursor}" }
    does = "list"
    page = 2
    each = { id = "{name}", version = "{version}" }
    reply = { json = { items = "{entries}", next = "{next}", total = "{total}" } }

    [[route]]
    method = "LIST"
    path = "/list/{folder*}"
    does = "list"
    reply = { json = { keys = "{names}" } }
    absent = 404

    [[route]]
    method = "GET"
    path = "/health"
    does = "nothing"
    reply = { json = { ready = true } }
"#;

/// What comes back: status and body; none without an answer.
fn ask(
    script: &Script,
    method: &'static str,
    target: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<(u16, String)> {
    let url = Url::parse(&format!("https://upstream.example{target}")).unwrap();
    let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body = Some(body.as_bytes()).filter(|body| !body.is_empty());
    let request = StandInRequest { phase: Phase::Read, rule: 0, method, url: &url, headers: &headers, body };
    let reply = script.answer(&request)?.unwrap();
    Some((reply.status, String::from_utf8(reply.body).unwrap()))
}

#[track_caller]
fn assert_answers(script: &Script, method: &'static str, target: &str, body: &str, status: u16, expected: &str) {
    assert_eq!(ask(script, method, target, &[], body), Some((status, expected.to_owned())), "{method} {target}");
}

#[test]
fn the_smallest_script_replies_the_value_or_404() {
    let script = Script::parse(SMALLEST).unwrap();
    assert_answers(&script, "GET", "/secret/GREETING", "", 200, "hello");
    assert_answers(&script, "GET", "/secret/OTHER", "", 404, "");
    assert_eq!(script.settings().collect::<Vec<_>>(), [("address", "https://upstream.example")]);
}

#[test]
fn what_no_route_is_for_has_no_answer() {
    let script = Script::parse(WHOLE).unwrap();
    for (method, target) in
        [("POST", "/data/a"), ("GET", "/data/a?other=1"), ("GET", "/"), ("GET", "/health?x=1"), ("PUT", "/data/a")]
    {
        assert_eq!(ask(&script, method, target, &[], ""), None, "{method} {target}");
    }
    let create = r#"{"name":"n","value":"v","fresh":true}"#;
    assert_eq!(ask(&script, "POST", "/data", &[], create), None);
    assert_eq!(ask(&script, "POST", "/data", &[("x-target", "create")], r#"{"name":"n","value":"v"}"#), None);
}

#[test]
fn writes_make_versions_and_meet_conflicts() {
    let script = Script::parse(WHOLE).unwrap();
    assert_answers(&script, "PUT", "/data/a", r#"{"value":"c2Vjb25k"}"#, 200, r#"{"version":2}"#);
    assert_answers(&script, "GET", "/data/a", "", 200, r#"{"value":"c2Vjb25k","version":2}"#);
    assert_answers(&script, "GET", "/data/a?version=1", "", 200, r#"{"value":"Zmlyc3Q=","version":1}"#);
    assert_answers(&script, "GET", "/data/a?version=3", "", 404, r#"{"errors":[]}"#);
    assert_answers(&script, "PUT", "/data/a", r#"{"value":"","if":1}"#, 412, r#"{"current":2}"#);
    assert_answers(&script, "PUT", "/data/new", r#"{"value":"","if":0}"#, 200, r#"{"version":1}"#);
    assert_answers(&script, "GET", "/data/new", "", 200, r#"{"value":"","version":1}"#);

    let create = |name: &str| {
        let body = format!(r#"{{"name":"{name}","value":"v","fresh":true}}"#);
        ask(&script, "POST", "/data", &[("x-target", "create")], &body).unwrap().0
    };
    assert_eq!((create("x/y"), create("x/y")), (201, 409));
    assert_answers(&script, "PATCH", "/data/x/y", "raw", 204, "");
    assert_answers(&script, "PATCH", "/data/none", "raw", 404, "");
    assert_answers(&script, "DELETE", "/data/x%2Fy", "", 204, "");
    assert_answers(&script, "DELETE", "/data/x/y", "", 404, "");
}

#[test]
fn listings_have_pages_that_end_and_folders() {
    let script = Script::parse(WHOLE).unwrap();
    script.hold(["a", "b/c", "b/d/e"].map(|name| (name.to_owned(), SecretBytes::from(Vec::new()))));
    let first = r#"{"items":[{"id":"a","version":1},{"id":"b/c","version":1}],"next":"2/+=","total":3}"#;
    assert_answers(&script, "GET", "/list?most=100", "", 200, first);
    let last = r#"{"items":[{"id":"b/d/e","version":1}],"total":3}"#;
    assert_answers(&script, "GET", "/list?after=2%2F%2B%3D", "", 200, last);
    assert_answers(&script, "GET", "/list?begins=z", "", 200, r#"{"items":[],"total":0}"#);
    assert_answers(&script, "GET", "/list?after=guess", "", 400, "");
    assert_answers(&script, "LIST", "/list/b", "", 200, r#"{"keys":["c","d/"]}"#);
    assert_answers(&script, "LIST", "/list", "", 200, r#"{"keys":["a","b/"]}"#);
    assert_answers(&script, "LIST", "/list/none", "", 404, "");
    assert_answers(&script, "GET", "/health", "", 200, r#"{"ready":true}"#);
}

#[test]
fn mistakes_are_told_with_what_was_meant() {
    let route = |lines: &str| format!("[[route]]\nmethod = 'GET'\npath = '/{{name}}'\nreply = 200\n{lines}");
    for (text, why) in [
        ("[sets]".to_owned(), "unknown key \"sets\"; did you mean \"set\"?"),
        ("[set]\na = 1".to_owned(), "set.a: must be a string, not integer"),
        ("[secrets]\na = { base64 = '?' }".to_owned(), "secrets.a.base64: is not base64"),
        (route("abesnt = 404"), "route[1]: unknown key \"abesnt\"; did you mean \"absent\"?"),
        (route("each = {}"), "route[1]: unknown key \"each\"; did you mean \"path\"?"),
        (route("does = 'reed'"), "route[1].does: must be read, list, create, write, delete or nothing"),
        (route("does = 'write'"), "route[1]: {value} is nowhere in path, query, header, json or body"),
        (route("does = 'list'\npage = 0"), "route[1].page: a page has one entry at least"),
        (route("query = { v = '{verison}' }"), "route[1].query.v: a request has no {verison}; did you mean {version}?"),
        (route("json = { SecretId = '*' }"), "route[1].json.SecretId: a JSON pointer begins with /"),
        (
            "[[route]]\nmethod = 'get'\npath = '/'".to_owned(),
            "route[1].method: must be one of GET, HEAD, POST, PUT, PATCH, DELETE, LIST",
        ),
        ("[[route]]\nmethod = 'GET'\npath = '/{name}'".to_owned(), "route[1]: \"reply\" is missing"),
    ] {
        assert_eq!(Script::parse(&text).unwrap_err().to_string(), why, "{text}");
    }
}

#[test]
fn debug_shows_no_secret() {
    assert_eq!(format!("{:?}", Script::parse(SMALLEST).unwrap()), "Script { routes: 1, .. }");
}
