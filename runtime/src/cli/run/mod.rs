//! `run`: run a program with secrets as its environment variables, or as files.

mod child;
mod files;
mod names;
mod program;
mod redact;
mod rules;
mod signals;

use std::{
    collections::BTreeSet,
    env,
    ffi::{OsStr, OsString},
    os::unix::{ffi::OsStrExt as _, process::CommandExt as _},
    process::{Command, ExitCode},
};

use secret_runtime::{Secret, Shown};

pub(super) use self::rules::loads_code;
use self::{
    files::Folder,
    names::{EnvNames, Naming, Planned},
    redact::Masks,
    signals::Signals,
};
use super::{Failed, args::Options, exit, load, session::Session};

/// Bytes that Linux takes for one variable: its name, an equals sign, its value and a zero byte.
const VARIABLE_BYTES: usize = 128 << 10;

#[derive(Debug, clap::Args)]
#[command(
    long_about = "Run a program with secrets as its environment variables, or as files.\n\n\
        The secrets are those that the configuration declares, or those of --only. If one is missing, nothing is \
        started. The program does not get the credentials that the configured backends use, nor inherited variables \
        that bear the name of a declared secret which it is not given; see --keep. Signals are passed on to it, and its exit \
        code becomes ours: 128 and the number of the signal if one ended it, 127 if there is no such program, 126 if it \
        can't be run.",
    after_help = "Examples:\n  \
        runtime run -- ./server --port 8080\n  \
        runtime run --only 'DB_*,API_KEY=team/api-key' -- npm start\n  \
        runtime run --env-names upper --env-prefix APP_ -- env\n  \
        runtime run --files -- sh -c 'psql \"$(cat \"$RUNTIME_SECRETS_DIR/DB_URL\")\"'"
)]
pub(crate) struct Run {
    /// These secrets alone: names, globs of declared names, or VARIABLE=NAME to name a variable by hand. Variables that
    /// decide what code programs load, such as PATH or LD_PRELOAD, are set only if they are named here
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    only: Vec<String>,
    /// Begin the name of each variable with this, unless it was named by hand
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    env_prefix: String,
    /// How names become names of variables
    #[arg(long, value_name = "HOW", default_value = "same", hide_default_value = true)]
    env_names: EnvNames,
    /// Give the secrets as files: in a folder in memory, which RUNTIME_SECRETS_DIR names and which is removed when the
    /// program ends
    #[arg(long)]
    files: bool,
    /// Let the program have this variable although it holds a credential or bears the name of a secret
    #[arg(long, value_name = "VARIABLE,…", value_delimiter = ',')]
    keep: Vec<String>,
    /// Become the program, rather than wait for it
    #[arg(long)]
    replace: bool,
    /// Mask values of 8 bytes or more in what the program writes: as they are, and as they stand in JSON. Where CI is
    /// set, this is the default. A help against slips, no boundary: values in pieces or in base64 are not found
    #[arg(long, overrides_with = "no_redact")]
    redact: bool,
    /// Let the program write to our standard output and error itself, also where CI is set
    #[arg(long)]
    no_redact: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(crate) async fn run(options: &Options, command: Run) -> Result<ExitCode, Failed> {
    let masked = command.masked(env::var_os("CI").as_deref())?;
    let Some((word, arguments)) = command.command.split_first() else {
        return Err(Failed::usage("there is no program to run"));
    };
    let program = program::find(word).map_err(Failed::silent)?;
    let session = Session::open(options)?;
    let declared = session.declared();
    let planned = command.plan(&declared)?;
    let mut unwanted = bearing(declared.iter().map(String::as_str), command.naming());
    unwanted.extend(bearing(planned.iter().map(|planned| planned.secret.as_str()), command.naming()));
    let secrets = read(&session, planned).await?;
    for backend in session.backends() {
        unwanted.extend(backend.credential_variables().map(str::to_owned));
    }
    if let Some(config) = session.config() {
        unwanted.extend(load::credential_variables(config)?);
    }
    if !command.files {
        fit(&secrets)?;
    }
    let masks = if masked { Some(masks(&secrets, command.redact || options.verbose > 0)) } else { None };

    // From here on, files may have to be removed: signals no longer end us.
    let mut signals = if command.replace { None } else { Some(listen()?) };
    let mut started = Command::new(&program);
    started.arg0(word).args(arguments);
    let folder = if command.files { Some(Folder::new()?) } else { None };
    let mut set = Vec::new();
    match &folder {
        Some(folder) => {
            secrets.iter().try_for_each(|(planned, secret)| folder.write(&planned.target, secret.expose()))?;
            set.push(OsString::from(files::VARIABLE));
            started.env(files::VARIABLE, folder.path());
        }
        None => {
            for (planned, secret) in &secrets {
                set.push(OsString::from(&planned.target));
                started.env(&planned.target, OsStr::from_bytes(secret.expose()));
            }
        }
    }
    let inherited: Vec<_> = env::vars_os().map(|(name, _)| name).collect();
    let gone = rules::removed(inherited.iter().map(OsString::as_os_str), &unwanted, &command.keep, &set);
    for variable in &gone {
        started.env_remove(variable);
    }
    if options.verbose > 0 {
        let names: Vec<_> = set.iter().map(|name| name.to_string_lossy().into_owned()).collect();
        tell("set in", names.iter().map(String::as_str));
        tell("removed from", gone.iter().map(String::as_str));
    }
    drop(secrets);

    let failed = |cause: &std::io::Error| {
        let (code, why) = program::failure(cause);
        say!("runtime: {} {why}", Shown(&word.to_string_lossy()));
        Failed::silent(code)
    };
    let Some(signals) = &mut signals else {
        return Err(failed(&started.exec()));
    };
    if let Some(signal) = signals.ended() {
        return Err(Failed::silent(u8::try_from(128 + signal.as_raw()).unwrap_or(1)));
    }
    let ended = child::run(started, masks.as_ref(), signals).await;
    if let Some(folder) = folder {
        folder.remove();
    }
    ended.map(|status| ExitCode::from(child::exit_code(status))).map_err(|cause| failed(&cause))
}

impl Run {
    /// Whether what the program writes is masked.
    fn masked(&self, ci: Option<&OsStr>) -> Result<bool, Failed> {
        let refused = match (self.replace, self.files, self.redact) {
            (true, true, _) => "--files needs us to stay and remove them",
            (true, _, true) => "--redact needs us to stay and read what the program writes",
            (true, false, false) => return Ok(false),
            _ => {
                let in_ci = ci.is_some_and(|ci| !["", "0", "false"].iter().any(|no| ci == *no));
                return Ok(self.redact || in_ci && !self.no_redact);
            }
        };
        Err(Failed::usage(format!("--replace leaves nobody behind, but {refused}")))
    }

    fn naming(&self) -> Naming<'_> {
        Naming { prefix: &self.env_prefix, names: self.env_names, files: self.files }
    }

    /// What becomes what; objections are all told.
    fn plan(&self, declared: &[String]) -> Result<Vec<Planned>, Failed> {
        if declared.is_empty() && self.only.is_empty() {
            return Err(Failed::usage(
                "no configuration declares secrets; name some with --only NAME,…, or declare them as [secrets.NAME] in \
                 runtime.toml",
            ));
        }
        names::plan(declared, &self.only, self.naming()).map_err(|objections| {
            objections.lines.iter().for_each(|line| say!("runtime: {line}"));
            // What policy would refuse is a refusal; all else is a slip.
            Failed::silent(if objections.refused { 3 } else { 2 })
        })
    }
}

/// The variables that bear the names of these secrets, as they are or as they are mapped here.
fn bearing<'a>(secrets: impl Iterator<Item = &'a str>, naming: Naming<'_>) -> BTreeSet<String> {
    secrets.flat_map(|secret| [secret.to_owned(), naming.target(secret)]).collect()
}

/// Reads all, or tells of each that can't be read.
async fn read(session: &Session<'_>, planned: Vec<Planned>) -> Result<Vec<(Planned, Secret)>, Failed> {
    let mut names: Vec<String> = planned.iter().map(|planned| planned.secret.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = std::collections::BTreeMap::new();
    let mut failures = Vec::new();
    for (name, answer) in session.read_all(&names).await? {
        match answer {
            Ok(answer) => drop(found.insert(name, answer.secret)),
            Err(error) => failures.push(error),
        }
    }
    if let Some(code) = exit::tell_all(&failures) {
        say!("runtime: nothing was started");
        return Err(Failed::silent(code));
    }
    let of = |planned: Planned| found.get(&planned.secret).cloned().map(|secret| (planned, secret));
    Ok(planned.into_iter().filter_map(of).collect())
}

/// Whether the values can be those of environment variables.
fn fit(secrets: &[(Planned, Secret)]) -> Result<(), Failed> {
    let mut fits = true;
    for (Planned { secret, target }, value) in secrets {
        let why = if value.expose().contains(&0) {
            "it holds a zero byte"
        } else if cfg!(target_os = "linux") && target.len() + value.expose().len() + 2 > VARIABLE_BYTES {
            "it is too large"
        } else {
            continue;
        };
        say!("runtime: {} can't be the value of an environment variable ({why}); use --files", Shown(secret));
        fits = false;
    }
    if fits { Ok(()) } else { Err(Failed::silent(2)) }
}

/// What is to be masked; `tells` if whoever asks should know what can't be.
fn masks(secrets: &[(Planned, Secret)], tells: bool) -> Masks {
    let mut masks = Masks::default();
    for (Planned { secret: name, .. }, secret) in secrets {
        if !masks.add(name, secret.expose()) && tells {
            say!("runtime: {} is shorter than {} bytes and is not masked", Shown(name), redact::SHORTEST);
        }
    }
    masks
}

fn listen() -> Result<Signals, Failed> {
    Signals::listen().map_err(|cause| Failed::other(format!("signals can't be received: {cause}")))
}

/// Says which variables, by name.
fn tell<'a>(what: &str, variables: impl Iterator<Item = &'a str>) {
    let names: Vec<_> = variables.map(|name| Shown(name).to_string()).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    say!("runtime: {what} the program's environment: {names}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        run: Run,
    }

    fn masked(words: &[&str], ci: Option<&str>) -> Option<bool> {
        let line = Line::try_parse_from([&["run"], words, &["--", "true"]].concat()).unwrap();
        line.run.masked(ci.map(OsStr::new)).ok()
    }

    #[test]
    fn output_is_masked_where_it_is_asked_for_or_where_logs_are_kept() {
        for (words, ci, expected) in [
            (&[][..], None, Some(false)),
            (&[], Some("true"), Some(true)),
            (&[], Some("1"), Some(true)),
            (&[], Some(""), Some(false)),
            (&[], Some("false"), Some(false)),
            (&[], Some("0"), Some(false)),
            (&["--redact"], None, Some(true)),
            (&["--redact"], Some("false"), Some(true)),
            (&["--no-redact"], Some("true"), Some(false)),
            (&["--redact", "--no-redact"], Some("true"), Some(false)),
            (&["--no-redact", "--redact"], None, Some(true)),
            (&["--replace"], Some("true"), Some(false)),
            (&["--replace", "--redact"], None, None),
            (&["--replace", "--files"], None, None),
        ] {
            assert_eq!(masked(words, ci), expected, "{words:?} {ci:?}");
        }
    }
}
