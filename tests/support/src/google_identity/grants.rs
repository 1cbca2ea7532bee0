//! The endpoints that turn a proof into a token.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{ACCOUNT, AUDIENCE, CLOUD_PLATFORM, DELEGATE, State, TARGET, refusal};
use crate::{Reply, Seen, target};

/// Where everybody's tokens come from, which Google's own client writes into every assertion.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// What Google's own client asks for to act as somebody.
const IAM: &str = "https://www.googleapis.com/auth/iam";
/// How far a clock may be off, in seconds, and how long an assertion may be good.
const SKEW: u64 = 300;
const ASSERTION_LIFE: u64 = 3600;

/// A service account's assertion, or a person's refresh token.
pub(super) fn oauth(state: &mut State, seen: &Seen) -> Reply {
    let Some(form) = form(seen) else { return refusal(400, "invalid_request", "It must be a form.") };
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    match field("grant_type") {
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            let Some(claims) = state.key.claims(field("assertion")) else {
                return refusal(400, "invalid_grant", "Invalid JWT Signature.");
            };
            match claimed(&claims, &format!("http://{}/token", seen.header("host").unwrap_or_default())) {
                Ok(scopes) => state.grant(&scopes),
                Err(why) => refusal(400, "invalid_grant", why),
            }
        }
        "refresh_token" => {
            let client = match basic(seen) {
                Some(pair) => pair,
                None => format!("{}:{}", field("client_id"), field("client_secret")),
            };
            if client != format!("{}:{}", state.client.0, state.client.1) {
                return refusal(401, "invalid_client", "The OAuth client was not found.");
            }
            if field("refresh_token") != state.refresh_token {
                return refusal(400, "invalid_grant", "Bad Request");
            }
            state.grant(&[CLOUD_PLATFORM.to_owned()])
        }
        _ => refusal(400, "unsupported_grant_type", "Invalid grant_type"),
    }
}

/// The scopes that an assertion claims.
fn claimed(claims: &Value, own: &str) -> Result<Vec<String>, &'static str> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let number = |name: &str| claims.get(name).and_then(Value::as_u64).unwrap_or_default();
    if text("iss") != ACCOUNT {
        return Err("Invalid issuer");
    }
    if ![TOKEN_URI, own].contains(&text("aud")) {
        return Err("Invalid audience");
    }
    let now = u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default();
    let (begins, ends) = (number("iat"), number("exp"));
    if begins > now + SKEW || ends + SKEW < now || ends.saturating_sub(begins) > ASSERTION_LIFE {
        return Err("Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.");
    }
    let scopes: Vec<_> = text("scope").split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() { Err("Empty or missing scope not allowed.") } else { Ok(scopes) }
}

/// Another provider's token.
pub(super) fn exchange(state: &mut State, seen: &Seen) -> Reply {
    let Some(form) = form(seen) else { return refusal(400, "invalid_request", "It must be a form.") };
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let asked = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("audience", AUDIENCE),
    ];
    if let Some((name, _)) = asked.iter().find(|(name, value)| field(name) != *value) {
        return refusal(400, "invalid_request", &format!("Invalid value for \"{name}\"."));
    }
    if field("subject_token") != state.subject {
        return refusal(400, "invalid_grant", "The subject token is not good.");
    }
    let scopes: Vec<_> = field("scope").split(' ').filter(|scope| !scope.is_empty()).map(str::to_owned).collect();
    if scopes.is_empty() {
        return refusal(400, "invalid_request", "Invalid value for \"scope\".");
    }
    state.grant(&scopes)
}

/// A token of another account, for somebody who may act as it.
pub(super) fn act(state: &mut State, seen: &Seen, path: &str) -> Reply {
    let error = |status: u16, word: &str| {
        Reply::json(status, &json!({ "error": { "code": status, "status": word, "message": "no" } }))
    };
    let bearer = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let Some((_, scopes)) = state.issued.iter().find(|(token, _)| token == bearer) else {
        return error(401, "UNAUTHENTICATED");
    };
    if !scopes.iter().any(|scope| [CLOUD_PLATFORM, IAM].contains(&scope.as_str())) {
        return error(403, "PERMISSION_DENIED");
    }
    if path != format!("/v1/projects/-/serviceAccounts/{TARGET}:generateAccessToken") {
        return error(404, "NOT_FOUND");
    }
    let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
    let texts = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(list) => serde_json::from_value::<Vec<String>>(list.clone()).ok(),
    };
    let (Some(scopes), Some(delegates)) = (texts("scope"), texts("delegates")) else {
        return error(400, "INVALID_ARGUMENT");
    };
    let seconds = body
        .get("lifetime")
        .and_then(Value::as_str)
        .map_or(Some(3600), |lifetime| lifetime.strip_suffix('s').and_then(|seconds| seconds.parse::<u64>().ok()));
    let Some(seconds) = seconds.filter(|seconds| (1..=3600).contains(seconds) && !scopes.is_empty()) else {
        return error(400, "INVALID_ARGUMENT");
    };
    if delegates.iter().any(|delegate| delegate != DELEGATE) {
        return error(403, "PERMISSION_DENIED");
    }
    let life = i64::try_from(seconds.min(state.lifetime.as_secs())).unwrap_or_default();
    let expires = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + life).unwrap_or_default();
    Reply::json(200, &json!({ "accessToken": state.issue(&scopes), "expireTime": expires.to_string() }))
}

/// The body as a form; a name that is there twice makes it none.
fn form(seen: &Seen) -> Option<BTreeMap<String, String>> {
    let media = seen.header("content-type")?;
    let text = std::str::from_utf8(&seen.body).ok()?;
    media.starts_with("application/x-www-form-urlencoded").then_some(())?;
    let pairs = target::pairs(text)?;
    let form: BTreeMap<_, _> = pairs.iter().cloned().collect();
    (form.len() == pairs.len()).then_some(form)
}

/// The user and the password in a header.
fn basic(seen: &Seen) -> Option<String> {
    let encoded = seen.header("authorization")?.strip_prefix("Basic ")?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}
