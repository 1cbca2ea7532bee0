//! `list`: names, never values.

use std::{fmt::Write as _, process::ExitCode};

use secret_runtime::{Entry, Listing, Shown};
use serde_json::{Map, Value, json};

use super::{
    Failed,
    args::{List, Options},
    output,
    session::Session,
};

pub(crate) async fn run(options: &Options, command: List) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?;
    let backend = session.backend(None).await?;
    let call = session.call(&backend);
    let wanted = usize::try_from(command.limit).unwrap_or(usize::MAX);
    let mut listing = Listing {
        prefix: command.prefix,
        cursor: None,
        limit: command.limit,
        options: backend.options(command.opt.opt)?,
    };
    let mut entries: Vec<Entry> = Vec::new();
    let mut total = None;
    let more = loop {
        let page = backend.list(&listing, &call).await?;
        total = total.or(page.total);
        entries.extend(page.entries);
        match page.next {
            _ if entries.len() > wanted => break true,
            Some(_) if entries.len() == wanted => break true,
            // A backend that never comes to an end would go round for ever.
            Some(next) if listing.cursor.as_ref() != Some(&next) => listing.cursor = Some(next),
            Some(_) => {
                return Err(secret_runtime::Error::new(
                    secret_runtime::Kind::Component,
                    "the backend answers the same page again and again",
                )
                .into());
            }
            None => break false,
        }
    };
    entries.truncate(wanted);
    if more {
        say!("runtime: there are more; --limit shows more of them");
    }
    let mut object = json!({ "entries": entries.iter().map(entry_json).collect::<Vec<_>>(), "more": more });
    if let (Some(total), Some(object)) = (total, object.as_object_mut()) {
        object.insert("total".into(), total.into());
    }
    output::either(options.output, &lines(&entries, command.long), &object)
}

fn lines(entries: &[Entry], long: bool) -> String {
    let mut text = String::new();
    for entry in entries {
        let _ = write!(text, "{}", Shown(&entry.name));
        if long {
            let _ = write!(
                text,
                "\t{}",
                entry.version.as_deref().map(Shown).map_or(String::new(), |version| version.to_string())
            );
            if entry.expired == Some(true) {
                text.push_str("\texpired");
            }
            for (key, value) in &entry.metadata {
                let _ = write!(text, "\t{}={}", Shown(key), Shown(value));
            }
        }
        text.push('\n');
    }
    text
}

fn entry_json(entry: &Entry) -> Value {
    let mut object = json!({ "name": entry.name });
    if let Some(object) = object.as_object_mut() {
        if let Some(version) = &entry.version {
            object.insert("version".into(), version.as_str().into());
        }
        if let Some(expired) = entry.expired {
            object.insert("expired".into(), expired.into());
        }
        if !entry.metadata.is_empty() {
            let metadata: Map<_, _> =
                entry.metadata.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect();
            object.insert("metadata".into(), metadata.into());
        }
    }
    object
}
