//! `/v1/sys/…`: what clients ask of the server itself before, or beside, they ask for secrets.

use std::time::SystemTime;

use http::{Method, StatusCode};
use secret_runtime::Shown;
use serde_json::{Map, Value, json};

use super::envelope::Envelope;
use crate::serve::{Daemon, Live, caller::Caller, mounts::Mount, reply::Reply, request::Asked};

/// Answers what Vault answers to anybody: it tells that a daemon is here, and no more.
pub(crate) fn open(daemon: &Daemon, method: &Method, path: &[String]) -> Option<Reply> {
    let [v1, sys, word] = path else { return None };
    if v1 != "v1" || sys != "sys" {
        return None;
    }
    let body = match word.as_str() {
        "health" => health(),
        "seal-status" => seal_status(),
        "init" => json!({ "initialized": true }),
        "leader" => json!({ "ha_enabled": false, "is_self": true, "leader_address": "", "leader_cluster_address": "" }),
        _ => return None,
    };
    let status = match word.as_str() {
        "health" if daemon.is_draining() => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    Some(match *method {
        Method::GET => Reply::json(status, &body),
        Method::HEAD if word == "health" => Reply::empty(status),
        _ => super::unsupported_operation(),
    })
}

fn health() -> Value {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    json!({
        "initialized": true,
        "sealed": false,
        "standby": false,
        "replication_performance_mode": "disabled",
        "replication_dr_mode": "disabled",
        "server_time_utc": now.as_secs(),
        "version": env!("CARGO_PKG_VERSION"),
    })
}

fn seal_status() -> Value {
    json!({
        "type": "none",
        "initialized": true,
        "sealed": false,
        "t": 0,
        "n": 0,
        "progress": 0,
        "nonce": "",
        "recovery_seal": false,
        "version": env!("CARGO_PKG_VERSION"),
        "migration": false,
        "storage_type": "secret-runtime",
    })
}

/// Answers the rest of `/v1/sys`, as far as this caller reaches.
pub(super) fn answer(
    daemon: &Daemon,
    live: &Live,
    caller: &Caller,
    asked: &Asked<'_>,
    rest: &[&str],
) -> Result<Reply, Reply> {
    let reached = || live.mounts.values().filter(|mount| caller.scopes.reach(&mount.name));
    let found = |name: &str| daemon.reach(live, caller, name).map(|reach| reach.mount);
    let all = || reached().map(|mount| (format!("{}/", mount.name), described(mount))).collect::<Map<_, _>>();
    let body = match rest {
        ["internal", "ui", "mounts"] => json!({ "auth": {}, "secret": all() }),
        ["internal", "ui", "mounts", place @ ..] => {
            let mount = place.first().and_then(|name| found(name).ok()).ok_or_else(|| no_access(place))?;
            let mut body = described(mount);
            if let Value::Object(body) = &mut body {
                body.insert("path".to_owned(), format!("{}/", mount.name).into());
            }
            body
        }
        ["mounts"] => Value::Object(all()),
        ["mounts", name] => described(found(name).map_err(|_| Reply::forbidden())?),
        _ => return Err(super::no_route()),
    };
    match asked.method {
        Method::GET => Ok(Reply::json(StatusCode::OK, &Envelope::new(body))),
        _ => Err(super::unsupported_operation()),
    }
}

/// What Vault says to who asks for a mount that it does not reach, whether there is one or not.
fn no_access(place: &[&str]) -> Reply {
    let path = place.join("/");
    let reason = format!(
        "preflight capability check returned 403, please ensure client's policies grant access to path \"{}/\"",
        Shown(&path)
    );
    Reply::error(StatusCode::FORBIDDEN, &reason)
}

/// A mount as Vault describes one of its key/value store, version 2.
fn described(mount: &Mount) -> Value {
    json!({
        "accessor": format!("kv_{}", mount.name),
        "config": { "default_lease_ttl": 0, "force_no_cache": false, "max_lease_ttl": 0 },
        "deprecation_status": "supported",
        "description": format!("secrets of the backend {}", mount.backend.name()),
        "external_entropy_access": false,
        "local": false,
        "options": { "version": "2" },
        "plugin_version": "",
        "running_plugin_version": "",
        "running_sha256": "",
        "seal_wrap": false,
        "type": "kv",
        "uuid": "",
    })
}
