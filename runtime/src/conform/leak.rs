//! Whether something that a backend said holds a value that it read or wrote.

use zeroize::Zeroizing;

use crate::{egress::tells, error::Error};

/// The fewest bytes of a value that are looked for: shorter ones stand in any text by chance.
const SOUGHT_BYTES: usize = 8;
/// The most that are looked for: of a longer value, its beginning would be told first.
const MOST_BYTES: usize = 64;

/// The values in play, and all that was said while they were.
#[derive(Default)]
pub(super) struct Told {
    values: Vec<Zeroizing<Vec<u8>>>,
    said: Vec<Said>,
}

struct Said {
    /// In which check.
    during: &'static str,
    /// A log line, an error, …
    what: &'static str,
    text: Zeroizing<String>,
}

impl Told {
    /// A value that nobody should be told from now on, nor was before.
    pub(super) fn in_play(&mut self, value: &[u8]) {
        let sought = value.get(..MOST_BYTES).unwrap_or(value);
        if sought.len() >= SOUGHT_BYTES && !self.values.iter().any(|known| known.as_slice() == sought) {
            self.values.push(Zeroizing::new(sought.to_vec()));
        }
    }

    /// Something that was said.
    pub(super) fn said(&mut self, during: &'static str, what: &'static str, text: impl Into<String>) {
        self.said.push(Said { during, what, text: Zeroizing::new(text.into()) });
    }

    /// All that an error says, to whomever.
    pub(super) fn failed(&mut self, during: &'static str, error: &Error) {
        self.said(during, "an error", format!("{error} {error:?}"));
        if let Some(message) = error.guest_message() {
            self.said(during, "the message of an error", message);
        }
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            self.said(during, "the cause of an error", format!("{cause} {cause:?}"));
            source = cause.source();
        }
    }

    /// How much was heard.
    pub(super) fn heard(&self) -> usize {
        self.said.len()
    }

    /// Where a value was told, each place once.
    pub(super) fn leaks(&self) -> Vec<String> {
        let mut found = Vec::new();
        for said in self.said.iter().filter(|said| tells(said.text.as_bytes(), &self.values)) {
            let place = format!("{} during {}", said.what, said.during);
            if !found.contains(&place) {
                found.push(place);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    use super::*;
    use crate::error::Kind;

    fn told(text: impl Into<String>) -> bool {
        let mut told = Told::default();
        told.said("read.works", "a log line", text);
        told.in_play(b"canary-value-1");
        !told.leaks().is_empty()
    }

    #[test]
    fn a_value_is_found_however_it_is_written() {
        assert!(told("it is canary-value-1!"));
        assert!(told(STANDARD.encode("ab canary-value-1 cd")));
        assert!(told("canary%2dvalue%2D1"));
        assert!(!told("canary-value-2") && !told(""));
    }

    #[test]
    fn errors_are_searched_with_what_the_backend_said() {
        let mut told = Told::default();
        told.in_play(b"canary-value-1");
        told.failed("a", &Error::new(Kind::Other, "it failed"));
        assert!(told.leaks().is_empty());
        told.failed("b", &Error::new(Kind::Other, "it failed").with_guest_message("got canary-value-1"));
        assert_eq!(told.leaks(), ["the message of an error during b"]);
    }

    #[test]
    fn short_values_are_not_looked_for_and_of_long_ones_the_beginning_is() {
        let mut told = Told::default();
        told.in_play(b"short");
        told.in_play(&[b'x'; 1000]);
        told.said("a", "a log line", "short");
        assert!(told.leaks().is_empty());
        told.said("a", "a log line", "x".repeat(MOST_BYTES));
        assert_eq!(told.leaks(), ["a log line during a"]);
    }
}
