//! Reading many secrets.

use std::collections::HashSet;

use secret_runtime::{Backend, Call, Error, Kind, Read, SecretBytes, config::Reference};

use super::{Chosen, Interrupt, Parallel, Progress, all_names};
use crate::cli::{
    Failed,
    args::Options,
    at_once::at_once,
    session::{Session, wanted},
};

/// A name, and what was read under it.
pub(crate) type Found = (String, Result<SecretBytes, Error>);

/// A secret to read.
struct Wanted {
    name: String,
    backend: Backend,
    read: Result<Read, Error>,
    call: Call,
}

/// Where secrets are read from, and how.
pub(crate) struct Origin<'s> {
    pub(crate) session: &'s Session<'s>,
    /// The one backend; none for where the configuration has each secret.
    pub(crate) backend: Option<Backend>,
    pub(crate) opt: Vec<(String, String)>,
    pub(crate) parallel: Parallel,
    pub(crate) interrupt: Interrupt,
}

impl<'s> Origin<'s> {
    /// The backend of `--backend`; without one, wherever the configuration has each secret.
    pub(crate) async fn open(
        options: &Options,
        session: &'s Session<'s>,
        opt: Vec<(String, String)>,
        parallel: Parallel,
    ) -> Result<Self, Failed> {
        let backend = match &options.backend {
            Some(_) => Some(session.backend(None).await?),
            None => None,
        };
        Ok(Self { session, backend, opt, parallel, interrupt: Interrupt::listen()? })
    }

    /// Reads the names that were given, else those that the configuration declares, else those that the backend lists.
    /// What is listed and is not there, as after a deletion, is left out and named.
    pub(crate) async fn read(&self, given: Vec<String>, chosen: &Chosen) -> Result<Vec<Found>, Failed> {
        if !given.is_empty() {
            return self.read_each(given).await;
        }
        let globs = chosen.globs()?;
        let mut declared = if self.asks_one() { Vec::new() } else { self.session.declared() };
        if !declared.is_empty() {
            chosen.covers(declared.iter().map(String::as_str), "the configuration")?;
            declared.retain(|name| globs.as_ref().is_none_or(|globs| globs.matches(name)));
            return self.read_each(declared).await;
        }
        let backend = self.one().await?;
        let options = backend.options(self.opt.iter().cloned())?;
        let call = self.session.call(&backend);
        let names = all_names(&backend, globs.as_ref(), &options, &call).await.inspect_err(|_| {
            say!("runtime: without names it takes those that the backend lists; they can be given instead: NAME…");
        })?;
        chosen.covers(names.iter().map(String::as_str), "the backend")?;
        let wanted = names.into_iter().map(|name| {
            let place = Reference::new(None, &name);
            self.want(name, &place, &backend)
        });
        let mut found = self.read_wanted(wanted.collect()).await?;
        found.retain(|(_, read)| {
            let gone = read.as_ref().err().filter(|error| error.kind() == Kind::NotFound);
            gone.inspect(|error| say!("runtime: {error}; it is listed, and left out")).is_none()
        });
        Ok(found)
    }

    /// Reads each of these once.
    pub(crate) async fn read_each(&self, names: Vec<String>) -> Result<Vec<Found>, Failed> {
        let mut seen = HashSet::new();
        let mut wanted = Vec::with_capacity(names.len());
        for name in names {
            if !seen.insert(name.clone()) {
                continue;
            }
            let (place, backend) = match &self.backend {
                Some(backend) => (Reference::new(None, &name), backend.clone()),
                None => {
                    let place = self.session.place(&name);
                    let backend = self.session.backend_of(&place).await?;
                    (place, backend)
                }
            };
            wanted.push(self.want(name, &place, &backend));
        }
        self.read_wanted(wanted).await
    }

    fn want(&self, name: String, place: &Reference, backend: &Backend) -> Wanted {
        let call = Call { fresh: true, ..self.session.call(backend) };
        Wanted { name, read: wanted(backend, place, &self.opt), backend: backend.clone(), call }
    }

    async fn read_wanted(&self, wanted: Vec<Wanted>) -> Result<Vec<Found>, Failed> {
        let progress = Progress::new("reading", wanted.len());
        let reading = wanted.into_iter().map(|Wanted { name, backend, read, call }| {
            let (interrupt, progress) = (self.interrupt.clone(), progress.clone());
            async move {
                if interrupt.code().is_some() {
                    return None;
                }
                let value = match read {
                    Ok(read) => backend.read(&read, &call).await,
                    Err(error) => Err(error),
                };
                progress.one();
                Some((name, value.map(|answer| SecretBytes::from(answer.secret.expose().to_vec()))))
            }
        });
        let found: Option<Vec<Found>> = at_once(self.parallel.places(), reading).await.into_iter().collect();
        progress.end();
        // What was interrupted has read some of it, and whoever asked wants all or nothing.
        found.ok_or_else(|| Failed::silent(self.interrupt.code().unwrap_or(1)))
    }

    fn asks_one(&self) -> bool {
        self.backend.is_some()
    }

    async fn one(&self) -> Result<Backend, Failed> {
        match &self.backend {
            Some(backend) => Ok(backend.clone()),
            None => self.session.backend(None).await,
        }
    }
}
