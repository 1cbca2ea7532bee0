//! `completions`: print what makes a shell complete commands, backends and names.
//!
//! The shell then asks this program itself, with `COMPLETE` set to the shell's name. Such a request reads the trust
//! file and the configuration, and nothing else: no component is parsed, compiled or run, no backend is asked, and
//! nothing is said. What is offered may have been named by a stranger and ends up in a shell's input, so only names
//! that a shell takes as they are get there.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Arg, Command, CommandFactory as _, ValueEnum, ValueHint, builder::StyledStr};
use clap_complete::{
    ArgValueCandidates, ArgValueCompleter, CompleteEnv, CompletionCandidate, PathCompleter,
    engine::ValueCompleter as _,
    env::{Bash, EnvCompleter, Fish, Shells, Zsh},
};
use secret_runtime::{
    AccessMode,
    config::{self, Config},
    grant::Withheld,
    trust::TrustStore,
};

use super::{
    Failed,
    args::{Args, Options},
    output, paths,
};

/// The variable by which a shell asks for completions.
const VARIABLE: &str = "COMPLETE";

/// The name of the program.
const PROGRAM: &str = "runtime";

/// Print what makes a shell complete commands, backends and names
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  source <(runtime completions bash)      # in ~/.bashrc
  source <(runtime completions zsh)       # in ~/.zshrc, after compinit
  runtime completions fish | source       # in ~/.config/fish/config.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// A shell that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        match self {
            Self::Bash => &Bash,
            Self::Zsh => &Zsh,
            Self::Fish => &Fish,
        }
    }
}

pub(crate) async fn run(_options: &Options, command: Completions) -> Result<ExitCode, Failed> {
    let mut script = Vec::new();
    command
        .shell
        .completer()
        .write_registration(VARIABLE, PROGRAM, PROGRAM, &program(), &mut script)
        .map_err(|cause| Failed::other(format!("the script can't be made: {cause}")))?;
    output::text(&String::from_utf8_lossy(&script))
}

/// How the script calls this program: as it was called, unless a shell would read that as something else.
fn program() -> String {
    let called = std::env::args().next().unwrap_or_default();
    if !called.contains('/') {
        return PROGRAM.to_owned();
    }
    let path = std::env::current_dir().unwrap_or_default().join(called);
    path.to_str().filter(|path| is_plain(path)).unwrap_or(PROGRAM).to_owned()
}

/// Answers a shell that asks for completions; none if nobody asks.
pub(crate) fn answered() -> Option<ExitCode> {
    let shell = std::env::var_os(VARIABLE).filter(|shell| !shell.is_empty() && shell != "0")?;
    let shells = Shells(&[&Bash, &Fish, &Zsh]);
    let known = Path::new(&shell).file_stem().and_then(OsStr::to_str).and_then(|name| shells.completer(name));
    if known.is_none() {
        say!("runtime: {VARIABLE} is set, but to no shell that is known; there are bash, fish and zsh");
        return Some(ExitCode::from(2));
    }
    let here = std::env::current_dir().ok();
    // A reader that has gone, or words that can't be completed, are no reason to write over a person's prompt.
    let _ = CompleteEnv::with_factory(|| with_candidates(Args::command()))
        .var(VARIABLE)
        .bin(PROGRAM)
        .completer(program())
        .shells(shells)
        .try_complete(std::env::args_os(), here.as_deref());
    Some(ExitCode::SUCCESS)
}

/// The command line, with what can stand in each place.
fn with_candidates(command: Command) -> Command {
    command.mut_args(offering).mut_subcommands(with_candidates)
}

/// What can stand for an argument is known by what its value is called.
fn offering(arg: Arg) -> Arg {
    let value = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let files = matches!(arg.get_value_hint(), ValueHint::AnyPath | ValueHint::FilePath | ValueHint::DirPath);
    match (arg.get_id().as_str(), value.as_str()) {
        ("access_mode", _) => arg.add(ArgValueCandidates::new(access_modes)),
        ("profile", _) => arg.add(ArgValueCandidates::new(profiles)),
        ("without", _) => arg.add(ArgValueCandidates::new(withheld)),
        (_, "FILE|NAME" | "BACKEND") => arg.add(ArgValueCompleter::new(backends_and_files)),
        ("only", _) | (_, "KEY") => arg.add(ArgValueCandidates::new(secrets)),
        _ if files => {
            let folders = arg.get_value_hint() == ValueHint::DirPath;
            arg.add(ArgValueCompleter::new(move |current: &OsStr| paths_like(current, folders)))
        }
        _ => arg,
    }
}

fn access_modes() -> Vec<CompletionCandidate> {
    [AccessMode::ReadOnly, AccessMode::WriteOnly, AccessMode::ReadWrite]
        .map(|mode| CompletionCandidate::new(mode.as_str()))
        .into()
}

fn withheld() -> Vec<CompletionCandidate> {
    Withheld::ALL.iter().map(|(word, _)| CompletionCandidate::new(*word)).collect()
}

/// Configured and installed backends, and component files.
fn backends_and_files(current: &OsStr) -> Vec<CompletionCandidate> {
    let mut known: BTreeMap<String, &str> = BTreeMap::new();
    known.extend(installed().into_iter().map(|name| (name, "installed")));
    if let Some(config) = configuration() {
        known.extend(config.backends().map(|(name, _)| (name.to_owned(), "configured")));
    }
    let begun = current.to_str().unwrap_or_default();
    let named = known.iter().filter(|(name, _)| is_plain(name) && name.starts_with(begun));
    let mut offered: Vec<_> =
        named.map(|(name, from)| CompletionCandidate::new(name).help(Some(StyledStr::from(*from)))).collect();
    offered.extend(paths_like(current, false));
    offered
}

/// The names of secrets that the configuration declares. With `--backend`, names are those of the backend, which is
/// not asked.
fn secrets() -> Vec<CompletionCandidate> {
    let config = if typed("--backend", "--backend").is_none() { configuration() } else { None };
    plain(config.iter().flat_map(Config::secrets).map(|(name, _)| name))
}

fn profiles() -> Vec<CompletionCandidate> {
    plain(configuration().iter().flat_map(Config::profiles))
}

fn plain<'a>(names: impl Iterator<Item = &'a str>) -> Vec<CompletionCandidate> {
    names.filter(|name| is_plain(name)).map(CompletionCandidate::new).collect()
}

/// Files and folders, of those that a shell takes as they are.
fn paths_like(current: &OsStr, folders: bool) -> Vec<CompletionCandidate> {
    let completer = if folders { PathCompleter::dir() } else { PathCompleter::any() };
    let mut found = completer.complete(current);
    found.retain(|candidate| candidate.get_value().to_str().is_some_and(is_plain));
    found
}

/// The backends that are installed, by their names alone.
fn installed() -> Vec<String> {
    let entries = paths::installed_backends().and_then(|folder| folder.read_dir().ok());
    let names = entries.into_iter().flatten().flatten().map(|entry| PathBuf::from(entry.file_name()));
    names
        .filter(|name| name.extension().is_some_and(|extension| extension == "wasm"))
        .filter_map(|name| Some(name.file_stem()?.to_str()?.to_owned()))
        .collect()
}

/// The configuration that would count if the command were run as far as it is typed. One that is found is taken only
/// as it was trusted.
fn configuration() -> Option<Config> {
    let profile = typed("--profile", "-P");
    let with_profile =
        |config: Config| profile.as_deref().and_then(|name| config.profile(name)).cloned().unwrap_or(config);
    if let Some(named) = typed("--config-file", "--config-file") {
        return Config::read(named).ok().map(with_profile);
    }
    let own = super::configuration::own().and_then(|path| Config::read(path).ok()).map(with_profile);
    match (found().map(with_profile), own) {
        (Some(found), Some(own)) => Some(found.over(own)),
        (found, own) => found.or(own),
    }
}

/// The configuration that lies here or above, if it is trusted as it is.
fn found() -> Option<Config> {
    let (path, digest) = config::identity(&config::nearest()?).ok()?;
    let trusted = TrustStore::open(&paths::trust()?).ok()?.trusts_config(&path, digest);
    if trusted { Config::read_pinned(&path, digest).ok() } else { None }
}

/// What is typed for an option.
fn typed(long: &str, short: &str) -> Option<String> {
    option(std::env::args_os(), long, short)
}

/// What these words of a request have for an option. Not what is being completed, which is the last of them.
fn option(words: impl Iterator<Item = OsString>, long: &str, short: &str) -> Option<String> {
    let words: Vec<String> =
        words.skip_while(|word| word != "--").skip(1).filter_map(|word| word.into_string().ok()).collect();
    let (_, before) = words.split_last()?;
    let mut before = before.iter();
    while let Some(word) = before.next() {
        if word == long || word == short {
            return before.next().cloned();
        }
        if let Some(value) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            return Some(value.to_owned());
        }
    }
    None
}

/// Whether a shell takes the text as one word that means itself, and so does this program.
fn is_plain(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@%+,:=".contains(c);
    !text.is_empty() && !text.starts_with(['-', '=']) && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_shell_takes_as_it_is_is_offered() {
        for plain in ["OPENAI_API_KEY", "team/db-1.url", "a:b@c=d,e%f+g", "./vault.wasm", "/opt/x"] {
            assert!(is_plain(plain), "{plain}");
        }
        for strange in [
            "",
            "-x",
            "--trust",
            "=ls",
            "$(id)",
            "`id`",
            "a b",
            "a;b",
            "a|b",
            "a&b",
            "~x",
            "a*",
            "a\nb",
            "a\u{1b}[2J",
            "a\tb",
            "'a'",
            "\"a\"",
            "a\\b",
            "a>b",
            "a#b",
            "a!b",
            "{a,b}",
            "a?b",
            "ä",
            "a\u{202e}b",
        ] {
            assert!(!is_plain(strange), "{strange}");
        }
    }

    #[test]
    fn options_are_those_that_are_typed_so_far() {
        let of = |words: &[&str]| option(words.iter().map(OsString::from), "--profile", "-P");
        assert_eq!(of(&["runtime", "--", "runtime", "--profile", "x", "get"]), Some("x".into()));
        assert_eq!(of(&["runtime", "--", "runtime", "-P", "x", ""]), Some("x".into()));
        assert_eq!(of(&["runtime", "--", "runtime", "--profile=y", ""]), Some("y".into()));
        assert_eq!(of(&["runtime", "--", "runtime", "get"]), None);
        assert_eq!(of(&["runtime", "--", "runtime", "-P", "x"]), None);
        assert_eq!(of(&["runtime", "--profile", "x"]), None);
    }
}
