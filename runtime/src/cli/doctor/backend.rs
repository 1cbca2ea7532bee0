//! One backend: its component, what it is given, and whether that is trusted.

use std::path::Path;

use secret_runtime::{
    BackendBuilder, Candidate, Component, Runtime,
    config::{Config, ConfiguredBackend},
    egress::Origin,
    grant::{CredentialOrigin, GrantedStorage, Withheld},
    trust::TrustStore,
};

use super::{
    super::{
        Failed,
        args::Options,
        load::{self, Found},
        shell,
        trust::{self, Change},
    },
    modes::{self, Closed},
    report::Report,
};

/// What backends are looked at with.
pub(super) struct Examined<'a> {
    pub(super) options: &'a Options,
    pub(super) config: Option<&'a Config>,
    pub(super) store: Option<&'a TrustStore>,
    pub(super) runtime: &'a Runtime,
}

impl Examined<'_> {
    /// Whether the backend of this name lies there and nothing more: nobody named it, nothing is granted to it, and it
    /// lacks what it would need.
    pub(super) fn is_idle(&self, name: &str) -> bool {
        let candidate = || {
            let found = load::find(Some(name), self.config)?;
            let component = Component::from_file(&found.path)?;
            let granted = self.store.is_some_and(|store| {
                store.components().any(|record| {
                    record.grant.digest == component.digest() || record.path == found.path.canonicalize().ok()
                })
            });
            Ok::<_, Failed>(granted || self.builder(&found)?.candidate().is_ok())
        };
        !self.is_meant(name) && !candidate().unwrap_or(true)
    }

    fn builder(&self, found: &Found) -> Result<BackendBuilder, Failed> {
        load::builder(self.options, self.config, self.runtime, found, load::unread(self.config, found))
    }

    /// Looks at the backend of this name; adds the origins that it is granted to `reached`.
    pub(super) fn backend(&self, name: &str, report: &mut Report, reached: &mut Vec<Origin>) {
        let about = format!("backend {name}");
        let found = match load::find(Some(name), self.config) {
            Ok(found) => found,
            Err(failed) => return report.fail(&about, failed.message(), "runtime backends"),
        };
        let component = match Component::from_file(&found.path) {
            Ok(component) => component,
            Err(error) => return report.fail(&about, error.to_string(), "put the component there, or mend the path"),
        };
        let version = &component.manifest().version;
        report.ok(&about, format!("{} {version}, {}", found.path.display(), trust::short(component.digest())));
        let candidate = match self.builder(&found).and_then(|builder| Ok(builder.candidate()?)) {
            Ok(candidate) => candidate,
            Err(failed) => {
                let advice = format!("runtime inspect {} shows what it can be given", found.word());
                // Its name was said already.
                let prefix = format!("{name}: ");
                let what = failed.message().strip_prefix(&prefix).unwrap_or(failed.message());
                // One that lies there and that nobody uses may well lack what it needs.
                return match self.is_meant(name) {
                    true => report.fail(&about, what, advice),
                    false => report.warn(&about, what, advice),
                };
            }
        };
        given(&about, &candidate, report);
        if let Some(left_out) = self.trust(&about, name, &candidate, &found, report)
            && !candidate.is_alone()
        {
            reached.extend(candidate.origins().iter().cloned());
            credentials(&about, &candidate, left_out, report);
        }
    }

    /// Whether somebody named the backend: on the command line or in the configuration.
    fn is_meant(&self, name: &str) -> bool {
        self.options.backend.is_some() || self.config.is_some_and(|config| config.backend(name).is_some())
    }

    /// Whether it is trusted as it is now; if so, whether its credentials are left out.
    fn trust(
        &self,
        about: &str,
        name: &str,
        candidate: &Candidate,
        found: &Found,
        report: &mut Report,
    ) -> Option<bool> {
        let (digest, facts) = (candidate.component().digest(), candidate.facts());
        if let Some(Some(pinned)) = self.options.trust {
            if pinned == digest {
                report.ok(about, "it is trusted for this run, by --trust");
                return Some(false);
            }
            report.fail(about, format!("it is not {pinned}, as --trust says"), format!("--trust={digest}"));
            return None;
        }
        let configured = self.config.and_then(|config| config.backend(name));
        if let Some(pinned) = configured.and_then(ConfiguredBackend::digest).filter(|pinned| *pinned != digest) {
            let advice = format!("put that component there, or write digest = \"{digest}\" once you have looked at it");
            report.fail(about, format!("it is not {pinned}, as its configuration says"), advice);
        }
        if let Some(grant) = self.config.and_then(|config| config.backend(name)?.grant(candidate)) {
            report.ok(about, "the configuration grants what it asks for");
            return Some(grant.without.contains(&Withheld::Credentials));
        }
        if let Some(grant) = self.store.and_then(|store| store.covering(digest, facts)) {
            report.ok(about, "it is trusted with what it asks for");
            return Some(grant.without.contains(&Withheld::Credentials));
        }
        let word = found.word();
        match self.store.and_then(|store| Change::of(store, candidate, found)) {
            None => report.warn(about, "it is not trusted; its hosts are not asked", format!("runtime trust {word}")),
            Some(change) if change.is_of_same_component() => report.warn(
                about,
                format!("it is trusted, but not with what it asks for now: {}", change.brief()),
                format!("runtime trust {word}"),
            ),
            Some(_) => report.warn(
                about,
                "another version of it is trusted, and not this one; its hosts are not asked",
                format!("runtime trust diff {word}, then runtime trust {word}"),
            ),
        }
        None
    }
}

/// Files that it is given: whether they are there, and who else can read them.
fn given(about: &str, candidate: &Candidate, report: &mut Report) {
    let facts = candidate.facts();
    if let Some(GrantedStorage::Read(path) | GrantedStorage::ReadWrite(path)) = &facts.storage {
        match modes::examine(about, path, Closed::Wholly, report) {
            Ok(()) => report.ok(about, format!("its storage is {}", path.display())),
            Err(cause) => report.warn(about, format!("its storage {} can't be used: {cause}", path.display()), ""),
        }
    }
    for path in facts.origins.iter().filter_map(|origin| origin.ca.as_deref()) {
        file(about, "the CA file", path, Closed::ToWriting, report);
    }
    for credential in &facts.credentials {
        if let CredentialOrigin::File(path) = &credential.from {
            file(about, &format!("the credential {} in", credential.name), path, Closed::Wholly, report);
        }
    }
}

fn file(about: &str, what: &str, path: &Path, closed: Closed, report: &mut Report) {
    let read = std::fs::File::open(path).and_then(|_| modes::examine(about, path, closed, report));
    if let Err(cause) = read {
        let shown = path.to_string_lossy();
        report.fail(about, format!("{what} {shown} can't be read: {cause}"), format!("ls -l {}", shell::word(&shown)));
    }
}

/// Where its credentials come from. That they are there is all that is told of them.
fn credentials(about: &str, candidate: &Candidate, left_out: bool, report: &mut Report) {
    let facts = candidate.facts();
    if left_out {
        return report.ok(about, "its credentials are left out, as you granted");
    }
    for credential in &facts.credentials {
        report.ok(about, format!("the credential {} is there, from {}", credential.name, credential.from));
    }
}
