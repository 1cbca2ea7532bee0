//! One `[secrets.NAME]` table: where a secret is that a program knows by this name.

use super::{Reference, reference::is_file};
use crate::{
    manifest::{ManifestError, fields::Item},
    text::Shown,
};

/// Reads `NAME = { backend = "…", name = "…", version = "…", field = "…" }`, where everything can be left out, or
/// `NAME = "ref+BACKEND://…"`.
pub(super) fn read(name: &str, item: Item) -> Result<Reference, ManifestError> {
    if item.value().is_str() {
        return item.parse(str::parse);
    }
    let file =
        item.wrong("a secret is in a backend that goes by its name: a component's file is named by [backends.NAME]");
    let mut fields = item.fields()?;
    let reference = Reference {
        backend: fields.text("backend")?,
        name: fields.text("name")?.unwrap_or_else(|| name.to_owned()),
        version: fields.text("version")?,
        field: fields.text("field")?,
    };
    fields.finish()?;
    if reference.backend.as_deref().is_some_and(is_file) { Err(file) } else { Ok(reference) }
}

/// In plain words.
pub(super) fn told(reference: &Reference) -> String {
    let mut text = Shown(&reference.name).to_string();
    if let Some(field) = &reference.field {
        text.push_str(&format!(", its field {}", Shown(field)));
    }
    if let Some(version) = &reference.version {
        text.push_str(&format!(", in version {}", Shown(version)));
    }
    match &reference.backend {
        Some(backend) => text.push_str(&format!(", in the backend {}.", Shown(backend))),
        None => text.push_str(", in the default backend."),
    }
    text
}
