//! Recipes: how credentials become what is added to a request. All of it is data; running it is egress's business.

use std::collections::BTreeMap;

use super::{
    json::{Json, Pointer},
    path::UrlTemplate,
    phase::Phase,
    template::Template,
    tree::Tree,
};
use crate::{egress::rules::Method, error::Kind};

/// One way to authenticate. The operator picks one, else the first whose credentials are all present counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Its name.
    pub name: String,
    /// Settings that must be set for it to be picked.
    pub needs: Vec<String>,
    /// A client certificate for the connection.
    pub mtls: Option<Mtls>,
    /// What is added to each request.
    pub inject: Option<Inject>,
    /// Statuses of a reply that mean: the token is no longer good.
    pub renew_on: Vec<u16>,
    /// A request of the host's own that shows whether the credentials are accepted.
    pub verify: Option<HostRequest>,
    /// A request that turns credentials into a short-lived token.
    pub exchange: Option<Exchange>,
    /// A built-in identity that answers a token or signs.
    pub identity: Option<Identity>,
}

/// A client certificate and its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Mtls {
    /// The certificate chain, PEM.
    pub certificate: Template,
    /// Its private key, PEM.
    pub key: Template,
}

/// What is added to each request, and to which origin's.
#[derive(Clone, Debug, PartialEq)]
pub struct Inject {
    /// The origin's name; none for the only one.
    pub origin: Option<String>,
    /// What is added.
    pub what: Injection,
}

/// Where a credential or token is put.
#[derive(Clone, Debug, PartialEq)]
pub enum Injection {
    /// In a header of its own; the name is in lower case.
    Header {
        /// The header's name.
        name: String,
        /// Its value.
        value: Template,
    },
    /// In `Authorization`, as a bearer token.
    Bearer(Template),
    /// In `Authorization`, as a user and a password.
    Basic {
        /// The user.
        user: Template,
        /// The password.
        password: Template,
    },
    /// In the query.
    Query {
        /// The key.
        key: String,
        /// Its value.
        value: Template,
    },
}

/// A request that the host makes of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct HostRequest {
    /// Its method.
    pub method: Method,
    /// Its URL.
    pub url: UrlTemplate,
    /// Its headers, names in lower case. One whose placeholder is unset is left out.
    pub headers: Vec<(String, Template)>,
    /// A bearer token.
    pub bearer: Option<Template>,
    /// A user and a password, in `Authorization`.
    pub basic: Option<(Template, Template)>,
    /// Its query. A value whose placeholder is unset is left out.
    pub query: Vec<(String, Template)>,
    /// Its body.
    pub body: HostBody,
}

/// The body of a request that the host makes.
#[derive(Clone, Debug, PartialEq)]
pub enum HostBody {
    /// None.
    None,
    /// JSON; unset leaves are left out.
    Json(Tree),
    /// A form; unset values are left out.
    Form(Vec<(String, Template)>),
    /// Text; all of it must be set.
    Text(Template),
}

/// A request that turns credentials into a short-lived token.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The request.
    pub request: HostRequest,
    /// Where the token is in the reply.
    pub token: TokenPlace,
    /// Whether the token is base64-encoded before it is used.
    pub base64: bool,
    /// How long the token lives.
    pub lifetime: Lifetime,
    /// Statuses that mean: the credentials are refused. 401 and 403 always do.
    pub refused: Vec<u16>,
    /// What a token must cover, by phase. Without any, one token serves every call; where there are some, a phase
    /// that has none goes without a token.
    pub scopes: BTreeMap<Phase, Vec<Template>>,
    /// How a token's scopes cover a call's.
    pub scope_match: ScopeMatch,
    /// Replies with a meaning of their own, in order; the first that matches counts.
    pub outcomes: Vec<Outcome>,
}

/// Where a token is in a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenPlace {
    /// In a member of the JSON reply.
    Json(Pointer),
    /// The reply is the token.
    Text,
}

/// How long a token lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// This many seconds.
    Fixed(u64),
    /// As many seconds as this member of the reply says.
    Seconds(Pointer),
    /// Until the RFC 3339 moment that this member of the reply says.
    Until(Pointer),
}

/// How the scopes of a token cover those of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeMatch {
    /// By being the same text.
    Exact,
    /// As globs.
    Glob,
}

/// A reply that means something of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The statuses it has; empty for any.
    pub status: Vec<u16>,
    /// The members it has.
    pub json: Vec<(Pointer, Json)>,
    /// What it means.
    pub error: Kind,
    /// The code to report.
    pub code: Option<String>,
    /// Where the id is under which a person can approve.
    pub id: Option<Pointer>,
}

/// An identity that the host has built in.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Which one.
    pub kind: IdentityKind,
    /// Its settings, by name.
    pub settings: BTreeMap<String, Vec<Template>>,
}

/// The identities that the host has built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityKind {
    /// Requests signed for AWS.
    AwsSigv4,
    /// Google's default credentials.
    Google,
    /// Microsoft Entra.
    Azure,
}

impl IdentityKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::AwsSigv4, Self::Google, Self::Azure];

    /// The word for it in a manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwsSigv4 => "aws-sigv4",
            Self::Google => "google",
            Self::Azure => "azure",
        }
    }
}

impl Recipe {
    /// Whether it makes a token that `{exchanged}` stands for.
    pub fn makes_token(&self) -> bool {
        self.exchange.is_some() || self.identity.is_some()
    }

    /// Whether a credential of it goes to the origin of this name.
    pub fn reaches(&self, origin: &str) -> bool {
        match &self.inject {
            Some(inject) => inject.origin.as_ref().is_none_or(|name| name == origin),
            None => self.mtls.is_some() || self.identity.is_some(),
        }
    }

    /// Names that its templates use: the credentials among them are those it needs.
    pub fn placeholders(&self) -> Vec<&str> {
        let mut names = self.injected();
        if let Some(mtls) = &self.mtls {
            names.extend(mtls.placeholders());
        }
        if let Some(exchange) = &self.exchange {
            names.extend(exchange.request.placeholders());
        }
        if let Some(identity) = &self.identity {
            names.extend(identity.placeholders());
        }
        names
    }

    /// Names that what it injects uses.
    pub fn injected(&self) -> Vec<&str> {
        match self.inject.as_ref().map(|inject| &inject.what) {
            None => Vec::new(),
            Some(Injection::Basic { user, password }) => user.placeholders().chain(password.placeholders()).collect(),
            Some(Injection::Header { value, .. } | Injection::Query { value, .. } | Injection::Bearer(value)) => {
                value.placeholders().collect()
            }
        }
    }
}

impl Mtls {
    /// Names that its templates use.
    pub fn placeholders(&self) -> Vec<&str> {
        self.certificate.placeholders().chain(self.key.placeholders()).collect()
    }
}

impl Identity {
    /// Names that its settings use.
    pub fn placeholders(&self) -> Vec<&str> {
        self.settings.values().flatten().flat_map(Template::placeholders).collect()
    }
}

impl HostRequest {
    /// Names that its templates use.
    pub fn placeholders(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.url.placeholders().collect();
        let pairs = self.headers.iter().chain(&self.query).map(|(_, value)| value);
        names.extend(pairs.chain(&self.bearer).flat_map(Template::placeholders));
        names.extend(self.basic.iter().flat_map(|(user, password)| user.placeholders().chain(password.placeholders())));
        match &self.body {
            HostBody::None => {}
            HostBody::Json(tree) => names.extend(tree.placeholders()),
            HostBody::Form(pairs) => names.extend(pairs.iter().flat_map(|(_, value)| value.placeholders())),
            HostBody::Text(text) => names.extend(text.placeholders()),
        }
        names
    }
}

impl Exchange {
    /// The scopes that a call needs; none if it goes without a token.
    pub fn scopes_of(&self, phase: Phase) -> Option<&[Template]> {
        match self.scopes.get(&phase) {
            Some(scopes) => Some(scopes),
            None if self.scopes.is_empty() => Some(&[]),
            None => None,
        }
    }
}
