//! What a secret's name may be, and its one canonical form.

use std::{collections::BTreeMap, fmt};

use regex_lite::{Regex, RegexBuilder};

use super::{
    error::ManifestError,
    fields::{Fields, Item},
};
use crate::store::{NAME_BYTES, Name};

/// The most memory a compiled pattern may take, in bytes: ample for any naming rule, too little to slow a match.
const PATTERN_BYTES: usize = 256 * 1024;

/// A backend's naming rules. The default allows every name that passes the general guard.
#[derive(Clone, Default)]
pub struct NameRules {
    pattern: Option<Regex>,
    shown: Option<String>,
    fold: bool,
    map: BTreeMap<char, char>,
    absolute: Option<Regex>,
    write_prefix: Option<String>,
}

/// Why a name is refused. The name itself is not part of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is none.
    #[error("the name is empty")]
    Empty,
    /// It is longer than [`NAME_BYTES`].
    #[error("the name has {0} bytes; at most {NAME_BYTES} are allowed")]
    TooLong(usize),
    /// It has a segment `.` or `..`.
    #[error("the name has a segment . or ..")]
    DotSegment,
    /// It has a control character, or one that ends a line.
    #[error("the name has a control character or a line separator in it")]
    Control,
    /// The backend's pattern does not cover it.
    #[error("the name does not fit the backend's pattern {0}")]
    Pattern(String),
}

impl NameRules {
    /// Checks what the caller typed and makes it canonical. `map_names` asks for the backend's character map.
    ///
    /// # Errors
    /// [`NameError`] says which rule the name breaks.
    pub fn canonical(&self, typed: &str, map_names: bool) -> Result<Name, NameError> {
        guard(typed)?;
        if self.is_absolute(typed) {
            return Ok(Name::canonical(typed));
        }
        let mut name = typed.to_owned();
        if map_names {
            name = name.chars().map(|c| self.map.get(&c).copied().unwrap_or(c)).collect();
        }
        if self.fold {
            name = name.to_lowercase();
        }
        // Mapping and folding can lengthen a name or make a dot segment.
        guard(&name)?;
        match &self.pattern {
            Some(pattern) if !pattern.is_match(&name) => {
                Err(NameError::Pattern(self.shown.clone().unwrap_or_default()))
            }
            _ => Ok(Name::canonical(&name)),
        }
    }

    /// Whether a name is an absolute one, which escapes naming, hosted keys and prefixes.
    pub fn is_absolute(&self, name: &str) -> bool {
        self.absolute.as_ref().is_some_and(|pattern| pattern.is_match(name))
    }

    /// The prefix that written names get unless the operator sets another.
    pub fn write_prefix(&self) -> Option<&str> {
        self.write_prefix.as_deref()
    }

    /// The pattern as its author wrote it, safe to show.
    pub fn pattern(&self) -> Option<&str> {
        self.shown.as_deref()
    }

    pub(super) fn read(mut fields: Fields) -> Result<Self, ManifestError> {
        let pattern = fields.take("pattern");
        let shown = pattern.as_ref().and_then(|item| item.value().as_str()).map(|p| crate::text::Shown(p).to_string());
        let rules = Self {
            pattern: pattern.map(|item| item.parse(whole)).transpose()?,
            shown,
            fold: fields.take("fold").map(fold).transpose()?.unwrap_or_default(),
            map: fields.entries("map")?.into_iter().map(mapping).collect::<Result<_, _>>()?,
            absolute: fields.take("absolute").map(|item| item.parse(compile)).transpose()?,
            write_prefix: fields.text("write-prefix")?,
        };
        fields.finish()?;
        Ok(rules)
    }
}

impl fmt::Debug for NameRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameRules").field("pattern", &self.shown).field("fold", &self.fold).finish_non_exhaustive()
    }
}

/// What holds for the names of every backend.
fn guard(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.len() > NAME_BYTES {
        return Err(NameError::TooLong(name.len()));
    }
    if name.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(NameError::Control);
    }
    if name.split('/').any(|segment| segment == "." || segment == "..") {
        return Err(NameError::DotSegment);
    }
    Ok(())
}

/// A pattern for whole names.
fn whole(pattern: &str) -> Result<Regex, String> {
    // Alone first: a pattern such as `a)|(b` must not compile because of the group around it.
    compile(pattern)?;
    compile(&format!(r"\A(?:{pattern})\z"))
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build().map_err(|error| format!("not a pattern: {error}"))
}

fn fold(item: Item) -> Result<bool, ManifestError> {
    match item.value().as_str() {
        Some("lower") => Ok(true),
        _ => Err(item.wrong("fold can only be \"lower\"")),
    }
}

fn mapping((from, to): (String, Item)) -> Result<(char, char), ManifestError> {
    let one = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.as_str().is_empty())
    };
    match (one(&from), to.value().as_str().and_then(one)) {
        (Some(from), Some(to)) => Ok((from, to)),
        _ => Err(to.wrong("a map is from one character to one character")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use proptest::prelude::*;

    use super::*;

    fn rules(toml: &str) -> Result<NameRules, ManifestError> {
        NameRules::read(Fields::document(toml).unwrap())
    }

    #[test]
    fn the_general_guard_holds_without_any_rule() {
        for (name, error) in [
            ("", NameError::Empty),
            (&*"x".repeat(NAME_BYTES + 1), NameError::TooLong(NAME_BYTES + 1)),
            ("..", NameError::DotSegment),
            ("a/../b", NameError::DotSegment),
            ("a/.", NameError::DotSegment),
            ("a\nb", NameError::Control),
            ("a\u{7f}", NameError::Control),
            ("a\u{9b}b", NameError::Control),
            ("a\u{2028}b", NameError::Control),
        ] {
            assert_eq!(NameRules::default().canonical(name, false), Err(error), "{name:?}");
        }
        for name in ["a", "a..b", "...", "ключ", "a b", "%2e%2e"] {
            assert_eq!(NameRules::default().canonical(name, false).unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_pattern_covers_the_whole_name() {
        let rules = rules("pattern = 'a|bc'").unwrap();
        for (name, fits) in
            [("a", true), ("bc", true), ("abc", false), ("xa", false), ("bcx", false), ("a\u{a0}", false)]
        {
            assert_eq!(rules.canonical(name, false).is_ok(), fits, "{name}");
        }
    }

    #[test]
    fn mapping_is_asked_for_and_folding_is_not() {
        let rules = rules("pattern = '[0-9A-Za-z-]{1,127}'\nfold = 'lower'\nmap = { '_' = '-' }").unwrap();
        assert_eq!(rules.canonical("OPENAI_KEY", true).unwrap().as_str(), "openai-key");
        assert_eq!(rules.canonical("OPENAI-KEY", false).unwrap().as_str(), "openai-key");
        assert!(matches!(rules.canonical("OPENAI_KEY", false), Err(NameError::Pattern(_))));
    }

    #[test]
    fn a_map_can_not_make_a_dot_segment() {
        let rules = rules("map = { '_' = '.' }").unwrap();
        assert_eq!(rules.canonical("a/__", true), Err(NameError::DotSegment));
    }

    #[test]
    fn an_absolute_name_is_neither_folded_nor_matched() {
        let rules = rules("pattern = '[a-z]+'\nfold = 'lower'\nabsolute = '^arn:'").unwrap();
        let name = "arn:aws:secretsmanager:eu-west-1:1:secret:A";
        assert!(rules.is_absolute(name));
        assert_eq!(rules.canonical(name, false).unwrap().as_str(), name);
    }

    #[test]
    fn patterns_and_maps_that_can_not_be_are_refused() {
        for bad in [
            "pattern = '('",
            "pattern = 'a)|(?:b'",
            "pattern = '(a{1000}){1000}'",
            "fold = 'upper'",
            "map = { ab = 'c' }",
        ] {
            assert!(matches!(rules(bad), Err(ManifestError::Value { .. })), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_canonical_name_is_canonical(typed in "[\\PC/.]{1,40}") {
            let rules = rules("fold = 'lower'").unwrap();
            if let Ok(name) = rules.canonical(&typed, false) {
                prop_assert_eq!(rules.canonical(name.as_str(), false), Ok(name));
            }
        }
    }
}
