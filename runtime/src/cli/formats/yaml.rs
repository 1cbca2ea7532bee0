//! YAML: a mapping of names and texts; what is no text is `!!binary`.
//!
//! Only what every reader takes for a text is one: a plain `no`, `012` or `1e3` means something else to some of them,
//! and has to be in quotes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use secret_runtime::Shown;
use zeroize::Zeroizing;

use super::{
    Entry, Parsed, Problems,
    json::{BASE64, NESTED, decoded},
    unique,
};

/// Reads a mapping.
pub(super) fn read(text: &str) -> Result<Parsed, Problems> {
    let mut reader = Reader { events: Parser::new_from_str(text), problems: Problems::default() };
    let entries = reader.document()?;
    unique(entries, reader.problems)
}

type Next<'a> = Result<(Event<'a>, Span), ScanError>;

struct Reader<I> {
    events: I,
    problems: Problems,
}

impl<'a, I: Iterator<Item = Next<'a>>> Reader<I> {
    fn next(&mut self) -> Result<(Event<'a>, usize), Problems> {
        match self.events.next() {
            Some(Ok((event, span))) => Ok((event, span.start.line())),
            // The place alone: the words could hold something of the text.
            Some(Err(error)) => Err(Problems::one(format!("line {}: not YAML", error.marker().line()))),
            None => Err(Problems::one("it ends too early")),
        }
    }

    fn document(&mut self) -> Result<Vec<Entry>, Problems> {
        let mut entries = Vec::new();
        let mut documents = 0;
        loop {
            match self.next()? {
                (Event::DocumentStart(_), line) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Problems::one(format!("line {line}: a second document begins; there can be one")));
                    }
                }
                (Event::MappingStart(..), _) => entries = self.mapping()?,
                // An empty file, or nothing but comments.
                (Event::Scalar(text, ScalarStyle::Plain, _, None), _) if ["", "~", "null"].contains(&&*text) => {}
                (Event::StreamEnd, _) => return Ok(entries),
                (Event::StreamStart | Event::DocumentEnd | Event::Nothing, _) => {}
                _ => return Err(Problems::one("it has to be a mapping of names and texts")),
            }
        }
    }

    fn mapping(&mut self) -> Result<Vec<Entry>, Problems> {
        let mut entries = Vec::new();
        loop {
            let name = match self.next()? {
                (Event::MappingEnd, _) => return Ok(entries),
                (Event::Scalar(name, style, ..), _) if name != "<<" || style != ScalarStyle::Plain => name.into_owned(),
                (Event::Scalar(..), line) => {
                    return Err(Problems::one(format!("line {line}: mappings can't be merged here")));
                }
                (_, line) => return Err(Problems::one(format!("line {line}: a name has to be a text"))),
            };
            match self.value()? {
                Ok(value) => entries.push(Entry::new(name, value)),
                Err(problem) => self.problems.of(&name, problem),
            }
        }
    }

    /// The bytes of the next node, or why it has none.
    fn value(&mut self) -> Result<Result<Vec<u8>, &'static str>, Problems> {
        Ok(match self.next()?.0 {
            Event::Scalar(text, style, _, tag) => scalar(&text, style, tag.as_deref()),
            Event::Alias(_) => Err("a value is written out, not referred to with *"),
            Event::SequenceStart(..) => {
                self.skip()?;
                Err("a sequence is no value")
            }
            Event::MappingStart(..) => self.encoded()?,
            _ => Err("it has no value"),
        })
    }

    /// The bytes of a mapping with base64 in it, as JSON has them.
    fn encoded(&mut self) -> Result<Result<Vec<u8>, &'static str>, Problems> {
        let mut scalars = Vec::new();
        let mut flat = true;
        loop {
            match self.next()?.0 {
                Event::MappingEnd => break,
                Event::Scalar(text, ..) => scalars.push(Zeroizing::new(text.into_owned())),
                Event::MappingStart(..) | Event::SequenceStart(..) => {
                    flat = false;
                    self.skip()?;
                }
                _ => flat = false,
            }
        }
        Ok(match scalars.as_slice() {
            [name, text] if flat && **name == BASE64 => decoded(text),
            _ => Err(NESTED),
        })
    }

    /// Goes behind the end of what has just begun.
    fn skip(&mut self) -> Result<(), Problems> {
        let mut depth = 1;
        while depth > 0 {
            match self.next()?.0 {
                Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => depth -= 1,
                _ => {}
            }
        }
        Ok(())
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Vec<u8>, &'static str> {
    match tag {
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "binary" => {
            let encoded: Zeroizing<String> = Zeroizing::new(text.split_ascii_whitespace().collect());
            decoded(&encoded)
        }
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(text.into()),
        // The tag of what is no plain scalar: a text.
        Some(tag) if tag.handle.is_empty() && tag.suffix == "!" => Ok(text.into()),
        Some(_) => Err("its tag is not one of a text; there are !!str and !!binary"),
        None if style == ScalarStyle::Plain => match doubtful(text) {
            Some(problem) => Err(problem),
            None => Ok(text.into()),
        },
        None => Ok(text.into()),
    }
}

/// Why a plain scalar is not a text to every reader of YAML, 1.1 or 1.2.
fn doubtful(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    if matches!(&*lower, "" | "~" | "null") {
        Some("there is no text; leave it out, or write \"\"")
    } else if matches!(&*lower, "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n") {
        Some("true, no, on and the like are no texts to every reader; put it in quotes")
    } else if is_number_or_date(&lower) {
        Some("a number or date is no text; put it in quotes")
    } else {
        None
    }
}

/// Whether it may be a number, in any base, or a date or time: made of nothing but what those have in them.
fn is_number_or_date(lower: &str) -> bool {
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(lower);
    if matches!(unsigned, ".inf" | ".nan") {
        return true;
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        || !unsigned.contains(|c: char| c.is_ascii_digit())
    {
        return false;
    }
    let based = |prefix: &str, digit: fn(char) -> bool| {
        unsigned.strip_prefix(prefix).is_some_and(|digits| digits.chars().all(|c| digit(c) || c == '_'))
    };
    based("0x", |c| c.is_ascii_hexdigit())
        || based("0o", |c| c.is_digit(8))
        || based("0b", |c| c.is_digit(2))
        || unsigned.parse::<f64>().is_ok()
        || unsigned.chars().all(|c| c.is_ascii_digit() || "_,.:-+ tze".contains(c))
}

/// Writes a mapping, a line for each entry.
pub(super) fn write(entries: &[Entry]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::new());
    for entry in entries {
        key(&mut out, &entry.name);
        match entry.text() {
            Some(text) => quote(&mut out, text),
            None => {
                let encoded = Zeroizing::new(STANDARD.encode(entry.value.expose()));
                out.extend_from_slice(b"!!binary \"");
                out.extend_from_slice(encoded.as_bytes());
                out.push(b'"');
            }
        }
        out.push(b'\n');
    }
    if out.is_empty() {
        out.extend_from_slice(b"{}\n");
    }
    out
}

/// The most characters of a key in a line with its value; YAML allows a few more.
const KEY_CHARACTERS: usize = 1000;

fn key(out: &mut Vec<u8>, name: &str) {
    let mut quoted = Vec::new();
    quote(&mut quoted, name);
    let long = quoted.len() > KEY_CHARACTERS;
    if long {
        out.extend_from_slice(b"? ");
    }
    out.extend_from_slice(&quoted);
    out.extend_from_slice(if long { b"\n: " } else { b": " });
}

/// Text in double quotes: on one line, whatever is in it.
pub(in crate::cli) fn quote(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(br#"\""#),
            '\\' => out.extend_from_slice(br"\\"),
            '\n' => out.extend_from_slice(br"\n"),
            '\r' => out.extend_from_slice(br"\r"),
            '\t' => out.extend_from_slice(br"\t"),
            c if c.is_control() || Shown::escapes(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                let code = u32::from(c);
                let escape = if code > 0xffff { format!("\\U{code:08x}") } else { format!("\\u{code:04x}") };
                out.extend_from_slice(escape.as_bytes());
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'"');
}
