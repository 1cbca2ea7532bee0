//! `/runtime/v1/cache`: what the mounts' caches keep, listed and cleared.

use std::{collections::BTreeMap, sync::Arc};

use http::StatusCode;
use secret_runtime::{CachedEntry, Error};
use serde::Serialize;

use super::record::{Done, record};
use crate::serve::{Daemon, Live, caller::Caller, mounts::Mount, reply::Reply, request::Asked};

/// Something that is kept. Its value is not shown.
#[derive(Serialize)]
struct Kept<'a> {
    mount: &'a str,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    options: BTreeMap<String, String>,
    age_seconds: u64,
    left_seconds: u64,
    bytes: usize,
    stale: bool,
    absent: bool,
}

impl<'a> Kept<'a> {
    fn of(mount: &'a str, entry: &CachedEntry) -> Self {
        Self {
            mount,
            name: entry.name.as_str().to_owned(),
            version: entry.version.as_deref().map(str::to_owned),
            options: entry.options.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            age_seconds: entry.age.as_secs(),
            left_seconds: entry.left.as_secs(),
            bytes: entry.bytes,
            stale: entry.stale,
            absent: entry.absent,
        }
    }
}

/// Lists what is kept, of one mount or of all.
pub(super) fn list(daemon: &Daemon, live: &Live, caller: &Caller, asked: &Asked<'_>) -> Result<Reply, Reply> {
    let [mount] = parameters(asked, ["mount"])?;
    let mut kept = Vec::new();
    for mount in chosen(live, mount)? {
        note(daemon, caller, mount, "cache-list", None)?;
        kept.extend(mount.backend.cached().iter().map(|entry| Kept::of(&mount.name, entry)));
    }
    Ok(Reply::json(StatusCode::OK, &serde_json::json!({ "entries": kept })))
}

/// Forgets a secret, all secrets of a mount, or all.
pub(super) fn clear(daemon: &Daemon, live: &Live, caller: &Caller, asked: &Asked<'_>) -> Result<Reply, Reply> {
    let [mount, name] = parameters(asked, ["mount", "name"])?;
    if name.is_some() && mount.is_none() {
        return Err(Reply::error(StatusCode::BAD_REQUEST, "a name is one of a mount; say which"));
    }
    let mut cleared = 0;
    for mount in chosen(live, mount)? {
        note(daemon, caller, mount, "cache-clear", name)?;
        cleared += match name {
            Some(name) => mount.backend.forget(name).map_err(|error| Reply::from(&error))?,
            None => mount.backend.forget_all(),
        };
    }
    Ok(Reply::json(StatusCode::OK, &serde_json::json!({ "cleared": cleared })))
}

/// The values of these parameters of the query. Any other would be meant to say less than all.
fn parameters<'a, const N: usize>(asked: &'a Asked<'_>, known: [&str; N]) -> Result<[Option<&'a str>; N], Reply> {
    let mut found = [None; N];
    for (value, name) in found.iter_mut().zip(known) {
        *value = asked.parameter(name)?;
    }
    if asked.query.len() != found.iter().flatten().count() {
        let reason = format!("the query may have {} and nothing else, each once", known.join(" and "));
        return Err(Reply::error(StatusCode::BAD_REQUEST, &reason));
    }
    Ok(found)
}

/// The mount of this name, or all.
fn chosen<'a>(live: &'a Live, name: Option<&str>) -> Result<Vec<&'a Arc<Mount>>, Reply> {
    let Some(name) = name else { return Ok(live.mounts.values().collect()) };
    let mount = live.mounts.get(name);
    mount.map(|mount| vec![mount]).ok_or_else(|| Reply::error(StatusCode::NOT_FOUND, "there is no such mount"))
}

fn note(
    daemon: &Daemon,
    caller: &Caller,
    mount: &Mount,
    operation: &'static str,
    name: Option<&str>,
) -> Result<(), Reply> {
    let done = Done { operation, backend: Some(&mount.backend), name, ..Done::default() };
    record(daemon.audit.as_ref(), &caller.label, done).map_err(|error: Error| Reply::from(&error))
}
