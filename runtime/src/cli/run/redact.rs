//! Masking values in what a program writes, as it is written. A help against slips, and no boundary: a program that
//! writes a value in pieces, in capitals or in base64 shows it.

use std::cmp::Reverse;

use memchr::{memchr_iter, memmem::Finder};
use secret_runtime::Shown;
use zeroize::Zeroizing;

/// Values that are shorter are not masked: they would be found in words that have nothing to do with them.
pub(super) const SHORTEST: usize = 8;

/// What is masked.
#[derive(Default)]
pub(super) struct Masks(Vec<Form>);

/// One way in which a value is written.
struct Form {
    bytes: Zeroizing<Vec<u8>>,
    /// What is written in its place.
    mask: String,
}

impl Masks {
    /// Masks a value as it is, without the line break at its end, and as it stands in JSON. Answers whether it is long
    /// enough.
    pub(super) fn add(&mut self, name: &str, value: &[u8]) -> bool {
        let end = value.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        let trimmed = value.get(..end).unwrap_or_default();
        self.form(name, value);
        self.form(name, trimmed);
        for text in [value, trimmed].into_iter().filter_map(|bytes| std::str::from_utf8(bytes).ok()) {
            let Ok(quoted) = serde_json::to_string(text).map(Zeroizing::new) else { continue };
            let inner = quoted.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
            if let Some(inner) = inner.filter(|_| text.len() >= SHORTEST) {
                self.form(name, inner.as_bytes());
            }
        }
        trimmed.len() >= SHORTEST
    }

    fn form(&mut self, name: &str, bytes: &[u8]) {
        if bytes.len() >= SHORTEST && !self.0.iter().any(|form| form.bytes.as_slice() == bytes) {
            let mask = format!("[redacted: {}]", Shown(name));
            self.0.push(Form { bytes: Zeroizing::new(bytes.to_vec()), mask });
        }
    }
}

/// One stream in which values are masked.
pub(super) struct Masking<'m> {
    forms: Vec<(&'m Form, Finder<'m>)>,
    longest: usize,
    /// What may be the beginning of a value, until more of it is seen.
    held: Zeroizing<Vec<u8>>,
}

impl<'m> Masking<'m> {
    pub(super) fn new(masks: &'m Masks) -> Self {
        Self {
            forms: masks.0.iter().map(|form| (form, Finder::new(form.bytes.as_slice()))).collect(),
            longest: masks.0.iter().map(|form| form.bytes.len()).max().unwrap_or(0),
            held: Zeroizing::new(Vec::new()),
        }
    }

    /// Takes what was written; answers what can be shown by now.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        self.pass(false)
    }

    /// Answers the rest, once nothing more is written.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        self.pass(true)
    }

    /// Replaces the leftmost value, of several there the longest, and so on.
    ///
    /// What begins before `open` is decided, for nothing that begins there can still grow.
    fn pass(&mut self, over: bool) -> Vec<u8> {
        let text = self.held.as_slice();
        let slice = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let open_from = |at: usize| if over { text.len() } else { self.open(text, at) };
        let mut found: Vec<Option<usize>> = self.forms.iter().map(|(_, finder)| finder.find(text)).collect();
        let (mut shown, mut at, mut open) = (Vec::with_capacity(text.len()), 0, open_from(0));
        loop {
            let all = self.forms.iter().zip(&found).filter_map(|((form, _), start)| Some(((*start)?, *form)));
            let first = all.min_by_key(|(start, form)| (*start, Reverse(form.bytes.len())));
            let Some((start, form)) = first.filter(|(start, _)| *start < open) else { break };
            shown.extend_from_slice(slice(at, start));
            shown.extend_from_slice(form.mask.as_bytes());
            at = start + form.bytes.len();
            if at > open {
                open = open_from(at);
            }
            for (start, (_, finder)) in found.iter_mut().zip(&self.forms) {
                if start.is_some_and(|start| start < at) {
                    *start = finder.find(slice(at, text.len())).map(|start| at + start);
                }
            }
        }
        shown.extend_from_slice(slice(at, open));
        self.held.drain(..open);
        shown
    }

    /// The first place, from `at` on, from which the text to its end is the beginning of a value and not all of it.
    fn open(&self, text: &[u8], at: usize) -> usize {
        let from = at.max((text.len() + 1).saturating_sub(self.longest));
        let tail = text.get(from..).unwrap_or_default();
        let begins = |form: &Form, start: usize| {
            let rest = tail.get(start..).unwrap_or_default();
            form.bytes.len() > rest.len() && form.bytes.starts_with(rest)
        };
        let first = |form: &Form| {
            let byte = *form.bytes.first()?;
            memchr_iter(byte, tail).find(|start| begins(form, *start))
        };
        self.forms.iter().filter_map(|(form, _)| first(form)).min().map_or(text.len(), |start| from + start)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masks(values: &[(&str, &str)]) -> Masks {
        let mut masks = Masks::default();
        for (name, value) in values {
            masks.add(name, value.as_bytes());
        }
        masks
    }

    /// All at once, by the plainest rule: from left to right, at each place the longest.
    fn plainly(masks: &Masks, mut text: &[u8]) -> Vec<u8> {
        let mut shown = Vec::new();
        while let Some(first) = text.first() {
            let here = masks.0.iter().filter(|form| text.starts_with(&form.bytes));
            match here.min_by_key(|form| Reverse(form.bytes.len())) {
                Some(form) => {
                    shown.extend_from_slice(form.mask.as_bytes());
                    text = &text[form.bytes.len()..];
                }
                None => {
                    shown.push(*first);
                    text = &text[1..];
                }
            }
        }
        shown
    }

    fn in_chunks<'a>(masks: &Masks, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut masking = Masking::new(masks);
        let mut shown: Vec<u8> = chunks.into_iter().flat_map(|chunk| masking.feed(chunk)).collect();
        shown.extend(masking.finish());
        shown
    }

    #[test]
    fn a_value_is_masked_wherever_it_is_cut() {
        let masks = masks(&[("KEY", "canary-0123")]);
        let text = b"before canary-0123 after canary-012 canary-0123canary-0123";
        let expected = b"before [redacted: KEY] after canary-012 [redacted: KEY][redacted: KEY]";
        for cut in 0..=text.len() {
            let (left, right) = text.split_at(cut);
            assert_eq!(in_chunks(&masks, [left, right]), expected, "{cut}");
        }
        assert_eq!(in_chunks(&masks, text.chunks(1)), expected);
    }

    #[test]
    fn what_can_be_no_value_is_shown_at_once() {
        let masks = masks(&[("KEY", "canary-0123")]);
        let mut masking = Masking::new(&masks);
        assert_eq!(masking.feed(b"Password: "), b"Password: ");
        assert_eq!(masking.feed(b"can"), b"");
        assert_eq!(masking.feed(b"did? "), b"candid? ");
        assert_eq!(masking.feed(b"[y/N] c"), b"[y/N] ");
        assert_eq!(masking.finish(), b"c");
    }

    #[test]
    fn the_longest_of_several_counts_and_the_end_decides() {
        let masks = masks(&[("SHORT", "abcdefgh"), ("LONG", "abcdefghijkl")]);
        assert_eq!(in_chunks(&masks, b"abcdefghijkl".chunks(3)), b"[redacted: LONG]");
        assert_eq!(in_chunks(&masks, b"abcdefghijk".chunks(3)), b"[redacted: SHORT]ijk");
        assert_eq!(in_chunks(&masks, b"abcdefgh".chunks(3)), b"[redacted: SHORT]");
    }

    #[test]
    fn a_value_is_masked_without_its_line_break_and_in_json() {
        let masks = masks(&[("PEM", "two\n\"lines\"\n")]);
        assert_eq!(in_chunks(&masks, [b"two\n\"lines\"!".as_slice()]), b"[redacted: PEM]!");
        assert_eq!(
            in_chunks(&masks, [b"{\"k\":\"two\\n\\\"lines\\\"\\n\"}".as_slice()]),
            b"{\"k\":\"[redacted: PEM]\"}"
        );
    }

    #[test]
    fn short_values_are_not_masked_and_that_is_told() {
        let mut masks = Masks::default();
        assert!(!masks.add("SHORT", b"1234567"));
        assert!(!masks.add("EMPTY", b""));
        assert!(!masks.add("PADDED", b"1234567\n\n"));
        assert!(masks.add("LONG", b"12345678"));
        assert_eq!(in_chunks(&masks, [b"1234567 12345678".as_slice()]), b"1234567 [redacted: LONG]");
    }

    #[test]
    fn bytes_that_are_no_text_and_names_that_are_hostile() {
        let mut masks = Masks::default();
        masks.add("a\u{1b}[31m", &[0xff, 0, 1, 2, 3, 4, 5, 0xfe]);
        assert_eq!(in_chunks(&masks, [&[0xff, 0, 1, 2, 3, 4, 5, 0xfe][..]]), b"[redacted: a\\u{1b}[31m]");
    }

    proptest! {
        // An alphabet of two makes values that overlap with themselves and each other in every way.
        #[test]
        fn chunks_change_nothing_and_nothing_leaks(
            values in prop::collection::vec("[ab]{8,11}", 0..5),
            text in "[ab]{0,200}|([ab]{0,12}x){0,12}",
            cuts in prop::collection::vec(0usize..200, 0..20),
        ) {
            let named: Vec<_> = values.iter().map(|value| ("K", value.as_str())).collect();
            let (masks, text) = (masks(&named), text.as_bytes());
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).chain([0, text.len()]).collect();
            cuts.sort_unstable();
            let shown = in_chunks(&masks, cuts.windows(2).map(|pair| &text[pair[0]..pair[1]]));
            prop_assert_eq!(String::from_utf8(shown.clone()), String::from_utf8(plainly(&masks, text)));
            for value in &values {
                prop_assert!(!String::from_utf8_lossy(&shown).contains(value.as_str()));
            }
        }
    }
}
