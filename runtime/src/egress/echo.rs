//! A reply that holds the credential we sent is not delivered: some servers echo what they are asked with.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use memchr::{memchr, memmem::Finder};
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::client::Reply;

/// The fewest bytes of a credential that are looked for: shorter ones stand in any text by chance.
pub(super) const ECHO_BYTES: usize = 8;

/// Whether a header or the body of `reply` holds one of `credentials`: raw, percent-, JSON- or base64-encoded.
pub(crate) fn holds(reply: &Reply, credentials: &[Zeroizing<Vec<u8>>]) -> bool {
    let texts = reply.headers.iter().map(|(_, value)| value.as_bytes()).chain([reply.body.as_slice()]);
    any_tells(texts, credentials)
}

/// Whether a text holds one of `secrets`, in the same encodings.
pub(crate) fn tells(text: &[u8], secrets: &[Zeroizing<Vec<u8>>]) -> bool {
    any_tells([text].into_iter(), secrets)
}

fn any_tells<'t>(mut texts: impl Iterator<Item = &'t [u8]>, secrets: &[Zeroizing<Vec<u8>>]) -> bool {
    let sought = secrets.iter().filter(|secret| secret.len() >= ECHO_BYTES);
    let needles: Vec<_> = sought.flat_map(|secret| needles(secret)).collect();
    // Preparing a search costs more than searching a header, so it is done once for all texts.
    let finders: Vec<_> = needles.iter().map(|needle| Finder::new(needle.as_slice())).collect();
    let found = |text: &[u8]| finders.iter().any(|finder| finder.find(text).is_some());
    texts.any(|text| reads(text, found))
}

/// Whether something is found in the text as it is, or as it reads after percent- or JSON-decoding.
fn reads(text: &[u8], found: impl Fn(&[u8]) -> bool) -> bool {
    let percent = || memchr(b'%', text).is_some() && found(&unescape_percent(text));
    let json = || memchr(b'\\', text).is_some() && found(&unescape_json(text));
    found(text) || percent() || json()
}

/// What is looked for: the credential, and what base64 makes of it at each of the three places in a longer text.
fn needles(credential: &[u8]) -> Vec<Zeroizing<Vec<u8>>> {
    let mut needles = vec![Zeroizing::new(credential.to_vec())];
    for skipped in 0..3 {
        // Whole groups of three bytes alone: what stands before and after shares characters with the rest.
        let Some(inner) = credential.get(skipped..) else { continue };
        let Some(whole) = inner.get(..inner.len() / 3 * 3) else { continue };
        for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            needles.push(Zeroizing::new(alphabet.encode(whole).into_bytes()));
        }
    }
    needles
}

/// Percent-encoding decoded, into a vector that never has to move and leave a copy behind.
fn unescape_percent(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    out.extend(percent_decode(text));
    out
}

/// JSON's escapes decoded wherever they stand, whether or not the whole is JSON.
fn unescape_json(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let (decoded, used) = match (byte, after) {
            (b'\\', [b'u', hex @ ..]) => match hex.get(..4).and_then(code_unit) {
                Some(c) => (c, 5),
                None => ('\\', 0),
            },
            (b'\\', [escaped @ (b'"' | b'\\' | b'/'), ..]) => (char::from(*escaped), 1),
            (b'\\', [b'n', ..]) => ('\n', 1),
            (b'\\', [b't', ..]) => ('\t', 1),
            (b'\\', [b'r', ..]) => ('\r', 1),
            _ => {
                out.push(byte);
                rest = after;
                continue;
            }
        };
        out.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
        rest = after.get(used..).unwrap_or_default();
    }
    out
}

fn code_unit(hex: &[u8]) -> Option<char> {
    let hex = std::str::from_utf8(hex).ok()?;
    char::from_u32(u32::from_str_radix(hex, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "s.Zk9/qQ+7\"x\\y";

    fn reply(header: &str, body: &[u8]) -> Reply {
        Reply {
            status: 200,
            headers: vec![("x-any".into(), Zeroizing::new(header.into()))],
            body: Zeroizing::new(body.to_vec()),
            ..Reply::default()
        }
    }

    fn found(header: &str, body: &[u8]) -> bool {
        holds(&reply(header, body), &[Zeroizing::new(TOKEN.as_bytes().to_vec())])
    }

    #[test]
    fn a_credential_is_found_in_every_encoding() {
        let percent = TOKEN.bytes().map(|b| format!("%{b:02x}")).collect::<String>();
        let units = TOKEN.chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect::<String>();
        let json = serde_json::json!({ "id": TOKEN }).to_string().replace('/', "\\/");
        for text in [TOKEN.to_owned(), format!("a{TOKEN}b"), percent, units, json] {
            assert!(found("", text.as_bytes()), "{text}");
            assert!(found(&text, b""), "{text}");
        }
        for before in ["", "a", "ab", "abc"] {
            for alphabet in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
                let text = alphabet.encode(format!("{before}{TOKEN}:rest"));
                assert!(found("", text.as_bytes()), "{before} {text}");
            }
        }
    }

    #[test]
    fn other_text_passes() {
        assert!(!found("s.Zk9/qQ", b"{\"data\": \"s.Zk9/qQ+7\\u00\"}"));
    }

    #[test]
    fn a_short_credential_is_not_looked_for() {
        assert!(!holds(&reply("", b"root"), &[Zeroizing::new(b"root".to_vec())]));
    }
}
