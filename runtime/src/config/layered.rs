//! One configuration over another: a profile over its file, a project's file over the user's own.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use toml::{Table, Value};

use super::mistake;
use crate::manifest::declared::looks_like_credential;

/// A value that a configuration gives, and where.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its place, such as `backends.prod.timeout`.
    pub key: String,
    /// The value as TOML has it.
    pub value: Value,
    /// The file.
    pub file: Arc<Path>,
    /// The line in it, counted from 1.
    pub line: usize,
    /// The profile, if one gives it.
    pub profile: Option<Arc<str>>,
}

impl Given {
    /// The value as it could be written, unless it looks as if somebody had put a credential where none belongs.
    pub fn shown(&self) -> String {
        let setting = self.key.split_once(".set.").map(|(_, name)| name.replace('-', "_"));
        let address = |text: &str| url::Url::parse(text).is_ok_and(|url| url.password().is_some());
        if setting.as_deref().is_some_and(looks_like_credential) || self.value.as_str().is_some_and(address) {
            return "(hidden: it looks like a credential)".to_owned();
        }
        self.value.to_string()
    }

    /// What is replaced as a whole by the same entry of a configuration above: a backend, a secret, or a key at the top.
    fn entry(&self) -> &str {
        let end = match self.key.split_once('.') {
            Some(("backends" | "secrets", rest)) => {
                let name = rest.split('.').next().unwrap_or(rest);
                self.key.len() - rest.len() + name.len()
            }
            Some((top, _)) => top.len(),
            None => self.key.len(),
        };
        self.key.get(..end).unwrap_or(&self.key)
    }
}

/// Lays a profile's table over the one of its file: tables are joined, everything else is replaced. A credential has
/// one source, so its table is replaced too.
pub(super) fn overlay(base: &mut Table, over: &Table) {
    lay(base, over, false);
}

fn lay(base: &mut Table, over: &Table, credentials: bool) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if !credentials => {
                lay(below, above, key == "credentials");
            }
            _ => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

/// Everything that a table gives, in the order of its keys, with its place in the text. A profile's own table counts
/// first.
pub(super) fn given(table: &Table, text: &str, file: &Path, profile: Option<&str>) -> Vec<Given> {
    let mut leaves = BTreeMap::new();
    collect(table, "", &mut leaves);
    let (file, named): (Arc<Path>, Option<Arc<str>>) = (file.into(), profile.map(Into::into));
    let exact = |path: &str| mistake::locate(text, path).map(|found| found.key.start);
    let over = profile.map(|name| {
        let mut leaves = BTreeMap::new();
        let nothing = Table::new();
        let table = text.parse::<Table>().ok();
        let own = table.as_ref().and_then(|table| table.get("profiles")?.get(name)?.as_table()).unwrap_or(&nothing);
        collect(own, "", &mut leaves);
        (format!("profiles.{name}."), leaves)
    });
    leaves
        .into_iter()
        .map(|(key, value)| {
            let above = over.as_ref().filter(|(_, leaves)| leaves.contains_key(&key));
            let place = match above {
                Some((prefix, _)) => exact(&format!("{prefix}{key}")),
                None => exact(&key),
            };
            let line = mistake::line(text, place.unwrap_or(0));
            Given { key, value, file: file.clone(), line, profile: above.and(named.clone()) }
        })
        .collect()
}

fn collect(table: &Table, path: &str, leaves: &mut BTreeMap<String, Value>) {
    for (key, value) in table {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match value {
            Value::Table(below) if !below.is_empty() => collect(below, &path, leaves),
            _ => drop(leaves.insert(path, value.clone())),
        }
    }
}

/// What is given when one configuration lies over another.
pub(super) fn over(above: &[Given], below: &[Given]) -> Vec<Given> {
    let hidden = |given: &&Given| !above.iter().any(|over| over.entry() == given.entry());
    let mut all: Vec<Given> = above.iter().chain(below.iter().filter(hidden)).cloned().collect();
    all.sort_by(|one, other| one.key.cmp(&other.key));
    all
}
