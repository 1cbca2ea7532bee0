//! `trust`: show what a component would be granted, and record the answer.

use std::{collections::BTreeSet, path::Path, process::ExitCode};

use secret_runtime::{
    AuditLog, Candidate, Component, Digest, Error, Kind, Shown,
    config::{self, Config},
    grant::{Grant, Withheld},
    trust::{Record, TrustStore, TrustedConfig},
};

use super::{
    Failed,
    args::{Options, Trust},
    configuration,
    load::{self, Found},
    shell, terminal,
};

pub(crate) async fn run(options: &Options, command: Trust) -> Result<ExitCode, Failed> {
    let named = command.file.as_deref().filter(|file| file.ends_with(".toml"));
    if let Some(file) = named {
        return trust_config(options, &command, Path::new(file));
    }
    let config = configuration::read(options)?;
    let found = load::find(command.file.as_deref().or(options.backend.as_deref()), config.as_ref())?;
    if command.revoke {
        return revoke(options, config.as_ref(), &found);
    }
    let without = withheld(&command.without)?;
    let runtime = load::runtime(options, config.as_ref())?;
    let candidate = load::builder(options, config.as_ref(), &runtime, &found, load::unread(config.as_ref(), &found))?
        .candidate()?;
    let store = load::trust_store()?;
    let grant = Grant { without, ..candidate.grant() };
    let mut shown = load::description(&candidate);
    if !grant.without.is_empty() {
        let words: Vec<_> =
            Withheld::ALL.iter().filter(|(_, what)| grant.without.contains(what)).map(|(word, _)| *word).collect();
        shown.push_str(&format!("Left out: {}.\n", words.join(", ")));
    }
    let named = command.file.as_deref().or(options.backend.as_deref()).unwrap_or_default();
    confirm(command.digest, named, grant.digest, &shown)?;
    record(store, runtime.audit(), &candidate, &found, grant)?;
    say!("runtime: recorded");
    Ok(ExitCode::SUCCESS)
}

/// Writes a grant down, with a line in the audit log first: a grant that is not on record there must not be given.
pub(crate) fn record(
    mut store: TrustStore,
    audit: Option<&AuditLog>,
    candidate: &Candidate,
    found: &Found,
    grant: Grant,
) -> Result<(), Failed> {
    let name = &candidate.component().manifest().name;
    load::audit_trust(audit, "trust", name, grant.digest.to_string())?;
    Ok(store.add(Record {
        name: name.clone(),
        path: found.path.canonicalize().ok(),
        granted_at: jiff::Timestamp::now().to_string(),
        grant,
    })?)
}

/// The person's yes, or the digest of a program that has decided before.
fn confirm(given: Option<Digest>, file: &str, digest: Digest, shown: &str) -> Result<(), Failed> {
    match given {
        Some(expected) if expected == digest => {
            terminal::print(shown);
            Ok(())
        }
        Some(expected) => Err(Error::new(Kind::Untrusted, format!("the file is {digest}, not {expected}")).into()),
        None => {
            terminal::tell(shown);
            match terminal::ask("Grant this, and record it?") {
                Ok(Some(true)) => Ok(()),
                Ok(Some(false)) => Err(Error::new(Kind::Untrusted, "not granted").into()),
                Ok(None) => Err(Error::new(
                    Kind::Untrusted,
                    format!(
                        "there is no terminal to ask on; type `runtime trust --digest {digest} {}`",
                        shell::word(file)
                    ),
                )
                .into()),
                Err(cause) => Err(Failed::other(format!("the question can't be asked: {cause}"))),
            }
        }
    }
}

fn withheld(words: &[String]) -> Result<BTreeSet<Withheld>, Failed> {
    let known = || Withheld::ALL.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
    words
        .iter()
        .map(|word| {
            Withheld::named(word)
                .ok_or_else(|| Failed::usage(format!("{} can't be left out; these can: {}", Shown(word), known())))
        })
        .collect()
}

fn revoke(options: &Options, config: Option<&Config>, found: &Found) -> Result<ExitCode, Failed> {
    let component = Component::from_file(&found.path)?;
    let (digest, name) = (component.digest(), component.manifest().name.clone());
    load::audit_trust(load::audit_log(options, config)?.as_ref(), "revoke", &name, digest.to_string())?;
    match load::trust_store()?.revoke(digest)? {
        0 => Err(Error::new(Kind::Untrusted, format!("no grant of {digest} is on record")).into()),
        gone => {
            say!("runtime: forgot {gone} grant{} of {digest}", if gone == 1 { "" } else { "s" });
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Trusts a configuration file as it is now.
fn trust_config(options: &Options, command: &Trust, path: &Path) -> Result<ExitCode, Failed> {
    let (path, digest) = config::identity(path)?;
    let config = Config::read_pinned(&path, digest)?;
    let shown = format!("{}\n{digest}\n{}", path.display(), config.describe());
    confirm(command.digest, &path.to_string_lossy(), digest, &shown)?;
    load::audit_trust(load::audit_log(options, None)?.as_ref(), "trust", "runtime.toml", digest.to_string())?;
    load::trust_store()?.add_config(TrustedConfig { path, digest })?;
    say!("runtime: recorded");
    Ok(ExitCode::SUCCESS)
}
