//! The vault's REST interface.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    RESOURCE, State,
    ask::{Ask, refusal, refusal_because},
    secrets::{Found, Stage},
    tokens::{NotTaken, random},
};
use crate::Reply;

/// The versions of the interface that are served.
const API_VERSIONS: [&str; 9] = ["7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"];

/// The most bytes of a value, and characters of a content type, of a tag's name and of its value; the most tags.
const VALUE_BYTES: usize = 25_600;
const CONTENT_TYPE_CHARS: usize = 255;
const TAG_CHARS: usize = 256;
const TAGS: usize = 15;

/// The most items of a page, and how many it has when nobody says.
const PAGE: usize = 25;

/// Answers a request to the vault.
pub(super) fn answer(state: &mut State, ask: &Ask<'_>, path: &[&str]) -> Reply {
    if let (1.., seconds) = state.throttled {
        state.throttled.0 -= 1;
        let message = "Request was not processed because too many requests were received.";
        return refusal(429, "Throttled", message).with_header("Retry-After", &seconds.to_string());
    }
    let client = match client(state, ask) {
        Ok(client) => client,
        Err(challenge) => return challenge,
    };
    match ask.query("api-version") {
        None => return bad("api-version must be specified"),
        Some(version) if !API_VERSIONS.contains(&version) => {
            return bad("The specified api-version is not recognized. Consider using the latest supported version.");
        }
        Some(_) => {}
    }
    let permission = match (ask.method, path) {
        ("GET", ["secrets" | "deletedsecrets"] | ["secrets", _, "versions"]) => "list",
        ("GET", ["secrets", _] | ["secrets", _, _] | ["deletedsecrets", _]) => "get",
        ("PUT", ["secrets", _]) => "set",
        ("DELETE", ["secrets", _]) => "delete",
        ("POST", ["deletedsecrets", _, "recover"]) => "recover",
        ("DELETE", ["deletedsecrets", _]) => "purge",
        _ => return refusal(405, "MethodNotAllowed", "This is nothing that can be done here."),
    };
    if !state.entra.may(&client, permission) {
        let message = format!("The application does not have secrets {permission} permission on key vault.");
        return refusal_because(403, "Forbidden", "ForbiddenByPolicy", &message);
    }
    if matches!(ask.method, "PUT" | "POST") && !ask.has_length() {
        return Reply::new(411, "Length Required");
    }
    let name = path.get(1).copied().unwrap_or_default();
    let legal =
        (1..=127).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if path.len() > 1 && !legal {
        return bad("The request URI contains an invalid name");
    }
    match (ask.method, path) {
        (_, [kind]) => list(state, ask, *kind == "secrets"),
        (_, ["secrets", _, "versions"]) => versions(state, ask, name),
        ("GET", ["secrets", _, version]) => read(state, ask, name, Some(version)),
        ("GET", ["secrets", _]) => read(state, ask, name, None),
        ("PUT", _) => write(state, ask, name),
        ("DELETE", ["secrets", _]) => delete(state, ask, name),
        ("POST", _) => recover(state, ask, name),
        (method, _) => deleted(state, ask, name, method == "DELETE"),
    }
}

/// Whose token it is; else the challenge that says where to get one.
fn client(state: &State, ask: &Ask<'_>) -> Result<String, Reply> {
    let token = ask.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let message = match token.map(|token| state.tokens.client(token, RESOURCE, state.moment())) {
        Some(Ok(client)) => return Ok(client.to_owned()),
        None => "AKV10000: Request is missing a Bearer or PoP token.".to_owned(),
        Some(Err(NotTaken::Unknown)) => "AKV10022: Invalid token.".to_owned(),
        Some(Err(NotTaken::Expired)) => "AKV10015: The token has expired.".to_owned(),
        Some(Err(NotTaken::Audience(found))) => {
            format!("AKV10022: Invalid audience. Expected {RESOURCE}, found: {found}.")
        }
    };
    let challenge = format!("Bearer authorization=\"{}/{}\", resource=\"{RESOURCE}\"", ask.base, state.entra.tenant);
    Err(refusal(401, "Unauthorized", &message).with_header("WWW-Authenticate", &challenge))
}

fn read(state: &mut State, ask: &Ask<'_>, name: &str, version: Option<&str>) -> Reply {
    let (now, level) = (state.now(), state.secrets.recovery_level());
    let Some(found) = state.secrets.look(name, now).filter(|found| found.stage == Stage::Live) else {
        return missing(name);
    };
    let wanted = match version {
        Some(id) => found.versions.iter().find(|known| known.is(id)),
        None => found.versions.last(),
    };
    match wanted {
        None => missing(name),
        Some(version) if !version.enabled => {
            let message = "Operation get is not allowed on a disabled secret.";
            refusal_because(403, "Forbidden", "SecretDisabled", message)
        }
        Some(version) => Reply::json(200, &found.bundle(version, &ask.base, level)),
    }
}

fn write(state: &mut State, ask: &Ask<'_>, name: &str) -> Reply {
    let (now, level) = (state.now(), state.secrets.recovery_level());
    let body = match ask.json() {
        None => return bad("The body is not JSON."),
        Some(body) => body,
    };
    if let Some(wrong) = wrong_with(&body) {
        return bad(wrong);
    }
    if let Some(conflict) = state.secrets.look(name, now).and_then(|found| conflict(&found)) {
        return conflict;
    }
    let Ok(id) = random() else { return refusal(500, "InternalServerError", "no randomness") };
    state.secrets.write(name, &body, id, now);
    match state.secrets.look(name, now) {
        Some(Found { versions: [.., version], name, stage }) => {
            let found = Found { name, stage, versions: &[] };
            Reply::json(200, &found.bundle(version, &ask.base, level))
        }
        _ => missing(name),
    }
}

/// What is wrong with the body of a write, if anything is.
fn wrong_with(body: &Value) -> Option<&'static str> {
    let Some(members) = body.as_object() else { return Some("The body is not an object.") };
    let Some(value) = body.get("value").and_then(Value::as_str) else { return Some("Property value is missing.") };
    if value.len() > VALUE_BYTES {
        return Some("The value is too long.");
    }
    if !members.keys().all(|key| matches!(key.as_str(), "value" | "contentType" | "tags" | "attributes")) {
        return Some("There is an unknown property.");
    }
    let fits = |value: &Value, most: usize| value.as_str().is_some_and(|text| text.chars().count() <= most);
    if !body.get("contentType").is_none_or(|text| text.is_null() || fits(text, CONTENT_TYPE_CHARS)) {
        return Some("Property contentType is too long.");
    }
    let attribute = |(name, value): (&String, &Value)| match name.as_str() {
        "enabled" => value.is_boolean() || value.is_null(),
        "exp" | "nbf" => value.is_u64() || value.is_null(),
        _ => false,
    };
    if !body.get("attributes").is_none_or(|all| all.as_object().is_some_and(|all| all.iter().all(attribute))) {
        return Some("Property attributes is wrong.");
    }
    let tag = |(name, value): (&String, &Value)| name.chars().count() <= TAG_CHARS && fits(value, TAG_CHARS);
    match body.get("tags") {
        None | Some(Value::Null) => None,
        Some(Value::Object(tags)) if tags.len() <= TAGS && tags.iter().all(tag) => None,
        Some(_) => Some("Property tags is wrong."),
    }
}

fn delete(state: &mut State, ask: &Ask<'_>, name: &str) -> Reply {
    let (now, level) = (state.now(), state.secrets.recovery_level());
    let reply = match state.secrets.look(name, now) {
        Some(found) if found.stage == Stage::Live => found.deleted(&ask.base, level, now),
        Some(found) if !matches!(found.stage, Stage::Deleted { .. }) => {
            return conflict(&found).unwrap_or_else(|| missing(name));
        }
        _ => None,
    };
    match reply {
        Some(bundle) => {
            state.secrets.delete(name);
            Reply::json(200, &bundle)
        }
        None => missing(name),
    }
}

/// A deleted secret: shown, or gone for good.
fn deleted(state: &mut State, ask: &Ask<'_>, name: &str, purge: bool) -> Reply {
    let (now, level, protected) = (state.now(), state.secrets.recovery_level(), state.secrets.protected);
    match state.secrets.look(name, now) {
        Some(found) if matches!(found.stage, Stage::Deleted { .. }) => {
            if !purge {
                return found.deleted(&ask.base, level, now).map_or_else(|| missing(name), |it| Reply::json(200, &it));
            }
        }
        Some(found) if purge && matches!(found.stage, Stage::Deleting(_)) => {
            return conflict(&found).unwrap_or_else(|| missing(name));
        }
        _ => return missing(name),
    }
    if protected {
        let message = "Operation \"purge\" is not allowed because purge protection is enabled for this vault.";
        return refusal(403, "Forbidden", message);
    }
    state.secrets.purge(name);
    Reply::new(204, "")
}

fn recover(state: &mut State, ask: &Ask<'_>, name: &str) -> Reply {
    let (now, level) = (state.now(), state.secrets.recovery_level());
    let item = match state.secrets.look(name, now) {
        Some(found) => match found.stage {
            Stage::Deleted { .. } => found.versions.last().map(|version| found.version_item(version, &ask.base, level)),
            Stage::Live => None,
            Stage::Deleting(_) | Stage::Recovering(_) => {
                return conflict(&found).unwrap_or_else(|| missing(name));
            }
        },
        None => None,
    };
    match item {
        Some(item) => {
            state.secrets.recover(name);
            Reply::json(200, &item)
        }
        None => missing(name),
    }
}

/// A page of all secrets, or of all deleted ones.
fn list(state: &State, ask: &Ask<'_>, live: bool) -> Reply {
    let level = state.secrets.recovery_level();
    let items = state.secrets.all(live).filter_map(|found| found.item(&ask.base, level)).collect();
    page(ask, items)
}

fn versions(state: &mut State, ask: &Ask<'_>, name: &str) -> Reply {
    let (now, level) = (state.now(), state.secrets.recovery_level());
    match state.secrets.look(name, now).filter(|found| found.stage == Stage::Live) {
        Some(found) => {
            let items = found.versions.iter().map(|version| found.version_item(version, &ask.base, level)).collect();
            page(ask, items)
        }
        None => missing(name),
    }
}

/// One page of these items, and where the next one is.
fn page(ask: &Ask<'_>, items: Vec<Value>) -> Reply {
    let size = match ask.query("maxresults").map(str::parse) {
        None => PAGE,
        Some(Ok(size)) if (1..=PAGE).contains(&size) => size,
        Some(_) => return bad("maxresults must be between 1 and 25"),
    };
    let start = match ask.query("$skiptoken") {
        None => 0,
        Some(token) => match URL_SAFE_NO_PAD.decode(token).ok().and_then(|text| String::from_utf8(text).ok()) {
            Some(start) => start.parse().unwrap_or(usize::MAX),
            None => return bad("The skiptoken is invalid."),
        },
    };
    let end = start.saturating_add(size);
    let next = (end < items.len()).then(|| {
        let (path, token) = (ask.path.join("/"), URL_SAFE_NO_PAD.encode(end.to_string()));
        let version = ask.query("api-version").unwrap_or_default();
        format!("{}/{path}?api-version={version}&$skiptoken={token}&maxresults={size}", ask.base)
    });
    let items: Vec<Value> = items.into_iter().skip(start).take(size).collect();
    Reply::json(200, &json!({ "value": items, "nextLink": next }))
}

/// What a secret on its way, or deleted, says to somebody who wants its name.
fn conflict(found: &Found<'_>) -> Option<Reply> {
    let (inner, state) = match found.stage {
        Stage::Live => return None,
        Stage::Deleting(_) => ("ObjectIsBeingDeleted", "is currently being deleted"),
        Stage::Deleted { .. } => ("ObjectIsDeletedButRecoverable", "is currently in a deleted but recoverable state"),
        Stage::Recovering(_) => ("ObjectIsBeingRecovered", "is currently being recovered"),
    };
    Some(refusal_because(409, "Conflict", inner, &format!("Secret {} {state}.", found.name)))
}

fn missing(name: &str) -> Reply {
    let message = format!("A secret with (name/id) {name} was not found in this key vault.");
    refusal(404, "SecretNotFound", &message)
}

fn bad(message: &str) -> Reply {
    refusal(400, "BadParameter", message)
}
