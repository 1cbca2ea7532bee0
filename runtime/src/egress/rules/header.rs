//! Which headers a backend may send.

use std::collections::BTreeSet;

use super::pins::Pin;
use crate::manifest::Scope;

/// Says what the body is.
pub(super) const CONTENT_TYPE: &str = "content-type";

/// Headers that a backend may send without its manifest naming them: they choose a representation or make a request
/// conditional, and nothing else.
const ALLOWED: [&str; 6] =
    ["accept", "content-type", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

/// Headers that only the host writes: they say where a message goes, where it ends and how it is packed.
const HOST_ONLY: [&str; 14] = [
    "host",
    "content-length",
    "transfer-encoding",
    "content-encoding",
    "accept-encoding",
    "te",
    "trailer",
    "connection",
    "keep-alive",
    "upgrade",
    "expect",
    "http2-settings",
    "via",
    "range",
];

/// Headers that carry an identity or make a request something else than it looks: a recipe may inject one, a backend
/// may not name it.
const NOT_NAMEABLE: [&str; 14] = [
    "authorization",
    "cookie",
    "cookie2",
    "set-cookie",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-rewrite-url",
];

/// Why a header is refused. Its name is shown only where it is one of the known ones, its value never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadHeader(pub(super) String);

/// A header name that a recipe may inject, in lower case.
pub(crate) fn injectable(name: &str) -> Result<String, &'static str> {
    let name = name.to_ascii_lowercase();
    if !is_token(&name) {
        return Err("is not the name of a header");
    }
    if HOST_ONLY.contains(&name.as_str()) || name.starts_with("proxy-") {
        return Err("is a header that only the host writes");
    }
    Ok(name)
}

/// A header name that a request rule may name, in lower case.
pub(crate) fn nameable(name: &str) -> Result<String, &'static str> {
    let name = injectable(name)?;
    if NOT_NAMEABLE.contains(&name.as_str()) || name.starts_with("x-forwarded-") {
        return Err("is a header that a backend may not send");
    }
    Ok(name)
}

/// What holds for headers before any rule: legal names, once each, values that are one line of visible characters.
pub(super) fn checked(headers: &[(String, String)]) -> Result<Vec<(String, String)>, BadHeader> {
    let mut checked: Vec<(String, String)> = Vec::with_capacity(headers.len());
    let mut names = BTreeSet::new();
    for (name, value) in headers {
        let lower = name.to_ascii_lowercase();
        if let Err(reason) = nameable(name) {
            let known = HOST_ONLY.iter().chain(&NOT_NAMEABLE).find(|known| **known == lower);
            return Err(BadHeader(format!("{} {reason}", known.copied().unwrap_or("one of its headers"))));
        }
        if !names.insert(lower.clone()) {
            return Err(BadHeader("one of its headers is there twice".into()));
        }
        if !value.bytes().all(|b| matches!(b, b' '..=b'~' | b'\t')) {
            return Err(BadHeader("the value of one of its headers is not a line of visible ASCII characters".into()));
        }
        checked.push((lower, value.trim_matches([' ', '\t']).to_owned()));
    }
    Ok(checked)
}

/// Whether a rule with these pins covers the headers.
pub(super) fn covered(
    pins: &[Pin],
    headers: &[(String, String)],
    scope: &dyn Scope,
) -> Result<Vec<(String, String)>, String> {
    for pin in pins {
        let value = headers.iter().find(|(name, _)| *name == pin.key).map(|(_, value)| value.as_str());
        pin.accepts(value, scope)?;
    }
    let known = |name: &String| pins.iter().any(|pin| pin.key == *name) || ALLOWED.contains(&name.as_str());
    match headers.iter().find(|(name, _)| !known(name)) {
        Some(_) => Err("there is one that the rule does not name".into()),
        None => Ok(headers.to_vec()),
    }
}

/// Says what the body is, in the host's own words. A rule that pins `Content-Type` has said it already.
pub(super) fn settle_media_type(pins: &[Pin], headers: &mut Vec<(String, String)>, media: &str) -> Result<(), String> {
    if pins.iter().any(|pin| pin.key == CONTENT_TYPE) {
        return Ok(());
    }
    let is_media = |value: &str| {
        let (essence, parameter) = value.split_once(';').unwrap_or((value, ""));
        let utf8 = ["", "charset=utf-8", "charset=\"utf-8\""];
        essence.trim().eq_ignore_ascii_case(media)
            && utf8.iter().any(|known| parameter.trim().eq_ignore_ascii_case(known))
    };
    match headers.iter_mut().find(|(name, _)| name == CONTENT_TYPE) {
        Some((_, value)) if is_media(value) => media.clone_into(value),
        Some(_) => return Err(format!("content-type must be {media}")),
        None => headers.push((CONTENT_TYPE.to_owned(), media.to_owned())),
    }
    Ok(())
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}
