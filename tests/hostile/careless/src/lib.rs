//! A small backend that does everything right but for the one mistake that the setting `mistake` names.
//!
//! `GET {address}/secret/NAME`, and the body of the reply is the value; `GET {address}/secrets` lists in pages.

use secret_runtime_guest::{
    Entry, Error, Exists, List, Options, Page, Read, Result, Secret, config,
    http::{Request, Response, Url},
    log,
};
use serde::Deserialize;

struct Careless;

secret_runtime_guest::export!(Careless: Read, Exists, List);

/// Whether this is the mistake to make.
fn makes(mistake: &str) -> bool {
    config::get("mistake").as_deref() == Some(mistake)
}

impl Read for Careless {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        if version.is_some() && !makes("any-version") {
            return Err(Error::unsupported("there are no versions"));
        }
        let mut value = secret(name)?.ok_or(Error::NotFound)?.body;
        if makes("trim") {
            value = value.trim_ascii().to_vec();
        }
        if makes("log") {
            log::debug(&format!("it is {}", String::from_utf8_lossy(&value)));
        }
        Ok(Secret::new(value))
    }
}

impl Exists for Careless {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        if makes("trap") {
            panic!("the component panics");
        }
        if makes("astray") {
            Request::get(url("others", name)?).send()?;
        }
        Ok(secret(name)?.is_some())
    }
}

impl List for Careless {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        #[derive(Deserialize)]
        struct Names {
            names: Vec<String>,
            next: Option<String>,
        }
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty());
        let url = Url::new(&config::require("address")?).segment("secrets").maybe_query("prefix", prefix);
        let url = url.query("limit", &limit.to_string()).maybe_query("cursor", cursor);
        let reply = Request::get(url).send()?;
        if reply.status != 200 {
            return if makes("empty-page") { Ok(Page::of_all(Vec::new(), None, limit)) } else { Err(failure(&reply)) };
        }
        let Names { names, next } = reply.json()?;
        let next = if makes("endless") { Some("0/+=".to_owned()) } else { next };
        let total = None;
        Ok(Page { entries: names.into_iter().map(Entry::new).collect(), next, total })
    }
}

/// The reply to a request for the secret, if there is one.
fn secret(name: &str) -> Result<Option<Response>> {
    let reply = Request::get(url("secret", name)?).send()?;
    match reply.status {
        200 => Ok(Some(reply)),
        404 => Ok(None),
        500 if makes("absent") => Ok(None),
        429 if makes("hurry") => Err(Error::RateLimited(None)),
        _ => Err(failure(&reply)),
    }
}

fn failure(reply: &Response) -> Error {
    match reply.status {
        403 if makes("unavailable") => Error::unavailable("the upstream fails"),
        _ => reply.error(),
    }
}

fn url(folder: &str, name: &str) -> Result<String> {
    let address = config::require("address")?;
    Ok(match makes("as-it-is") {
        true => format!("{address}/{folder}/{name}"),
        false => Url::new(&address).segment(folder).segment(name).into(),
    })
}
