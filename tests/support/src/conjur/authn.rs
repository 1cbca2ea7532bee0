//! Who is asking: API keys and JWTs become tokens, tokens become logins.

use std::{
    collections::BTreeMap,
    str,
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{ACCOUNT, State};
use crate::{Reply, Seen, random::Words, target};

/// How long a token says it is good for.
const TOKEN_SECONDS: u64 = 480;

/// The tokens that are good, by their text, with the login each stands for.
#[derive(Default)]
pub(super) struct Tokens(BTreeMap<String, String>);

impl Tokens {
    fn issue(&mut self, login: &str, words: &mut Words) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let encoded = |json: serde_json::Value| STANDARD.encode(json.to_string());
        let token = json!({
            "protected": encoded(json!({ "alg": "conjur.org/slosilo/v2", "kid": "stand-in" })),
            "payload": encoded(json!({ "sub": login, "iat": now, "exp": now + TOKEN_SECONDS })),
            "signature": words.next(),
        })
        .to_string();
        self.0.insert(token.clone(), login.to_owned());
        token
    }

    pub(super) fn expire(&mut self) {
        self.0.clear();
    }
}

/// Answers a request for a token; none if it is another request.
pub(super) fn login(state: &mut State, seen: &Seen, path: &[&str]) -> Option<Reply> {
    let body = str::from_utf8(&seen.body).unwrap_or_default();
    let login = match path {
        ["authn", account, login, "authenticate"] => {
            let role = state.roles.get(*login).filter(|_| *account == ACCOUNT);
            role.filter(|role| !body.is_empty() && role.api_key == body).map(|_| (*login).to_owned())
        }
        ["authn-jwt", service, account, id @ .., "authenticate"] if id.len() < 2 => {
            let form = target::pairs(body).unwrap_or_default();
            let jwt = match form.as_slice() {
                [(key, jwt)] if key == "jwt" => jwt.clone(),
                _ => String::new(),
            };
            let login = state.jwts.get(&((*service).to_owned(), jwt)).filter(|_| *account == ACCOUNT);
            login.filter(|login| id.first().is_none_or(|id| id == login)).cloned()
        }
        ["authn-cert", service, account, id @ .., "authenticate"] if id.len() < 2 => {
            let shown = seen.certificate.as_deref().filter(|_| *account == ACCOUNT && body.is_empty());
            let is_known = |known: &&(Vec<u8>, String, String)| {
                shown == Some(known.0.as_slice()) && known.1 == *service && id.first().is_none_or(|id| *id == known.2)
            };
            state.certificates.iter().find(is_known).map(|(_, _, login)| login.clone())
        }
        _ => return None,
    };
    Some(match (seen.method.as_str(), login) {
        ("POST", Some(login)) => Reply::new(200, state.tokens.issue(&login, &mut state.words))
            .with_header("Content-Type", "application/json"),
        ("POST", None) => Reply::new(401, ""),
        _ => Reply::new(404, ""),
    })
}

/// The login that a request's token stands for.
pub(super) fn caller(state: &State, seen: &Seen) -> Option<String> {
    let encoded = seen.header("authorization")?.strip_prefix("Token token=\"")?.strip_suffix('"')?;
    let token = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    state.tokens.0.get(&token).cloned()
}

pub(super) fn whoami(login: &str) -> Reply {
    let who = json!({
        "client_ip": "127.0.0.1",
        "user_agent": "",
        "account": ACCOUNT,
        "username": login,
        "token_issued_at": "2026-01-01T00:00:00.000+00:00",
    });
    Reply::json(200, &who)
}
