//! The one way out: every request of a backend passes here, is checked, and gets its credentials on the way.
//!
//! ```text
//! parse ▸ origin granted? ▸ request rule? ▸ headers ▸ inject ▸ resolve ▸ filter addresses ▸ connect ▸ cap ▸ echo check
//! ```

mod address;
pub(crate) mod client;
pub(crate) mod credentials;
mod echo;
mod handshake;
pub(crate) mod origin;
mod reach;
pub(crate) mod rules;
pub mod stand_in;

use std::sync::Arc;

use tokio::time::Instant;
use zeroize::Zeroizing;

pub(crate) use self::client::{Outgoing, Reply, append, body_over_cap};
pub(crate) use self::echo::tells;
pub(crate) use self::rules::Checked;
pub use self::{
    address::is_private,
    client::{
        CONNECT_TIMEOUT, Caps, REPLY_BYTES, REPLY_HEADER_BYTES, REQUEST_BYTES, REQUEST_TIMEOUT, Resolver,
        SystemResolver,
    },
    credentials::CredentialSource,
    origin::{HostPattern, Origin, OriginError, Scheme},
    reach::{Reached, reach},
    rules::{Body, JsonPin, Method, Pin, RequestRules, Rule, Wanted},
};
use self::{
    client::Connector,
    credentials::{Credentials, take_placeholder},
    rules::GuestRequest,
    stand_in::StandIn,
};
use crate::{
    error::{Error, Kind, Result},
    listener::Decision,
    manifest::{Phase, Recipe, Scope},
    measure::Meter,
    span,
};

/// What a backend sees in place of each of its credentials, so that classes written to set their own header work
/// unchanged: the host puts the real one in its place.
pub(crate) const CREDENTIAL_PLACEHOLDER: &str = "credential-added-by-secret-runtime";

/// A request as a backend asks for it.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Vec<u8>>,
}

impl Drop for Request {
    fn drop(&mut self) {
        use zeroize::Zeroize as _;
        self.url.zeroize();
        self.headers.iter_mut().for_each(|(_, value)| value.zeroize());
        self.body.zeroize();
    }
}

/// Why a request got no reply, in the order in which it counts.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A rule forbids it. The call has failed, whatever the backend says next.
    Refused(Error),
    /// There is no credential to send it with. The call has failed too.
    Credential(Error),
    /// The network or the upstream failed. The backend may try another server.
    Transport(Error),
}

impl Failure {
    /// A failure on the way, told apart by what it is.
    fn on_the_way(error: Error) -> Self {
        match error.kind() {
            Kind::Refused | Kind::Config | Kind::Component => Self::Refused(error),
            // Our client certificate was not accepted.
            Kind::Unauthenticated => Self::Credential(error),
            _ => Self::Transport(error),
        }
    }

    /// Why, whichever it is.
    pub(crate) fn error(&self) -> &Error {
        match self {
            Self::Refused(error) | Self::Credential(error) | Self::Transport(error) => error,
        }
    }

    fn of_credential(error: Error) -> Self {
        match error.kind() {
            Kind::Refused => Self::Refused(error),
            _ => Self::Credential(error),
        }
    }
}

/// A backend's way out.
#[derive(Debug)]
pub(crate) struct Egress {
    origins: Vec<Origin>,
    connectors: Vec<Connector>,
    rules: RequestRules,
    credentials: Option<Credentials>,
    /// Recipes whose headers may hold our placeholder.
    injecting: Vec<Recipe>,
    stand_in: Option<Arc<dyn StandIn>>,
    caps: Caps,
    meter: Arc<Meter>,
}

impl Egress {
    /// A way out to these origins, by these rules, with these credentials.
    pub(crate) fn new(
        origins: Vec<Origin>,
        rules: RequestRules,
        credentials: Option<Credentials>,
        resolver: &Arc<dyn Resolver>,
        caps: Caps,
    ) -> Self {
        let connector = |(at, origin)| {
            let certificate = credentials.as_ref().and_then(|credentials| credentials.certificate_for(at));
            Connector::new(origin, resolver, caps).showing(certificate)
        };
        let connectors = origins.iter().enumerate().map(connector).collect();
        let injecting = credentials.iter().map(|credentials| credentials.recipe().clone()).collect();
        Self { origins, connectors, rules, credentials, injecting, stand_in: None, caps, meter: Arc::default() }
    }

    /// The same, asking this before the network. Where a backend is tried without credentials, `recipes` are those
    /// that would add them.
    pub(crate) fn asking(mut self, stand_in: Option<Arc<dyn StandIn>>, recipes: &[Recipe]) -> Self {
        if stand_in.is_some() && self.credentials.is_none() {
            self.injecting = recipes.to_vec();
        }
        self.stand_in = stand_in;
        self
    }

    /// The same, counting there.
    pub(crate) fn measured_by(self, meter: Arc<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// What a backend asks for in our own writing, if a rule of the running operation covers it.
    pub(crate) fn check(&self, phase: Phase, scope: &(dyn Scope + Sync), mut request: Request) -> Result<Checked> {
        take_placeholder(&self.injecting, &mut request.headers)?;
        let asked = GuestRequest {
            method: &request.method,
            url: &request.url,
            headers: &request.headers,
            body: request.body.as_deref(),
        };
        self.rules.check(phase, &self.origins, scope, &asked).map_err(|refusal| {
            let asked = refusal.sent.as_ref().map(|sent| format!("it asked for {sent}")).unwrap_or_default();
            let error = Error::new(Kind::Refused, refusal.to_string()).by_rule(refusal.rule);
            error.with_guest_message(&asked).caused_by(refusal)
        })
    }

    /// Sends a request that was checked.
    pub(crate) async fn send(
        &self,
        phase: Phase,
        scope: &(dyn Scope + Sync),
        checked: &Checked,
        deadline: Instant,
    ) -> Result<Reply, Failure> {
        if let Some(answer) = self.stand_in.as_ref().and_then(|stand_in| stand_in::ask(&**stand_in, phase, checked)) {
            return answer.map_err(Failure::Transport);
        }
        let reply = self.attempt(phase, scope, checked, deadline).await?;
        let Some(credentials) = &self.credentials else { return Ok(reply) };
        if credentials.renews(checked.origin, &reply) && credentials.forget_old_token(phase, scope).await {
            return self.attempt(phase, scope, checked, deadline).await;
        }
        Ok(reply)
    }

    /// What is told of a reply: where from, and what was added to the request. Never what was in either.
    pub(crate) fn told<'a>(&'a self, checked: &Checked, reply: &Reply) -> Option<Decision<'a>> {
        let origin = self.connectors.get(checked.origin)?.shown();
        let recipe = self.credentials.as_ref().filter(|_| reply.with_credentials);
        let recipe = recipe.map(|credentials| credentials.recipe().name.as_str());
        Some(Decision::Sent { origin, address: reply.from, recipe })
    }

    /// What one request may use.
    pub(crate) fn caps(&self) -> Caps {
        self.caps
    }

    /// Whether the host can ask in its own name whether our credentials are good.
    pub(crate) fn can_verify(&self) -> bool {
        self.credentials.as_ref().is_some_and(Credentials::can_verify)
    }

    /// Asks the upstream in the host's own name whether our credentials are good.
    pub(crate) async fn verify(&self, phase: Phase, scope: &(dyn Scope + Sync), deadline: Instant) -> Result<()> {
        match &self.credentials {
            Some(credentials) => credentials.verify(phase, scope, deadline).await,
            None => Ok(()),
        }
    }

    async fn attempt(
        &self,
        phase: Phase,
        scope: &(dyn Scope + Sync),
        checked: &Checked,
        deadline: Instant,
    ) -> Result<Reply, Failure> {
        let unknown = || Failure::Refused(Error::new(Kind::Refused, "no such origin is granted").by_rule("origin"));
        let connector = self.connectors.get(checked.origin).ok_or_else(unknown)?;
        let mut outgoing = Outgoing {
            method: checked.method.as_str(),
            url: checked.url.clone(),
            headers: checked
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), Zeroizing::new(value.clone())))
                .collect(),
            body: checked.body.clone(),
        };
        let sent = match &self.credentials {
            Some(credentials) => credentials
                .inject(phase, scope, checked.origin, &mut outgoing, deadline)
                .await
                .map_err(Failure::of_credential)?,
            None => Vec::new(),
        };
        let begun = Instant::now();
        let span = span::upstream(outgoing.method, connector.shown());
        let reply = span::within(span.clone(), Box::pin(within(deadline, connector.send(outgoing)))).await;
        self.meter.sent(reply.is_ok(), begun.elapsed());
        if let Ok(reply) = &reply {
            span.record("http.response.status_code", reply.status);
        }
        let mut reply = reply.map_err(Failure::on_the_way)?;
        reply.with_credentials = !sent.is_empty();
        if echo::holds(&reply, &sent) {
            return Err(Failure::Refused(
                Error::new(
                    Kind::Refused,
                    "the upstream's reply holds the credential it was asked with, so it is not given to the backend",
                )
                .by_rule("credential-echo"),
            ));
        }
        Ok(reply)
    }
}

/// Waits no longer than the call has left.
async fn within<T>(deadline: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout_at(deadline, work)
        .await
        .unwrap_or_else(|_| Err(Error::new(Kind::Timeout, "time ran out while waiting for the upstream")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::BTreeMap;

    use super::*;

    /// It is polled on a backend's stack, of which each page that is touched has to be cleared after the call.
    #[test]
    fn a_request_under_way_is_small() {
        let resolver: Arc<dyn Resolver> = Arc::new(SystemResolver);
        let egress = Egress::new(Vec::new(), RequestRules::default(), None, &resolver, Caps::default());
        let checked = Checked {
            rule: 0,
            origin: 0,
            method: Method::Get,
            url: "https://vault.example.com/".parse().unwrap(),
            headers: Vec::new(),
            body: None,
        };
        let scope = BTreeMap::new();
        let sending = egress.send(Phase::Read, &scope, &checked, Instant::now());
        assert!(size_of_val(&sending) <= 4096, "{} bytes", size_of_val(&sending));
    }
}
