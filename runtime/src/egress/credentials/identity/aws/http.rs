//! The only way out that the vendor's crate is given: the host's own.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use url::Url;
use zeroize::Zeroizing;

use super::source::Asked;
use crate::{
    egress::{
        client::{Outgoing, Reply},
        credentials::HostHttp,
    },
    error::{Error, Kind, Result},
};

/// Characters of an error code; the longest that services have is half of it.
const CODE_LENGTH: usize = 64;

/// Sends what the vendor's crate asks for, to the places that were granted.
#[derive(Clone, Debug)]
pub(super) struct Client {
    http: Arc<HostHttp>,
    asked: Arc<[Asked]>,
    failure: Arc<Mutex<Option<Error>>>,
}

impl Client {
    pub(super) fn new(http: Arc<HostHttp>, asked: Vec<Asked>) -> Self {
        Self { http, asked: asked.into(), failure: Arc::default() }
    }

    /// Why the last request brought no credentials, if it did not.
    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn send(&self, request: HttpRequest) -> Result<Reply> {
        let url = Url::parse(request.uri());
        let url = url.map_err(|_| Error::new(Kind::Config, "credentials can't be asked for there: it is no URL"))?;
        let origin = url.origin().ascii_serialization();
        let Some(asked) = self.asked.iter().find(|asked| asked.origin == origin) else {
            let reason = format!("credentials would be asked for at {origin}, which is not what was granted");
            return Err(Error::new(Kind::Refused, reason).by_rule("origin"));
        };
        let method = match request.method() {
            "GET" => "GET",
            "PUT" => "PUT",
            "POST" => "POST",
            _ => return Err(Error::new(Kind::Refused, "credentials are asked for by GET, PUT and POST")),
        };
        // Our client says by itself how long a body is.
        let headers = request.headers().iter().filter(|(name, _)| *name != "content-length");
        let headers = headers.map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_owned()))).collect();
        let body = request.body().bytes().filter(|body| !body.is_empty());
        let body = body.map(|body| Zeroizing::new(body.to_vec()));
        let reply = self.http.send(asked.reach, Outgoing { method, url, headers, body }).await?;
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = refusal(&origin, &reply);
        Ok(reply)
    }
}

impl HttpClient for Client {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Client {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.clone();
        HttpConnectorFuture::new(async move {
            let reply = client.send(request).await.map_err(|error| {
                *client.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
                match error.kind() {
                    Kind::Timeout => ConnectorError::timeout(Box::new(error)),
                    Kind::Unavailable => ConnectorError::io(Box::new(error)),
                    _ => ConnectorError::user(Box::new(error)),
                }
            })?;
            let other = |cause| ConnectorError::other(Box::new(cause), None);
            let status =
                StatusCode::try_from(reply.status).map_err(|cause| ConnectorError::other(cause.into(), None))?;
            let mut response = HttpResponse::new(status, SdkBody::from(reply.body.to_vec()));
            for (name, value) in &reply.headers {
                response.headers_mut().try_append(name.clone(), value.to_string()).map_err(other)?;
            }
            Ok(response)
        })
    }
}

/// What a reply that is no success means. Of its body no more than the error's code is told.
fn refusal(origin: &str, reply: &Reply) -> Option<Error> {
    let status = reply.status;
    if (200..300).contains(&status) {
        return None;
    }
    let code = code(reply);
    let shown = code.as_deref().map_or(status.to_string(), |code| format!("{status} {code}"));
    let is = |words: &[&str]| code.as_deref().is_some_and(|code| words.iter().any(|word| code.contains(word)));
    let (kind, what) = match status {
        429 => (Kind::RateLimited, "asks to come back later"),
        _ if is(&["Throttl", "TooManyRequests"]) => (Kind::RateLimited, "asks to come back later"),
        500.. => (Kind::Unavailable, "can't answer now"),
        _ if is(&["IDPCommunicationError"]) => (Kind::Unavailable, "can't reach the identity provider"),
        404 => (Kind::Config, "has none"),
        _ => (Kind::Unauthenticated, "refuses"),
    };
    Some(Error::new(kind, format!("{origin}, asked for AWS credentials, {what} ({shown})")))
}

/// The code of an error, as XML or as a header.
fn code(reply: &Reply) -> Option<String> {
    let body = std::str::from_utf8(&reply.body).unwrap_or_default();
    let in_xml = body.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    let in_header = || reply.header("x-amzn-errortype").map(|code| code.split(':').next().unwrap_or(code));
    let plain = |code: &&str| code.len() <= CODE_LENGTH && code.bytes().all(|c| c.is_ascii_alphanumeric());
    in_xml.or_else(in_header).filter(plain).filter(|code| !code.is_empty()).map(str::to_owned)
}
