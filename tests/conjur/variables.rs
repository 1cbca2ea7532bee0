//! Variables: their values, versions and names.

use serde_json::json;
use test_support::Conjur;

use super::admin;
use crate::common::Home;

#[test]
fn values_are_read_byte_for_byte_and_by_version() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    for value in [b"\0\xff\xfe".as_slice(), b"\"quoted\"", b"True", b" padded\n"] {
        server.put("KEY", value);
        admin(&home, &server, ["get", "KEY"]).run().exits(0).prints(value);
    }
    admin(&home, &server, ["get", "KEY", "--version", "2"]).run().exits(0).prints("\"quoted\"");
    admin(&home, &server, ["get", "KEY", "--version", "9"]).run().exits(10).prints("");
    for version in ["0", "01", "0x2", "newest"] {
        admin(&home, &server, ["get", "KEY", "--version", version]).run().exits(2).prints("");
    }
}

#[test]
fn a_variable_without_a_value_is_not_found_and_can_be_written_and_deleted() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    server.declare("EMPTY");
    admin(&home, &server, ["get", "EMPTY"]).run().exits(10).prints("");
    admin(&home, &server, ["exists", "EMPTY"]).run().exits(10).prints("no\n");
    admin(&home, &server, ["list"]).run().exits(0).prints("EMPTY\n");
    admin(&home, &server, ["delete", "EMPTY"]).run().exits(0);
    assert!(!server.is_declared("EMPTY"));
    admin(&home, &server, ["delete", "EMPTY"]).run().exits(10);

    server.declare("EMPTY");
    admin(&home, &server, ["set", "EMPTY"]).input("v").run().exits(0).says(&["stored EMPTY, version 1"]);
    admin(&home, &server, ["exists", "EMPTY"]).run().exits(0).prints("yes\n");
}

#[test]
fn what_conjur_cannot_keep_is_refused_before_it_is_sent() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    for blank in ["", " ", "\r\n\t"] {
        admin(&home, &server, ["set", "KEY"]).input(blank).run().exits(2).prints("");
    }
    for condition in [&["--create-only"][..], &["--if-version", "1"], &["--tag", "a=b"], &["--description", "d"]] {
        admin(&home, &server, ["set", "KEY"]).args(condition).input("v").run().exits(4).prints("");
    }
    admin(&home, &server, ["delete", "KEY", "--recovery-days", "7"]).run().exits(4);
    assert_eq!(server.seen(), []);
}

#[test]
fn the_version_of_an_equal_value_is_the_one_it_had() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    for (value, version) in [("one", "version 1"), ("two", "version 2"), ("two", "version 2"), ("one", "version 3")] {
        admin(&home, &server, ["set", "KEY"]).input(value).run().exits(0).says(&[version]);
    }
}

#[test]
fn a_name_is_one_segment_and_means_the_same_in_a_policy() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    let long = format!("team/{}", "n".repeat(495));
    let names =
        ["db/prod/password", "a b", "100%", "a%2Fb", "?version=1#f", "\"a\": b", "it's: {x} - !user eve", &long];
    for name in names {
        let value = format!("the value of {name}");
        admin(&home, &server, ["set", name, "--from-file", "/dev/stdin"]).input(&*value).run().exits(0);
        assert_eq!(server.get(name).unwrap(), value.as_bytes(), "{name}");
        admin(&home, &server, ["get", name]).run().exits(0).prints(&value);
        admin(&home, &server, ["delete", name]).run().exits(0);
        assert!(!server.is_declared(name), "{name}");
    }
    let seen = server.seen();
    assert!(seen.iter().any(|seen| seen.target == "/secrets/acme/variable/db%2Fprod%2Fpassword"));
    assert!(seen.iter().any(|seen| seen.body == b"- !variable \"\\\"a\\\": b\"\n"));

    for name in ["/KEY", "KEY/", "a//b", "a\\b", "a/../b", "a\u{85}b", "a\u{feff}b", "a\u{2028}b"] {
        admin(&home, &server, ["get", name]).run().exits(2).prints("");
    }
    assert_eq!(server.seen().len(), seen.len());
}

#[test]
fn names_are_listed_by_prefix_across_the_servers_pages() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    let names: Vec<_> = (0..230).map(|number| format!("team/KEY_{number:03}")).collect();
    for name in names.iter().map(String::as_str).chain(["another", "team", "zebra"]) {
        server.put(name, "v");
    }
    let all = |names: &[String]| names.iter().map(|name| format!("{name}\n")).collect::<String>();
    admin(&home, &server, ["list", "team/", "--limit", "500"]).run().exits(0).prints(all(&names));
    let some =
        admin(&home, &server, ["list", "team/KEY_1", "--limit", "70"]).run().exits(0).prints(all(&names[100..170]));
    some.says(&["there are more"]);
    let listed = admin(&home, &server, ["--output", "json", "list", "zeb"]).run().exits(0).json();
    assert_eq!(listed, json!({ "entries": [{ "name": "zebra", "version": "1" }], "more": false }));
    admin(&home, &server, ["list", "nobody"]).run().exits(0).prints("");
}

#[test]
fn the_vendors_client_and_the_component_read_what_the_other_wrote() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    let mut judge = server.judge("admin").unwrap();
    admin(&home, &server, ["set", "team/a b"]).input("ours \u{1f511}").run().exits(0);
    let got = judge.ask(&json!({ "do": "get", "name": "team/a b" })).unwrap();
    assert_eq!(got, json!({ "answer": "b3VycyDwn5SR" }));
    assert_eq!(judge.ask(&json!({ "do": "exists", "name": "team/a b" })).unwrap(), json!({ "answer": true }));
    assert_eq!(judge.ask(&json!({ "do": "list" })).unwrap(), json!({ "answer": ["acme:variable:team/a b"] }));

    let set = json!({ "do": "set", "name": "team/a b", "value": "AP8gdGhlaXJz" });
    assert_eq!(judge.ask(&set).unwrap(), json!({ "answer": null }));
    admin(&home, &server, ["get", "team/a b"]).run().exits(0).prints(b"\0\xff theirs");
    admin(&home, &server, ["delete", "team/a b"]).run().exits(0);
    assert_eq!(judge.ask(&json!({ "do": "get", "name": "team/a b" })).unwrap(), json!({ "status": 404 }));
}
