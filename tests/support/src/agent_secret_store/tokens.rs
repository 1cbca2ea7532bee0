//! Tokens: what a key may ask for, and what a token covers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::json;

use super::{State, error, invalid};
use crate::Reply;

/// What a key may ask for.
pub(super) struct Key {
    pub(super) scopes: Vec<String>,
    pub(super) is_person: bool,
}

/// What a token is good for.
#[derive(Clone)]
pub(super) struct Token {
    scopes: Vec<String>,
    pub(super) is_person: bool,
    expires: SystemTime,
    uses_left: Option<u32>,
}

impl Token {
    /// Whether it may do this with what is at the path.
    pub(super) fn covers(&self, action: &str, path: &str) -> bool {
        self.scopes.iter().any(|granted| matches(granted, &format!("secrets:{action}:{path}")))
    }
}

/// What a request for a token says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    scopes: Vec<String>,
    ttl: String,
    max_uses: Option<u32>,
    ip_allowlist: Option<Vec<String>>,
}

pub(super) fn issue(state: &mut State, agent_key: &str, body: &[u8]) -> Reply {
    let Some(key) = state.keys.get(agent_key) else { return error(401, "UNAUTHORIZED", "Invalid agent key") };
    let Ok(wanted) = serde_json::from_slice::<Wanted>(body) else { return invalid("the request can't be read") };
    let Some(life) = duration(&wanted.ttl) else { return invalid("ttl is no duration") };
    if wanted.scopes.is_empty() || !wanted.scopes.iter().all(|scope| is_scope(scope)) {
        return invalid("scopes are not of the form secrets:ACTION:PATH");
    }
    if wanted.max_uses == Some(0) || wanted.ip_allowlist.is_some_and(|list| list.is_empty()) {
        return invalid("nobody could use such a token");
    }
    if !wanted.scopes.iter().all(|scope| key.scopes.iter().any(|granted| matches(granted, scope))) {
        return error(403, "SCOPE_DENIED", "The agent may not have these scopes");
    }
    let is_person = key.is_person;
    let guarded = state.secrets.iter().any(|(path, stored)| {
        let read = format!("secrets:read:{path}");
        stored.tier != "standard" && wanted.scopes.iter().any(|scope| matches(scope, &read))
    });
    let asked = (agent_key.to_owned(), wanted.scopes.clone());
    if guarded && !state.approved.contains(&asked) {
        let id = format!("apr_{}", state.words.next());
        state.approvals.insert(id.clone(), asked);
        return Reply::json(202, &json!({ "requires_approval": true, "approval_id": id }));
    }
    let token = format!("tok_{}", state.words.next());
    let expires = SystemTime::now() + life;
    let uses_left = wanted.max_uses;
    state.tokens.insert(token.clone(), Token { scopes: wanted.scopes, is_person, expires, uses_left });
    Reply::json(
        201,
        &json!({ "token": token, "token_id": state.words.next(), "expires_at": super::secrets::rfc3339(expires) }),
    )
}

/// The token that a request was sent with, if it is still good; this use of it counts.
pub(super) fn used(state: &mut State, token: &str) -> Option<Token> {
    let token = state.tokens.get_mut(token).filter(|token| SystemTime::now() < token.expires)?;
    if let Some(left) = &mut token.uses_left {
        *left = left.checked_sub(1)?;
    }
    Some(token.clone())
}

/// `secrets:ACTION:PATH`, where action and path may be globs.
fn is_scope(scope: &str) -> bool {
    let mut parts = scope.splitn(3, ':');
    parts.next() == Some("secrets")
        && matches!(parts.next(), Some("read" | "write" | "delete" | "*"))
        && parts.next().is_some_and(|path| !path.is_empty())
}

/// Whether a glob covers a text: `*` stands for anything, slashes too.
fn matches(glob: &str, text: &str) -> bool {
    let Some((start, rest)) = glob.split_once('*') else { return glob == text };
    let Some(left) = text.strip_prefix(start) else { return false };
    (0..=left.len()).filter_map(|at| left.get(at..)).any(|left| matches(rest, left))
}

/// Reads `30s`, `15m`, `1h` or `1d`.
fn duration(text: &str) -> Option<Duration> {
    let seconds = [('s', 1), ('m', 60), ('h', 3600), ('d', 86400)];
    let (unit, seconds) = seconds.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
    (number > 0).then(|| Duration::from_secs(number * seconds))
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_and_matched_as_the_vendor_does() {
        for (glob, text, expected) in [
            ("*", "secrets:read:a/b", true),
            ("secrets:read:a/*", "secrets:read:a/b/c", true),
            ("secrets:*:a/b", "secrets:delete:a/b", true),
            ("secrets:read:a/*", "secrets:read:ab", false),
            ("secrets:read:a/b", "secrets:read:a/bc", false),
            ("secrets:read:*/c", "secrets:read:a/b/c", true),
            ("secrets:read:a?", "secrets:read:ab", false),
        ] {
            assert_eq!(matches(glob, text), expected, "{glob} {text}");
        }
        for (scope, expected) in [
            ("secrets:read:a/b", true),
            ("secrets:*:a/*", true),
            ("secrets:list:a/b", false),
            ("secrets:read:", false),
            ("secrets:read", false),
            ("tokens:read:a", false),
        ] {
            assert_eq!(is_scope(scope), expected, "{scope}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("90s"), Some(Duration::from_secs(90)));
        assert_eq!(duration("1h"), Some(Duration::from_secs(3600)));
        for wrong in ["", "1", "h", "0s", "-1s", "1w"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
