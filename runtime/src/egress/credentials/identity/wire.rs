//! What the requests to token endpoints look like, and how their replies are read. Nothing of a reply's body is ever
//! part of an error.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::{Url, form_urlencoded};
use zeroize::Zeroizing;

use super::super::token::Token;
use crate::{
    egress::client::{Outgoing, Reply},
    error::{Error, Kind, Result},
    manifest::json::Json,
};

/// The content type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// A request that asks for something.
pub(super) fn get(url: &Url, headers: &[(&str, &str)]) -> Outgoing {
    let headers = headers.iter().map(|(name, value)| header(name, value)).collect();
    Outgoing { method: "GET", url: url.clone(), headers, body: None }
}

/// A request with a form; pairs with an empty value are left out.
pub(super) fn form(url: &Url, pairs: &[(&str, &str)]) -> Outgoing {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let body = Zeroizing::new(form.finish().into_bytes());
    let headers = vec![header("content-type", FORM), header("accept", "application/json")];
    Outgoing { method: "POST", url: url.clone(), headers, body: Some(body) }
}

/// A request with JSON and a token.
pub(super) fn json(url: &Url, bearer: &str, body: &Json) -> Outgoing {
    let bearer = Zeroizing::new(format!("Bearer {bearer}"));
    let headers = vec![
        header("content-type", "application/json"),
        header("accept", "application/json"),
        header("authorization", &bearer),
    ];
    Outgoing { method: "POST", url: url.clone(), headers, body: body.to_bytes() }
}

/// Adds a user and a password, encoded as OAuth wants them.
pub(super) fn with_basic(mut outgoing: Outgoing, user: &str, password: &str) -> Outgoing {
    let pair = Zeroizing::new(format!("{user}:{password}"));
    let encoded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
    outgoing.headers.push(header("authorization", &format!("Basic {}", *encoded)));
    outgoing
}

fn header(name: &str, value: &str) -> (String, Zeroizing<String>) {
    (name.to_owned(), Zeroizing::new(value.to_owned()))
}

/// Checks that a reply is a success. `who` is asked, in words.
///
/// # Errors
/// What its status means.
pub(super) fn succeeded(reply: &Reply, who: &str) -> Result<()> {
    match reply.status {
        200..=299 => Ok(()),
        400 | 401 | 403 => Err(Error::new(
            Kind::Unauthenticated,
            format!("{who} refused our credentials when asked for a token ({})", reply.status),
        )),
        429 => {
            let wait = reply.header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
            let error = Error::new(Kind::RateLimited, format!("{who} asks to come back later for a token (429)"));
            Err(error.with_retry_after(wait))
        }
        // 408 and 410: Azure's metadata service while it starts again.
        408 | 410 | 500..=599 => {
            Err(Error::new(Kind::Unavailable, format!("{who} can't give out a token now ({})", reply.status)))
        }
        status => Err(Error::new(Kind::Other, format!("{who} gave no token, with an unexpected status ({status})"))),
    }
}

/// The body as a JSON object.
///
/// # Errors
/// It is none.
pub(super) fn body(reply: &Reply, who: &str) -> Result<Json> {
    Json::parse(&reply.body)
        .ok()
        .filter(|json| matches!(json, Json::Object(_)))
        .ok_or_else(|| Error::new(Kind::Malformed, format!("the reply of {who} is no JSON object")))
}

/// The member of an object.
pub(super) fn member<'a>(json: &'a Json, key: &str) -> Option<&'a Json> {
    match json {
        Json::Object(members) => members.get(key),
        _ => None,
    }
}

/// The text in the member of an object, if there is some.
pub(super) fn text<'a>(json: &'a Json, key: &str) -> Option<&'a str> {
    member(json, key).and_then(Json::as_text).filter(|text| !text.is_empty())
}

/// A whole number in the member of an object; some services write it as text.
pub(super) fn number(json: &Json, key: &str) -> Option<u64> {
    let value = member(json, key)?;
    value.as_u64().or_else(|| value.as_text()?.parse().ok())
}

/// The bearer token in a reply to an OAuth request, with its life: `expires_in` in seconds, or `expires_on` since the
/// epoch.
///
/// # Errors
/// What the status means, or that the reply has another shape.
pub(super) fn access_token(reply: &Reply, who: &str) -> Result<Token> {
    succeeded(reply, who)?;
    let json = body(reply, who)?;
    let malformed =
        |what| Error::new(Kind::Malformed, format!("the reply of {who} holds no {what} where one should be"));
    let value = text(&json, "access_token").ok_or_else(|| malformed("token"))?;
    if text(&json, "token_type").is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(malformed("bearer token"));
    }
    let until = |moment: u64| moment.saturating_sub(now());
    let life = number(&json, "expires_in").or_else(|| number(&json, "expires_on").map(until));
    let life = Duration::from_secs(life.ok_or_else(|| malformed("lifetime"))?);
    Ok(Token::new(Zeroizing::new(value.to_owned()), life))
}

/// Seconds since the epoch.
pub(super) fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn reply(status: u16, body: &str) -> Reply {
        let headers = vec![("retry-after".to_owned(), Zeroizing::new("7".to_owned()))];
        Reply { status, headers, body: Zeroizing::new(body.as_bytes().to_vec()), ..Reply::default() }
    }

    #[test]
    fn a_token_comes_with_its_life_in_any_of_the_known_forms() {
        let until = now() + 3600;
        for rest in [
            r#""expires_in":3600"#.to_owned(),
            r#""expires_in":"3600""#.to_owned(),
            r#""expires_in":3600,"token_type":"bearer""#.to_owned(),
            format!(r#""expires_on":"{until}""#),
            format!(r#""expires_on":{until},"token_type":"Bearer""#),
        ] {
            let token = access_token(&reply(200, &format!(r#"{{"access_token":"t",{rest}}}"#)), "it").unwrap();
            assert_eq!(token.value.as_str(), "t", "{rest}");
        }
    }

    #[test]
    fn a_reply_without_a_token_is_malformed_and_not_shown() {
        for body in [
            "",
            "canary",
            "[]",
            r#""canary""#,
            r#"{"access_token":""}"#,
            r#"{"access_token":7,"expires_in":1}"#,
            r#"{"access_token":"canary"}"#,
            r#"{"access_token":"canary","expires_in":"soon"}"#,
            r#"{"access_token":"canary","expires_in":-1}"#,
            r#"{"access_token":"canary","expires_in":1,"token_type":"mac"}"#,
            r#"{"access_token":"canary","access_token":"b","expires_in":1}"#,
        ] {
            let error = access_token(&reply(200, body), "it").unwrap_err();
            assert_eq!(error.kind(), Kind::Malformed, "{body}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
    }

    #[test]
    fn a_status_has_one_meaning() {
        for (status, kind) in [
            (400, Kind::Unauthenticated),
            (401, Kind::Unauthenticated),
            (403, Kind::Unauthenticated),
            (404, Kind::Other),
            (302, Kind::Other),
            (410, Kind::Unavailable),
            (429, Kind::RateLimited),
            (500, Kind::Unavailable),
            (503, Kind::Unavailable),
        ] {
            let error = access_token(&reply(status, r#"{"error":"canary"}"#), "it").unwrap_err();
            assert_eq!(error.kind(), kind, "{status}");
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        let wait = access_token(&reply(429, ""), "it").unwrap_err().retry_after();
        assert_eq!(wait, Some(Duration::from_secs(7)));
    }
}
