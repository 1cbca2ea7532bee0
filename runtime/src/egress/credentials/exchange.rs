//! An exchange: one request of the host's own that turns credentials into a short-lived token. Neither the reply nor
//! an error in it reaches a backend, a log or a caller.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use url::Url;
use zeroize::Zeroizing;

use super::{
    Read, RecipeScope,
    minter::Minter,
    prefixed,
    token::{Basis, Token},
    user_and_password,
};
use crate::{
    egress::client::{Connector, Outgoing, Reply},
    error::{Error, Kind, Result},
    manifest::{
        Phase, Scope,
        json::Json,
        recipe::{Exchange, HostBody, HostRequest, Lifetime, Outcome, TokenPlace},
    },
    sandbox::Config,
};

/// Where a request of the host's own goes.
#[derive(Debug)]
pub(crate) struct HostConnection {
    pub(crate) url: Url,
    pub(crate) connector: Connector,
}

/// Runs an exchange when a token is needed.
#[derive(Debug)]
pub(super) struct Exchanger {
    exchange: Exchange,
    connection: HostConnection,
    minter: Minter<Zeroizing<String>>,
}

impl Exchanger {
    pub(super) fn new(exchange: Exchange, connection: HostConnection) -> Self {
        Self { minter: Minter::new(exchange.scope_match), exchange, connection }
    }

    /// The scopes a call needs; none if it goes without a token.
    pub(super) fn scopes(&self, phase: Phase, scope: &dyn Scope) -> Option<Vec<String>> {
        let templates = self.exchange.scopes_of(phase)?;
        templates.iter().map(|template| template.expand(scope).map(|text| text.to_string())).collect()
    }

    /// A token for these scopes: one that is kept, or a new one.
    pub(super) async fn token(&self, credentials: &Read, config: &Config, scopes: Vec<String>) -> Result<Token> {
        let basis = Basis::of(credentials, config.iter());
        self.minter.token(basis, &scopes, || self.run(credentials, config, &scopes)).await
    }

    /// Drops a refused token if it is old enough; answers whether to try again with a new one.
    pub(super) async fn forget_old(&self, credentials: &Read, config: &Config, scopes: &[String]) -> bool {
        self.minter.forget_old(Basis::of(credentials, config.iter()), scopes).await
    }

    async fn run(&self, credentials: &Read, config: &Config, scopes: &[String]) -> Result<Token> {
        let values = RecipeScope { credentials, config, exchanged: None, scopes: Some(scopes) };
        let outgoing = host_request(&self.exchange.request, &self.connection.url, &values)?;
        let reply = self.connection.connector.send(outgoing).await?;
        self.take(&reply)
    }

    /// Reads a reply in the contract's order: outcomes, refusals, other failures, the token.
    fn take(&self, reply: &Reply) -> Result<Token> {
        let json = Json::parse(&reply.body).ok();
        if let Some(outcome) =
            self.exchange.outcomes.iter().find(|outcome| applies(outcome, reply.status, json.as_ref()))
        {
            return Err(meaning(outcome, json.as_ref()));
        }
        let status = reply.status;
        if status == 401 || status == 403 || self.exchange.refused.contains(&status) {
            return Err(Error::new(
                Kind::Unauthenticated,
                format!("the upstream refused our credentials when asked for a token ({status})"),
            ));
        }
        match status {
            200..=299 => {}
            429 => {
                let wait =
                    reply.header("retry-after").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
                let error = Error::new(Kind::RateLimited, "the upstream asks to come back later for a token (429)");
                return Err(error.with_retry_after(wait));
            }
            500..=599 => {
                let reason = format!("the upstream can't give out a token now ({status})");
                return Err(Error::new(Kind::Unavailable, reason));
            }
            _ => {
                let reason =
                    format!("the upstream gave no token, with a status that the manifest does not explain ({status})");
                return Err(Error::new(Kind::Other, reason));
            }
        }
        let malformed =
            |what| Error::new(Kind::Malformed, format!("the upstream's reply holds no {what} where one should be"));
        let text = match &self.exchange.token {
            TokenPlace::Text => std::str::from_utf8(&reply.body).ok(),
            TokenPlace::Json(pointer) => json.as_ref().and_then(|json| json.at(pointer)).and_then(Json::as_text),
        };
        let text = text.filter(|text| !text.is_empty()).ok_or_else(|| malformed("token"))?;
        let token = Zeroizing::new(if self.exchange.base64 { STANDARD.encode(text) } else { text.to_owned() });
        let life = match &self.exchange.lifetime {
            Lifetime::Fixed(seconds) => Some(Duration::from_secs(*seconds)),
            Lifetime::Seconds(pointer) => {
                json.as_ref().and_then(|json| json.at(pointer)).and_then(Json::as_u64).map(Duration::from_secs)
            }
            Lifetime::Until(pointer) => {
                json.as_ref().and_then(|json| json.at(pointer)).and_then(Json::as_text).and_then(until)
            }
        };
        Ok(Token::new(token, life.ok_or_else(|| malformed("lifetime"))?))
    }
}

/// The time from now until an RFC 3339 moment; none left if it is past.
fn until(moment: &str) -> Option<Duration> {
    let left = moment.parse::<jiff::Timestamp>().ok()?.duration_since(jiff::Timestamp::now());
    Some(Duration::try_from(left).unwrap_or_default())
}

fn applies(outcome: &Outcome, status: u16, json: Option<&Json>) -> bool {
    (outcome.status.is_empty() || outcome.status.contains(&status))
        && outcome.json.iter().all(|(pointer, wanted)| json.and_then(|json| json.at(pointer)) == Some(wanted))
}

fn meaning(outcome: &Outcome, json: Option<&Json>) -> Error {
    let error = Error::new(outcome.error, format!("the upstream gave no token: {}", outcome.error));
    let error = match &outcome.code {
        Some(code) => error.with_code(code.as_str().into()),
        None => error,
    };
    let id = outcome.id.as_ref().and_then(|pointer| json?.at(pointer)).and_then(Json::as_text);
    match id {
        Some(id) => error.with_approval(id),
        None => error,
    }
}

/// A request of the host's own, with its placeholders filled in.
pub(super) fn host_request(request: &HostRequest, url: &Url, values: &dyn Scope) -> Result<Outgoing> {
    let missing = || Error::new(Kind::Config, "the recipe's own request lacks a value it needs");
    let mut url = url.clone();
    for (key, value) in &request.query {
        if let Some(value) = value.expand(values) {
            url.query_pairs_mut().append_pair(key, value.as_str());
        }
    }
    let mut headers: Vec<_> =
        request.headers.iter().filter_map(|(name, value)| Some((name.clone(), value.expand(values)?))).collect();
    if let Some(bearer) = &request.bearer {
        let token = bearer.expand(values).ok_or_else(missing)?;
        headers.push(("authorization".to_owned(), prefixed("Bearer ", &token)));
    }
    if let Some((user, password)) = &request.basic {
        let [user, password] = [user, password].map(|half| half.expand(values).ok_or_else(missing));
        headers.push(("authorization".to_owned(), prefixed("Basic ", &user_and_password(&user?, &password?))));
    }
    let (kind, body) = match &request.body {
        HostBody::None => (None, None),
        HostBody::Json(tree) => {
            let json = tree.render(values).and_then(|json| json.to_bytes()).ok_or_else(missing)?;
            (Some("application/json"), Some(json))
        }
        HostBody::Form(pairs) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            for (key, value) in pairs {
                if let Some(value) = value.expand(values) {
                    form.append_pair(key, value.as_str());
                }
            }
            (Some("application/x-www-form-urlencoded"), Some(Zeroizing::new(form.finish().into_bytes())))
        }
        HostBody::Text(text) => {
            let text = text.expand(values).ok_or_else(missing)?;
            (Some("text/plain"), Some(Zeroizing::new(text.as_bytes().to_vec())))
        }
    };
    if let Some(kind) = kind.filter(|_| !headers.iter().any(|(name, _)| name == "content-type")) {
        headers.push(("content-type".to_owned(), Zeroizing::new(kind.to_owned())));
    }
    Ok(Outgoing { method: request.method.as_str(), url, headers, body })
}
