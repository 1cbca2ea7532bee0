//! Credential files, as the gcloud tool and the console write them.

use zeroize::Zeroizing;

use super::{
    super::{
        endpoint::{BadEndpoint, Endpoint},
        wire::{member, text},
    },
    external::External,
    find::is_project,
};
use crate::{egress::address::Reach, error::Kind, manifest::json::Json};

/// How many identities may stand behind one another.
const HOPS: usize = 4;
/// The domain whose services everybody's credentials go to.
const GOOGLE: &str = "googleapis.com";

/// Where people's tokens are renewed, unless the file says otherwise.
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";

/// What a credential file holds.
pub(super) struct File {
    /// Who we are at first.
    pub(super) base: Base,
    /// Service accounts that act for us, one behind the other.
    pub(super) impersonations: Vec<Impersonation>,
    /// The project the file is from.
    pub(super) project: Option<String>,
    /// The project that requests are counted to.
    pub(super) quota_project: Option<String>,
}

/// Who we are at first.
pub(super) enum Base {
    /// Somebody whom Google knows.
    Account(Account),
    /// A workload that another provider vouches for.
    External(Box<External>),
}

/// Somebody whom Google knows, with a proof for the token endpoint.
pub(super) struct Account {
    pub(super) token: Endpoint,
    pub(super) proof: Proof,
}

/// A proof.
pub(super) enum Proof {
    /// The private key of a service account.
    Key { email: String, key_id: Option<String>, key: Zeroizing<String> },
    /// A person has logged in.
    Login {
        client_id: String,
        client_secret: Zeroizing<String>,
        refresh_token: Zeroizing<String>,
        /// Whether the client is named in a header and not in the form.
        basic: bool,
    },
}

/// A service account that acts for another identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Impersonation {
    pub(super) endpoint: Endpoint,
    pub(super) delegates: Vec<String>,
    /// In seconds.
    pub(super) lifetime: u64,
}

/// How long a token of an impersonated account lives unless the file says otherwise, in seconds.
const IMPERSONATED_LIFETIME: u64 = 3600;

/// Why a file can't be used. Nothing of the file is part of the message but the names of its members and its type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadFile {
    /// It has another form.
    #[error("it is not a JSON object")]
    NotJson,
    /// A member is missing.
    #[error("it has no {0}, or one in another form")]
    Lacks(&'static str),
    /// A member can't be right.
    #[error("its {0} can't be right")]
    Wrong(&'static str),
    /// A URL can't be used.
    #[error("its {member} can't be used: {reason}")]
    Url { member: &'static str, reason: BadEndpoint },
    /// It is fine, but we can't do that.
    #[error("it asks for {0}, which this version does not have")]
    Unsupported(&'static str),
}

impl BadFile {
    /// What kind of failure it is.
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Unsupported(_) => Kind::Unsupported,
            _ => Kind::Config,
        }
    }
}

impl File {
    /// Reads a file.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BadFile> {
        let json = Json::parse(bytes).map_err(|_| BadFile::NotJson)?;
        if !matches!(json, Json::Object(_)) {
            return Err(BadFile::NotJson);
        }
        if text(&json, "universe_domain").is_some_and(|domain| domain != GOOGLE) {
            return Err(BadFile::Unsupported("a cloud other than googleapis.com"));
        }
        let mut impersonations = Vec::new();
        let base = identity(&json, HOPS, &mut impersonations)?;
        let project = |key| match text(&json, key) {
            Some(project) if !is_project(project) => Err(BadFile::Wrong(key)),
            project => Ok(project.map(str::to_owned)),
        };
        let (own, quota) = (project("project_id")?, project("quota_project_id")?);
        Ok(Self { base, impersonations, project: own, quota_project: quota })
    }

    /// Everywhere it has us send a credential, or ask for one.
    pub(super) fn endpoints(&self) -> Vec<&Endpoint> {
        let mut endpoints = match &self.base {
            Base::Account(account) => vec![&account.token],
            Base::External(external) => external.endpoints(),
        };
        endpoints.extend(self.impersonations.iter().map(|impersonation| &impersonation.endpoint));
        endpoints
    }
}

fn identity(json: &Json, hops: usize, impersonations: &mut Vec<Impersonation>) -> Result<Base, BadFile> {
    let secret = |key| need(json, key).map(|text| Zeroizing::new(text.to_owned()));
    let login = |basic| {
        let client_id = need(json, "client_id")?.to_owned();
        Ok(Proof::Login {
            client_id,
            client_secret: secret("client_secret")?,
            refresh_token: secret("refresh_token")?,
            basic,
        })
    };
    match need(json, "type")? {
        "service_account" => {
            let (email, key_id) = (need(json, "client_email")?.to_owned(), text(json, "private_key_id"));
            let proof = Proof::Key { email, key_id: key_id.map(str::to_owned), key: secret("private_key")? };
            Ok(Base::Account(Account { token: endpoint(json, "token_uri")?, proof }))
        }
        "authorized_user" => {
            let token = google(text(json, "token_uri").unwrap_or(TOKEN_URI), "token_uri")?;
            Ok(Base::Account(Account { token, proof: login(false)? }))
        }
        "external_account_authorized_user" => {
            Ok(Base::Account(Account { token: endpoint(json, "token_url")?, proof: login(true)? }))
        }
        "external_account" => {
            let external = External::read(json)?;
            if text(json, "service_account_impersonation_url").is_some() {
                let options = member(json, "service_account_impersonation");
                impersonations.push(Impersonation::read(json, options)?);
            }
            Ok(Base::External(Box::new(external)))
        }
        "impersonated_service_account" => {
            let source = member(json, "source_credentials").ok_or(BadFile::Lacks("source_credentials"))?;
            let fewer = hops.checked_sub(1).ok_or(BadFile::Wrong("source_credentials"))?;
            let base = identity(source, fewer, impersonations)?;
            impersonations.push(Impersonation::read(json, Some(json))?);
            Ok(base)
        }
        "gdch_service_account" => Err(BadFile::Unsupported("an account of an air-gapped cloud")),
        _ => Err(BadFile::Wrong("type")),
    }
}

impl Impersonation {
    fn read(json: &Json, options: Option<&Json>) -> Result<Self, BadFile> {
        let seconds =
            options.and_then(|options| member(options, "token_lifetime_seconds").or(member(options, "lifetime")));
        let lifetime = match seconds {
            None | Some(Json::Null) => IMPERSONATED_LIFETIME,
            Some(seconds) => seconds.as_u64().filter(|s| *s > 0).ok_or(BadFile::Wrong("lifetime"))?,
        };
        let delegates = match member(json, "delegates") {
            None | Some(Json::Null) => Vec::new(),
            Some(Json::Array(delegates)) => delegates
                .iter()
                .map(|delegate| delegate.as_text().map(str::to_owned).ok_or(BadFile::Wrong("delegates")))
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(BadFile::Wrong("delegates")),
        };
        Ok(Self { endpoint: endpoint(json, "service_account_impersonation_url")?, delegates, lifetime })
    }
}

pub(super) fn need<'a>(json: &'a Json, key: &'static str) -> Result<&'a str, BadFile> {
    text(json, key).ok_or(BadFile::Lacks(key))
}

/// A place that a credential goes to. Whoever named the file named the places in it.
pub(super) fn endpoint(json: &Json, key: &'static str) -> Result<Endpoint, BadFile> {
    google(need(json, key)?, key)
}

fn google(url: &str, member: &'static str) -> Result<Endpoint, BadFile> {
    let endpoint = Endpoint::parse(url, Reach::Private).map_err(|reason| BadFile::Url { member, reason })?;
    let reach = if is_google(endpoint.host()) { Reach::Public } else { Reach::Private };
    Ok(Endpoint { reach, ..endpoint })
}

/// Whether a host is one of Google's services.
pub(super) fn is_google(host: &str) -> bool {
    host.strip_suffix(GOOGLE).is_some_and(|left| left.len() > 1 && left.ends_with('.'))
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
