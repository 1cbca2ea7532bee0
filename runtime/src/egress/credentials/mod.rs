//! Credentials at the boundary: added to requests on the way out, never seen by the backend.

mod exchange;
mod host;
pub(crate) mod identity;
mod minter;
mod source;
mod token;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tokio::time::Instant;
use zeroize::Zeroizing;

pub(crate) use self::exchange::HostConnection;
pub use self::source::CredentialSource;
use self::{
    exchange::{Exchanger, host_request},
    identity::Identity,
    token::Token,
};
pub(crate) use self::{host::HostHttp, source::Sources};
use super::{
    CREDENTIAL_PLACEHOLDER,
    client::{Outgoing, Reply},
    handshake::ClientCertificate,
    within,
};
use crate::{
    error::{Error, Kind, Result},
    manifest::{
        Phase, Recipe, Scope, Template, Value,
        path::UrlTemplate,
        recipe::{Inject, Injection},
    },
    sandbox::Config,
};

/// Values read for one use, by credential.
type Read = BTreeMap<String, Zeroizing<String>>;

/// The recipe of a backend with the credentials it needs.
#[derive(Debug)]
pub(crate) struct Credentials {
    recipe: Recipe,
    sources: Sources,
    config: Config,
    /// The origin whose requests are injected into.
    target: Option<usize>,
    certificate: Option<Arc<ClientCertificate>>,
    makes: Makes,
    verify: Option<HostConnection>,
}

/// What makes the token that `{exchanged}` stands for, or signs.
#[derive(Debug)]
enum Makes {
    Nothing,
    Exchange(Box<Exchanger>),
    Identity(Arc<Identity>, Arc<HostHttp>),
}

impl Credentials {
    /// A recipe whose kind this version can run, with connections for the requests it makes itself.
    pub(crate) fn new(
        recipe: Recipe,
        sources: Sources,
        config: Config,
        target: Option<usize>,
        identity: Option<(Arc<Identity>, HostHttp)>,
        connect: impl Fn(&UrlTemplate) -> Result<HostConnection>,
    ) -> Result<Self> {
        let certificate = recipe.mtls.as_ref().map(|mtls| Arc::new(ClientCertificate::new(mtls, &sources)));
        let connect = |url| {
            let HostConnection { url, connector } = connect(url)?;
            Ok(HostConnection { url, connector: connector.showing(certificate.clone()) })
        };
        let makes = match (identity, &recipe.exchange) {
            (Some((identity, http)), _) => Makes::Identity(identity, Arc::new(http)),
            (None, Some(exchange)) => {
                let connection = connect(&exchange.request.url)?;
                Makes::Exchange(Box::new(Exchanger::new(exchange.clone(), connection)))
            }
            (None, None) => Makes::Nothing,
        };
        let verify = recipe.verify.as_ref().map(|verify| connect(&verify.url)).transpose()?;
        Ok(Self { recipe, sources, config, target, certificate, makes, verify })
    }

    /// The certificate to show to this origin.
    pub(crate) fn certificate_for(&self, origin: usize) -> Option<Arc<ClientCertificate>> {
        self.certificate.clone().filter(|_| self.target == Some(origin))
    }

    /// The recipe.
    pub(crate) fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Adds the credential to a request for `origin`. Answers what must not come back in the reply.
    pub(crate) async fn inject(
        &self,
        phase: Phase,
        scope: &(dyn Scope + Sync),
        origin: usize,
        outgoing: &mut Outgoing,
        deadline: Instant,
    ) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        if self.target != Some(origin) {
            return Ok(Vec::new());
        }
        let Some(Inject { what, .. }) = &self.recipe.inject else {
            return match &self.makes {
                Makes::Identity(identity, http) => within(deadline, identity.sign(http, outgoing)).await,
                Makes::Nothing | Makes::Exchange(_) => Ok(Vec::new()),
            };
        };
        let credentials = self.sources.read()?;
        let token = self.token(phase, scope, &credentials, deadline).await?;
        if matches!(self.makes, Makes::Exchange(_)) && token.is_none() {
            // No scope is declared for this operation: it goes without a token.
            return Ok(Vec::new());
        }
        let exchanged = token.as_ref().map(|token| token.value.as_str());
        let values = RecipeScope { credentials: &credentials, config: &self.config, exchanged, scopes: None };
        let mut secrets: Vec<_> = credentials.values().map(|value| Zeroizing::new(value.as_bytes().to_vec())).collect();
        secrets.extend(token.iter().map(|token| Zeroizing::new(token.value.as_bytes().to_vec())));
        if self.recipe.exchange.as_ref().is_some_and(|exchange| exchange.base64) {
            // The token as the upstream gave it is the credential too.
            let given = token.iter().filter_map(|token| STANDARD.decode(token.value.as_bytes()).ok());
            secrets.extend(given.map(Zeroizing::new));
        }
        let expand = |template: &Template| {
            template.expand(&values).ok_or_else(|| {
                Error::new(Kind::Config, format!("the recipe {} lacks a value it adds to requests", self.recipe.name))
            })
        };
        let header = match what {
            Injection::Header { name, value } => (name.clone(), expand(value)?),
            Injection::Bearer(value) => ("authorization".to_owned(), prefixed("Bearer ", &expand(value)?)),
            Injection::Basic { user, password } => {
                let encoded = user_and_password(&expand(user)?, &expand(password)?);
                secrets.push(Zeroizing::new(encoded.as_bytes().to_vec()));
                ("authorization".to_owned(), prefixed("Basic ", &encoded))
            }
            Injection::Query { key, value } => {
                outgoing.url.query_pairs_mut().append_pair(key, &expand(value)?);
                return Ok(secrets);
            }
        };
        outgoing.headers.push(header);
        if let Makes::Identity(identity, _) = &self.makes {
            outgoing.headers.extend(identity.header());
        }
        Ok(secrets)
    }

    /// Whether a reply means that the token is no longer good.
    pub(crate) fn renews(&self, origin: usize, reply: &Reply) -> bool {
        let by_status = || self.recipe.renew_on.contains(&reply.status);
        let refused = match &self.makes {
            Makes::Nothing => false,
            Makes::Exchange(_) => by_status(),
            Makes::Identity(identity, _) => identity.refused_by(reply).unwrap_or_else(by_status),
        };
        refused && self.target == Some(origin)
    }

    /// Forgets a token that was refused, unless it is so new that the refusal must mean something else.
    pub(crate) async fn forget_old_token(&self, phase: Phase, scope: &(dyn Scope + Sync)) -> bool {
        let Ok(credentials) = self.sources.read() else { return false };
        match &self.makes {
            Makes::Nothing => false,
            Makes::Identity(identity, _) => identity.forget_old(&credentials).await,
            Makes::Exchange(exchange) => match exchange.scopes(phase, scope) {
                Some(scopes) => exchange.forget_old(&credentials, &self.config, &scopes).await,
                None => false,
            },
        }
    }

    /// Whether there is a request that tells good credentials from bad ones.
    pub(crate) fn can_verify(&self) -> bool {
        self.verify.is_some()
    }

    /// Asks the upstream whether our credentials are good.
    pub(crate) async fn verify(&self, phase: Phase, scope: &(dyn Scope + Sync), deadline: Instant) -> Result<()> {
        let (Some(verify), Some(connection)) = (&self.recipe.verify, &self.verify) else { return Ok(()) };
        let credentials = self.sources.read()?;
        let token = self.token(phase, scope, &credentials, deadline).await?;
        let exchanged = token.as_ref().map(|token| token.value.as_str());
        let values = RecipeScope { credentials: &credentials, config: &self.config, exchanged, scopes: None };
        let mut outgoing = host_request(verify, &connection.url, &values)?;
        if let Some(target) = self.target {
            self.inject(phase, scope, target, &mut outgoing, deadline).await?;
        }
        let reply = within(deadline, connection.connector.send(outgoing)).await?;
        match reply.status {
            200..=299 => Ok(()),
            401 | 403 => Err(Error::new(
                Kind::Unauthenticated,
                format!("the upstream does not accept the credentials of recipe {}", self.recipe.name),
            )),
            429 => Err(Error::new(Kind::RateLimited, "the upstream asks to come back later")),
            status => Err(Error::new(
                Kind::Unavailable,
                format!("the upstream answered {status} when asked whether our credentials are good"),
            )),
        }
    }

    async fn token(
        &self,
        phase: Phase,
        scope: &(dyn Scope + Sync),
        credentials: &Read,
        deadline: Instant,
    ) -> Result<Option<Token>> {
        match &self.makes {
            Makes::Nothing => Ok(None),
            Makes::Identity(identity, http) => within(deadline, identity.token(http, credentials)).await,
            Makes::Exchange(exchange) => {
                let Some(scopes) = exchange.scopes(phase, scope) else { return Ok(None) };
                within(deadline, exchange.token(credentials, &self.config, scopes)).await.map(Some)
            }
        }
    }
}

/// Takes headers that these recipes inject out of a backend's request: there they may hold our placeholder alone.
pub(crate) fn take_placeholder(recipes: &[Recipe], headers: &mut Vec<(String, String)>) -> Result<()> {
    for recipe in recipes {
        let (name, prefix) = match recipe.inject.as_ref().map(|inject| &inject.what) {
            Some(Injection::Header { name, .. }) => (name.as_str(), ""),
            Some(Injection::Bearer(_)) => ("authorization", "Bearer "),
            Some(Injection::Basic { .. }) => ("authorization", "Basic "),
            Some(Injection::Query { .. }) | None => continue,
        };
        let ours = |value: &str| value.strip_prefix(prefix).unwrap_or(value) == CREDENTIAL_PLACEHOLDER;
        let (taken, kept) =
            std::mem::take(headers).into_iter().partition::<Vec<_>, _>(|(given, _)| given.eq_ignore_ascii_case(name));
        *headers = kept;
        if !taken.iter().all(|(_, value)| ours(value)) {
            let reason =
                format!("the component set the header {name} itself, which the runtime adds with its credential");
            return Err(Error::new(Kind::Refused, reason).by_rule("injected-header"));
        }
    }
    Ok(())
}

/// The value of a header, in one allocation.
fn prefixed(prefix: &str, value: &str) -> Zeroizing<String> {
    Zeroizing::new([prefix, value].concat())
}

/// The credentials of `Authorization: Basic`.
fn user_and_password(user: &str, password: &str) -> Zeroizing<String> {
    let pair = Zeroizing::new([user, ":", password].concat());
    Zeroizing::new(STANDARD.encode(pair.as_bytes()))
}

/// The names that a recipe's templates may use.
struct RecipeScope<'a> {
    credentials: &'a Read,
    config: &'a BTreeMap<String, String>,
    exchanged: Option<&'a str>,
    scopes: Option<&'a [String]>,
}

impl Scope for RecipeScope<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        let text = |text| Value::Text(Cow::Borrowed(text));
        match name {
            "exchanged" => self.exchanged.map(text),
            "scopes" => self.scopes.map(Value::List),
            _ => self
                .credentials
                .get(name)
                .map(|value| text(value.as_str()))
                .or_else(|| self.config.get(name).map(|value| text(value.as_str()))),
        }
    }
}
