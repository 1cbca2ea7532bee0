//! Writing what was planned.

use std::sync::Arc;

use secret_runtime::{Error, Kind, Operation, Write, WriteMode};

use super::{
    Interrupt, Progress, Target,
    plan::{Item, Step},
};
use crate::cli::{Failed, at_once::at_once};

/// What became of a secret.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    Created,
    Changed,
    /// It had this value already.
    Same,
    /// There is one, which was left.
    Skipped,
    Failed(Error),
    /// Interrupted before it was tried.
    Untried,
}

/// Writes what is to be written. One that fails does not stop the others, unless nothing can be written at all.
pub(super) async fn all(
    target: &Target,
    items: Vec<Item>,
    places: usize,
    interrupt: &Interrupt,
) -> Result<Vec<(Arc<str>, Fate)>, Failed> {
    let mut fates: Vec<(Arc<str>, Fate)> = Vec::with_capacity(items.len());
    let mut left = items.into_iter();
    // The first goes alone: if the backend can't or may not write, it is said once.
    for item in left.by_ref() {
        let (tried, name, fate) = (item.is_written(), item.name.clone(), one(target, item, interrupt).await);
        match fate {
            Fate::Failed(error) if tried && concerns_all(target, &error) => return Err(error.into()),
            fate => fates.push((name, fate)),
        }
        if tried {
            break;
        }
    }
    let progress = Progress::new("writing", left.len());
    let writing = left.map(|item| {
        let (target, interrupt, progress) = (target.clone(), interrupt.clone(), progress.clone());
        async move {
            let name = item.name.clone();
            let fate = one(&target, item, &interrupt).await;
            progress.one();
            (name, fate)
        }
    });
    fates.extend(at_once(places, writing).await);
    progress.end();
    Ok(fates)
}

fn concerns_all(target: &Target, error: &Error) -> bool {
    error.rule() == Some("access-mode") || !target.backend.operations().any(|one| one == Operation::Write)
}

impl Item {
    fn is_written(&self) -> bool {
        matches!(self.step, Step::Create | Step::Change | Step::Replace | Step::Unsure)
    }
}

async fn one(target: &Target, item: Item, interrupt: &Interrupt) -> Fate {
    match item.step {
        _ if interrupt.code().is_some() => Fate::Untried,
        Step::Same => Fate::Same,
        Step::Present => Fate::Skipped,
        Step::Failed(error) => Fate::Failed(error),
        Step::Untried => Fate::Untried,
        Step::Create | Step::Unsure => match store(target, &item, target.mode()).await {
            Ok(()) => Fate::Created,
            // Somebody else was quicker, or it was there and nobody could tell.
            Err(error) if error.kind() == Kind::Conflict && !target.writing.overwrite => Fate::Skipped,
            Err(error) if error.kind() == Kind::Unsupported && !target.writing.overwrite => {
                if let Step::Unsure = item.step {
                    let reason = "nobody may look whether it is there; --overwrite writes it, whatever is there";
                    return Fate::Failed(Error::new(Kind::Denied, reason).for_key(&item.name));
                }
                // The upstream has no such condition, and a moment ago there was none.
                done(store(target, &item, WriteMode::Upsert).await, Fate::Created)
            }
            Err(error) => Fate::Failed(error),
        },
        Step::Change | Step::Replace => done(store(target, &item, WriteMode::Upsert).await, Fate::Changed),
    }
}

fn done(stored: Result<(), Error>, fate: Fate) -> Fate {
    stored.map_or_else(Fate::Failed, |()| fate)
}

async fn store(target: &Target, item: &Item, mode: WriteMode) -> Result<(), Error> {
    let write = Write {
        value: item.value.clone(),
        mode,
        description: target.writing.about.description.clone(),
        tags: target.writing.about.tag.clone(),
        options: target.opt.to_vec(),
        ..Write::new(Vec::new())
    };
    target.backend.write(&item.name, &write, &target.call).await.map(drop)
}
