//! A managed identity: the machine we run on vouches for us.

use zeroize::Zeroizing;

use super::{
    super::{HostHttp, Surroundings, Token, endpoint::Endpoint, machine::Machine, wire},
    arc::{self, KeyFolder},
    wrong,
};
use crate::error::{Error, Kind as ErrorKind, Result};

/// The metadata service of virtual machines.
const IMDS: &str = "http://169.254.169.254";
/// Its path.
const IMDS_PATH: &str = "/metadata/identity/oauth2/token";
/// The variable that names another host for it.
const IMDS_HOST: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";
/// Variables of App Service, Functions and Container Apps; the first one is also Arc's.
const ENDPOINT: &str = "IDENTITY_ENDPOINT";
const HEADER: &str = "IDENTITY_HEADER";
const THUMBPRINT: &str = "IDENTITY_SERVER_THUMBPRINT";
/// The other variable of Arc.
const ARC: &str = "IMDS_ENDPOINT";
/// Who is asked, for messages.
pub(super) const SERVICE: &str = "the managed identity service of this machine";

/// A managed identity.
#[derive(Debug)]
pub(super) struct Managed {
    kind: Kind,
    machine: Machine,
    resource: String,
    /// Which one, where the machine has several.
    client_id: Option<String>,
}

/// Whose machine it is.
#[derive(Debug)]
enum Kind {
    /// A virtual machine's.
    Imds,
    /// App Service's, with the header that proves who asks.
    AppService(Secret),
    /// Somebody else's, under Azure Arc.
    Arc(KeyFolder),
}

/// The header that App Service wants back.
struct Secret(Zeroizing<String>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Managed {
    /// The one that the environment tells of, else that of a virtual machine, if this is one.
    pub(super) fn find(resource: String, client_id: Option<String>, around: Surroundings<'_>) -> Result<Self> {
        let variable = |name: &str| around.environment?.get(name).filter(|value| !value.is_empty());
        let typed = |name: &str, text: &str| {
            Endpoint::of_machine(text).map_err(|cause| wrong(format!("{name} can't be used: {cause}")))
        };
        let (kind, machine) = match (variable(ENDPOINT), variable(HEADER), variable(ARC)) {
            (Some(_), Some(_), _) if variable(THUMBPRINT).is_some() => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "managed identities of Service Fabric are not supported",
                ));
            }
            (Some(endpoint), Some(header), _) => {
                (Kind::AppService(Secret(header)), Machine::named(typed(ENDPOINT, &endpoint)?))
            }
            (Some(endpoint), None, Some(_)) => {
                if client_id.is_some() {
                    return Err(wrong("a machine under Azure Arc has one identity alone, and a client id is set"));
                }
                let folder = KeyFolder::of(variable(arc::FOLDER).as_ref().map(|folder| folder.as_str()));
                (Kind::Arc(folder), Machine::named(typed(ENDPOINT, &endpoint)?))
            }
            _ => match variable(IMDS_HOST) {
                Some(host) => {
                    let endpoint = Endpoint::typed(&host);
                    let endpoint = endpoint.map_err(|cause| wrong(format!("{IMDS_HOST} can't be used: {cause}")))?;
                    (Kind::Imds, Machine::named(endpoint))
                }
                None => {
                    let missing = format!("neither {ENDPOINT} with {HEADER} or {ARC} nor {IMDS_HOST} is set");
                    (Kind::Imds, Machine::perhaps(typed("the metadata service", IMDS)?, missing))
                }
            },
        };
        Ok(Self { kind, machine, resource, client_id })
    }

    pub(super) fn origin(&self) -> String {
        self.machine.endpoint.origin()
    }

    pub(super) fn shown(&self) -> String {
        match &self.client_id {
            Some(id) => format!("the managed identity {id} of this machine"),
            None => "the managed identity of this machine".to_owned(),
        }
    }

    /// Asks for a token.
    pub(super) async fn mint(&self, http: &HostHttp) -> Result<Token> {
        let ask = self.question();
        let reply = match &self.kind {
            Kind::Imds => self.machine.send(http, wire::get(&ask.url, &[("metadata", "true")])).await?,
            Kind::AppService(Secret(header)) => {
                self.machine.send(http, wire::get(&ask.url, &[("x-identity-header", header)])).await?
            }
            Kind::Arc(folder) => {
                let refused = self.machine.send(http, wire::get(&ask.url, &[("metadata", "true")])).await?;
                let basic = folder.proof(&refused)?;
                let headers = [("metadata", "true"), ("authorization", basic.as_str())];
                self.machine.send(http, wire::get(&ask.url, &headers)).await?
            }
        };
        let token = wire::access_token(&reply, SERVICE)?;
        self.machine.is_there();
        Ok(token)
    }

    fn question(&self) -> Endpoint {
        let version = match self.kind {
            Kind::Imds => "2018-02-01",
            Kind::AppService(_) => "2019-08-01",
            Kind::Arc(_) => "2020-06-01",
        };
        let client_id = self.client_id.as_deref().unwrap_or_default();
        let query = [("api-version", version), ("resource", &self.resource), ("client_id", client_id)];
        match self.kind {
            Kind::Imds => self.machine.endpoint.at(IMDS_PATH, &query),
            Kind::AppService(_) | Kind::Arc(_) => self.machine.endpoint.asking(&query),
        }
    }
}
