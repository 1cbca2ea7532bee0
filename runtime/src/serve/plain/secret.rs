//! `/runtime/v1/secrets/MOUNT/NAME`: a secret as plain JSON, for webhooks, scripts and our own modules.
//!
//! | | |
//! |---|---|
//! | `GET …/NAME?version=V&field=F` | `{"name","value" or "value_base64","version","source"}` |
//! | `HEAD …/NAME` | whether there is one |
//! | `PUT …/NAME` | `{"value" or "value_base64","description","tags"}`; answers `{"name","version"}` |
//! | `DELETE …/NAME?permanent=true` or `?recovery-days=N` | recoverable unless it says otherwise |
//! | `GET …/FOLDER/?cursor=C&limit=N` | `{"names","next"}`; the mount itself is the topmost folder |
//!
//! Errors are `{"errors":["…"],"kind":"…"}` with the kind that all of the runtime uses.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{Method, StatusCode};
use secret_runtime::{Answer, DeleteMode, Error, Kind, Listing, Write, store::LISTING_LIMIT};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::serve::{
    Daemon, Live, Unreached, caller::Caller, listing, mounts::Reach, reply::Reply, request::Asked, shape,
};

/// Answers what is asked of a secret, or of a folder if the path ends in a slash.
pub(crate) async fn answer(
    daemon: &Daemon,
    live: &Live,
    caller: &Caller,
    asked: &Asked<'_>,
    rest: &[&str],
) -> Result<Reply, Reply> {
    let worded = |why: Unreached| {
        let (status, kind, words) = why.told();
        Reply::worded(status, kind, words)
    };
    let (mount, name) = rest.split_first().ok_or_else(|| worded(Unreached::Hidden))?;
    let (reach, name) = (daemon.reach(live, caller, mount).map_err(worded)?, name.join("/"));
    match asked.method {
        Method::GET if asked.path.folder || name.is_empty() => list(reach, &name, asked).await,
        _ if asked.path.folder || name.is_empty() => Err(unsupported("a folder is only listed")),
        Method::GET => read(reach, &name, asked).await,
        Method::HEAD => exists(reach, &name, asked).await,
        Method::PUT => write(reach, &name, asked).await,
        Method::DELETE => delete(reach, &name, asked).await,
        _ => Err(unsupported("a secret is read, written with PUT, or deleted")),
    }
}

#[derive(Serialize)]
struct Found<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<&'a str>,
    version: Option<&'a str>,
    source: &'static str,
}

async fn read(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    only(asked, &["version", "field"])?;
    let (version, options) = (asked.parameter("version")?, field(reach, asked)?);
    let Answer { secret, source } = reach.read(name, version, options).await.map_err(failure)?;
    let value = secret.expose_str();
    let encoded = value.is_none().then(|| Zeroizing::new(STANDARD.encode(secret.expose())));
    let found = Found {
        name,
        value,
        value_base64: encoded.as_ref().map(|encoded| encoded.as_str()),
        version: secret.version(),
        source: source.as_str(),
    };
    Ok(Reply::json(StatusCode::OK, &found).marked(source))
}

async fn exists(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    only(asked, &[])?;
    let found = reach.exists(name).await.map_err(failure)?;
    Ok(Reply::empty(if found { StatusCode::OK } else { StatusCode::NOT_FOUND }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    value: Option<String>,
    value_base64: Option<String>,
    description: Option<String>,
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Stored<'a> {
    name: &'a str,
    version: Option<&'a str>,
}

async fn write(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    only(asked, &["field"])?;
    let New { value, value_base64, description, tags } = serde_json::from_slice(&asked.body)
        .map_err(|_| invalid("the body is JSON with value or value_base64, and maybe description and tags"))?;
    let value = match (value, value_base64) {
        (Some(value), None) => value.into_bytes(),
        (None, Some(encoded)) => {
            STANDARD.decode(Zeroizing::new(encoded).as_bytes()).map_err(|_| invalid("value_base64 is not Base64"))?
        }
        _ => return Err(invalid("a secret has either value or value_base64")),
    };
    let options = field(reach, asked)?.into_iter().collect();
    let new = Write { description, tags: tags.into_iter().collect(), options, ..Write::new(value) };
    let written = reach.write(name, &new).await.map_err(failure)?;
    let stored = Stored { name: written.name.as_str(), version: written.version.as_deref() };
    Ok(Reply::json(StatusCode::OK, &stored))
}

async fn delete(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    only(asked, &["permanent", "recovery-days"])?;
    let days = asked.parameter("recovery-days")?.map(str::parse).transpose();
    let mode = match (asked.parameter("permanent")?, days) {
        (None | Some("false"), Ok(days)) => DeleteMode::Recoverable(days),
        (Some("true"), Ok(None)) => DeleteMode::Permanent,
        _ => return Err(invalid("what is deleted is deleted with permanent=true, or with recovery-days=NUMBER")),
    };
    reach.delete(name, mode).await.map_err(failure)?;
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

#[derive(Serialize)]
struct Names<'a> {
    names: Vec<&'a str>,
    next: Option<&'a str>,
}

async fn list(reach: Reach<'_>, folder: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    only(asked, &["cursor", "limit"])?;
    let limit = asked.parameter("limit")?.map(str::parse).transpose();
    let limit = limit.ok().filter(|limit| limit.is_none_or(|limit| (1..=LISTING_LIMIT).contains(&limit)));
    let limit = limit.ok_or_else(|| invalid(&format!("a limit is a number from 1 to {LISTING_LIMIT}")))?;
    let listing = Listing {
        prefix: if folder.is_empty() { String::new() } else { format!("{folder}/") },
        cursor: asked.parameter("cursor")?.map(str::to_owned),
        limit: limit.unwrap_or(LISTING_LIMIT),
        ..Listing::default()
    };
    let page = listing::page(reach, &listing).await.map_err(failure)?;
    let names = page.entries.iter().map(|entry| entry.name.as_str()).collect();
    Ok(Reply::json(StatusCode::OK, &Names { names, next: page.next.as_deref() }))
}

/// The field that the caller names, where it does; else what the mount shows.
fn field(reach: Reach<'_>, asked: &Asked<'_>) -> Result<Option<(String, String)>, Reply> {
    Ok(asked.parameter("field")?.map(shape::field).or_else(|| shape::options(reach.mount)))
}

/// Refuses parameters that have no effect here.
fn only(asked: &Asked<'_>, known: &[&str]) -> Result<(), Reply> {
    match asked.query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        None => Ok(()),
        Some((name, _)) => Err(invalid(&format!("there is no parameter {} here", secret_runtime::Shown(name)))),
    }
}

fn failure(error: Error) -> Reply {
    Reply::failure(&error)
}

fn invalid(reason: &str) -> Reply {
    Reply::worded(StatusCode::BAD_REQUEST, Kind::Invalid, reason)
}

fn unsupported(reason: &str) -> Reply {
    Reply::worded(StatusCode::METHOD_NOT_ALLOWED, Kind::Unsupported, reason)
}
