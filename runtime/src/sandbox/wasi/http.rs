//! `wasi:http`: requests of the standard interface on the one way out.

use std::{future::Future, mem};

use ::http::{HeaderName, HeaderValue, Response, header, uri::Scheme};
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use tokio::sync::OwnedSemaphorePermit;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use zeroize::{Zeroize as _, Zeroizing};

use crate::{
    egress::{Reply, Request, append},
    error::{Error as Fault, Kind},
    sandbox::{
        bindings::http::Failure,
        call::{Active, component_fault},
        limits::{self, BODY_AHEAD_BYTES, Exceeded, REQUESTS_AT_ONCE},
        serving::Serving,
    },
};

/// Headers that client libraries add by themselves, and that the host writes or leaves out: framing, packing, and who
/// asks. A manifest that wants another `User-Agent` can't have it.
const DROPPED: [HeaderName; 8] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CONNECTION,
    header::USER_AGENT,
    header::TE,
];

type Sending<T> = Box<dyn Future<Output = Result<T, Error>> + Send>;

impl WasiHttpHooks for Active {
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn is_supported_scheme(&mut self, scheme: &Scheme) -> bool {
        let known = *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
        if !known {
            self.refuses("the backend sent a URL that does not begin with http:// or https:// and a host");
        }
        known
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        BODY_AHEAD_BYTES
    }

    fn send_request(
        &mut self,
        request: ::http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Sending<()>,
    ) -> Sending<(Response<WasiBody>, Sending<()>)> {
        let (parts, body) = request.into_parts();
        // Before anything waits, for a backend may give the request up at once.
        let begun = self.request().map(|serving| {
            let number = serving.watch.begins();
            let asked = body.is_end_stream().then(|| serving.check(written(&parts, Vec::new())));
            (serving, number, asked)
        });
        Box::new(async move {
            let (serving, number, asked) = begun.ok_or(Error::HttpRequestDenied)?;
            let _turn = serving.under_way.acquire().await.map_err(|_| Error::InternalError(None))?;
            let asked = match asked {
                Some(asked) => asked,
                None => serving.check(written(&parts, whole(body, &serving).await?)),
            };
            let sent = match asked {
                Ok(asked) => serving.send(number, asked).await,
                Err(refused) => Err(refused),
            };
            match sent {
                Ok(reply) => {
                    let done: Sending<()> = Box::new(async { Ok(()) });
                    Ok((response(reply, &serving)?, done))
                }
                Err(Failure::Refused(_)) => Err(Error::HttpRequestDenied),
                Err(Failure::Unavailable(_)) => Err(Error::DestinationUnavailable),
                Err(Failure::Timeout) => Err(Error::HttpResponseTimeout),
            }
        })
    }
}

/// The request as the contract's own interface would have it.
fn written(parts: &::http::request::Parts, body: Vec<u8>) -> Request {
    let sent = parts.headers.iter().filter(|(name, _)| !DROPPED.contains(name));
    // What is not text is refused with all that is not a line of visible ASCII.
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    Request {
        method: parts.method.as_str().to_owned(),
        url: parts.uri.to_string(),
        headers: sent.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: (!body.is_empty()).then_some(body),
    }
}

/// A request's body, once the backend has written all of it.
async fn whole(mut body: WasiBody, serving: &Serving) -> Result<Vec<u8>, Error> {
    let most = serving.plan.egress.caps().request;
    let mut whole = Zeroizing::new(Vec::new());
    while let Some(frame) = body.frame().await {
        // One that was not finished is not sent: the last request has no reply.
        let frame = frame.inspect_err(|_| {
            serving.watch.checked();
            serving.watch.transport(Fault::new(Kind::Component, "the backend did not finish a request's body"));
        });
        let Ok(data) = frame?.into_data() else { continue };
        if data.len() > most - whole.len() {
            serving.watch.checked();
            serving.watch.refused(crate::egress::body_over_cap());
            return Err(Error::HttpRequestBodySize(None));
        }
        append(&mut whole, &data);
        if let Ok(mut data) = data.try_into_mut() {
            data.as_mut().zeroize();
        }
    }
    Ok(mem::take(&mut *whole))
}

/// The reply as the standard interface has it.
fn response(mut reply: Reply, serving: &Serving) -> Result<Response<WasiBody>, Error> {
    let permits = u32::try_from(reply.body.len()).unwrap_or(u32::MAX);
    let Ok(place) = serving.unread.clone().try_acquire_many_owned(permits) else {
        let most = limits::Bytes(REQUESTS_AT_ONCE * serving.plan.egress.caps().reply);
        serving.watch.refused(component_fault(&wasmtime::Error::new(Exceeded::Unread(most))));
        return Err(Error::HttpResponseBodySize(None));
    };
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value.as_str());
    }
    let whole = Bytes::from_owner(Unread { body: mem::take(&mut reply.body), _place: place });
    let body = Full::new(whole).map_err(|never| match never {}).boxed_unsync();
    response.body(body).map_err(|_| Error::HttpProtocolError)
}

/// A reply's body, until the backend lets go of it.
struct Unread {
    body: Zeroizing<Vec<u8>>,
    _place: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Unread {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}
