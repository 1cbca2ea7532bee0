//! Managed identities: the metadata service of a machine, of an App Service, of an Arc machine.

use std::{fs, path::Path};

use serde_json::json;

use super::{
    RESOURCE, State,
    ask::{Ask, oauth_refusal, refusal},
    tokens::random,
};
use crate::Reply;

/// The metadata service of a virtual machine.
pub(super) fn machine(state: &mut State, ask: &Ask<'_>) -> Reply {
    if let Some(refused) = not_from_here(ask, "2018-02-01") {
        return refused;
    }
    token(state, ask, true)
}

/// The endpoint of an App Service, which asks for the header that only the service's own processes know.
pub(super) fn app_service(state: &mut State, ask: &Ask<'_>) -> Reply {
    if ask.method != "GET" || ask.query("api-version") != Some("2019-08-01") {
        return refusal(400, "UnsupportedApiVersion", "The api-version is not supported.");
    }
    if ask.header("x-identity-header") != Some(state.identity_header.as_str()) {
        return refusal(401, "Unauthorized", "The identity header is missing or wrong.");
    }
    token(state, ask, false)
}

/// The agent of an Arc machine: it leaves a key in a file that only the machine's administrators read, and wants it shown.
pub(super) fn arc(state: &mut State, ask: &Ask<'_>, folder: &Path) -> Reply {
    if let Some(refused) = not_from_here(ask, "2020-06-01") {
        return refused;
    }
    if let Some(shown) = ask.header("authorization") {
        // Each key is good for once.
        let known = shown.strip_prefix("Basic ").and_then(|key| state.arc_keys.iter().position(|known| known == key));
        return match known {
            Some(place) => {
                state.arc_keys.swap_remove(place);
                token(state, ask, true)
            }
            None => oauth_refusal(403, "forbidden", "The key is wrong."),
        };
    }
    let left = random().and_then(|key| {
        let file = folder.join(format!("{}.key", random()?));
        fs::write(&file, &key)?;
        Ok((key, file))
    });
    match left {
        Ok((key, file)) => {
            state.arc_keys.push(key);
            let realm = format!("Basic realm={}", file.display());
            oauth_refusal(401, "unauthorized_client", "Show the key.").with_header("WWW-Authenticate", &realm)
        }
        Err(_) => oauth_refusal(500, "server_error", "no key can be left"),
    }
}

/// The answer to a request that may have been passed on by somebody who was tricked into it.
fn not_from_here(ask: &Ask<'_>, api_version: &str) -> Option<Reply> {
    let metadata = ask.header("metadata").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if ask.method != "GET" || !metadata || ask.header("x-forwarded-for").is_some() {
        let description = "Required metadata header not specified";
        return Some(oauth_refusal(400, "invalid_request", description));
    }
    let known = ask.query("api-version") == Some(api_version);
    (!known).then(|| oauth_refusal(400, "invalid_request", "The api-version is not supported."))
}

/// A token of the first application, which is the machine's identity too.
fn token(state: &mut State, ask: &Ask<'_>, with_lifetime: bool) -> Reply {
    let (id, now) = (state.entra.first().id.clone(), state.moment());
    if ask.query("client_id").is_some_and(|asked| asked != id) {
        return oauth_refusal(400, "invalid_request", "Identity not found");
    }
    let Some(resource) = ask.query("resource").filter(|resource| resource.trim_end_matches('/') == RESOURCE) else {
        return oauth_refusal(400, "invalid_resource", "AADSTS500011: The resource was not found.");
    };
    let Ok((token, expires)) = state.tokens.issue(&id, resource, now) else {
        return oauth_refusal(500, "server_error", "no randomness");
    };
    // Numbers are written as text here.
    let mut reply = json!({
        "access_token": token,
        "client_id": id,
        "expires_on": expires.as_secs().to_string(),
        "resource": resource,
        "token_type": "Bearer",
    });
    if with_lifetime && let Some(reply) = reply.as_object_mut() {
        reply.insert("expires_in".into(), (expires - now).as_secs().to_string().into());
        reply.insert("not_before".into(), now.as_secs().to_string().into());
    }
    Reply::json(200, &reply)
}
