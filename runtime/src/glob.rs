//! Globs over secret names: `*` stays within a segment, `**` crosses segments, everything else means itself.
//!
//! A segment is what stands between two `/`. Both wildcards may match nothing, so `team/**` covers `team/a`,
//! `team/a/b` and `team/`, but not `team`. There is no escape: a name that holds a `*` can only be covered by a
//! wildcard.

use std::{fmt, sync::Arc};

use crate::{store::NAME_BYTES, text::Shown};

/// A pattern that can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GlobError {
    /// It would cover no name at all.
    #[error("a pattern for names can't be empty")]
    Empty,
    /// It is longer than any name.
    #[error("the pattern `{}` is longer than the {NAME_BYTES} bytes a name may have", Shown(.0))]
    TooLong(String),
    /// It holds a character that no name holds.
    #[error("the pattern `{}` holds a control character", Shown(.0))]
    Control(String),
}

/// A set of globs; a name is covered if any of them matches it. The empty set covers nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Globs(Arc<[Box<str>]>);

impl Globs {
    /// Makes a set of these patterns, or says which one can't be used.
    pub fn new<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Result<Self, GlobError> {
        patterns.into_iter().map(|pattern| checked(pattern.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a pattern of the set covers this name.
    pub fn matches(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| covers(pattern, name, End::Name))
    }

    /// The first pattern of the set that covers this name.
    pub(crate) fn covering(&self, name: &str) -> Option<&str> {
        self.patterns().find(|pattern| covers(pattern, name, End::Name))
    }

    /// Whether a name that begins with `prefix` could be covered.
    pub fn may_match_below(&self, prefix: &str) -> bool {
        self.0.iter().any(|pattern| covers(pattern, prefix, End::Prefix))
    }

    /// Whether every name that begins with `prefix` is covered, as far as one pattern alone tells.
    pub fn matches_all_below(&self, prefix: &str) -> bool {
        // What ends in `**` and covers a text covers all that goes on from there.
        self.0.iter().any(|pattern| pattern.ends_with("**") && covers(pattern, prefix, End::Name))
    }

    /// The patterns as they were given.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|pattern| &**pattern)
    }
}

impl fmt::Debug for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.patterns()).finish()
    }
}

fn checked(pattern: &str) -> Result<Box<str>, GlobError> {
    if pattern.is_empty() {
        Err(GlobError::Empty)
    } else if pattern.len() > NAME_BYTES {
        Err(GlobError::TooLong(pattern.to_owned()))
    } else if pattern.chars().any(char::is_control) {
        Err(GlobError::Control(pattern.to_owned()))
    } else {
        Ok(pattern.into())
    }
}

/// What the end of the text means to a match.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// The name is whole: what is left of the pattern must match nothing.
    Name,
    /// More may follow, and any rest of a pattern can be matched by something.
    Prefix,
}

/// A wildcard that can still take more of the text.
#[derive(Clone, Copy)]
struct Wildcard {
    /// Where the pattern goes on behind it.
    pattern: usize,
    /// Up to where it has taken the text.
    text: usize,
}

/// Matches with at most two places to go back to: the last `*` and the last `**`.
///
/// More are never needed: taking as little as possible for an earlier wildcard leaves the later one at least as
/// much to choose from, since an earlier `*` can't reach into another segment and a `**` reaches everything. So the
/// work is polynomial whatever the pattern. Bytes will do for characters: in UTF-8 no literal matches at a wrong place.
fn covers(pattern: &str, text: &str, end: End) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let (mut star, mut globstar): (Option<Wildcard>, Option<Wildcard>) = (None, None);
    while let Some(byte) = text.get(t) {
        match pattern.get(p) {
            Some(b'*') => {
                let stars = run_of_stars(pattern, p);
                p += stars;
                // The commonest case by far: a wildcard at the end takes all that is left.
                if p == pattern.len() && (stars > 1 || !rest(text, t).contains(&b'/')) {
                    return true;
                }
                let here = Some(Wildcard { pattern: p, text: t });
                if stars == 1 { star = here } else { (star, globstar) = (None, here) }
            }
            Some(wanted) if wanted == byte => (p, t) = (p + 1, t + 1),
            _ => {
                // The text differs: let the last `*` take one byte more if it stays in its segment, else the last `**`.
                star = star.filter(|star| text.get(star.text).is_some_and(|next| *next != b'/'));
                let Some(wildcard) = star.as_mut().or(globstar.as_mut()) else { return false };
                wildcard.text += 1;
                (p, t) = (wildcard.pattern, wildcard.text);
            }
        }
    }
    end == End::Prefix || rest(pattern, p).iter().all(|byte| *byte == b'*')
}

fn rest(bytes: &[u8], from: usize) -> &[u8] {
    bytes.get(from..).unwrap_or_default()
}

/// How many stars stand here: one is `*`, more are `**`.
fn run_of_stars(pattern: &[u8], from: usize) -> usize {
    rest(pattern, from).iter().take_while(|byte| **byte == b'*').count()
}

/// Whether a pattern in which one `*` stands for anything, `/` included, covers a text: the notation of scopes.
pub(crate) fn star_matches(pattern: &str, text: &str) -> bool {
    covers(&pattern.replace('*', "**"), text, End::Name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    /// The meaning of a glob, written as plainly as possible.
    fn model(pattern: &[char], text: &[char], end: End) -> bool {
        match (pattern, text) {
            (_, []) if end == End::Prefix => true,
            ([], _) => text.is_empty(),
            (['*', '*', rest @ ..], _) => (0..=text.len()).any(|n| model(rest, text.split_at(n).1, end)),
            (['*', rest @ ..], _) => {
                let segment = text.iter().take_while(|c| **c != '/').count();
                (0..=segment).any(|n| model(rest, text.split_at(n).1, end))
            }
            ([wanted, pattern @ ..], [c, text @ ..]) => wanted == c && model(pattern, text, end),
            (_, []) => false,
        }
    }

    fn modelled(pattern: &str, text: &str, end: End) -> bool {
        // Three stars and more mean two.
        let mut pattern = pattern.to_owned();
        while pattern.contains("***") {
            pattern = pattern.replace("***", "**");
        }
        model(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>(), end)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn globs_mean_what_the_plain_model_says(pattern in r"(a|b|/|é|\*|\*|\*\*){1,9}", text in "[aab/é]{0,9}") {
            let globs = Globs::new([&pattern]).unwrap();
            prop_assert_eq!(globs.matches(&text), modelled(&pattern, &text, End::Name));
            prop_assert_eq!(globs.may_match_below(&text), modelled(&pattern, &text, End::Prefix));
        }

        #[test]
        fn a_name_without_stars_covers_itself_alone(name in "[a-z/.\\[\\]?{},\\\\]{1,12}", other in "[a-z/.]{1,12}") {
            let globs = Globs::new([&name]).unwrap();
            prop_assert!(globs.matches(&name));
            prop_assert_eq!(globs.matches(&other), name == other);
        }
    }

    #[test]
    fn one_star_stays_in_its_segment_and_two_cross() {
        for (pattern, name, covered) in [
            ("OPENAI_*", "OPENAI_API_KEY", true),
            ("OPENAI_*", "OPENAI_", true),
            ("OPENAI_*", "OPENAI_a/b", false),
            ("OPENAI_*", "XOPENAI_KEY", false),
            ("team/*", "team/a", true),
            ("team/*", "team/a/b", false),
            ("team/**", "team/a/b", true),
            ("team/**", "team", false),
            ("team/**", "teams/a", false),
            ("**/key", "a/b/key", true),
            ("**/key", "key", false),
            ("a/*/c/**/e", "a/b/c/d/d/e", true),
            ("a/*/c/**/e", "a/b/b/c/d/e", false),
            ("**", "", true),
            ("*", "anything", true),
            ("*", "any/thing", false),
        ] {
            assert_eq!(Globs::new([pattern]).unwrap().matches(name), covered, "{pattern} and {name}");
        }
    }

    #[test]
    fn a_folder_is_worth_opening_only_if_a_hosted_name_could_lie_below() {
        let globs = Globs::new(["OPENAI_*", "team/a/**"]).unwrap();
        for (prefix, worth) in [
            ("", true),
            ("OPEN", true),
            ("team/", true),
            ("team/a/", true),
            ("team/a/x/", true),
            ("team/b/", false),
            ("OPENAI_x/", false),
            ("other/", false),
        ] {
            assert_eq!(globs.may_match_below(prefix), worth, "{prefix}");
        }
    }

    #[test]
    fn only_what_ends_in_two_stars_covers_all_that_goes_on_from_a_prefix() {
        for (pattern, prefix, all) in [
            ("**", "", true),
            ("**", "team/", true),
            ("team/**", "team/", true),
            ("team/**", "team/deep/", true),
            ("*/deep/**", "team/deep/", true),
            ("team/**", "", false),
            ("team/**", "team", false),
            ("team/**", "other/", false),
            ("team/*", "team/", false),
            ("*", "", false),
            ("**/a", "", false),
            ("team/a", "team/a", false),
        ] {
            assert_eq!(Globs::new([pattern]).unwrap().matches_all_below(prefix), all, "{pattern}: {prefix}");
        }
    }

    #[test]
    fn the_star_of_a_scope_crosses_segments() {
        assert!(star_matches("secrets:read:*", "secrets:read:team/a") && star_matches("a*c", "a/b/c"));
        assert!(!star_matches("secrets:read:*", "secrets:write:team/a") && !star_matches("a", "b"));
    }

    #[test]
    fn the_empty_set_covers_nothing() {
        assert!(!Globs::default().matches("") && !Globs::default().may_match_below(""));
    }

    #[test]
    fn a_pattern_made_to_be_slow_is_not() {
        let globs = Globs::new(["**a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b**c"]).unwrap();
        assert!(!globs.matches(&"a".repeat(NAME_BYTES)));
    }

    #[test]
    fn a_pattern_that_can_cover_no_name_is_refused() {
        assert_eq!(Globs::new([""]), Err(GlobError::Empty));
        assert!(matches!(Globs::new(["a".repeat(NAME_BYTES + 1)]), Err(GlobError::TooLong(_))));
        let error = Globs::new(["a\x1b[31m"]).unwrap_err().to_string();
        assert_eq!(error, "the pattern `a\\u{1b}[31m` holds a control character");
    }
}
