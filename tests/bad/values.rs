//! Values of every kind travel unchanged, or are refused before anything is written.

use serde_json::json;
use test_support::{OpenBao, Reply, Upstream};

use crate::common::{Attack, Home, READ_WRITE};

/// The most bytes that a value may have.
const CAP: usize = 4 << 20;

/// Values that are text, and hard to carry.
fn texts() -> Vec<String> {
    vec![
        String::new(),
        "\n".into(),
        " leading and trailing ".into(),
        "\u{feff}BOM".into(),
        "a\r\nb\n\n".into(),
        "\"quoted\" 'both' \\n $HOME `x` # no comment".into(),
        "\u{2028}\u{202e}\u{1f511}".into(),
        "0123456789abcdef".repeat(1 << 16),
    ]
}

#[test]
fn a_dotenv_file_gives_back_what_it_was_given() {
    let home = Home::with_dotenv("# kept\nOTHER=kept # too\n");
    for value in texts() {
        home.dotenv([READ_WRITE, "set", "KEY"]).input(value.clone()).run().exits(0).prints("");
        home.dotenv(["get", "KEY"]).run().exits(0).prints(&value);
        assert!(home.dotenv_text().starts_with("# kept\nOTHER=kept # too\n"));
    }
}

#[test]
fn a_dotenv_file_is_not_touched_by_a_value_that_it_can_not_hold() {
    let home = Home::with_dotenv("KEY=old\n");
    for value in [b"a\0b".as_slice(), b"\0", b"\xff\xfe", b"caf\xe9"] {
        home.dotenv([READ_WRITE, "set", "KEY"]).input(value).run().exits(2).prints("");
        assert_eq!(home.dotenv_text(), "KEY=old\n");
    }
}

#[test]
fn a_dotenv_file_is_not_touched_by_a_value_over_the_cap() {
    let home = Home::with_dotenv("KEY=old\n");
    let run = home.dotenv([READ_WRITE, "set", "KEY"]).input(vec![b'v'; CAP + 1]).run();
    run.exits(2).says(&["4 MiB"]).prints("");
    assert_eq!(home.dotenv_text(), "KEY=old\n");
}

#[test]
fn a_vault_gives_back_what_it_was_given() {
    let bao = OpenBao::start().unwrap();
    let home = Home::new();
    for value in texts().into_iter().chain(["a\0b".to_owned()]) {
        home.vault(&bao, [READ_WRITE, "set", "KEY"]).input(value.clone()).run().exits(0);
        home.vault(&bao, ["get", "KEY"]).run().exits(0).prints(&value);
    }
}

#[test]
fn a_vault_is_not_asked_to_hold_what_is_no_text() {
    let bao = OpenBao::start().unwrap();
    bao.put("KEY", &json!({ "value": "old" })).unwrap();
    let home = Home::new();
    home.vault(&bao, [READ_WRITE, "set", "KEY"]).input(b"\xff\xfe".as_slice()).run().exits(2).says(&["not UTF-8"]);
    assert_eq!(bao.get("KEY").unwrap(), Some(json!({ "value": "old" })));
}

#[test]
fn a_value_over_the_cap_is_invalid_and_not_written() {
    let upstream = Upstream::start(|_| Reply::json(200, &json!({ "data": { "version": 1 } }))).unwrap();
    let home = Home::new();
    let run = home.vault_at(&upstream.address(), [READ_WRITE, "set", "KEY"]).env("VAULT_TOKEN", "token-for-tests");
    run.input(vec![b'v'; CAP + 1]).run().exits(2).says(&["4 MiB"]).prints("");
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_value_that_is_no_text_comes_out_byte_for_byte_and_as_base64_in_json() {
    for (bytes, base64) in [(b"".as_slice(), None), (b"a\0b", None), (b"\xff\xfe\x00", Some("//4A"))] {
        let upstream = Upstream::start(move |_| Reply::new(200, bytes)).unwrap();
        let url = format!("{}/v1/secret/KEY", upstream.address());
        let attack = Attack::on(&upstream).sends("GET", &url).set("only", "body");
        attack.get().exits(0).prints(bytes);
        let run = attack.command(&Home::new(), &["--output", "json", "get", "KEY"]).run().exits(0);
        let printed: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        match base64 {
            Some(base64) => assert_eq!(printed["KEY"]["value_base64"], base64),
            None => assert_eq!(printed["KEY"]["value"], String::from_utf8_lossy(bytes).as_ref()),
        }
    }
}
