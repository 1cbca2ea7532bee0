//! Names reach the server as they are typed, whatever is in them.

use serde_json::json;
use test_support::OpenBao;

use crate::common::{Home, READ_WRITE};

/// Names that a URL would read differently if they were not encoded, each with its encoding.
const NAMES: [(&str, &str); 10] = [
    ("100%", "100%25"),
    ("a%2fb", "a%252fb"),
    ("what?version=1", "what%3Fversion=1"),
    ("a#b", "a%23b"),
    ("two words", "two%20words"),
    ("team/a b/KEY", "team/a%20b/KEY"),
    ("schl\u{fc}ssel-\u{1f511}", "schl%C3%BCssel-%F0%9F%94%91"),
    ("a&b=c;d+e", "a&b=c;d+e"),
    ("\"quoted\"", "%22quoted%22"),
    ("a:b@c", "a:b@c"),
];

#[test]
fn every_name_is_written_read_and_deleted_as_itself() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    for (name, encoded) in NAMES {
        let value = format!("the value of {name}");
        home.vault(&server, [READ_WRITE, "set", name, "--from-file", "/dev/stdin"]).input(&*value).run().exits(0);
        assert_eq!(server.get(encoded).unwrap(), Some(json!({ "value": value })), "{name}");
        home.vault(&server, ["get", name]).run().exits(0).prints(&value);
        home.vault(&server, ["exists", name]).run().exits(0);
        home.vault(&server, [READ_WRITE, "delete", name]).run().exits(0);
        assert_eq!(server.get(encoded).unwrap(), None, "{name}");
    }
}

#[test]
fn every_name_is_listed_as_itself() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    for (_, encoded) in NAMES {
        server.put(encoded, &json!({ "value": "v" })).unwrap();
    }
    let listed = home.vault(&server, ["--output", "json", "list"]).run().exits(0).json();
    let found: Vec<_> = listed["entries"].as_array().unwrap().iter().map(|entry| entry["name"].as_str()).collect();
    let mut expected: Vec<_> = NAMES.iter().map(|(name, _)| Some(*name)).collect();
    expected[5] = Some("team/");
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn names_that_would_leave_their_place_never_reach_the_server() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.forget_requests().unwrap();
    for name in ["", "/KEY", "KEY/", "a//KEY", "a/../KEY", "..", ".", "a\nb", "a\u{7f}b", "a\tb", "a\u{2028}b"] {
        let get = home.vault(&server, ["get", name]).run().prints("");
        assert!(matches!(get.status.code(), Some(2 | 3)), "{name:?}: {get:?}");
    }
    assert_eq!(server.requests().unwrap(), []);
}
