//! What each secret would become, before anything is written.

use std::{collections::HashMap, sync::Arc};

use secret_runtime::{Error, Kind, Name, Read, SecretBytes, Shown, Source, WriteMode};

use super::{Interrupt, Progress, Target};
use crate::cli::{Failed, at_once::at_once, exit, formats::Entry};

/// A secret to write, and what it would become.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// As it is there.
    pub(super) name: Arc<str>,
    pub(super) value: SecretBytes,
    pub(super) step: Step,
}

/// What would happen to a secret.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// There is none of this name.
    Create,
    /// There is one with another value, which is replaced.
    Change,
    /// There is one that nobody can look at, which is replaced.
    Replace,
    /// There is one with this very value.
    Same,
    /// There is one, which is left.
    Present,
    /// Nobody can tell whether there is one.
    Unsure,
    /// It could not be found out.
    Failed(Error),
    /// It was not tried any more.
    Untried,
}

/// Finds out what each would become. A name that can't be is an error before anybody is asked.
pub(super) async fn make(
    target: &Target,
    entries: Vec<Entry>,
    unread: Vec<(String, Error)>,
    places: usize,
    interrupt: &Interrupt,
) -> Result<Vec<Item>, Failed> {
    let named = names(target, entries)?;
    let progress = Progress::new("looking", named.len());
    let looking = named.into_iter().map(|(name, value)| {
        let (target, interrupt, progress) = (target.clone(), interrupt.clone(), progress.clone());
        async move {
            let step = match interrupt.code() {
                Some(_) => Step::Untried,
                None => look(&target, &name, &value).await,
            };
            progress.one();
            Item { name: name.shared().clone(), value, step }
        }
    });
    let mut items = at_once(places, looking).await;
    progress.end();
    let nothing = SecretBytes::from(Vec::new());
    items.extend(unread.into_iter().map(|(name, error)| Item {
        name: name.as_str().into(),
        value: nothing.clone(),
        step: Step::Failed(error),
    }));
    Ok(items)
}

/// The names that they will have there. All that can't be are told, and two that would be one.
fn names(target: &Target, entries: Vec<Entry>) -> Result<Vec<(Name, SecretBytes)>, Failed> {
    let mut first = None;
    let mut taken: HashMap<Name, String> = HashMap::new();
    let mut named = Vec::with_capacity(entries.len());
    for entry in entries {
        let typed = format!("{}{}", target.writing.name_prefix, entry.name);
        match target.backend.written_key(&typed) {
            Ok(name) => {
                if let Some(other) = taken.insert(name.clone(), entry.name.clone()) {
                    let both = format!("{} and {} would both be {name}", Shown(&other), Shown(&entry.name));
                    say!("runtime: {both}");
                    first.get_or_insert(Kind::Invalid);
                }
                named.push((name, entry.value));
            }
            Err(error) => {
                say!("runtime: {error}");
                first.get_or_insert(error.kind());
            }
        }
    }
    match first {
        Some(kind) => {
            say!("runtime: nothing was written");
            Err(Failed::silent(exit::exit_code(kind)))
        }
        None => Ok(named),
    }
}

async fn look(target: &Target, name: &Name, value: &SecretBytes) -> Step {
    let options = match target.backend.options(target.opt.iter().cloned()) {
        Ok(options) => options,
        Err(error) => return Step::Failed(error),
    };
    let overwrite = target.writing.overwrite;
    let read = Read { name: name.clone(), version: None, options: options.clone() };
    match target.backend.read(&read, &target.call).await {
        // What the environment says in its place is not there.
        Ok(answer) if answer.source == Source::Environment => Step::Create,
        Ok(answer) if same(answer.secret.expose(), value.expose()) => Step::Same,
        Ok(_) if overwrite => Step::Change,
        Ok(_) => Step::Present,
        Err(error) if error.kind() == Kind::NotFound => Step::Create,
        Err(error) if is_blind(&error) => match target.backend.exists(name.as_str(), &options, &target.call).await {
            Ok(true) if overwrite => Step::Replace,
            Ok(true) => Step::Present,
            Ok(false) => Step::Create,
            Err(error) if is_blind(&error) => Step::Unsure,
            Err(error) => Step::Failed(error),
        },
        Err(error) => Step::Failed(error),
    }
}

/// Whether this says that we may not look, rather than what is there.
fn is_blind(error: &Error) -> bool {
    matches!(error.kind(), Kind::Denied | Kind::Unsupported) || error.rule() == Some("access-mode")
}

/// Compares without telling by its time where two values begin to differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

impl Target {
    /// What must hold for a write to happen.
    pub(super) fn mode(&self) -> WriteMode {
        if self.writing.overwrite { WriteMode::Upsert } else { WriteMode::CreateOnly }
    }
}
