//! The example backend in other languages: `GET {address}/secret/NAME`, and the body is the value.

use test_support::{Reply, Upstream, layout};

use crate::common::{Home, attack::TOKEN};

/// The example of each, as `runtime new` writes it; and the one with the `fetch` of JavaScript, over `wasi:http`.
const LANGUAGES: [&str; 5] = ["rust", "python", "js", "c", "fetch"];

#[test]
fn a_value_is_read_and_the_credential_is_added_on_the_way() {
    let server = Upstream::start(|_| Reply::new(200, [b's', 0, 0xff, b'\n'])).unwrap();
    for language in LANGUAGES {
        let seen_before = server.seen().len();
        let run = Home::new().example(language, &server, ["get", "KEY"]).run().exits(0);
        run.prints([b's', 0, 0xff, b'\n']).never_shows(TOKEN);
        let seen = &server.seen()[seen_before..];
        assert_eq!(seen.len(), 1, "{language}");
        let expected = format!("Bearer {TOKEN}");
        assert_eq!((seen[0].target.as_str(), seen[0].header("authorization")), ("/secret/KEY", Some(&*expected)));
    }
}

#[test]
fn a_status_becomes_an_exit_code() {
    let server = Upstream::start(|seen| match seen.target.as_str() {
        "/secret/ABSENT" => Reply::new(404, ""),
        _ => Reply::new(500, ""),
    })
    .unwrap();
    for language in LANGUAGES {
        let get = |key: &str| Home::new().example(language, &server, ["get", key]).run();
        get("ABSENT").exits(10).prints("").says(&["ABSENT"]);
        get("KEY").exits(6).prints("");
    }
}

#[test]
fn a_name_stays_one_segment_whatever_is_in_it() {
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    for language in LANGUAGES {
        for (name, target) in [
            ("a b", "/secret/a%20b"),
            ("100%", "/secret/100%25"),
            ("a?b#c", "/secret/a%3Fb%23c"),
            ("a/b", "/secret/a%2Fb"),
            ("\u{fc}\u{1f511}", "/secret/%C3%BC%F0%9F%94%91"),
        ] {
            Home::new().example(language, &server, ["get", name]).run().exits(0).prints("v");
            assert_eq!(server.seen().last().unwrap().target, target, "{language}");
        }
    }
}

#[test]
fn the_backend_never_sees_the_credential() {
    // A server that hands back what it was sent: if the credential had reached the guest, it would be in the answer.
    let echo = Upstream::start(|seen| Reply::new(200, seen.header("authorization").unwrap_or("").to_owned())).unwrap();
    for language in LANGUAGES {
        let run = Home::new().example(language, &echo, ["-vvv", "get", "KEY"]).run().never_shows(TOKEN);
        run.is_refused("credential-echo");
    }
}

#[test]
fn what_they_do_not_export_is_unsupported() {
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    for language in LANGUAGES {
        for command in [&["list"][..], &["exists", "KEY"]] {
            Home::new().example(language, &server, command).run().exits(4).prints("");
        }
        Home::new().example(language, &server, ["check"]).run().exits(0).contains("unknown: ");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn nobody_there_is_unavailable() {
    let server = Upstream::start(|_| Reply::cut_short(200, "half", 100)).unwrap();
    for language in LANGUAGES {
        Home::new().example(language, &server, ["get", "KEY"]).run().exits(6).prints("");
    }
}

#[test]
fn they_answer_and_conform_without_a_server() {
    let home = Home::new();
    let script = home.file("upstream.toml", std::fs::read(layout::root().join("guests/upstream.toml")).unwrap());
    for language in LANGUAGES {
        let backend = layout::backend(&format!("example-{language}"));
        let run = |command: &[&str]| {
            let run = home.runtime(["--trust", "--stand-in"]).arg(&script).arg("--backend").arg(&backend);
            run.args(command).run().exits(0)
        };
        run(&["get", "GREETING"]).prints("hello");
        run(&["conform"]).contains("\nconforms to secret-runtime:backend@0.1.0: ");
    }
}
