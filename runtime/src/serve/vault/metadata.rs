//! `/v1/MOUNT/metadata/…`: what lies in a folder, and what is known of a secret beside its value.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use http::StatusCode;
use secret_runtime::{DeleteMode, Operation, Source};
use serde::Serialize;

use super::{
    data::{self, Metadata, NO_TIME},
    envelope::Envelope,
};
use crate::serve::{listing, mounts::Reach, reply::Reply, request::Asked, shape};

/// Answers what is asked of a folder, or of a secret beside its value.
pub(super) async fn answer(reach: Reach<'_>, name: &str, asked: &Asked<'_>) -> Result<Reply, Reply> {
    match asked.method.as_str() {
        "LIST" => list(reach, name).await,
        "GET" if super::wants_list(asked)? => list(reach, name).await,
        _ if name.is_empty() => Err(Reply::not_found()),
        "GET" => known(reach, name).await,
        "DELETE" => data::delete(reach, name, DeleteMode::Permanent).await,
        "POST" | "PUT" | "PATCH" => Err(super::not_possible("what lies beside a secret can't be changed here")),
        _ => Err(super::unsupported_operation()),
    }
}

#[derive(Serialize)]
struct Keys<'a> {
    keys: BTreeSet<&'a str>,
}

/// Lists what lies directly in a folder, as far as the caller may see it.
async fn list(reach: Reach<'_>, folder: &str) -> Result<Reply, Reply> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let entries = listing::in_time(reach, listing::all(reach, &prefix)).await?;
    let keys: BTreeSet<_> = entries.iter().filter_map(|entry| child(&prefix, &entry.name)).collect();
    if keys.is_empty() {
        return Err(Reply::not_found());
    }
    Ok(Reply::json(StatusCode::OK, &Envelope::new(Keys { keys })))
}

/// What an entry is called in the folder of this prefix: a name, or a folder with its slash; none for what is not in it.
fn child<'a>(prefix: &str, entry: &'a str) -> Option<&'a str> {
    let inner = entry.strip_prefix(prefix).filter(|inner| !inner.is_empty())?;
    let end = inner.find('/').map_or(inner.len(), |slash| slash + 1);
    inner.get(..end).filter(|child| *child != "/")
}

/// What Vault tells of a secret without its value.
#[derive(Serialize)]
struct Known<'a> {
    cas_required: bool,
    created_time: &'a str,
    current_metadata_version: u64,
    current_version: u64,
    custom_metadata: Option<BTreeMap<&'a str, Cow<'a, str>>>,
    delete_version_after: &'a str,
    max_versions: u64,
    metadata_cas_required: bool,
    oldest_version: u64,
    updated_time: &'a str,
    versions: BTreeMap<u64, Version<'a>>,
}

#[derive(Serialize)]
struct Version<'a> {
    created_time: &'a str,
    deletion_time: String,
    destroyed: bool,
}

impl Default for Known<'_> {
    fn default() -> Self {
        Self {
            cas_required: false,
            created_time: NO_TIME,
            current_metadata_version: 0,
            current_version: 0,
            custom_metadata: None,
            delete_version_after: "0s",
            max_versions: 0,
            metadata_cas_required: false,
            oldest_version: 0,
            updated_time: NO_TIME,
            versions: BTreeMap::new(),
        }
    }
}

/// Tells the current version, and nothing of versions that nobody can know of; a caller that may not read learns that
/// there is such a secret.
async fn known(reach: Reach<'_>, name: &str) -> Result<Reply, Reply> {
    // Who may not read it is still told whether there is one.
    if !reach.may(Operation::Read, name) {
        let found = reach.exists(name).await?;
        return if found { Ok(told(Known::default(), Source::Backend)) } else { Err(Reply::not_found()) };
    }
    let answer = reach.read(name, None, shape::options(reach.mount)).await?;
    let Metadata { created_time, custom_metadata, deletion_time, version, .. } =
        Metadata::of(reach.mount.shape.objects, &answer.secret);
    let current = (version > 0).then_some((version, Version { created_time, deletion_time, destroyed: false }));
    let known = Known {
        // The first version is as old as the secret.
        created_time: if version == 1 { created_time } else { NO_TIME },
        current_version: version,
        custom_metadata,
        updated_time: created_time,
        versions: current.into_iter().collect(),
        ..Known::default()
    };
    Ok(told(known, answer.source))
}

fn told(known: Known<'_>, source: Source) -> Reply {
    Reply::json(StatusCode::OK, &Envelope::new(known).marked(source)).marked(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_at_the_folders_below() {
        for (prefix, entry, expected) in [
            ("", "a", Some("a")),
            ("", "team/a", Some("team/")),
            ("", "team/", Some("team/")),
            ("team/", "team/a", Some("a")),
            ("team/", "team/deep/er/a", Some("deep/")),
            ("team/", "team/deep/", Some("deep/")),
            ("team/", "team/", None),
            ("team/", "teams/a", None),
            ("team/", "other", None),
            ("", "/a", None),
            ("", "", None),
            ("", "é/ü", Some("é/")),
        ] {
            assert_eq!(child(prefix, entry), expected, "{prefix} {entry}");
        }
    }
}
