//! Where credentials go: to exact origins, over TLS or on this machine.

use std::collections::BTreeSet;

use super::config;
use crate::{
    egress::{
        credentials::{CredentialSource, Sources, identity::Found},
        origin::{HostPattern, Origin, Scheme},
    },
    error::{Error, Kind, Result},
    grant::{CredentialOrigin, GrantedCredential, GrantedOrigin},
    manifest::{
        Recipe, Template,
        path::UrlTemplate,
        recipe::Mtls,
        settings::{Provenance, Resolved},
    },
    text::Shown,
};

/// The origin that gets the credential: the one that is named, else the first.
pub(super) fn target(resolved: &Resolved, recipe: &Recipe) -> Option<usize> {
    if recipe.inject.is_none() && recipe.identity.is_none() && recipe.mtls.is_none() {
        return None;
    }
    let named = recipe.inject.as_ref().and_then(|inject| inject.origin.as_deref());
    match named {
        Some(name) => resolved.origins.iter().position(|origin| origin.name == name),
        None => (!resolved.origins.is_empty()).then_some(0),
    }
}

pub(super) fn granted_origin(origin: &Origin) -> GrantedOrigin {
    GrantedOrigin { url: origin.url(), private: origin.typed, ca: origin.ca.clone() }
}

/// Where each credential goes: into requests for the target, and into the recipe's own requests.
pub(super) fn granted_credentials(
    resolved: &Resolved,
    recipe: Option<&Recipe>,
    sources: &Sources,
    found: Option<&Found>,
) -> Result<Vec<GrantedCredential>> {
    let Some(recipe) = recipe else { return Ok(Vec::new()) };
    let mut places: Vec<(Vec<&str>, String)> = Vec::new();
    let mut handshakes: Vec<String> = Vec::new();
    if let Some(origin) = target(resolved, recipe).and_then(|target| resolved.origins.get(target)) {
        protected(origin)?;
        if let Some(Found { identity, .. }) = found
            && !origin.typed
            && !identity.speaks_to(origin)
        {
            let reason = format!(
                "{} is not a host of the service that the recipe {} has an identity for",
                Shown(&origin.url()),
                recipe.name
            );
            return Err(Error::new(Kind::Refused, reason).by_rule("credential-audience"));
        }
        places.push((recipe.injected(), origin.url()));
        handshakes.extend(handshake(recipe, origin)?);
    }
    if let (Some(declared), Some(found)) = (&recipe.identity, found) {
        places.extend(found.asks.iter().map(|origin| (declared.placeholders(), origin.clone())));
    }
    if let Some(verify) = &recipe.verify {
        // What is injected goes into it too, so it may only go where that goes anyway.
        let (_, origin) = host_origin(resolved, &verify.url)?;
        let target = target(resolved, recipe).and_then(|target| resolved.origins.get(target));
        if !target.is_some_and(|target| target.same_place(&origin)) {
            let reason = format!("the recipe {} would show its credential to {}", recipe.name, Shown(&origin.url()));
            return Err(Error::new(Kind::Refused, reason).by_rule("credential-audience"));
        }
    }
    let own = recipe.exchange.as_ref().map(|exchange| &exchange.request).into_iter().chain(&recipe.verify);
    for request in own {
        let (_, origin) = host_origin(resolved, &request.url)?;
        protected(&origin)?;
        let origin = Origin { base: String::new(), ..origin };
        handshakes.extend(handshake(recipe, &origin)?);
        places.push((request.placeholders(), origin.url()));
    }
    handshakes.sort_unstable();
    handshakes.dedup();
    let granted = |(name, source): (&String, &CredentialSource)| {
        let to: BTreeSet<_> =
            places.iter().filter(|(names, _)| names.contains(&name.as_str())).map(|(_, url)| url.clone()).collect();
        let in_handshakes = |template: fn(&Mtls) -> &Template| match &recipe.mtls {
            Some(mtls) if template(mtls).placeholders().any(|used| used == name) => handshakes.clone(),
            _ => Vec::new(),
        };
        GrantedCredential {
            name: name.clone(),
            from: source.origin(),
            to: to.into_iter().collect(),
            shown: in_handshakes(|mtls| &mtls.certificate),
            proves: in_handshakes(|mtls| &mtls.key),
        }
    };
    let mut all: Vec<_> = sources.0.iter().map(granted).collect();
    if let (Some(declared), Some(found)) = (&recipe.identity, found) {
        let target = target(resolved, recipe).and_then(|target| resolved.origins.get(target)).map(Origin::url);
        let to: BTreeSet<_> = found.asks.iter().cloned().chain(target).collect();
        all.push(GrantedCredential {
            name: declared.kind.as_str().to_owned(),
            from: CredentialOrigin::Identity(found.from.clone()),
            to: to.into_iter().collect(),
            shown: Vec::new(),
            proves: Vec::new(),
        });
    }
    Ok(all)
}

/// The origin as one that a client certificate is shown to, if the recipe has one; that takes a TLS handshake.
fn handshake(recipe: &Recipe, origin: &Origin) -> Result<Option<String>> {
    match (&recipe.mtls, origin.scheme) {
        (None, _) => Ok(None),
        (Some(_), Scheme::Https) => Ok(Some(Origin { base: String::new(), ..origin.clone() }.url())),
        (Some(_), Scheme::Http) => Err(Error::new(
            Kind::Refused,
            format!(
                "the recipe {} shows a client certificate, and a connection to {} has no TLS to show it in; use https, \
                 or another recipe",
                recipe.name,
                Shown(&origin.url())
            ),
        )
        .by_rule("credential-audience")),
    }
}

/// A credential goes to exact origins over TLS, or to an address literal of this machine.
fn protected(origin: &Origin) -> Result<()> {
    let local = match &origin.host {
        HostPattern::Exact(url::Host::Ipv4(v4)) => v4.is_loopback(),
        HostPattern::Exact(url::Host::Ipv6(v6)) => v6.is_loopback(),
        _ => false,
    };
    if origin.is_exact() && (origin.scheme == Scheme::Https || local) {
        return Ok(());
    }
    Err(Error::new(
        Kind::Refused,
        format!(
            "a credential would go to {} in the clear; use https, or 127.0.0.1 for a server on this machine",
            origin.url()
        ),
    )
    .by_rule("credential-audience"))
}

/// The URL and origin of a request that the host makes of its own.
pub(super) fn host_origin(resolved: &Resolved, template: &UrlTemplate) -> Result<(url::Url, Origin)> {
    let bad = |why: &dyn std::fmt::Display| config(format!("the recipe's own address {template} can't be used: {why}"));
    let text = template.expand(resolved).ok_or_else(|| bad(&"a setting in it is missing or can't stand there"))?;
    let url = url::Url::parse(&text).map_err(|cause| bad(&cause))?;
    let mut origin = Origin::parse(&text).map_err(|cause| bad(&cause))?;
    if let Some(known) = resolved.origins.iter().find(|known| known.same_place(&origin)) {
        (origin.typed, origin.ca) = (known.typed, known.ca.clone());
    } else {
        let whole = template.whole_host(resolved).and_then(|name| resolved.config.get(name));
        origin.typed = whole.is_some_and(|config| config.from != Provenance::Default);
    }
    Ok((url, origin))
}
