//! Showing text that came from somebody else: on one line, capped, with nothing in it that moves a cursor or
//! turns the reading direction.

use std::{
    fmt::{self, Write as _},
    path::Path,
};

/// The most characters of a foreign text that are shown: enough for a long path, too few to flood a terminal.
pub(crate) const SHOWN_CHARACTERS: usize = 400;

/// Shows a foreign text safely: control, bidirectional and other format characters escaped, capped.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl Shown<'_> {
    /// Whether a character is shown as an escape: a terminal acts on it, or it is not seen where it stands.
    pub fn escapes(c: char) -> bool {
        is_hidden(c)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, c) in self.0.chars().enumerate() {
            if count == SHOWN_CHARACTERS {
                return f.write_char('…');
            }
            if is_hidden(c) {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
}

/// A path as it is shown: anybody can have made the folder.
pub(crate) fn shown_path(path: &Path) -> String {
    Shown(&path.to_string_lossy()).to_string()
}

/// Characters that a terminal acts on, or that are not seen where they stand.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The known word nearest to one that is not known, if any is near enough to be meant.
pub fn nearest<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(unknown, word), word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4)
        .min()
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_codes_newlines_and_bidi_marks_are_escaped() {
        let shown = Shown("a\x1b[31m\nb\u{202e}c\u{2066}\u{feff}é").to_string();
        assert_eq!(shown, "a\\u{1b}[31m\\u{a}b\\u{202e}c\\u{2066}\\u{feff}é");
    }

    #[test]
    fn long_text_is_capped() {
        assert_eq!(Shown(&"x".repeat(5000)).to_string().chars().count(), SHOWN_CHARACTERS + 1);
    }

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_nonsense_does_not() {
        let known = ["access-mode", "hosted-keys", "cache"];
        assert_eq!(nearest("acess-mode", known), Some("access-mode"));
        assert_eq!(nearest("hostedkeys", known), Some("hosted-keys"));
        assert_eq!(nearest("zebra", known), None);
    }
}
