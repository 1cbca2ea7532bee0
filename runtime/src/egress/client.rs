//! The one place that opens connections for a backend or a recipe.

use std::{
    error::Error as StdError,
    fmt::Debug,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use reqwest::{
    Certificate, Client, ClientBuilder, Identity, Method,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use url::{Host, Url};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    address::{self, AddressRefused, Reach},
    handshake::{self, ClientCertificate},
    origin::{Origin, Scheme},
};
use crate::error::{Error, Kind, Result};

/// How long a connection may take to be made, with TLS: three seconds bring back a lost first packet twice.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one request may take as a whole; half of a call's time, so that one retry fits.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of a request's body: the largest value, encoded as base64 in JSON, twice.
pub const REQUEST_BYTES: usize = 12 << 20;
/// Bytes of a reply's body: the same.
pub const REPLY_BYTES: usize = 12 << 20;
/// Bytes of a reply's headers; servers we know stay below a tenth of it.
pub const REPLY_HEADER_BYTES: usize = 64 << 10;
/// How long an idle connection is kept. Upstreams and load balancers close theirs after a minute or more.
const IDLE: Duration = Duration::from_secs(50);

/// What one request may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Time for the whole request, from resolving the host to the reply's last byte ([`REQUEST_TIMEOUT`]).
    pub timeout: Duration,
    /// Bytes of the request's body ([`REQUEST_BYTES`]).
    pub request: usize,
    /// Bytes of the reply's body ([`REPLY_BYTES`]).
    pub reply: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Self { timeout: REQUEST_TIMEOUT, request: REQUEST_BYTES, reply: REPLY_BYTES }
    }
}

/// Finds the addresses of a host name. Every address it answers is judged before it is connected to.
pub trait Resolver: Debug + Send + Sync {
    /// The addresses of `host`, in the order in which they should be tried.
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
}

/// The operating system's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|found| found.ip()).collect()) })
    }
}

/// A body that is larger than [`Caps::request`].
pub(crate) fn body_over_cap() -> Error {
    Error::new(Kind::Component, "the request's body is over its cap")
}

/// A request as it is sent: checked, serialised by us, with its credentials.
pub(crate) struct Outgoing {
    pub(crate) method: &'static str,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, Zeroizing<String>)>,
    pub(crate) body: Option<Zeroizing<Vec<u8>>>,
}

/// A reply, whole.
#[derive(Default)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, Zeroizing<String>)>,
    pub(crate) body: Zeroizing<Vec<u8>>,
    /// The address it came from; none if nothing was sent.
    pub(crate) from: Option<SocketAddr>,
    /// Whether credentials were added to what was sent.
    pub(crate) with_credentials: bool,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The connections to one origin under one client identity. The client is built when it is first needed: loading the
/// system's certificates costs more than a whole request over plain HTTP.
#[derive(Debug)]
pub(crate) struct Connector {
    /// The origin as messages name it: of a wildcard the pattern, since a backend can write anything before it.
    shown: String,
    reach: Reach,
    https: bool,
    ca: Option<Arc<Path>>,
    resolver: Arc<dyn Resolver>,
    caps: Caps,
    shows: Option<Arc<ClientCertificate>>,
    /// The client, and the fingerprint of the certificate it shows.
    client: Mutex<Option<(Option<[u8; 32]>, Client)>>,
}

impl Connector {
    pub(crate) fn new(origin: &Origin, resolver: &Arc<dyn Resolver>, caps: Caps) -> Self {
        Self::reaching(Reach::typed(origin.typed), origin, resolver, caps)
    }

    /// A connector with a reach of its own.
    pub(crate) fn reaching(reach: Reach, origin: &Origin, resolver: &Arc<dyn Resolver>, caps: Caps) -> Self {
        Self {
            shown: origin.to_string(),
            reach,
            https: origin.scheme == Scheme::Https,
            ca: origin.ca.as_deref().map(Arc::from),
            resolver: resolver.clone(),
            caps,
            shows: None,
            client: Mutex::default(),
        }
    }

    /// The origin as messages name it.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// The same, showing this certificate to a server that asks for one.
    pub(crate) fn showing(mut self, certificate: Option<Arc<ClientCertificate>>) -> Self {
        self.shows = certificate.filter(|_| self.https);
        self
    }

    /// Sends a request that has been checked and takes in the whole reply.
    pub(crate) async fn send(&self, outgoing: Outgoing) -> Result<Reply> {
        // Address literals never reach a resolver, so they are judged here by the same function.
        let literal = match outgoing.url.host() {
            Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
            Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
            _ => None,
        };
        if let Some(address) = literal {
            address::judge(address, self.reach).map_err(refused)?;
        }
        if outgoing.body.as_ref().is_some_and(|body| body.len() > self.caps.request) {
            return Err(body_over_cap());
        }
        let request = self.request(outgoing)?;
        let client = self.client()?;
        let exchange = async {
            let reply = client.execute(request).await?;
            Ok::<_, reqwest::Error>(self.take(reply).await)
        };
        match tokio::time::timeout(self.caps.timeout, exchange).await {
            Err(_) => {
                Err(Error::new(Kind::Timeout, format!("{} did not answer within {:?}", self.shown, self.caps.timeout)))
            }
            Ok(Err(cause)) => Err(self.failure(cause)),
            Ok(Ok(reply)) => reply,
        }
    }

    fn request(&self, outgoing: Outgoing) -> Result<reqwest::Request> {
        let bad =
            |what: &str| Error::new(Kind::Refused, format!("the request's {what} can't be sent")).by_rule("header");
        let method = Method::from_bytes(outgoing.method.as_bytes()).map_err(|_| bad("method"))?;
        let mut headers = HeaderMap::with_capacity(outgoing.headers.len());
        for (name, value) in &outgoing.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad("header name"))?;
            let mut value =
                HeaderValue::from_maybe_shared(Bytes::from_owner(Zeroizing::new(value.as_bytes().to_vec())))
                    .map_err(|_| bad("header value"))?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        // Some servers turn away what may have a body and does not say that it has none.
        if outgoing.body.is_none() && matches!(method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut request = reqwest::Request::new(method, outgoing.url);
        *request.headers_mut() = headers;
        *request.body_mut() = outgoing.body.map(|body| Bytes::from_owner(body).into());
        Ok(request)
    }

    async fn take(&self, mut reply: reqwest::Response) -> Result<Reply> {
        let over =
            |what: &str| Error::new(Kind::Unavailable, format!("the reply of {} is over its cap: {what}", self.shown));
        let (status, from) = (reply.status().as_u16(), reply.remote_addr());
        let mut headers = Vec::with_capacity(reply.headers().len());
        let mut header_bytes = 0;
        for (name, value) in reply.headers() {
            header_bytes += name.as_str().len() + value.len();
            // One that is not UTF-8 is left out: the contract has text there.
            if let Ok(value) = std::str::from_utf8(value.as_bytes()) {
                headers.push((name.as_str().to_owned(), Zeroizing::new(value.to_owned())));
            }
        }
        if header_bytes > REPLY_HEADER_BYTES {
            return Err(over("headers"));
        }
        let expected = reply.content_length().and_then(|length| usize::try_from(length).ok());
        if expected.is_some_and(|length| length > self.caps.reply) {
            return Err(over("body"));
        }
        let mut body = Zeroizing::new(Vec::with_capacity(expected.unwrap_or(0)));
        while let Some(chunk) = reply.chunk().await.map_err(|cause| self.failure(cause))? {
            if body.len() + chunk.len() > self.caps.reply {
                return Err(over("body"));
            }
            append(&mut body, &chunk);
            if let Ok(mut chunk) = chunk.try_into_mut() {
                chunk.as_mut().zeroize();
            }
        }
        Ok(Reply { status, headers, body, from, with_credentials: false })
    }

    /// The client for this request. Where it shows a certificate, that is read again: a new one is a new client, whose
    /// connections nobody has opened under the old one.
    fn client(&self) -> Result<Client> {
        let read = self.shows.as_ref().map(|shows| Ok((shows, shows.read()?))).transpose()?;
        let fingerprint = read.as_ref().map(|(_, read)| read.fingerprint());
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = kept.as_ref().filter(|(of, _)| *of == fingerprint) {
            return Ok(client.clone());
        }
        let identity = read.map(|(shows, read)| shows.identity(&read)).transpose()?;
        let client = self.build(identity)?;
        *kept = Some((fingerprint, client.clone()));
        Ok(client)
    }

    fn build(&self, identity: Option<Identity>) -> Result<Client> {
        install_tls();
        let mut builder = ClientBuilder::new()
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .user_agent(concat!("secret-runtime/", env!("CARGO_PKG_VERSION")))
            .https_only(self.https)
            .connect_timeout(CONNECT_TIMEOUT.min(self.caps.timeout))
            .pool_idle_timeout(IDLE)
            .dns_resolver(Arc::new(Judging { resolver: self.resolver.clone(), reach: self.reach }));
        builder = match &self.ca {
            Some(path) => builder.tls_certs_only(certificates(path)?),
            None if self.https => builder,
            None => builder.tls_certs_only([]),
        };
        if let Some(identity) = identity {
            builder = builder.identity(identity);
        }
        builder.build().map_err(|cause| {
            Error::new(Kind::Config, format!("no HTTP client can be built: {}", innermost(&cause))).caused_by(cause)
        })
    }

    /// What a failed request means. The address check speaks through the resolver's error.
    fn failure(&self, cause: reqwest::Error) -> Error {
        if let Some(refusal) = chain(&cause).find_map(|cause| cause.downcast_ref::<AddressRefused>()) {
            return refused(*refusal);
        }
        let cause = cause.without_url();
        let objection =
            handshake::alert(&cause).and_then(|alert| handshake::objection(&self.shown, self.shows.is_some(), alert));
        if let Some(objection) = objection {
            return objection.caused_by(cause);
        }
        if cause.is_timeout() {
            return Error::new(Kind::Timeout, format!("{} did not answer in time", self.shown)).caused_by(cause);
        }
        let what = if cause.is_connect() { "can't be reached" } else { "broke off" };
        let reason = format!("{} {what}: {}", self.shown, innermost(&cause));
        Error::new(Kind::Unavailable, reason).caused_by(cause)
    }
}

/// Appends without leaving the old bytes behind when the vector has to move.
pub(crate) fn append(body: &mut Zeroizing<Vec<u8>>, chunk: &[u8]) {
    if body.capacity() - body.len() < chunk.len() {
        let mut larger = Zeroizing::new(Vec::with_capacity((body.capacity() * 2).max(body.len() + chunk.len())));
        larger.extend_from_slice(body);
        *body = larger;
    }
    body.extend_from_slice(chunk);
}

fn certificates(path: &Path) -> Result<Vec<Certificate>> {
    let problem =
        |cause: String| Error::new(Kind::Config, format!("the CA file {} can't be used: {cause}", path.display()));
    let pem = std::fs::read(path).map_err(|cause| problem(cause.to_string()))?;
    let found = Certificate::from_pem_bundle(&pem).map_err(|cause| problem(innermost(&cause)))?;
    if found.is_empty() { Err(problem("there is no certificate in it".into())) } else { Ok(found) }
}

/// Chooses ring for all TLS of the process, once. An embedder's own choice, made earlier, stands.
fn install_tls() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Resolves, and answers only if every address may be connected to.
struct Judging {
    resolver: Arc<dyn Resolver>,
    reach: Reach,
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, reach) = (self.resolver.resolve(name.as_str().to_owned()), self.reach);
        Box::pin(async move {
            let addresses = found.await?;
            for address in &addresses {
                address::judge(*address, reach)?;
            }
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

fn refused(cause: AddressRefused) -> Error {
    Error::new(Kind::Refused, cause.to_string()).by_rule(cause.rule())
}

fn chain<'a>(cause: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(cause);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

fn innermost(cause: &(dyn StdError + 'static)) -> String {
    chain(cause).last().map(ToString::to_string).unwrap_or_default()
}
