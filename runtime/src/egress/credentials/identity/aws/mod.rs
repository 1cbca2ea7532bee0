//! AWS: requests are signed (Signature Version 4) with credentials from the official chain.
//!
//! The chain is the vendor's own (`aws-config`). It is handed an environment, files and a way out: it sees the variables
//! and files of one source, read here, and every request of it leaves through [`HostHttp`], to a place that was granted.

mod chain;
mod files;
mod http;
mod load;
mod profile;
mod sign;
mod source;

use std::{
    path::PathBuf,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use aws_credential_types::Credentials;
use url::Host;
use zeroize::Zeroizing;

use self::{
    chain::Look,
    http::Client,
    sign::Purpose,
    source::{Asked, Source, host},
};
use super::{Found, HostHttp, Identity, Read, Surroundings};
use crate::{
    egress::{
        client::{Outgoing, Reply},
        credentials::{
            minter::Minter,
            token::{Basis, Token},
        },
        origin::{HostPattern, Origin, Scheme},
    },
    environment::Environment,
    error::{Error, Kind, Result},
    manifest::{Scope, recipe, recipe::ScopeMatch},
    text::Shown,
};

/// How services say that credentials are no longer good.
const EXPIRED: [&str; 5] =
    ["ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "RequestExpired", "UnrecognizedClientException"];

/// Credentials of AWS, and the service and region that requests are signed for.
pub(crate) struct Aws {
    purpose: Purpose,
    /// The host of that service in that region.
    host: String,
    source: Source,
    /// The places that were granted to be asked for them.
    asked: Vec<Asked>,
    environment: Arc<dyn Environment>,
    home: Option<PathBuf>,
    minter: Minter<Credentials>,
}

impl std::fmt::Debug for Aws {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aws").field("purpose", &self.purpose).field("source", &self.source).finish_non_exhaustive()
    }
}

impl Aws {
    pub(super) fn find(declared: &recipe::Identity, settings: &dyn Scope, around: Surroundings<'_>) -> Result<Found> {
        let setting = |key: &str| {
            let template = declared.settings.get(key).and_then(|templates| templates.first());
            let value = template.and_then(|template| template.expand(settings));
            let value = value.ok_or_else(|| config(format!("requests can't be signed for AWS: the {key} is not set")));
            value.map(|value| value.to_string())
        };
        let purpose = Purpose { service: setting("service")?, region: setting("region")? };
        // One label: below a service there may be hosts of its customers.
        if !purpose.service.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-') {
            return Err(config(format!("{} is not a service of AWS", Shown(&purpose.service))));
        }
        let host = host(&purpose.service, &purpose.region)?;
        let environment = around.environment.cloned();
        let environment = environment.ok_or_else(|| config("credentials for AWS are looked for in no environment"))?;
        let home = around.home.map(PathBuf::from);
        let Look { source, variables, .. } = Look::around(environment.as_ref(), home.as_deref())?;
        let asked = source.asks(&purpose.region, &variables)?;
        let asks = asked.iter().map(|asked| asked.origin.clone()).collect();
        let (from, in_files) = (source.to_string(), source.is_in_files());
        let aws = Self { purpose, host, source, asked, environment, home, minter: Minter::new(ScopeMatch::Exact) };
        Ok(Found { identity: Arc::new(Identity::Aws(aws)), from, asks, in_files })
    }

    pub(super) fn speaks_to(&self, origin: &Origin) -> bool {
        let exact = matches!(&origin.host, HostPattern::Exact(Host::Domain(host)) if *host == self.host);
        exact && origin.scheme == Scheme::Https && origin.port == 443
    }

    pub(super) async fn sign(&self, http: &Arc<HostHttp>, outgoing: &mut Outgoing) -> Result<Vec<Zeroizing<Vec<u8>>>> {
        let token = self.minter.token(basis(), &[], || self.load(http)).await?;
        let credentials = &token.value;
        sign::sign(outgoing, credentials, &self.purpose, SystemTime::now())?;
        let secret = [Some(credentials.secret_access_key()), credentials.session_token()];
        Ok(secret.into_iter().flatten().map(|secret| Zeroizing::new(secret.as_bytes().to_vec())).collect())
    }

    /// Whether a reply says that the credentials are no longer good.
    pub(super) fn refused_by(reply: &Reply) -> bool {
        if !matches!(reply.status, 400 | 401 | 403) {
            return false;
        }
        let json: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
        let kind = json.as_ref().and_then(|json| json.get("__type")?.as_str());
        let kind = kind.or_else(|| reply.header("x-amzn-errortype")).unwrap_or_default();
        // `com.amazonaws.service#Kind:http://…`
        let kind = kind.rsplit('#').next().and_then(|kind| kind.split(':').next()).unwrap_or_default();
        EXPIRED.contains(&kind)
    }

    pub(super) async fn forget_old(&self) -> bool {
        self.minter.forget_old(basis(), &[]).await
    }

    async fn load(&self, http: &Arc<HostHttp>) -> Result<Token<Credentials>> {
        let look = Look::around(self.environment.as_ref(), self.home.as_deref())?;
        if look.source != self.source {
            let reason = format!("credentials would now come from {}, and {} was granted", look.source, self.source);
            return Err(Error::new(Kind::Untrusted, reason));
        }
        let client = Client::new(http.clone(), self.asked.clone());
        let credentials = load::load(&look, &self.purpose.region, client).await?;
        let left = |end: SystemTime| end.duration_since(SystemTime::now()).unwrap_or_default();
        let life = credentials.expiry().map_or(Duration::MAX, left);
        Ok(Token::new(credentials, life))
    }
}

/// The region that the environment or the user's profile names.
pub(super) fn region(around: Surroundings<'_>) -> Option<String> {
    chain::region(around.environment?.as_ref(), around.home)
}

/// There is one set of credentials for each identity.
fn basis() -> Basis {
    Basis::of(&Read::new(), [])
}

/// The result of work that waits for nothing, since it is given all it needs.
fn ready<T>(work: impl Future<Output = T>) -> Option<T> {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

fn config(reason: impl Into<String>) -> Error {
    Error::new(Kind::Config, reason)
}

#[cfg(test)]
mod tests;
