//! `/v1.0/secrets/STORE/NAME` and `…/STORE/bulk`: the secrets API of Dapr; a mount is a store.
//!
//! A secret with one value is `{"NAME":"value"}`; one of several fields, where the mount passes objects, is an object of
//! them. What is not there is 204. Errors are `{"errorCode","message"}` with the codes and statuses of Dapr itself: 401
//! for a store that there is not, or not for this caller, 403 for a name out of its scopes, 500 for the rest.
//!
//! Of the `metadata.…` parameters, `metadata.version_id` names a version. Any other would be passed to a store's own
//! client by Dapr; there is none here to obey it, so it is refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{Method, StatusCode};
use secret_runtime::{Answer, Entry, Error, Kind, Operation, Shown, Source};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::serve::{
    Daemon, Live,
    caller::Caller,
    listing,
    mounts::{self, Mount, Reach},
    reply::{self, Reply},
    request::Asked,
    shape::{self, Fields},
};

/// The most secrets of one bulk reply.
const BULK: usize = 1000;

/// The most bytes of all their values together.
const BULK_BYTES: usize = 16 << 20;

/// How many folders are looked into for it.
const FOLDERS: usize = 100;

/// Answers what is asked of a store.
pub(crate) async fn answer(
    daemon: &Daemon,
    live: &Live,
    caller: &Caller,
    asked: &Asked<'_>,
    rest: &[&str],
) -> Result<Reply, Reply> {
    if live.mounts.is_empty() {
        let reason = "secret store is not configured";
        return Err(error(StatusCode::INTERNAL_SERVER_ERROR, "ERR_SECRET_STORES_NOT_CONFIGURED", &reason));
    }
    let (store, name) = match rest {
        [store, name @ ..] if !name.is_empty() && !asked.path.folder => (*store, name.join("/")),
        _ => return Err(malformed("there is no such route")),
    };
    if asked.method != Method::GET {
        return Err(error(StatusCode::METHOD_NOT_ALLOWED, "ERR_MALFORMED_REQUEST", &"secrets are only read"));
    }
    let reach = daemon.reach(live, caller, store).map_err(|_| {
        let reason = format!("failed finding secret store with key {}", Shown(store));
        error(StatusCode::UNAUTHORIZED, "ERR_SECRET_STORE_NOT_FOUND", &reason)
    })?;
    let parameters = asked.query.iter().filter(|(name, _)| name.starts_with("metadata."));
    let is_bulk = name == "bulk";
    for (parameter, _) in parameters {
        if is_bulk || parameter != "metadata.version_id" {
            return Err(malformed(&format!("the parameter {} has no effect here", Shown(parameter))));
        }
    }
    if is_bulk { bulk(reach).await } else { one(reach, &name, asked.parameter("metadata.version_id")?).await }
}

async fn one(reach: Reach<'_>, name: &str, version: Option<&str>) -> Result<Reply, Reply> {
    match reach.read(name, version, shape::options(reach.mount)).await {
        Ok(answer) => {
            let source = answer.source;
            Ok(Reply::json(StatusCode::OK, &Secret { mount: reach.mount, name, answer: &answer }).marked(source))
        }
        Err(failed) if failed.kind() == Kind::NotFound => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Err(failed) if failed.rule() == Some(mounts::SCOPE) => {
            let reason = format!("access denied by policy to get \"{}\" from \"{}\"", Shown(name), reach.mount.name);
            Err(error(StatusCode::FORBIDDEN, "ERR_PERMISSION_DENIED", &reason))
        }
        Err(failed) => {
            let (store, why) = (&reach.mount.name, reply::told(&failed));
            let reason = format!("failed getting secret with key {} from secret store {store}: {why}", Shown(name));
            Err(error(StatusCode::INTERNAL_SERVER_ERROR, "ERR_SECRET_GET", &reason))
        }
    }
}

/// All secrets that the caller may list and read. What it may not is never asked for.
async fn bulk(reach: Reach<'_>) -> Result<Reply, Reply> {
    let found = listing::in_time(reach, async { read(reach, names(reach).await?).await }).await.map_err(|failed| {
        let (store, why) = (&reach.mount.name, reply::told(&failed));
        let reason = format!("failed getting secrets from secret store {store}: {why}");
        error(StatusCode::INTERNAL_SERVER_ERROR, "ERR_SECRET_GET", &reason)
    })?;
    let stale = found.values().any(|answer| answer.source == Source::Stale);
    let secrets: BTreeMap<_, _> =
        found.iter().map(|(name, answer)| (name, Secret { mount: reach.mount, name, answer })).collect();
    let reply = Reply::json(StatusCode::OK, &secrets);
    Ok(if stale { reply.marked(Source::Stale) } else { reply })
}

/// The names of all secrets that the caller may list and read, those in folders too.
async fn names(reach: Reach<'_>) -> Result<BTreeSet<String>, Error> {
    let mut names = BTreeSet::new();
    let mut folders = vec![String::new()];
    for _ in 0..FOLDERS {
        let Some(folder) = folders.pop() else { return Ok(names) };
        for Entry { name, .. } in listing::all(reach, &folder).await? {
            // A folder in itself would be looked at for ever.
            if !name.ends_with('/') {
                if reach.may(Operation::Read, &name) {
                    names.insert(name);
                }
            } else if name.len() > folder.len() && name.starts_with(&folder) {
                folders.push(name);
            }
        }
        if names.len() > BULK {
            break;
        }
    }
    Err(listing::too_many())
}

/// Reads each of these, a few at a time.
async fn read(reach: Reach<'_>, names: BTreeSet<String>) -> Result<BTreeMap<String, Answer>, Error> {
    let (left, bytes) = (Mutex::new(names.into_iter()), AtomicUsize::new(0));
    // Each takes the next name that is left, so that as many are read at a time as there are of them.
    let worker = || async {
        let mut found = Vec::new();
        loop {
            let Some(name) = left.lock().unwrap_or_else(PoisonError::into_inner).next() else { return Ok(found) };
            match reach.read(&name, None, shape::options(reach.mount)).await {
                Ok(answer) => {
                    let length = answer.secret.expose().len();
                    if bytes.fetch_add(length, Ordering::Relaxed) + length > BULK_BYTES {
                        return Err(listing::too_many());
                    }
                    found.push((name, answer));
                }
                // Deleted since it was listed.
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    };
    let (a, b, c, d, e, f, g, h) =
        tokio::try_join!(worker(), worker(), worker(), worker(), worker(), worker(), worker(), worker())?;
    Ok([a, b, c, d, e, f, g, h].into_iter().flatten().collect())
}

/// A secret as Dapr has it: texts by their names.
struct Secret<'a> {
    mount: &'a Mount,
    name: &'a str,
    answer: &'a Answer,
}

impl Serialize for Secret<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let name = [self.name.to_owned()];
        match Fields::shaped(self.mount.shape.objects, &name, &self.answer.secret) {
            Fields::Object(object) => {
                let fields: BTreeMap<String, &RawValue> =
                    serde_json::from_str(object.get()).map_err(serde::ser::Error::custom)?;
                serializer.collect_map(fields.iter().map(|(name, json)| (name, Text(json))))
            }
            fields => fields.serialize(serializer),
        }
    }
}

/// A field as text: a string as it is, and anything else as its JSON.
struct Text<'a>(&'a RawValue);

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.get().starts_with('"') {
            self.0.serialize(serializer)
        } else {
            serializer.serialize_str(self.0.get())
        }
    }
}

fn malformed(reason: &str) -> Reply {
    error(StatusCode::BAD_REQUEST, "ERR_MALFORMED_REQUEST", &reason)
}

fn error(status: StatusCode, code: &str, message: &dyn Display) -> Reply {
    Reply::json(status, &serde_json::json!({ "errorCode": code, "message": message.to_string() }))
}
