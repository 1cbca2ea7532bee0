//! Reading many secrets.

use std::sync::Arc;

use secret_runtime::{Backend, Call, Error, Kind, Read, SecretBytes};

use super::{Chosen, Interrupt, Progress, all_names};
use crate::cli::{Failed, args::Options, at_once::at_once, get::load_call};

/// A backend to read from.
#[derive(Clone)]
pub(crate) struct Origin {
    backend: Backend,
    opt: Arc<[(String, String)]>,
    call: Call,
}

/// A name, and what was read under it.
pub(crate) type Found = (String, Result<SecretBytes, Error>);

impl Origin {
    pub(crate) fn new(options: &Options, backend: Backend, opt: Vec<(String, String)>) -> Result<Self, Failed> {
        backend.options(opt.iter().cloned())?;
        let call = Call { fresh: true, ..load_call(options, &backend) };
        Ok(Self { backend, opt: opt.into(), call })
    }

    /// Reads the names that were given, each once, or else everything that the backend lists and `chosen` covers. What
    /// is listed and is not there, as after a deletion, is left out and named.
    pub(crate) async fn read(
        &self,
        given: Vec<String>,
        chosen: &Chosen,
        at_once: u16,
        interrupt: &Interrupt,
    ) -> Result<Vec<Found>, Failed> {
        if !given.is_empty() {
            return self.read_each(given, at_once, interrupt).await;
        }
        let options = self.backend.options(self.opt.iter().cloned())?;
        let globs = chosen.globs()?;
        let names = all_names(&self.backend, globs.as_ref(), &options, &self.call).await.inspect_err(|_| {
            say!("runtime: without names it takes those that the backend lists; they can be given instead: NAME…");
        })?;
        let mut found = self.read_each(names, at_once, interrupt).await?;
        found.retain(|(_, read)| {
            let gone = read.as_ref().err().filter(|error| error.kind() == Kind::NotFound);
            gone.inspect(|error| say!("runtime: {error}; it is listed, and left out")).is_none()
        });
        Ok(found)
    }

    /// Reads each of these once.
    pub(crate) async fn read_each(
        &self,
        mut names: Vec<String>,
        at_once_: u16,
        interrupt: &Interrupt,
    ) -> Result<Vec<Found>, Failed> {
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        let progress = Progress::new("reading", names.len());
        let reading = names.into_iter().map(|name| {
            let (origin, interrupt, progress) = (self.clone(), interrupt.clone(), progress.clone());
            async move {
                if interrupt.code().is_some() {
                    return None;
                }
                let read = origin.one(&name).await;
                progress.one();
                Some((name, read))
            }
        });
        let found: Option<Vec<Found>> = at_once(at_once_, reading).await.into_iter().collect();
        progress.end();
        // What was interrupted has read some of it, and whoever asked wants all or nothing.
        found.ok_or_else(|| Failed::silent(interrupt.code().unwrap_or(1)))
    }

    async fn one(&self, name: &str) -> Result<SecretBytes, Error> {
        let options = self.backend.options(self.opt.iter().cloned())?;
        let read = Read { name: self.backend.key(name)?, version: None, options };
        let answer = self.backend.read(&read, &self.call).await?;
        Ok(SecretBytes::from(answer.secret.expose().to_vec()))
    }
}
