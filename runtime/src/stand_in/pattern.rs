//! Which requests a route is for, and what they say: literal text, and words in braces that are taken from it.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::{
    manifest::{
        json::{Json, Pointer},
        percent,
    },
    text::{Shown, nearest},
};

/// What a request can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Word {
    /// The name of a secret.
    Name,
    /// A value to keep.
    Value,
    /// A version, counted from 1; of a write, the one that has to be the current one, 0 for none.
    Version,
    /// What listed names begin with.
    Prefix,
    /// The folder that is listed.
    Folder,
    /// The most entries wanted.
    Limit,
    /// Where the previous page ended, in the stand-in's own notation.
    Cursor,
    /// How many entries to leave out.
    Offset,
}

impl Word {
    const ALL: [Self; 8] =
        [Self::Name, Self::Value, Self::Version, Self::Prefix, Self::Folder, Self::Limit, Self::Cursor, Self::Offset];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Value => "value",
            Self::Version => "version",
            Self::Prefix => "prefix",
            Self::Folder => "folder",
            Self::Limit => "limit",
            Self::Cursor => "cursor",
            Self::Offset => "offset",
        }
    }

    fn parse(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|word| word.as_str() == text).ok_or_else(|| {
            let near = nearest(text, Self::ALL.map(Self::as_str));
            let hint = near.map(|near| format!("; did you mean {{{near}}}?")).unwrap_or_default();
            format!("a request has no {{{}}}{hint}", Shown(text))
        })
    }

    /// Whether a request that does not say it is for another route.
    const fn is_required(self) -> bool {
        matches!(self, Self::Name | Self::Value)
    }
}

/// What one request says.
#[derive(Default)]
pub(super) struct Said(BTreeMap<Word, Zeroizing<Vec<u8>>>);

impl Said {
    fn hear(&mut self, word: Word, bytes: Vec<u8>) {
        self.0.insert(word, Zeroizing::new(bytes));
    }

    pub(super) fn bytes(&self, word: Word) -> Option<&[u8]> {
        self.0.get(&word).map(|bytes| bytes.as_slice())
    }

    pub(super) fn text(&self, word: Word) -> Option<&str> {
        std::str::from_utf8(self.bytes(word)?).ok()
    }

    pub(super) fn number(&self, word: Word) -> Option<usize> {
        self.text(word)?.parse().ok()
    }
}

/// What a value of a query, a header or a body is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    /// `*`: anything.
    Any,
    /// This.
    Is(Json),
    /// `{word}` or `{word:base64}`.
    Word(Word, Encoding),
}

/// How a word is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// As it is.
    Plain,
    /// In base64.
    Base64,
}

impl Pattern {
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        if source == "*" {
            return Ok(Self::Any);
        }
        let Some(inner) = source.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
            return match source.contains(['{', '}']) {
                true => Err("a word in braces stands alone here".to_owned()),
                false => Ok(Self::Is(Json::text(source))),
            };
        };
        match inner.split_once(':') {
            None => Ok(Self::Word(Word::parse(inner)?, Encoding::Plain)),
            Some((word, "base64")) => Ok(Self::Word(Word::parse(word)?, Encoding::Base64)),
            Some((_, other)) => Err(format!("a request is read as it is or as base64, not as {}", Shown(other))),
        }
    }

    pub(super) fn word(&self) -> Option<Word> {
        match self {
            Self::Word(word, _) => Some(*word),
            _ => None,
        }
    }

    /// Whether text is what it asks for, and what that says.
    pub(super) fn reads(&self, text: Option<&[u8]>, said: &mut Said) -> bool {
        match (self, text) {
            (Self::Word(word, _), None) => !word.is_required(),
            (_, None) => false,
            (Self::Any, Some(_)) => true,
            (Self::Is(json), Some(text)) => json.as_text().is_some_and(|wanted| wanted.as_bytes() == text),
            (Self::Word(word, encoding), Some(text)) => match encoding.decode(text) {
                Some(decoded) => {
                    said.hear(*word, decoded);
                    true
                }
                None => false,
            },
        }
    }

    /// The same of a value in JSON: a number is read as it is written.
    pub(super) fn reads_json(&self, json: Option<&Json>, said: &mut Said) -> bool {
        match (self, json) {
            (Self::Is(wanted), Some(json)) => wanted == json,
            (_, Some(Json::Text(text))) => self.reads(Some(text.as_bytes()), said),
            (_, Some(Json::Number(number))) => self.reads(Some(number.to_string().as_bytes()), said),
            (Self::Any, Some(_)) => true,
            (_, None) => self.reads(None, said),
            (_, Some(_)) => false,
        }
    }
}

impl Encoding {
    fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        match self {
            Self::Plain => Some(text.to_vec()),
            Self::Base64 => STANDARD.decode(text).ok(),
        }
    }
}

/// A place in a body, and what stands there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct At {
    pub(super) pointer: Pointer,
    pub(super) pattern: Pattern,
}

/// The path of a request, segment by segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathPattern(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// One segment: this text, perhaps around a word.
    One { before: String, word: Option<Word>, after: String },
    /// `{word*}`: several segments.
    Many(Word),
}

impl PathPattern {
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let Some(path) = source.strip_prefix('/') else {
            return Err("a path begins with /".to_owned());
        };
        let parts = path.split('/').filter(|_| !path.is_empty()).map(Part::parse).collect::<Result<Vec<_>, _>>()?;
        match parts.iter().filter(|part| matches!(part, Part::Many(_))).count() {
            0 | 1 => Ok(Self(parts)),
            _ => Err("one word of a path can stand for several segments".to_owned()),
        }
    }

    pub(super) fn words(&self) -> impl Iterator<Item = Word> {
        self.0.iter().filter_map(|part| match part {
            Part::One { word, .. } => *word,
            Part::Many(word) => Some(*word),
        })
    }

    /// Whether a path is what it asks for, and what that says.
    pub(super) fn reads(&self, path: &str, said: &mut Said) -> bool {
        let segments = path.split('/').skip(1).filter(|_| path != "/").map(percent::decode);
        let Ok(segments) = segments.collect::<Result<Vec<_>, _>>() else { return false };
        let Some(many) = self.0.iter().position(|part| matches!(part, Part::Many(_))) else {
            return segments.len() == self.0.len()
                && self.0.iter().zip(&segments).all(|(part, segment)| part.reads(segment, said));
        };
        // What stands after the several segments is counted from the end.
        let Some(count) = (segments.len() + 1).checked_sub(self.0.len()) else { return false };
        let (first, rest) = segments.split_at(many);
        let (several, last) = rest.split_at(count);
        let (front, back) = self.0.split_at(many);
        let Some((Part::Many(word), back)) = back.split_first() else { return false };
        if several.is_empty() && word.is_required() {
            return false;
        }
        said.hear(*word, several.join("/").into_bytes());
        front.iter().zip(first).chain(back.iter().zip(last)).all(|(part, segment)| part.reads(segment, said))
    }
}

impl Part {
    fn parse(segment: &str) -> Result<Self, String> {
        if segment.is_empty() {
            return Err("a path has no empty segments".to_owned());
        }
        let Some((before, rest)) = segment.split_once('{') else {
            return match segment.contains('}') {
                true => Err("a } without its {".to_owned()),
                false => Ok(Self::One { before: segment.to_owned(), word: None, after: String::new() }),
            };
        };
        let Some((word, after)) = rest.split_once('}') else {
            return Err("a { without its }".to_owned());
        };
        if after.contains(['{', '}']) {
            return Err("a segment of a path has one word at most".to_owned());
        }
        match word.strip_suffix('*') {
            Some(word) if before.is_empty() && after.is_empty() => Ok(Self::Many(Word::parse(word)?)),
            Some(_) => Err("several segments stand alone".to_owned()),
            None => {
                Ok(Self::One { before: before.to_owned(), word: Some(Word::parse(word)?), after: after.to_owned() })
            }
        }
    }

    fn reads(&self, segment: &str, said: &mut Said) -> bool {
        let Self::One { before, word, after } = self else { return false };
        let inner = segment.strip_prefix(before.as_str()).and_then(|rest| rest.strip_suffix(after.as_str()));
        match (inner, word) {
            (Some(""), None) => true,
            (Some(inner), Some(word)) if !inner.is_empty() => {
                said.hear(*word, inner.as_bytes().to_vec());
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn name_in(pattern: &str, path: &str) -> Option<String> {
        let mut said = Said::default();
        let reads = PathPattern::parse(pattern).unwrap().reads(path, &mut said);
        reads.then(|| said.text(Word::Name).or(said.text(Word::Folder)).unwrap_or("-").to_owned())
    }

    #[test]
    fn a_path_gives_out_the_name_in_it_decoded() {
        for (pattern, path, name) in [
            ("/secret/{name}", "/secret/a", Some("a")),
            ("/secret/{name}", "/secret/a%2Fb%25", Some("a/b%")),
            ("/secret/{name}", "/secret/a/b", None),
            ("/secret/{name}", "/secret", None),
            ("/secret/{name}", "/other/a", None),
            ("/v1/{name*}", "/v1/a/b%20c", Some("a/b c")),
            ("/v1/{name*}", "/v1", None),
            ("/v1/{name*}/versions/latest", "/v1/a/b/versions/latest", Some("a/b")),
            ("/v1/{name*}/versions/latest", "/v1/versions/latest", None),
            ("/s/{name}:access", "/s/a:b:access", Some("a:b")),
            ("/s/{name}:access", "/s/:access", None),
            ("/list/{folder*}", "/list", Some("")),
            ("/list/{folder*}", "/list/a/b", Some("a/b")),
            ("/", "/", Some("-")),
            ("/", "/a", None),
        ] {
            assert_eq!(name_in(pattern, path).as_deref(), name, "{pattern} {path}");
        }
    }

    #[test]
    fn paths_and_patterns_that_can_not_be_are_refused() {
        for bad in ["a", "/a//b", "/{nmae}", "/{name", "/name}", "/{name*}/{folder*}", "/a{name*}", "/{name}{version}"]
        {
            assert!(PathPattern::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Pattern::parse("{cursr}"), Err("a request has no {cursr}; did you mean {cursor}?".to_owned()));
        assert!(Pattern::parse("v{version}").is_err() && Pattern::parse("{value:hex}").is_err());
    }

    #[test]
    fn a_name_and_a_value_have_to_be_said_and_the_rest_may_be() {
        let missing = |pattern: &str| Pattern::parse(pattern).unwrap().reads(None, &mut Said::default());
        assert!(!missing("{name}") && !missing("{value}") && !missing("*") && !missing("true"));
        assert!(missing("{version}") && missing("{cursor}"));
    }

    #[test]
    fn json_is_read_by_type_and_base64_is_decoded() {
        let mut said = Said::default();
        let mut reads = |pattern: &str, json: &str| {
            Pattern::parse(pattern).unwrap().reads_json(Some(&Json::parse(json.as_bytes()).unwrap()), &mut said)
        };
        assert!(reads("{version}", "3") && reads("{value:base64}", "\"AP8=\""));
        assert!(!reads("{value:base64}", "\"?\"") && !reads("{value}", "{}") && !reads("a", "\"b\""));
        assert_eq!((said.number(Word::Version), said.bytes(Word::Value)), (Some(3), Some([0, 0xff].as_slice())));
    }
}
