//! The metadata server of Google's machines.

use super::super::{HostHttp, Token, endpoint::Endpoint, machine::Machine, wire};
use crate::error::{Error, Kind, Result};

/// Where it is on Google's machines.
const HOST: &str = "metadata.google.internal";
/// What a request must have, so that no browser can be made to send it, and a reply, so that it is Google's.
const FLAVOR: (&str, &str) = ("metadata-flavor", "Google");
/// The token of the account that the machine runs as.
const PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";

/// A metadata server.
#[derive(Debug)]
pub(super) struct Metadata(Machine);

impl Metadata {
    /// The one that the operator names, as `host` or `host:port`.
    pub(super) fn named(host: &str) -> Result<Self> {
        at(host).map(Machine::named).map(Self)
    }

    /// The one that there is on Google's machines; `missing` says what was looked for before.
    pub(super) fn usual(missing: String) -> Result<Self> {
        at(HOST).map(|endpoint| Machine::perhaps(endpoint, missing)).map(Self)
    }

    pub(super) fn origin(&self) -> String {
        self.0.endpoint.origin()
    }

    /// Asks for a token.
    pub(super) async fn mint(&self, http: &HostHttp, scopes: &[String]) -> Result<Token> {
        let ask = self.0.endpoint.at(PATH, &[("scopes", &scopes.join(","))]);
        let reply = self.0.send(http, wire::get(&ask.url, &[FLAVOR])).await?;
        if reply.header(FLAVOR.0) != Some(FLAVOR.1) {
            return Err(self.0.absent("it is not Google's"));
        }
        self.0.is_there();
        wire::access_token(&reply, "Google's metadata server")
    }
}

fn at(host: &str) -> Result<Endpoint> {
    Endpoint::typed(&format!("http://{host}"))
        .map_err(|cause| Error::new(Kind::Config, format!("the metadata server that is set can't be used: {cause}")))
}
