//! `trust`: show what a component would be granted, and record the answer; show, compare and revoke what is recorded.

mod change;
mod recorded;
mod revoke;
mod select;

use std::{collections::BTreeSet, path::Path, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use secret_runtime::{
    AuditLog, Candidate, Digest, Error, Kind, Shown,
    config::{self, Config},
    grant::{Grant, Withheld},
    trust::{Declared, Record, TrustStore, TrustedConfig},
};

pub(crate) use self::{change::Change, recorded::short};
use super::{
    Failed,
    args::Options,
    configuration,
    load::{self, Found},
    shell,
    terminal::{self, Answer},
};

#[derive(Debug, ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  runtime trust vault\n  runtime trust --without write,delete ./vault.wasm\n  \
                  runtime trust runtime.toml\n  runtime trust diff vault && echo nothing new"
)]
pub(crate) struct Trust {
    #[command(subcommand)]
    action: Option<Action>,
    /// The component, or a runtime.toml; otherwise the component of --backend
    #[arg(value_name = "FILE|NAME")]
    file: Option<String>,
    /// Record it without asking, if it is the file of this digest
    #[arg(long, value_name = "sha256:…")]
    digest: Option<Digest>,
    /// Leave something out of the grant: exists, list, write, delete, check, credentials, storage
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',')]
    without: Vec<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what is trusted
    #[command(after_help = "Examples:\n  runtime trust list\n  runtime trust list --output json")]
    List,
    /// Show what was granted to a component, or what a trusted configuration says
    #[command(after_help = "Examples:\n  runtime trust show vault\n  runtime trust show sha256:0123456789ab")]
    Show(Which),
    /// Forget every grant of a component, or that a configuration is trusted; its file may be gone
    #[command(
        after_help = "Examples:\n  runtime trust revoke vault\n  runtime trust revoke sha256:0123456789ab\n  runtime trust \
                      revoke runtime.toml"
    )]
    Revoke(Which),
    /// Show what a component or a runtime.toml newly asks for since it was trusted, and what no longer: exit 0 if it is
    /// the one that is trusted, 1 if it differs, 3 if no version of it is trusted
    #[command(after_help = "Examples:\n  runtime trust diff ./vault.wasm\n  runtime trust diff runtime.toml")]
    Diff(Compared),
}

#[derive(Debug, ClapArgs)]
struct Which {
    /// Its file, its name, its digest or the beginning of that, or a runtime.toml; otherwise that of --backend
    #[arg(value_name = "FILE|NAME|sha256:…")]
    what: Option<String>,
}

#[derive(Debug, ClapArgs)]
struct Compared {
    /// The component, or a runtime.toml; otherwise the component of --backend
    #[arg(value_name = "FILE|NAME")]
    file: Option<String>,
}

pub(crate) async fn run(options: &Options, command: Trust) -> Result<ExitCode, Failed> {
    match &command.action {
        None => trust(options, &command),
        Some(Action::List) => recorded::list(options),
        Some(Action::Show(which)) => recorded::show(options, which.what.as_deref()),
        Some(Action::Revoke(which)) => revoke::revoke(options, which.what.as_deref()),
        Some(Action::Diff(compared)) => change::diff(options, compared.file.as_deref()),
    }
}

/// Whether the word names a configuration and no component.
fn is_configuration(word: &str) -> bool {
    word.ends_with(".toml")
}

fn trust(options: &Options, command: &Trust) -> Result<ExitCode, Failed> {
    if let Some(file) = command.file.as_deref().filter(|file| is_configuration(file)) {
        return trust_config(options, command.digest, Path::new(file));
    }
    let config = configuration::read(options)?;
    let found = load::find(command.file.as_deref().or(options.backend.as_deref()), config.as_ref())?;
    let without = withheld(&command.without)?;
    let runtime = load::runtime(options, config.as_ref())?;
    let candidate = load::builder(options, config.as_ref(), &runtime, &found, load::unread(config.as_ref(), &found))?
        .candidate()?;
    let store = load::trust_store()?;
    let grant = Grant { without, ..candidate.grant() };
    let (mut shown, answer) = load::description(&candidate);
    if !grant.without.is_empty() {
        shown.push_str(&format!("Left out: {}.\n", left_out(&grant)));
    }
    if let Some(change) = Change::of(&store, &candidate, &found) {
        shown.push_str(&change.words());
    }
    confirm(command.digest, &found.word(), grant.digest, &shown, answer)?;
    record(store, runtime.audit(), &candidate, &found, grant)?;
    say!("runtime: recorded");
    Ok(ExitCode::SUCCESS)
}

/// What a grant leaves out, in the words by which it was asked for.
fn left_out(grant: &Grant) -> String {
    let words = Withheld::ALL.iter().filter(|(_, what)| grant.without.contains(what)).map(|(word, _)| *word);
    words.collect::<Vec<_>>().join(", ")
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
        granted_at: now(),
        declared: Declared::of(candidate.component()),
        grant,
    })?)
}

/// The time, in whole seconds: people read it.
fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// The person's yes, or the digest of a program that has decided before; `word` is what was asked about, as it is typed.
fn confirm(given: Option<Digest>, word: &str, digest: Digest, shown: &str, answer: Answer) -> Result<(), Failed> {
    match given {
        Some(expected) if expected == digest => {
            terminal::print(shown);
            Ok(())
        }
        Some(expected) => Err(Error::new(Kind::Untrusted, format!("the file is {digest}, not {expected}")).into()),
        None => {
            terminal::tell(shown);
            match terminal::ask(QUESTION, answer)? {
                Some(true) => Ok(()),
                Some(false) => Err(Error::new(Kind::Untrusted, answer.refusal()).into()),
                None => Err(Error::new(
                    Kind::Untrusted,
                    format!("there is no terminal to ask on; type `runtime trust --digest {digest} {word}`"),
                )
                .into()),
            }
        }
    }
}

/// What is asked under everything that would be granted.
pub(crate) const QUESTION: &str = "Grant this, and record it?";

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

/// Trusts a configuration file as it is now.
fn trust_config(options: &Options, given: Option<Digest>, path: &Path) -> Result<ExitCode, Failed> {
    let (path, digest) = config::identity(path)?;
    let config = Config::read_pinned(&path, digest)?;
    let store = load::trust_store()?;
    let shown_path = path.to_string_lossy();
    let mut shown = format!("{}\n{digest}\n{}", Shown(&shown_path), config.describe());
    if let Some(change) = change::of_configuration(&store, &path, digest, &config) {
        shown.push_str(&change.words());
    }
    // It can grant files and hosts to any number of components, and name where each credential comes from.
    confirm(given, &shell::word(&shown_path), digest, &shown, Answer::Word("it can grant more without asking"))?;
    record_config(options, &path, digest, &config)?;
    say!("runtime: recorded");
    Ok(ExitCode::SUCCESS)
}

/// Writes down that a configuration is trusted, with a line in the audit log first.
pub(crate) fn record_config(options: &Options, path: &Path, digest: Digest, config: &Config) -> Result<(), Failed> {
    load::audit_trust(load::audit_log(options, None)?.as_ref(), "trust", config::FILE_NAME, digest.to_string())?;
    let (path, described) = (path.to_owned(), change::lines(config));
    Ok(load::trust_store()?.add_config(TrustedConfig { path, digest, trusted_at: Some(now()), described })?)
}
