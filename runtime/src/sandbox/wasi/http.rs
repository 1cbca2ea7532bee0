//! `wasi:http`: requests of the standard interface on the one way out.

use std::{future::Future, mem};

use ::http::{HeaderName, HeaderValue, Response, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use crate::{
    egress::{Reply, Request},
    sandbox::{bindings::http::Failure, call::Active, serving::Serving},
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

    fn send_request(
        &mut self,
        request: ::http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Sending<()>,
    ) -> Sending<(Response<WasiBody>, Sending<()>)> {
        let serving = self.request();
        Box::new(async move {
            let serving = serving.ok_or(Error::HttpRequestDenied)?;
            let request = asked(request, &serving).await?;
            match serving.send(request).await {
                Ok(reply) => {
                    let done: Sending<()> = Box::new(async { Ok(()) });
                    Ok((response(reply)?, done))
                }
                Err(Failure::Refused(_)) => Err(Error::HttpRequestDenied),
                Err(Failure::Unavailable(_)) => Err(Error::DestinationUnavailable),
                Err(Failure::Timeout) => Err(Error::HttpResponseTimeout),
            }
        })
    }
}

/// The request as the contract's own interface would have it.
async fn asked(request: ::http::Request<WasiBody>, serving: &Serving) -> Result<Request, Error> {
    let (parts, body) = request.into_parts();
    let sent = parts.headers.iter().filter(|(name, _)| !DROPPED.contains(name));
    // What is not text is refused with all that is not a line of visible ASCII.
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = sent.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let body = match Limited::new(body, serving.plan.egress.caps().request).collect().await {
        Ok(body) => body.to_bytes(),
        Err(cause) => {
            if cause.is::<LengthLimitError>() {
                serving.watch.refused(crate::egress::body_over_cap());
            }
            return Err(Error::HttpRequestBodySize(None));
        }
    };
    Ok(Request {
        method: parts.method.as_str().to_owned(),
        url: parts.uri.to_string(),
        headers,
        body: (!body.is_empty()).then(|| body.to_vec()),
    })
}

/// The reply as the standard interface has it.
fn response(mut reply: Reply) -> Result<Response<WasiBody>, Error> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value.as_str());
    }
    let whole = Bytes::from_owner(mem::take(&mut reply.body));
    let body = Full::new(whole).map_err(|never| match never {}).boxed_unsync();
    response.body(body).map_err(|_| Error::HttpProtocolError)
}
