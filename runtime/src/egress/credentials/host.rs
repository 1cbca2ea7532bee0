//! The host's own way out, for built-in identities: to where a cloud hands out tokens.
#![cfg_attr(
    not(any(feature = "aws", feature = "azure", feature = "google")),
    allow(dead_code, reason = "what uses it is left out")
)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    egress::{
        Caps, Resolver,
        address::Reach,
        client::{Connector, Outgoing, Reply},
        origin::Origin,
    },
    error::{Error, Kind, Result},
};

/// Sends requests of the host's own. Connections are those of egress: no proxies, no redirects, every address judged.
#[derive(Debug)]
pub(crate) struct HostHttp {
    /// Origins whose certificate authorities the operator named.
    known: Vec<Origin>,
    resolver: Arc<dyn Resolver>,
    caps: Caps,
    connectors: Mutex<BTreeMap<(String, Reach), Arc<Connector>>>,
}

impl HostHttp {
    pub(crate) fn new(known: Vec<Origin>, resolver: &Arc<dyn Resolver>, caps: Caps) -> Self {
        Self { known, resolver: resolver.clone(), caps, connectors: Mutex::default() }
    }

    /// Sends a request and takes in the whole reply.
    ///
    /// # Errors
    /// [`Kind::Refused`] for an address beyond `reach`; [`Kind::Unavailable`] and [`Kind::Timeout`].
    pub(crate) async fn send(&self, reach: Reach, outgoing: Outgoing) -> Result<Reply> {
        self.connector(reach, &outgoing)?.send(outgoing).await
    }

    fn connector(&self, reach: Reach, outgoing: &Outgoing) -> Result<Arc<Connector>> {
        let bad = |cause| Error::new(Kind::Config, format!("a token can't be asked for there: {cause}"));
        let mut origin = Origin::parse(&outgoing.url.origin().ascii_serialization()).map_err(bad)?;
        origin.ca = self.known.iter().find(|known| known.same_place(&origin)).and_then(|known| known.ca.clone());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let connector = connectors
            .entry((origin.to_string(), reach))
            .or_insert_with(|| Arc::new(Connector::reaching(reach, &origin, &self.resolver, self.caps)));
        Ok(connector.clone())
    }
}
