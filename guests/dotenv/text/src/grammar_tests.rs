#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;

fn values(text: &str) -> Vec<(String, String)> {
    let file = File::parse(text).map_err(|malformed| (text, malformed)).unwrap_or_else(|error| panic!("{error:?}"));
    file.definitions().iter().map(|d| (d.key.to_owned(), d.value.to_string())).collect()
}

#[test]
fn every_form_of_a_definition_is_read() {
    let cases = [
        ("A=1", "1"),
        ("A=1\n", "1"),
        ("A=1\r\n", "1"),
        ("A=1\r", "1"),
        ("\u{feff}A=1", "1"),
        ("  A = 1  ", "1"),
        ("\tA\t=\t1\t", "1"),
        ("export A=1", "1"),
        ("  export \t A=1", "1"),
        ("A=", ""),
        ("A=  ", ""),
        ("A=\r\n", ""),
        ("A= # c", ""),
        ("A=#c", "#c"),
        ("A=a b c", "a b c"),
        ("A=a#b", "a#b"),
        ("A=a #b", "a"),
        ("A=a\t# b # c", "a"),
        ("A=a=b==", "a=b=="),
        ("A=don't", "don't"),
        ("A=a\"b\"", "a\"b\""),
        ("A=a\\nb", "a\\nb"),
        ("A=$B ${C}", "$B ${C}"),
        ("A=`b`", "`b`"),
        ("A=\u{a0}b\u{a0}", "\u{a0}b\u{a0}"),
        ("A=''", ""),
        ("A='a b'", "a b"),
        ("A= 'a' ", "a"),
        ("A='a\\n\"$#'", "a\\n\"$#"),
        ("A='a' # c", "a"),
        ("A='a'#c", "a"),
        ("A='a\r\n#b\n'", "a\r\n#b\n"),
        ("A=\"\"", ""),
        ("A=\"a b\"", "a b"),
        (r#"A="\n\r\t\\\"\$""#, "\n\r\t\\\"$"),
        (r#"A="a\\nb""#, "a\\nb"),
        ("A=\"a\nb # c\n\" # d\n", "a\nb # c\n"),
        ("A=\"a\\\nb\"", "a\\\nb"),
        ("A=\"it's\"", "it's"),
        ("a.b-c_1=1", "1"),
        ("export=1", "1"),
        ("export =1", "1"),
        ("export export=1", "1"),
    ];
    for (text, expected) in cases {
        assert_eq!(values(text)[0].1, expected, "{text:?}");
    }
}

#[test]
fn an_unknown_escape_is_itself() {
    assert_eq!(values(r#"A="\a\'\é""#)[0].1, r"\a\'\é");
}

#[test]
fn comments_and_blank_lines_define_nothing() {
    assert_eq!(values("# A=1\n\n   \n\t# B=2\n\r\n#"), []);
    assert_eq!(values(""), []);
    assert_eq!(values("\u{feff}"), []);
}

#[test]
fn the_last_definition_counts() {
    let file = File::parse("A=1\nB=2\nexport A='3'\n").ok().unwrap();
    assert_eq!(file.last("A").unwrap().value, "3");
    assert_eq!(file.last("B").unwrap().value, "2");
    assert!(file.last("C").is_none() && file.last("a").is_none());
}

#[test]
fn a_definition_knows_its_place() {
    let text = "# c\n export A = 'x\ny' # d\r\nB=2";
    let file = File::parse(text).ok().unwrap();
    let [a, b] = file.definitions() else { unreachable!() };
    assert_eq!(
        (&text[a.lines.clone()], &text[a.span.clone()], a.style),
        (" export A = 'x\ny' # d\r\n", "'x\ny'", Style::Single)
    );
    assert_eq!((&text[b.lines.clone()], &text[b.span.clone()], b.style), ("B=2", "2", Style::Unquoted));
}

#[test]
fn what_is_no_definition_is_an_error_with_its_line() {
    let neither = "neither KEY=value nor a comment";
    let behind = "something other than a comment follows the closing quote";
    let cases = [
        ("A=1\nB\nC=3", 2, neither),
        ("=1", 1, neither),
        ("1A=1", 1, neither),
        ("A B=1", 1, neither),
        ("export A", 1, neither),
        ("export", 1, neither),
        ("exportA B=1", 1, neither),
        ("ä=1", 1, neither),
        ("A: 1", 1, neither),
        ("A=1\n\u{feff}B=1", 2, neither),
        ("\n\nA='x\ny\n", 3, "the quote ' is never closed"),
        ("A=1\r\nB=\"x\\\"\r\nC=3\r\n", 2, "the quote \" is never closed"),
        ("A=\"x\\", 1, "the quote \" is never closed"),
        ("A='a'b", 1, behind),
        ("A='a' b # c", 1, behind),
        ("A=\"a\nb\" \"c\"", 2, behind),
        ("A='it''s'", 1, behind),
    ];
    for (text, line, problem) in cases {
        assert_eq!(File::parse(text).err(), Some(Malformed { line, problem }), "{text:?}");
    }
}

#[test]
fn an_error_shows_nothing_of_the_line() {
    let error = File::parse("canary canary").err().unwrap();
    assert_eq!(error.to_string(), "line 1: neither KEY=value nor a comment");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_definitions_lie_in_order(text in "([A-C]|export|[ \t\r\n=#'\"\\\\$n]|é|\u{feff}){0,40}") {
        if let Ok(file) = File::parse(&text) {
            let mut end = 0;
            for definition in file.definitions() {
                prop_assert!(end <= definition.lines.start && definition.lines.end <= text.len());
                prop_assert!(definition.lines.start < definition.span.start && definition.span.end <= definition.lines.end);
                prop_assert!(text.get(definition.span.clone()).is_some());
                end = definition.lines.end;
            }
        }
    }
}
