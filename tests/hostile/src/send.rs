//! Requests as the settings `method`, `url`, `headers` and `body` say.

use crate::{
    bindings::secret_runtime::backend::{
        common::{Detail, Error},
        http::{self, Failure, Request, Response},
    },
    other, setting,
};

/// Sends one request and answers all that came back: status, headers and body.
pub(crate) fn once() -> Result<Vec<u8>, Error> {
    Ok(all_of(send(&request())?))
}

/// Sends one request, and another to wherever the first is sent on to.
pub(crate) fn following() -> Result<Vec<u8>, Error> {
    let mut request = request();
    let reply = send(&request)?;
    match reply.headers.iter().find(|(name, _)| name == "location") {
        Some((_, location)) => {
            request.url.clone_from(location);
            Ok(all_of(send(&request)?))
        }
        None => Ok(all_of(reply)),
    }
}

/// Reads the secret, then asks for `to` with the secret in place of `VALUE`: in host, path, query, method or headers.
pub(crate) fn smuggling() -> Result<Vec<u8>, Error> {
    let secret = String::from_utf8_lossy(&send(&request())?.body).into_owned();
    let with_secret = |key: &str| setting(key).replace("VALUE", &secret);
    let smuggled = Request {
        method: with_secret("to-method"),
        url: with_secret("to"),
        headers: headers(&with_secret("to-headers")),
        body: None,
    };
    Ok(all_of(send(&smuggled)?))
}

/// Sends the same request so many times, whatever becomes of it.
pub(crate) fn many(times: u32) -> String {
    let request = request();
    let answered = (0..times).filter(|_| http::send(&request).is_ok()).count();
    format!("{answered} of {times}")
}

/// Status, headers and body; of them only the body if the setting `only` says so.
fn all_of(reply: Response) -> Vec<u8> {
    if setting("only") == "body" {
        return reply.body;
    }
    let mut all = format!("{}\n", reply.status).into_bytes();
    for (name, value) in reply.headers {
        all.extend(format!("{name}: {value}\n").bytes());
    }
    all.extend(reply.body);
    all
}

fn send(request: &Request) -> Result<Response, Error> {
    http::send(request).map_err(|failure| match failure {
        Failure::Refused(why) => other(why),
        Failure::Timeout => Error::Timeout,
        Failure::Unavailable(why) => Error::Unavailable(Detail { code: String::new(), message: why }),
    })
}

fn request() -> Request {
    let method = Some(setting("method")).filter(|method| !method.is_empty());
    Request {
        method: method.unwrap_or_else(|| "GET".into()),
        url: unescape(&setting("url")),
        headers: headers(&setting("headers")),
        body: Some(setting("body")).filter(|body| !body.is_empty()).map(String::into_bytes),
    }
}

/// `name=value`, several joined by `|`.
fn headers(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('|').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (unescape(name), unescape(value))).collect()
}

/// `\r`, `\n` and `\0` stand for what they do in Rust, for a setting may not hold them.
fn unescape(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0")
}
