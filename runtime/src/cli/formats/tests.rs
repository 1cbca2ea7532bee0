#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::process::Command;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use saphyr_parser::{Event, Parser};

use super::*;

fn entry(name: &str, value: impl Into<Vec<u8>>) -> Entry {
    Entry::new(name, value)
}

fn pairs(entries: &[Entry]) -> Vec<(String, Vec<u8>)> {
    entries.iter().map(|entry| (entry.name.clone(), entry.value.expose().to_vec())).collect()
}

fn read(format: From, text: &str) -> Vec<(String, Vec<u8>)> {
    pairs(&format.read(text.as_bytes()).unwrap_or_else(|problems| panic!("{text:?}: {problems:?}")).entries)
}

fn written(format: To, entries: &[Entry]) -> String {
    let manifest = Manifest { name: Some("app".into()), namespace: None };
    String::from_utf8(format.write(entries, &manifest).unwrap().to_vec()).unwrap()
}

fn problems(format: From, text: &str) -> Vec<String> {
    match format.read(text.as_bytes()) {
        Ok(parsed) => panic!("{text:?} is read: {:?}", pairs(&parsed.entries)),
        Err(problems) => problems.0,
    }
}

fn unwritten(format: To, entries: &[Entry]) -> Vec<String> {
    format.write(entries, &Manifest { name: Some("app".into()), namespace: None }).unwrap_err().0
}

/// Texts with what matters to some format in them, and any other.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "([a-z]|[ \t\r\n=#'\"\\\\$`%:!&*?|>{}\\[\\],<~-]|é|\u{feff}|\u{2028}|\u{85}|\u{fffe}|\u{1f511}){0,12}",
        "(yes|no|null|~|true|0x1f|1e3|\\.inf|2001-01-01|<<|- a|---|\\.\\.\\.|\\?|: )\n?",
        any::<String>(),
    ]
}

/// Names that differ, of this form.
fn named(
    name: &'static str,
    value: impl Strategy<Value = Vec<u8>> + 'static,
) -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    prop::collection::btree_map(name, value, 0..6).prop_map(|map| map.into_iter().collect())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![3 => text().prop_map(String::into_bytes), 1 => any::<Vec<u8>>()]
}

fn entries(pairs: &[(String, Vec<u8>)]) -> Vec<Entry> {
    pairs.iter().map(|(name, value)| entry(name, value.clone())).collect()
}

proptest! {
    #[test]
    fn what_is_exported_as_dotenv_is_imported_byte_for_byte(
        pairs in named("[A-Za-z_][A-Za-z0-9_]{0,9}", text().prop_map(|text| text.replace('\0', "").into_bytes())),
    ) {
        prop_assert_eq!(read(From::Dotenv, &written(To::Dotenv, &entries(&pairs))), pairs);
    }

    #[test]
    fn what_is_exported_as_json_is_imported_byte_for_byte(pairs in named("\\PC{1,9}", bytes())) {
        let text = written(To::Json, &entries(&pairs));
        prop_assert_eq!(read(From::Json, &text), pairs);
        prop_assert!(text.chars().all(|c| c == '\n' || !Shown::escapes(c)), "{:?}", text);
    }

    #[test]
    fn what_is_exported_as_yaml_is_imported_byte_for_byte(pairs in named("[^<]\\PC{0,9}", bytes())) {
        let text = written(To::Yaml, &entries(&pairs));
        prop_assert_eq!(read(From::Yaml, &text), pairs);
        prop_assert!(text.chars().all(|c| c == '\n' || !Shown::escapes(c)), "{:?}", text);
    }

    #[test]
    fn a_reader_of_json_sees_the_same_texts(pairs in named("\\PC{1,9}", text().prop_map(String::into_bytes))) {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&written(To::Json, &entries(&pairs))).unwrap();
        prop_assert_eq!(object.len(), pairs.len());
        for (name, value) in &pairs {
            prop_assert_eq!(object[name].as_str().unwrap().as_bytes(), value);
        }
    }

    #[test]
    fn a_reader_of_yaml_sees_the_keys_and_base64_of_a_kubernetes_secret(
        pairs in named("[-._a-zA-Z0-9]{1,9}", bytes()),
    ) {
        prop_assume!(pairs.iter().all(|(name, _)| name != "." && !name.starts_with("..")));
        let text = written(To::Kubernetes, &entries(&pairs));
        let scalars: Vec<String> = Parser::new_from_str(&text)
            .filter_map(|event| match event.unwrap().0 {
                Event::Scalar(text, ..) => Some(text.into_owned()),
                _ => None,
            })
            .collect();
        let head = ["apiVersion", "v1", "kind", "Secret", "metadata", "name", "app", "type", "Opaque", "data"];
        let (found, data) = scalars.split_at(head.len());
        prop_assert_eq!(found, head);
        let data: Vec<_> = data.chunks(2).map(|pair| (pair[0].clone(), STANDARD.decode(&pair[1]).unwrap())).collect();
        prop_assert_eq!(data, pairs);
    }

    #[test]
    fn any_file_is_read_or_refused(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        for format in [From::Dotenv, From::Json, From::Yaml] {
            let _ = format.read(text.as_bytes());
            let _ = format.read(&bytes);
        }
    }
}

#[test]
fn a_shell_reads_the_values_byte_for_byte() {
    let values: [&[u8]; 7] = [
        b"",
        b"a b",
        b"it's '' \"q\" $HOME `id` \\n",
        b"a\nb\r\n\t",
        b"-n",
        b"\xff\xfe",
        "é\u{202e}\u{1f511}".as_bytes(),
    ];
    let pairs: Vec<_> = values.iter().enumerate().map(|(n, value)| (format!("N{n}"), value.to_vec())).collect();
    let lines = To::Shell.write(&entries(&pairs), &Manifest::default()).unwrap();
    for (name, value) in pairs {
        let mut script = lines.to_vec();
        script.extend_from_slice(format!("printf %s \"${name}\"").as_bytes());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, script).unwrap();
        let output = Command::new("sh").arg(file.path()).output().unwrap();
        assert_eq!((output.stdout, output.stderr), (value, Vec::new()), "{name}");
    }
}

#[test]
fn a_step_of_github_gets_the_values_and_its_log_masks_them() {
    let entries = [
        entry("A", "100% plain"),
        entry("KEY", "-----BEGIN\nabc\r\n\n-----END\n"),
        entry("EMPTY", ""),
        entry("B", " "),
    ];
    let env = super::github::write(&entries, "EOF").unwrap();
    let masks = String::from_utf8(env.masks.to_vec()).unwrap();
    let expected = "::add-mask::100%25 plain\n\
        ::add-mask::-----BEGIN%0Aabc%0D%0A%0A-----END%0A\n\
        ::add-mask::-----BEGIN\n\
        ::add-mask::abc\n\
        ::add-mask::-----END\n";
    assert_eq!(masks, expected);
    let assignments = String::from_utf8(env.assignments.to_vec()).unwrap();
    let expected = "A<<EOF\n100% plain\nEOF\nKEY<<EOF\n-----BEGIN\nabc\r\n\n-----END\n\nEOF\nEMPTY<<EOF\n\nEOF\n\
        B<<EOF\n \nEOF\n";
    assert_eq!(assignments, expected);
}

#[test]
fn nobody_guesses_the_delimiter_of_a_github_file() {
    let delimiters: std::collections::HashSet<String> = (0..50).map(|_| super::github::delimiter().unwrap()).collect();
    assert_eq!(delimiters.len(), 50);
    let problem = super::github::write(&[entry("A", "x\nD\nB<<E")], "D").unwrap_err().0;
    assert_eq!(problem, ["A: it holds the delimiter, which was drawn at random; try again"]);
}

#[test]
fn what_a_format_can_not_hold_is_refused_by_name() {
    let nul = [entry("OK", "a"), entry("NUL", "canary\0")];
    let binary = [entry("OK", "a"), entry("BINARY", b"canary\xff".as_slice())];
    for format in [To::Dotenv, To::Shell, To::Github] {
        let problems = unwritten(format, &nul);
        assert!(problems.len() == 1 && problems[0].starts_with("NUL: ") && !problems[0].contains("canary"));
    }
    for format in [To::Dotenv, To::Github] {
        let problems = unwritten(format, &binary);
        assert!(problems.len() == 1 && problems[0].starts_with("BINARY: ") && !problems[0].contains("canary"));
    }
    for name in ["NODE_OPTIONS", "GITHUB_TOKEN", "RUNNER_TEMP"] {
        assert_eq!(unwritten(To::Github, &[entry(name, "a")]).len(), 1, "{name}");
    }
    for name in ["team/a", "a b", "", ".", "..a", "é", &"a".repeat(254)] {
        assert_eq!(unwritten(To::Kubernetes, &[entry(name, "a")]).len(), 1, "{name:?}");
    }
    assert_eq!(unwritten(To::Kubernetes, &[entry("a", vec![0; 1 << 20]), entry("b", "1")]).len(), 1);
}

#[test]
fn a_kubernetes_secret_has_a_name_that_can_be() {
    for (name, namespace, fits) in [
        (Some("app"), None, true),
        (Some("app.v2-x"), Some("team-1"), true),
        (None, None, false),
        (Some("App"), None, false),
        (Some("-app"), None, false),
        (Some("app."), None, false),
        (Some("a\n  b: c"), None, false),
        (Some("app"), Some("team.1"), false),
        (Some("app"), Some(""), false),
    ] {
        let manifest = Manifest { name: name.map(str::to_owned), namespace: namespace.map(str::to_owned) };
        assert_eq!(manifest.check().is_ok(), fits, "{manifest:?}");
    }
}

#[test]
fn names_become_those_of_variables_or_are_refused_and_never_lost() {
    let upper = |names: &[&str]| {
        let entries = names.iter().map(|name| entry(name, "v")).collect();
        EnvNames::Upper.apply(entries, true).map(|named| named.into_iter().map(|one| one.name).collect::<Vec<_>>())
    };
    assert_eq!(upper(&["team/db-password", "a.b", "1st", "é"]).unwrap(), ["TEAM_DB_PASSWORD", "A_B", "_1ST", "_"]);
    assert_eq!(upper(&["a-b", "c", "a/b"]).unwrap_err().0, ["a/b: it would be A_B, and so would a-b"]);
    let exact = |name: &str, required| EnvNames::Exact.apply(vec![entry(name, "v")], required).is_ok();
    for name in ["a-b", "1A", "", "a.b", "é", "A=B", "A\nB"] {
        assert!(!exact(name, true) && exact(name, false), "{name:?}");
    }
    assert!(exact("_a1", true));
}

#[test]
fn a_file_says_its_format_by_its_name() {
    for (name, format) in [
        (".env", Some(From::Dotenv)),
        ("a/.env.local", Some(From::Dotenv)),
        ("prod.env", Some(From::Dotenv)),
        ("a.JSON", Some(From::Json)),
        ("a.yml", Some(From::Yaml)),
        ("a.yaml", Some(From::Yaml)),
        (".env.json", Some(From::Json)),
        ("secrets", None),
        ("-", None),
        ("a.toml", None),
    ] {
        assert_eq!(From::of(Path::new(name)), format, "{name}");
    }
}

#[test]
fn every_text_of_json_is_read() {
    let text = r#"{ "a": "x\u00e9\ud83d\udd11\n", "team/b": "", "bytes": { "value_base64": "/wA=" } }"#;
    let expected: Vec<(String, Vec<u8>)> =
        vec![("a".into(), "xé\u{1f511}\n".into()), ("team/b".into(), vec![]), ("bytes".into(), vec![255, 0])];
    assert_eq!(read(From::Json, text), expected);
    assert_eq!(read(From::Json, "{}"), []);
}

#[test]
fn what_is_no_text_in_json_is_refused_by_name_and_not_shown() {
    let text = r#"{ "ok": "a", "number": 4711, "float": 4711.5, "bool": true, "null": null, "list": ["canary"],
        "nested": { "a": "canary" }, "bad": { "value_base64": "canary!" }, "twice": "canary", "twice": "canary2" }"#;
    let problems = problems(From::Json, text);
    let names: Vec<&str> = problems.iter().map(|problem| problem.split_once(": ").unwrap().0).collect();
    assert_eq!(names, ["number", "float", "bool", "null", "list", "nested", "bad", "twice"]);
    assert!(!problems.concat().contains("canary") && !problems.concat().contains("4711"), "{problems:?}");
    assert!(problems[0].contains("quotes"));
    for text in ["", "[]", "\"canary\"", "{\"a\": \"canary", "{\"a\": \"canary\"} canary", "{'a': 'canary'}"] {
        let problems = super::tests::problems(From::Json, text);
        assert!(problems.len() == 1 && !problems[0].contains("canary"), "{text}: {problems:?}");
    }
}

#[test]
fn every_text_of_yaml_is_read() {
    let text = "# c\n---\nplain: a b\nsingle: 'it''s'\n\"double\": \"a\\nb\\x41\"\nblock: |\n  l1\n  l2\nfolded: >-\n  a\n  \
        b\nbytes: !!binary |\n  /w\n  A=\nobject: { value_base64: /wA= }\nnumber: \"012\"\nstr: !!str 12\nurl: \
        https://a.test:1/#x\nversion: 1.2.3\nempty: ''\n123: name\n";
    let expected = [
        ("plain", b"a b".as_slice()),
        ("single", b"it's"),
        ("double", b"a\nbA"),
        ("block", b"l1\nl2\n"),
        ("folded", b"a b"),
        ("bytes", b"\xff\0"),
        ("object", b"\xff\0"),
        ("number", b"012"),
        ("str", b"12"),
        ("url", b"https://a.test:1/#x"),
        ("empty", b""),
        ("123", b"name"),
    ];
    let expected: Vec<_> = expected.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect();
    assert_eq!(read(From::Yaml, &text.replace("version: 1.2.3\n", "")), expected);
    for nothing in ["", "# nothing\n", "---\n", "{}", "null"] {
        assert_eq!(read(From::Yaml, nothing), [], "{nothing:?}");
    }
}

#[test]
fn what_is_no_text_to_every_reader_of_yaml_is_refused_by_name_and_not_shown() {
    for value in [
        "",
        "~",
        "null",
        "true",
        "No",
        "on",
        "y",
        "12",
        "-1",
        "012",
        "0o17",
        "0x1F",
        "1_000",
        "1.5",
        "1e3",
        ".5",
        ".inf",
        "-.INF",
        ".NaN",
        "2001-01-01",
        "2001-12-14t21:59:43.10-05:00",
        "12:30:45",
        "[canary]",
        "{a: canary}",
        "*anchor",
        "!custom canary",
        "!!binary canary!",
        "!!int 1",
    ] {
        let problems = problems(From::Yaml, &format!("ok: &anchor a\nNAME: {value}\n"));
        assert!(problems.len() == 1 && problems[0].starts_with("NAME: "), "{value}: {problems:?}");
        assert!(!problems[0].contains("canary"), "{value}: {problems:?}");
    }
    for value in ["1a", "v1", "a1", "--", ".", "..", "e3", "1 2a", "0xzz", "nope", "1.2.x", "sk-123"] {
        assert_eq!(read(From::Yaml, &format!("NAME: {value}\n")), [("NAME".to_owned(), value.into())], "{value}");
    }
    assert_eq!(problems(From::Yaml, "a: x\nb: u\n\"a\": z\n"), ["a: it is there more than once"]);
    for text in [
        "- canary",
        "canary",
        "a: 'canary",
        "a: canary\n b: canary\n",
        "a: canary\n---\nb: canary\n",
        "<<: { a: canary }\n",
        "? [canary]\n: canary\n",
        "a: \"\\q canary\"",
        "%YAML canary\n",
    ] {
        let problems = problems(From::Yaml, text);
        assert!(problems.len() == 1 && !problems[0].contains("canary"), "{text}: {problems:?}");
    }
}

#[test]
fn of_several_definitions_in_a_dotenv_file_the_last_counts_and_that_is_told() {
    let parsed = From::Dotenv.read(b"A=1\nB=2\nexport A='3' # c\n").unwrap();
    assert_eq!(pairs(&parsed.entries), [("B".to_owned(), b"2".to_vec()), ("A".to_owned(), b"3".to_vec())]);
    assert_eq!(parsed.notes, ["A is defined more than once; the last one counts"]);
    assert_eq!(problems(From::Dotenv, "A=1\ncanary\n"), ["line 2: neither KEY=value nor a comment"]);
}

#[test]
fn a_file_that_is_no_text_is_refused_at_its_line() {
    for format in [From::Dotenv, From::Json, From::Yaml] {
        assert_eq!(format.read(b"\n\n\xff").unwrap_err().0, ["line 3: not UTF-8 text"]);
    }
}

#[test]
fn a_mark_of_the_encoding_is_no_part_of_the_first_name() {
    for (format, text) in [(From::Dotenv, "A=1\n"), (From::Json, "{\"A\": \"1\"}"), (From::Yaml, "A: '1'\n")] {
        assert_eq!(read(format, &format!("\u{feff}{text}")), [("A".to_owned(), b"1".to_vec())], "{text}");
    }
}

#[test]
fn a_name_that_yaml_would_merge_is_a_name_in_quotes() {
    let entries = entries(&[("<<".to_owned(), b"v".to_vec())]);
    assert_eq!(read(From::Yaml, &written(To::Yaml, &entries)), pairs(&entries));
    assert_eq!(problems(From::Yaml, "<<: v\n").len(), 1);
}

#[test]
fn a_file_to_write_says_its_format_by_its_name() {
    for (name, format) in [(".env.local", Some(To::Dotenv)), ("a.json", Some(To::Json)), ("a.yml", Some(To::Yaml))] {
        assert_eq!(To::of(Path::new(name)), format, "{name}");
    }
    assert_eq!(To::of(Path::new("secrets")), None);
}
