//! Many secrets on their way into a backend: what each would become is found out first, then each is written, and in
//! the end it is told what became of them. For `import` and `copy`.

mod interrupt;
mod names;
mod plan;
mod progress;
mod read;
mod summary;
mod write;

use std::{process::ExitCode, sync::Arc};

use clap::value_parser;
use secret_runtime::{Backend, Call, Error, Globs, Shown};

pub(crate) use self::{interrupt::Interrupt, read::Origin};
use self::{names::all_names, progress::Progress};
use super::{
    Failed,
    args::{About, Options},
    formats::Entry,
    session::Session,
};

/// Which secrets are meant.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Chosen {
    /// Only names that a glob covers: * stays in a segment, ** crosses
    #[arg(long, value_name = "GLOB,…", value_delimiter = ',')]
    pub(crate) only: Vec<String>,
}

impl Chosen {
    /// The globs; none for every name.
    pub(crate) fn globs(&self) -> Result<Option<Globs>, Failed> {
        if self.only.is_empty() {
            return Ok(None);
        }
        Globs::new(&self.only).map(Some).map_err(|cause| Failed::usage(format!("--only: {cause}")))
    }

    /// Refuses a glob that covers none of these names, which are where they are looked for: it is a slip, and must not
    /// pass for work that is done.
    pub(crate) fn covers<'n>(&self, names: impl Iterator<Item = &'n str> + Clone, place: &str) -> Result<(), Failed> {
        let idle = |glob: &&String| Globs::new([glob]).is_ok_and(|glob| !names.clone().any(|name| glob.matches(name)));
        match self.only.iter().find(idle) {
            Some(glob) => Err(Failed::usage(format!("--only {}: {place} has no such name", Shown(glob)))),
            None => Ok(()),
        }
    }
}

/// How much happens at the same time.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Parallel {
    /// How many secrets are read or written at the same time
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = value_parser!(u16).range(1..=256))]
    at_once: u16,
}

impl Parallel {
    pub(crate) fn places(self) -> usize {
        self.at_once.into()
    }
}

/// How secrets are written.
#[derive(Debug, clap::Args)]
pub(crate) struct Writing {
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Give a name that is there already its new value; otherwise it is left as it is
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Put this before every name
    #[arg(long, value_name = "P", default_value = "", hide_default_value = true)]
    pub(crate) name_prefix: String,
    #[command(flatten)]
    pub(crate) about: About,
}

/// A backend to write to, and how.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) backend: Backend,
    pub(crate) writing: Arc<Writing>,
    /// Settings of the backend for each call.
    pub(crate) opt: Arc<[(String, String)]>,
    /// What a secret was once it is written, in a word.
    done: &'static str,
    call: Call,
}

impl Target {
    pub(crate) fn new(
        session: &Session<'_>,
        backend: Backend,
        writing: Writing,
        opt: Vec<(String, String)>,
        done: &'static str,
    ) -> Result<Self, Failed> {
        backend.options(opt.iter().cloned())?;
        let call = Call { fresh: true, ..session.call(&backend) };
        Ok(Self { backend, writing: Arc::new(writing), opt: opt.into(), done, call })
    }

    /// Writes these, as far as they differ from what is there. Says what happens to them and to what could not be read,
    /// and ends with the exit code.
    pub(crate) async fn take(
        self,
        options: &Options,
        entries: Vec<Entry>,
        unread: Vec<(String, Error)>,
        at_once: usize,
        interrupt: &Interrupt,
    ) -> Result<ExitCode, Failed> {
        let items = plan::make(&self, entries, unread, at_once, interrupt).await?;
        if self.writing.dry_run {
            return summary::planned(options, &items, interrupt);
        }
        summary::show(&items, Some(summary::LINES));
        let fates = write::all(&self, items, at_once, interrupt).await?;
        summary::written(options, self.done, &fates, interrupt)
    }
}
