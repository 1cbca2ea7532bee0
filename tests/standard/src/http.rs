//! Requests by `wasi:http`, as the settings `method`, `url`, `headers` and `body` say.

use wasip2::{
    http::{
        outgoing_handler,
        types::{ErrorCode, Fields, Method, OutgoingBody, OutgoingRequest, Scheme},
    },
    io::streams::StreamError,
};

use crate::{
    bindings::secret_runtime::backend::common::{Detail, Error},
    other, setting,
};

/// Sends one request and answers its status, a line, and its body.
pub(crate) fn send() -> Result<Vec<u8>, Error> {
    let failed = |code: ErrorCode| match code {
        ErrorCode::HttpRequestDenied => other("denied"),
        ErrorCode::HttpResponseTimeout => Error::Timeout,
        code => Error::Unavailable(Detail { code: String::new(), message: format!("{code:?}") }),
    };
    let request = request().map_err(other)?;
    let body = request.body().map_err(|()| other("no body"))?;
    let reply = outgoing_handler::handle(request, None).map_err(failed)?;
    // Written while the request is under way, as client libraries do it.
    write(body, setting("body").as_bytes()).map_err(other)?;
    reply.subscribe().block();
    let reply = reply.get().and_then(Result::ok).ok_or_else(|| other("no reply"))?.map_err(failed)?;
    let mut all = format!("{}\n", reply.status()).into_bytes();
    let body = reply.consume().map_err(|()| other("no body"))?;
    let stream = body.stream().map_err(|()| other("no stream"))?;
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(bytes) => all.extend(bytes),
            Err(StreamError::Closed) => return Ok(all),
            Err(StreamError::LastOperationFailed(_)) => return Err(other("the body broke off")),
        }
    }
}

/// Begins a request and lets go of it at once.
pub(crate) fn begin() -> Result<(), Error> {
    let request = request().map_err(other)?;
    drop(outgoing_handler::handle(request, None));
    Ok(())
}

/// Sends the same request 300 times, whatever becomes of it.
pub(crate) fn send_many() -> String {
    let answered = (0..300).filter(|_| send().is_ok()).count();
    format!("{answered} of 300")
}

fn request() -> Result<OutgoingRequest, &'static str> {
    let headers = Fields::new();
    for (name, value) in setting("headers").split('|').filter_map(|pair| pair.split_once('=')) {
        headers.append(name, value.as_bytes()).map_err(|_| "a header that WASI forbids")?;
    }
    let url = setting("url");
    let (scheme, rest) = url.split_once("://").ok_or("no scheme")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let request = OutgoingRequest::new(headers);
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    let method = match setting("method").as_str() {
        "" | "GET" => Method::Get,
        "POST" => Method::Post,
        "CONNECT" => Method::Connect,
        other => Method::Other(other.to_owned()),
    };
    request.set_method(&method).map_err(|()| "no such method")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "no such scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "no such authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "no such path")?;
    Ok(request)
}

fn write(body: OutgoingBody, bytes: &[u8]) -> Result<(), &'static str> {
    if !bytes.is_empty() {
        let stream = body.write().map_err(|()| "no stream")?;
        for piece in bytes.chunks(4096) {
            // Whoever refuses the request may not take the rest of its body.
            if stream.blocking_write_and_flush(piece).is_err() {
                return Ok(());
            }
        }
    }
    OutgoingBody::finish(body, None).map_err(|_| "the body can't be ended")
}
