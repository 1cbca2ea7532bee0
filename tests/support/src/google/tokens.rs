//! Tokens: who has one, how long it lives, and where a person's login is turned into one.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::refusal::{Refusal, refuse};
use crate::{Reply, Seen, random::Words, target};

/// Where logins become tokens.
pub(super) const PATH: &str = "/token";

const CLIENT_ID: &str = "test.apps.googleusercontent.com";
const HOUR: Duration = Duration::from_secs(3600);
const MOMENT: Duration = Duration::from_secs(2);

/// Somebody with a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// May do everything.
    Owner,
    /// Is known, and may do nothing.
    Outsider,
    /// May do everything, with tokens that live for two seconds.
    ShortLived,
    /// Is not known.
    Stranger,
}

/// All tokens that were given out.
pub(super) struct Tokens {
    words: Words,
    client_secret: String,
    logins: Vec<(Login, String)>,
    given: Vec<Token>,
}

struct Token {
    word: String,
    may: bool,
    until: Instant,
}

impl Tokens {
    pub(super) fn new() -> Result<Self> {
        let mut words = Words::new()?;
        let logins = [Login::Owner, Login::Outsider, Login::ShortLived].map(|login| (login, words.next()));
        Ok(Self { client_secret: words.next(), logins: logins.into(), words, given: Vec::new() })
    }

    /// Gives out a token that lives so long.
    pub(super) fn give(&mut self, may: bool, life: Duration) -> String {
        let word = format!("ya29.{}", self.words.next());
        self.given.push(Token { word: word.clone(), may, until: Instant::now() + life });
        word
    }

    /// Gives out a token for an hour.
    pub(super) fn lasting(&mut self, may: bool) -> String {
        self.give(may, HOUR)
    }

    /// Takes all tokens back.
    pub(super) fn revoke_all(&mut self) {
        self.given.clear();
    }

    /// What the file of somebody's login holds; the token endpoint is at this address.
    pub(super) fn file(&self, login: Login, address: &str) -> Value {
        let known = self.logins.iter().find(|(known, _)| *known == login);
        json!({
            "type": "authorized_user",
            "client_id": CLIENT_ID,
            "client_secret": self.client_secret,
            "refresh_token": known.map_or("1//unknown", |(_, word)| word),
            "token_uri": format!("{address}{PATH}"),
        })
    }

    /// The token endpoint.
    pub(super) fn refresh(&mut self, seen: &Seen) -> Reply {
        let form = std::str::from_utf8(&seen.body).ok().and_then(target::pairs).unwrap_or_default();
        let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value);
        let no =
            |status, error: &str| Reply::json(status, &json!({ "error": error, "error_description": "Bad Request" }));
        if seen.method != "POST" || seen.header("content-type") != Some("application/x-www-form-urlencoded") {
            return no(400, "invalid_request");
        }
        if field("grant_type") != "refresh_token" {
            return no(400, "unsupported_grant_type");
        }
        if (field("client_id"), field("client_secret")) != (CLIENT_ID, self.client_secret.as_str()) {
            return no(401, "invalid_client");
        }
        let login = self.logins.iter().find(|(_, word)| word == field("refresh_token")).map(|(login, _)| *login);
        let Some(login) = login else { return no(400, "invalid_grant") };
        let life = if login == Login::ShortLived { MOMENT } else { HOUR };
        let token = self.give(login != Login::Outsider, life);
        Reply::json(200, &json!({ "access_token": token, "expires_in": life.as_secs(), "token_type": "Bearer" }))
    }

    /// Lets those in who have a token with rights.
    pub(super) fn admit(&self, seen: &Seen) -> Result<(), Refusal> {
        let word = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let now = Instant::now();
        match self.given.iter().find(|token| Some(token.word.as_str()) == word && now < token.until) {
            Some(Token { may: true, .. }) => Ok(()),
            Some(_) => refuse(403, "PERMISSION_DENIED", "Permission denied for this resource (or it may not exist)."),
            None => refuse(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
        }
    }
}
