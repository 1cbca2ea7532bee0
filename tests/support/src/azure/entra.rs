//! Microsoft Entra: who may log in, and the token endpoint.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use serde_json::json;

use super::{
    AzureClient, ClientCertificate, RESOURCE, State,
    ask::{Ask, oauth_refusal},
    assertion::{self, Refused},
    tokens::random,
};
use crate::Reply;

/// What a permission list holds at most.
const EVERYTHING: [&str; 6] = ["get", "list", "set", "delete", "recover", "purge"];

/// The word for a client's assertion.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// One tenant.
pub(super) struct Entra {
    pub(super) tenant: String,
    /// Tokens of workloads that are federated with the first application, and when they expire.
    workloads: HashMap<String, u64>,
    clients: Vec<Registered>,
}

struct Registered {
    client: AzureClient,
    permissions: Vec<String>,
    certificates: Vec<ClientCertificate>,
}

impl Entra {
    pub(super) fn new() -> Result<Self> {
        let mut entra = Self { tenant: guid()?, workloads: HashMap::new(), clients: Vec::new() };
        entra.add(&EVERYTHING)?;
        Ok(entra)
    }

    pub(super) fn add(&mut self, permissions: &[&str]) -> Result<AzureClient> {
        let client = AzureClient { id: guid()?, secret: random()? };
        let permissions = permissions.iter().map(|&permission| permission.to_owned()).collect();
        self.clients.push(Registered { client: client.clone(), permissions, certificates: Vec::new() });
        Ok(client)
    }

    /// The application that may do everything. There always is one.
    #[allow(clippy::indexing_slicing, reason = "`new` adds it, and nothing is removed")]
    pub(super) fn first(&self) -> &AzureClient {
        &self.clients[0].client
    }

    pub(super) fn trust(&mut self, certificate: &ClientCertificate) {
        if let Some(first) = self.clients.first_mut() {
            first.certificates.push(certificate.clone());
        }
    }

    /// A token as a cluster gives its workloads: to us only text that is known.
    pub(super) fn workload_token(&mut self, expires: u64) -> Result<String> {
        let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", random()?, random()?);
        self.workloads.insert(token.clone(), expires);
        Ok(token)
    }

    /// Whether this client may do this to secrets.
    pub(super) fn may(&self, id: &str, permission: &str) -> bool {
        self.find(id).is_some_and(|found| found.permissions.iter().any(|known| known == permission))
    }

    fn find(&self, id: &str) -> Option<&Registered> {
        self.clients.iter().find(|known| known.client.id == id)
    }
}

/// Where the endpoints of a tenant are: the first thing that Microsoft's clients ask.
pub(super) fn discovery(state: &State, ask: &Ask<'_>, tenant: &str) -> Reply {
    if ask.method != "GET" || tenant != state.entra.tenant {
        return oauth_refusal(400, "invalid_tenant", "AADSTS90002: Tenant not found.");
    }
    let base = format!("{}/{tenant}", ask.base);
    Reply::json(
        200,
        &json!({
            "issuer": format!("{base}/v2.0"),
            "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        }),
    )
}

/// A token for a client secret, a certificate's assertion or a workload's token.
pub(super) fn token(state: &mut State, ask: &Ask<'_>, tenant: &str) -> Reply {
    if tenant != state.entra.tenant {
        return oauth_refusal(400, "invalid_tenant", "AADSTS90002: Tenant not found.");
    }
    let Some(form) = ask.form().filter(|_| ask.method == "POST") else {
        return oauth_refusal(400, "invalid_request", "AADSTS900144: The request body must be a form.");
    };
    if form.get("grant_type").map(String::as_str) != Some("client_credentials") {
        return oauth_refusal(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.");
    }
    let Some(registered) = form.get("client_id").and_then(|id| state.entra.find(id)) else {
        return oauth_refusal(400, "unauthorized_client", "AADSTS700016: The application was not found.");
    };
    let endpoint = format!("{}/{tenant}/oauth2/v2.0/token", ask.base);
    if let Err(refused) = proves(state, registered, &form, &endpoint) {
        return refused;
    }
    let Some(audience) = form.get("scope").and_then(|scopes| audience(scopes)) else {
        return oauth_refusal(400, "invalid_scope", "AADSTS70011: The scope must end in /.default.");
    };
    let (client, now) = (registered.client.id.clone(), state.moment());
    match state.tokens.issue(&client, audience, now) {
        Ok((token, expires)) => Reply::json(
            200,
            &json!({
                "token_type": "Bearer",
                "expires_in": (expires - now).as_secs(),
                "ext_expires_in": (expires - now).as_secs(),
                "access_token": token,
            }),
        ),
        Err(_) => oauth_refusal(500, "server_error", "no randomness"),
    }
}

/// The resource of the one scope that a client may ask for; what OpenID adds on top counts for nothing.
fn audience(scopes: &str) -> Option<&str> {
    let mut resources =
        scopes.split(' ').filter(|scope| !matches!(*scope, "" | "openid" | "profile" | "offline_access"));
    let resource = resources.next()?.strip_suffix("/.default")?;
    let known = [RESOURCE, "https://management.azure.com"].contains(&resource);
    (known && resources.next().is_none()).then_some(resource)
}

/// Whether a client is who it says.
fn proves(
    state: &State,
    registered: &Registered,
    form: &BTreeMap<String, String>,
    endpoint: &str,
) -> Result<(), Reply> {
    let field = |name: &str| form.get(name).map(String::as_str);
    match (field("client_secret"), field("client_assertion")) {
        (Some(secret), None) if secret == registered.client.secret => Ok(()),
        (Some(_), None) => Err(oauth_refusal(401, "invalid_client", "AADSTS7000215: Invalid client secret provided.")),
        (None, Some(assertion)) => {
            if field("client_assertion_type") != Some(JWT_BEARER) {
                return Err(oauth_refusal(400, "invalid_request", "AADSTS50027: The assertion type is wrong."));
            }
            let now = state.now();
            let proven = match state.entra.workloads.get(assertion) {
                Some(expires) if *expires <= now => Err(Refused::Expired),
                Some(_) if registered.client.id == state.entra.first().id => Ok(()),
                Some(_) => Err(Refused::Stranger),
                None => assertion::check(assertion, &registered.certificates, &registered.client.id, endpoint, now),
            };
            proven.map_err(|refused| oauth_refusal(401, "invalid_client", refused.description()))
        }
        _ => Err(oauth_refusal(401, "invalid_client", "AADSTS7000218: A secret or an assertion is required.")),
    }
}

fn guid() -> Result<String> {
    let digits = random()?;
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    Ok([part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-"))
}
