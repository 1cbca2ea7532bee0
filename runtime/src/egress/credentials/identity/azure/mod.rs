//! Microsoft Entra: tokens for Azure services.
//!
//! Microsoft's own crate needs OpenSSL for certificates, knows nothing of Azure Arc and brings a client of its own. The
//! protocols are one or two requests each, so they run here, through egress.

mod application;
mod arc;
mod managed;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use url::Host;
use zeroize::Zeroizing;

use self::{application::Application, managed::Managed};
use super::{Found, HostHttp, Identity, Minter, Read, Surroundings, Token};
use crate::{
    egress::{
        credentials::token::Basis,
        origin::{HostPattern, Origin, Scheme},
    },
    error::{Error, Kind, Result},
    manifest::{
        Scope, Template, Value,
        recipe::{self, ScopeMatch},
        settings::{Provenance, Resolved},
    },
};

/// Where tokens come from, and what they are for.
#[derive(Debug)]
pub(crate) struct Azure {
    source: Source,
    resource: Origin,
    minter: Minter<Zeroizing<String>>,
}

/// Who vouches for us.
#[derive(Debug)]
enum Source {
    /// We ourselves, as an application with a proof.
    Application(Application),
    /// The machine we run on.
    Managed(Managed),
}

impl Azure {
    pub(super) fn find(declared: &recipe::Identity, settings: &Resolved, around: Surroundings<'_>) -> Result<Found> {
        let settings = Settings { declared, resolved: settings };
        let resource = settings.need("resource")?;
        // It is sent as it is written, so it has to be an origin that every reader takes for the same.
        let service = |origin: &Origin| origin.scheme == Scheme::Https && domain(origin).is_some();
        let audience = Origin::parse(&resource).ok().filter(service);
        let audience = audience.ok_or_else(|| wrong("the resource is not the https URL of a service"))?;
        let (source, from, asks) = match settings.need("source")?.as_str() {
            "managed" => {
                let managed = Managed::find(resource, settings.get("client-id"), around)?;
                let (from, asks) = (managed.shown(), managed.origin());
                (Source::Managed(managed), from, asks)
            }
            word => {
                let application = Application::find(word, &resource, &settings)?;
                let (from, asks) = (application.shown(), application.origin());
                (Source::Application(application), from, asks)
            }
        };
        let azure = Self { source, resource: audience, minter: Minter::new(ScopeMatch::Exact) };
        // An application's files are credentials that the manifest declares.
        Ok(Found { identity: Arc::new(Identity::Azure(azure)), from, asks: vec![asks], in_files: false })
    }

    /// A token is for the hosts of its own resource.
    pub(super) fn speaks_to(&self, origin: &Origin) -> bool {
        let own = domain(origin).zip(domain(&self.resource)).is_some_and(|(host, resource)| {
            host.strip_suffix(resource).is_some_and(|left| left.is_empty() || left.ends_with('.'))
        });
        own && origin.scheme == Scheme::Https && origin.port == self.resource.port
    }

    pub(super) async fn token(&self, http: &HostHttp, credentials: &Read) -> Result<Token> {
        let mint = || async {
            match &self.source {
                Source::Application(application) => application.mint(http, credentials).await,
                Source::Managed(managed) => managed.mint(http).await,
            }
        };
        self.minter.token(basis(credentials), &[], mint).await
    }

    pub(super) async fn forget_old(&self, credentials: &Read) -> bool {
        self.minter.forget_old(basis(credentials), &[]).await
    }
}

/// The name of the one host that an origin covers.
fn domain(origin: &Origin) -> Option<&str> {
    match &origin.host {
        HostPattern::Exact(Host::Domain(host)) => Some(host),
        _ => None,
    }
}

/// Another credential makes another token.
fn basis(credentials: &Read) -> Basis {
    Basis::of(credentials, [])
}

/// A setting that is there and can't be right: no other recipe is tried then.
fn wrong(reason: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, reason)
}

/// What the recipe says, with the operator's settings.
struct Settings<'a> {
    declared: &'a recipe::Identity,
    resolved: &'a Resolved,
}

impl Settings<'_> {
    fn template(&self, key: &str) -> Option<&Template> {
        self.declared.settings.get(key)?.first()
    }

    fn get(&self, key: &str) -> Option<String> {
        let value = self.template(key)?.expand(self.resolved)?;
        (!value.is_empty()).then(|| value.to_string())
    }

    fn need(&self, key: &str) -> Result<String> {
        let missing = || Error::new(Kind::Config, format!("the azure identity needs {key}, which is not set"));
        self.get(key).ok_or_else(missing)
    }

    /// Whether the operator wrote the whole of a value.
    fn is_typed(&self, key: &str) -> bool {
        let value = self.get(key);
        self.template(key).into_iter().flat_map(Template::placeholders).any(|name| {
            let setting = self.resolved.config.get(name);
            setting.is_some_and(|setting| setting.from != Provenance::Default && Some(&setting.value) == value.as_ref())
        })
    }
}

/// Credentials as they are now, for templates.
struct Proofs<'a>(&'a BTreeMap<String, Zeroizing<String>>);

impl Scope for Proofs<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        self.0.get(name).map(|value| Value::Text(Cow::Borrowed(value.as_str())))
    }
}
