//! Values are opaque bytes: what was written comes back byte for byte, or is refused before it is sent.

use proptest::{
    collection::vec,
    prelude::{Strategy, any},
    prop_oneof,
    sample::select,
    test_runner::{Config, TestRunner},
};
use secret_runtime::Kind;

use super::{stage::Stage, subject::Subject};

/// Each of these values comes back as it is, or is refused, as the subject says.
#[track_caller]
fn come_back<S: Subject>(stage: &Stage<S>, values: &[&[u8]]) {
    let name = stage.name("");
    let mut kept: Option<&[u8]> = None;
    for value in values {
        let shown = String::from_utf8_lossy(value.get(..40).unwrap_or(value));
        if S::takes(value) {
            stage.put(&name, value).unwrap_or_else(|error| panic!("{shown:?}: {error:?}, {:?}", error.guest_message()));
            kept = Some(value);
        } else {
            stage.assert_sends_nothing(Kind::Invalid, || stage.put(&name, value));
        }
        if let Some(kept) = kept {
            assert_eq!(stage.caller().read(&name).unwrap(), kept, "{shown:?}");
        }
    }
}

pub(super) fn text_comes_back_byte_for_byte<S: Subject>(stage: &Stage<S>) {
    come_back(stage, &[b"sk-live-0123456789", "schl\u{fc}ssel \u{1f511} \u{5d0}\u{5d1}".as_bytes(), b"x", b"aGVsbG8="]);
}

pub(super) fn an_empty_value_comes_back_empty<S: Subject>(stage: &Stage<S>) {
    come_back(stage, &[b"something", b""]);
}

pub(super) fn zero_bytes_come_back<S: Subject>(stage: &Stage<S>) {
    come_back(stage, &[b"before", b"\0", b"a\0b", b"\0\0\0\0"]);
}

pub(super) fn bytes_that_are_no_text_come_back<S: Subject>(stage: &Stage<S>) {
    let all: Vec<u8> = (0..=255).collect();
    come_back(stage, &[b"before", &all, b"\xff\xfe\x00\x01", b"caf\xe9", b"\xed\xa0\x80", b"\xc3"]);
}

pub(super) fn what_looks_like_json_comes_back_as_written<S: Subject>(stage: &Stage<S>) {
    come_back(stage, &[br#"{"b": 1,  "a":[1.0, 1e2], "a": null}"#, b"[]", b"null", br#""text""#, br#"{"value":"x"}"#]);
}

pub(super) fn what_looks_like_a_boolean_or_a_number_stays_text<S: Subject>(stage: &Stage<S>) {
    come_back(stage, &[b"True", b"false", b"yes", b"007", b"1e3", b"12345678901234567890.10", b"None", b"-0"]);
}

pub(super) fn quotes_and_escapes_stay<S: Subject>(stage: &Stage<S>) {
    let quoted: [&[u8]; 8] =
        [b"\"quoted\"", b"'single'", b"it's \"both\"", b"a\\nb\\", b"$HOME ${X} $(id)", b"%41%00", b"a#b # c", b"`x`"];
    come_back(stage, &quoted);
}

pub(super) fn blanks_and_line_ends_stay<S: Subject>(stage: &Stage<S>) {
    let blank: [&[u8]; 8] = [
        b"  both ends  ",
        b"line\n",
        b"\n",
        b"a\r\nb\rc",
        b"\ttab\t",
        b"\xef\xbb\xbfmark",
        b"key=value\nother=x",
        b" ",
    ];
    come_back(stage, &blank);
}

pub(super) fn sixty_kilobytes_come_back<S: Subject>(stage: &Stage<S>) {
    let text: Vec<u8> = (0..60_000).map(|n: u32| b'a' + (n % 26) as u8).collect();
    let binary: Vec<u8> = (0..60_000_u32).map(|n| (n * n % 251) as u8).collect();
    come_back(stage, &[b"before", &text, &binary]);
}

/// What means something to JSON, YAML, a shell, a URL or a .env file.
const TOKENS: [&str; 16] =
    ["\"", "'", "\\", "\n", "\r\n", "#", " ", "=", "$", "{", "}", "null", "\0", "%00", "\u{2028}", "\u{feff}"];

/// Bytes, text, and text that somebody on the way might read.
fn nasty() -> impl Strategy<Value = Vec<u8>> {
    let words = vec(select(&TOKENS), 0..24).prop_map(|words| words.concat().into());
    prop_oneof![vec(any::<u8>(), 0..200), any::<String>().prop_map(String::into_bytes), words,]
}

pub(super) fn any_value_comes_back_or_is_refused_before_it_is_sent<S: Subject>(stage: &Stage<S>) {
    let config = Config { cases: 48, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let holds = |value: Vec<u8>| {
        come_back(stage, &[&value]);
        Ok(())
    };
    TestRunner::new(config).run(&nasty(), holds).unwrap_or_else(|cause| panic!("{cause}"));
}
