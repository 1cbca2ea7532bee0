//! Variables and their values.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::{ACCOUNT, Rights, State, error, not_found};
use crate::{Reply, target::Target};

/// How many versions of a value are kept.
const VERSIONS: usize = 20;
/// The length of a page whose offset is given and whose limit is not.
const PAGE: usize = 10;

/// A variable with the values it has had, oldest first.
#[derive(Default)]
pub(super) struct Variable(VecDeque<(u64, Vec<u8>)>);

impl Variable {
    /// Adds a version, unless the value is the current one already.
    pub(super) fn store(&mut self, value: &[u8]) {
        let number = match self.0.back() {
            Some((_, current)) if current == value => return,
            Some((number, _)) => number + 1,
            None => 1,
        };
        self.0.push_back((number, value.to_vec()));
        if self.0.len() > VERSIONS {
            self.0.pop_front();
        }
    }

    pub(super) fn value(&self, version: Option<u64>) -> Option<&[u8]> {
        let found = match version {
            Some(version) => self.0.iter().find(|(number, _)| *number == version),
            None => self.0.back(),
        };
        found.map(|(_, value)| value.as_slice())
    }

    fn describe(&self, id: &str) -> Value {
        let secrets: Vec<_> =
            self.0.iter().map(|(number, _)| json!({ "version": number, "expires_at": null })).collect();
        json!({
            "created_at": "2026-01-01T00:00:00.000+00:00",
            "id": format!("{ACCOUNT}:variable:{id}"),
            "owner": format!("{ACCOUNT}:user:admin"),
            "policy": format!("{ACCOUNT}:policy:root"),
            "permissions": [],
            "annotations": [],
            "secrets": secrets,
        })
    }
}

/// Whether variables can be seen at all.
fn sees(rights: Rights) -> bool {
    rights.execute || rights.update
}

pub(super) fn fetch(state: &State, rights: Rights, id: &str, version: Option<&str>) -> Reply {
    let Some(variable) = state.variables.get(id).filter(|_| sees(rights)) else { return missing(id) };
    if !rights.execute {
        return Reply::new(403, "");
    }
    let version = match version.map(str::parse).transpose() {
        Ok(version) => version,
        Err(_) => return error(422, "argument_error", "invalid type for parameter 'version'"),
    };
    match variable.value(version) {
        Some(value) => Reply::new(200, value).with_header("Content-Type", "application/octet-stream"),
        None => missing(id),
    }
}

/// A variable that is not there, or has no such value: the real server makes no difference.
fn missing(id: &str) -> Reply {
    error(404, "not_found", &format!("CONJ00076E Variable {ACCOUNT}:variable:{id} is empty or not found."))
}

pub(super) fn store(state: &mut State, rights: Rights, id: &str, value: &[u8]) -> Reply {
    let Some(variable) = state.variables.get_mut(id).filter(|_| sees(rights)) else { return not_found(id) };
    if !rights.update {
        return Reply::new(403, "");
    }
    // What Ruby calls blank.
    if value.iter().all(|byte| matches!(byte, 9..=13 | b' ')) {
        return error(422, "argument_error", "'value' may not be empty");
    }
    variable.store(value);
    Reply::new(201, "")
}

pub(super) fn show(state: &State, rights: Rights, id: &str) -> Reply {
    match state.variables.get(id).filter(|_| sees(rights)) {
        Some(variable) => Reply::json(200, &variable.describe(id)),
        None => not_found(id),
    }
}

pub(super) fn list(state: &State, rights: Rights, target: &Target) -> Reply {
    let number = |name: &str, least: usize| {
        let given = target.query(name).map(|text| text.parse().ok().filter(|n: &usize| n.to_string() == text));
        given.map(|number| number.filter(|n| *n >= least)).map_or(Ok(None), |number| number.map(Some).ok_or(()))
    };
    let (Ok(limit), Ok(offset)) = (number("limit", 1), number("offset", 0)) else {
        return error(422, "unprocessable_entity", "'limit' or 'offset' contains an invalid value.");
    };
    let shown =
        state.variables.iter().filter(|_| sees(rights) && matches!(target.query("kind"), None | Some("variable")));
    let page = limit.or(offset.map(|_| PAGE)).unwrap_or(usize::MAX);
    let shown = shown.skip(offset.unwrap_or(0)).take(page).map(|(id, variable)| variable.describe(id));
    Reply::json(200, &Value::Array(shown.collect()))
}
