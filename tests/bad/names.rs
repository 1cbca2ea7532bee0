//! Names that can't be right: exit 2, and nobody is asked for them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

use test_support::{Reply, Upstream};

use crate::common::{Attack, Home, READ_WRITE};

/// Names that no backend may be asked for.
fn bad_names() -> Vec<(String, &'static str)> {
    let mut names: Vec<(String, &'static str)> = vec![
        (String::new(), "the name is empty"),
        ("k".repeat(10 << 10), "the name has 10240 bytes; at most 1024 are allowed"),
        ("k".repeat(1025), "the name has 1025 bytes"),
        // Bytes count, not characters.
        ("é".repeat(600), "the name has 1200 bytes"),
    ];
    for segments in ["..", "../KEY", "KEY/..", "team/../KEY", ".", "./KEY", "team/./KEY"] {
        names.push((segments.to_owned(), "the name has a segment . or .."));
    }
    for hidden in ["\n", "\r", "\t", "\u{1}", "\u{1b}[31m", "\u{7f}", "\u{85}", "\u{9b}", "\u{2028}", "\u{2029}"] {
        names.push((format!("KEY{hidden}X"), "the name has a control character or a line separator in it"));
    }
    names
}

#[test]
fn a_bad_name_is_invalid_and_nobody_is_asked_for_it() {
    let upstream = Upstream::start(|_| Reply::new(200, "value")).unwrap();
    let attack = Attack::on(&upstream).sends("GET", &format!("{}/v1/secret/KEY", upstream.address()));
    let home = Home::new();
    for (name, words) in bad_names() {
        for command in ["get", "exists"] {
            let run = attack.command(&home, &[command, "--", &name]).run();
            run.exits(2).says(&[words]).prints("").shows_plainly();
        }
    }
    let (name, words) = ("team/../KEY", "the name has a segment . or ..");
    attack.command(&home, &[READ_WRITE, "set", name]).input("x").run().exits(2).says(&[words]);
    attack.command(&home, &[READ_WRITE, "delete", name]).run().exits(2).says(&[words]);
    attack.command(&home, &[READ_WRITE, "rotate", "KEY", "--to", name]).input("x").run().exits(2).says(&[words]);
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn one_bad_name_among_several_does_not_spoil_the_others() {
    let upstream = Upstream::start(|_| Reply::new(200, "value")).unwrap();
    let attack = Attack::on(&upstream).sends("GET", &format!("{}/v1/secret/KEY", upstream.address()));
    let run = attack.command(&Home::new(), &["get", "KEY", "../KEY"]).run().exits(2);
    let printed: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert!(printed["KEY"]["value"].as_str().unwrap().ends_with("value"));
    assert_eq!(printed["../KEY"]["error"]["kind"], "invalid");
    assert_eq!(upstream.seen().len(), 1);
}

#[test]
fn a_name_at_the_limit_is_asked_for() {
    let upstream = Upstream::start(|_| Reply::new(200, "value")).unwrap();
    let name = "k".repeat(1024);
    let attack = Attack::on(&upstream).sends("GET", &format!("{}/v1/secret/{name}", upstream.address()));
    attack.command(&Home::new(), &["get", &name]).run().exits(0);
    assert_eq!(upstream.seen()[0].target, format!("/v1/secret/{name}"));
}

#[test]
fn names_that_a_pattern_does_not_cover_are_invalid() {
    let home = Home::with_dotenv("KEY=value\n");
    for name in ["1KEY", "KEY=X", "KEY KEY", "team/KEY", "KÉY", "$KEY", "KEY;ls"] {
        home.dotenv(["get", name]).run().exits(2).says(&["the name does not fit the backend's pattern"]).prints("");
    }
}

#[test]
fn a_name_that_is_no_text_is_a_usage_error() {
    let home = Home::with_dotenv("KEY=value\n");
    let name = OsString::from_vec(b"KEY\xff".to_vec());
    home.dotenv([OsStr::new("get"), &name]).run().exits(2).prints("");
}
