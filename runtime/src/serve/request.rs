//! One request: checked, told apart by its path, and answered.

use http::{HeaderMap, Method, Request, StatusCode, header};
use hyper::body::{Body as _, Incoming};
use tracing::Instrument as _;

use super::{
    Daemon, Live,
    body::Body,
    caller::Caller,
    control, guard, health,
    path::Path,
    peer::Peer,
    plain,
    reply::Reply,
    telemetry::{metrics, route::Route, traces},
    vault,
};

/// A request that has been read.
pub(crate) struct Asked<'b> {
    pub(crate) method: Method,
    pub(crate) path: Path,
    /// What stands behind the question mark, decoded.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Body<'b>,
}

impl Asked<'_> {
    /// A parameter of the query.
    ///
    /// # Errors
    /// A reply if it is there twice: nobody can say which was meant.
    pub(crate) fn parameter(&self, name: &str) -> Result<Option<&str>, Reply> {
        let mut found = self.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (found.next(), found.next()) {
            (first, None) => Ok(first),
            _ => Err(Reply::error(StatusCode::BAD_REQUEST, &format!("the parameter {name} is there twice"))),
        }
    }

    /// The body as JSON, whatever its type is said to be: Go's clients send none with PUT.
    pub(crate) fn json<'de, T: serde::Deserialize<'de>>(&'de self) -> Result<T, Reply> {
        serde_json::from_slice(&self.body)
            .map_err(|_| Reply::error(StatusCode::BAD_REQUEST, "the body is not the JSON that is expected here"))
    }
}

/// Answers a request.
pub(crate) async fn answer(daemon: &Daemon, peer: Peer, request: Request<Incoming>) -> Reply {
    let route = Route::of(request.uri().path());
    let span = traces::span(route, request.method(), request.headers());
    let (Ok(reply) | Err(reply)) = answered(daemon, peer, request).instrument(span.clone()).await;
    traces::ended(&span, reply.status);
    daemon.counters.answered(route, reply.status);
    reply
}

async fn answered(daemon: &Daemon, peer: Peer, request: Request<Incoming>) -> Result<Reply, Reply> {
    let (head, body) = request.into_parts();
    let path = Path::read(head.uri.path()).map_err(|bad| Reply::error(StatusCode::BAD_REQUEST, &bad.to_string()))?;
    let mut live = daemon.live();
    // Who only asks whether the daemon lives need not know its name.
    if let Some(reply) = health::answer(daemon, &live, &head.method, &path) {
        return Ok(reply);
    }
    let authority = head.uri.authority();
    guard::check(&head.headers, authority, peer, &live.names).inspect_err(|_| daemon.counters.denied())?;
    if let Some(reply) = vault::sys::open(daemon, &head.method, &path.segments) {
        return Ok(reply);
    }
    let known = |live: &Live| identify(daemon, live, peer, &head.headers).inspect_err(|_| daemon.counters.denied());
    let mut caller = known(&live)?;
    let is_awaited = !body.is_end_stream();
    let body = daemon.bodies.read(body).await?;
    if is_awaited {
        // It may have taken its time: a token or a trust that was taken back meanwhile does not count any more.
        live = daemon.live();
        caller = known(&live)?;
    }
    let query = url::form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let asked = Asked { method: head.method, path, query, body };
    let segments: Vec<&str> = asked.path.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["v1", "auth", "token", rest @ ..] => {
            vault::auth::answer(daemon, &caller, token(&head.headers)?, &asked, rest).await
        }
        ["v1", rest @ ..] => vault::answer(daemon, &live, &caller, &asked, rest).await,
        ["v1.0", "secrets", rest @ ..] => plain::dapr(daemon, &live, &caller, &asked, rest).await,
        ["runtime", "v1", "secrets", rest @ ..] => plain::secret(daemon, &live, &caller, &asked, rest).await,
        ["metrics"] => metrics::answer(daemon, &live, &caller, &asked),
        ["runtime", "v1", rest @ ..] => control::answer(daemon, &live, &caller, &asked, rest).await,
        _ => Err(Reply::not_found()),
    }
}

/// Who asks: the token decides if there is one, else the user at the other end of the socket.
fn identify(daemon: &Daemon, live: &Live, peer: Peer, headers: &HeaderMap) -> Result<Caller, Reply> {
    if let Some(token) = token(headers)? {
        let ticket = daemon.tokens.find(token).ok_or_else(Reply::forbidden)?;
        return Ok(Caller {
            label: ticket.label.clone(),
            scopes: ticket.scopes.clone(),
            owner: false,
            metrics: ticket.metrics,
            token: Some(ticket),
        });
    }
    let Peer::User(user) = peer else { return Err(Reply::forbidden()) };
    // No page can be made to send this header without being allowed to first.
    if guard::one(headers, &http::HeaderName::from_static("x-vault-request"))? != Some("true") {
        let reason = "requests without a token need the header X-Vault-Request: true";
        return Err(Reply::error(StatusCode::FORBIDDEN, reason));
    }
    let owner = user == daemon.user;
    let scopes = if owner { Some(&live.owner) } else { live.users.get(&user) };
    let scopes = scopes.cloned().unwrap_or_default();
    Ok(Caller { label: format!("user:{user}").into(), scopes, owner, metrics: owner, token: None })
}

/// The token that a request presents, in any of the headers in which clients do. Several different ones are refused.
fn token(headers: &HeaderMap) -> Result<Option<&str>, Reply> {
    const NAMES: [&str; 2] = ["x-vault-token", "dapr-api-token"];
    let mut found = None;
    let bearer = guard::one(headers, &header::AUTHORIZATION)?.map(|value| {
        let scheme = value.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        scheme.and_then(|_| value.get(7..)).map(str::trim).unwrap_or_default()
    });
    let named = NAMES.iter().map(|name| guard::one(headers, &http::HeaderName::from_static(name)));
    for token in named.chain([Ok(bearer)]) {
        match (token?, found) {
            (Some(token), None) => found = Some(token),
            (Some(token), Some(other)) if token != other => return Err(Reply::forbidden()),
            _ => {}
        }
    }
    Ok(found)
}
