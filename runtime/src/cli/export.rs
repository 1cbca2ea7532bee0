//! `export`: print secrets for another program.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use secret_runtime::{Error, Kind, Shown};

use super::{
    Failed,
    args::{Opt, Options},
    bulk::{Chosen, Origin, Parallel},
    exit,
    formats::{Entry, EnvNames, GithubEnv, Manifest, Problems, To, github_file},
    import::refused,
    out_file, output,
    run::loads_code,
    session::Session,
    shell,
};

/// All of them are printed, or nothing: a secret that can't be read, or that the format can't hold, is named.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  eval \"$(runtime export --format shell DB_PASSWORD API_KEY)\"
  runtime export --only 'team/**' --env-names upper --out .env
  runtime export --format kubernetes --name app | kubectl apply -f -
  runtime export --format github DEPLOY_KEY")]
pub(crate) struct Export {
    /// The names of the secrets; otherwise those that the configuration declares, or everything that the
    /// backend of --backend lists
    #[arg(value_name = "NAME", conflicts_with = "only")]
    names: Vec<String>,
    #[command(flatten)]
    chosen: Chosen,
    /// How they are written; otherwise by the end of the name of --out, else dotenv
    #[arg(long, value_name = "FORMAT")]
    format: Option<To>,
    /// Write them to this file, which its owner alone can read
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How names become those of environment variables
    #[arg(long, value_name = "HOW", default_value = "exact")]
    env_names: EnvNames,
    #[command(flatten)]
    manifest: Manifest,
    #[command(flatten)]
    parallel: Parallel,
    #[command(flatten)]
    opt: Opt,
}

pub(crate) async fn run(options: &Options, command: Export) -> Result<ExitCode, Failed> {
    let nothing = |problems: Problems| refused(problems, "nothing was exported");
    let format = command.format.or_else(|| To::of(command.out.as_deref()?)).unwrap_or(To::Dotenv);
    // What can be told before anybody is asked for a secret.
    let github = match (format, &command.out) {
        (To::Kubernetes, _) => command.manifest.check().map(|()| None),
        (To::Github, None) => github_file().map(Some),
        _ => Ok(None),
    };
    let github = github.map_err(nothing)?;
    command.chosen.globs()?;
    let session = Session::open(options)?;
    let origin = Origin::open(options, &session, command.opt.opt, command.parallel).await?;
    let found = origin.read(command.names.clone(), &command.chosen).await?;
    let mut entries = Vec::with_capacity(found.len());
    let mut failures = Vec::new();
    for (name, read) in found {
        match read {
            Ok(value) => entries.push(Entry { name, value }),
            Err(error) => failures.push(error),
        }
    }
    if let Some(code) = exit::tell_all(&failures) {
        say!("runtime: nothing was exported: {} of {} can't be read", failures.len(), failures.len() + entries.len());
        return Err(Failed::silent(code));
    }
    let count = entries.len();
    let entries = command.env_names.apply(entries, format.wants_env_names()).map_err(nothing)?;
    if format.takes_effect() {
        harmless(&entries, &command.names)?;
    }
    let content = if format == To::Github {
        let env = GithubEnv::of(&entries).map_err(nothing)?;
        // A value that is not masked yet is not handed on.
        print_masks(&env.masks)?;
        if let Some(file) = &github {
            append(file, &env.assignments)?;
            say!("runtime: exported {count} to the environment of the next steps");
            return Ok(ExitCode::SUCCESS);
        }
        env.assignments
    } else {
        format.write(&entries, &command.manifest).map_err(nothing)?
    };
    match &command.out {
        None => output::bytes(&content),
        Some(file) => {
            out_file::write(file, &content, out_file::PRIVATE)?;
            say!("runtime: exported {count} to {}", shell::word(&file.to_string_lossy()));
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Refuses variables that decide what code programs load, unless they are named: whoever may write a secret would then
/// run code in the shell, or the job, that only wanted to have a password.
fn harmless(entries: &[Entry], named: &[String]) -> Result<(), Failed> {
    let mut loading = entries.iter().filter(|entry| loads_code(&entry.name) && !named.contains(&entry.name)).peekable();
    if loading.peek().is_none() {
        return Ok(());
    }
    for Entry { name, .. } in loading {
        let name = Shown(name);
        say!("runtime: {name} decides what code programs load; if that is meant, name it: runtime export {name}");
    }
    Err(Error::new(Kind::Refused, "nothing was exported").into())
}

fn print_masks(masks: &[u8]) -> Result<(), Failed> {
    let mut out = io::stdout().lock();
    out.write_all(masks).and_then(|()| out.flush()).map_err(|cause| {
        Failed::other(format!("the values can't be masked, so nothing was exported: standard output: {cause}"))
    })
}

/// Adds to a file, all of it or nothing.
fn append(path: &Path, content: &[u8]) -> Result<(), Failed> {
    let append = || -> io::Result<()> {
        let mut file = OpenOptions::new().append(true).create(true).mode(out_file::PRIVATE).open(path)?;
        let before = file.metadata()?.len();
        file.write_all(content).inspect_err(|_| drop(file.set_len(before)))
    };
    append()
        .map_err(|cause| Failed::other(format!("{} can't be written: {cause}", shell::word(&path.to_string_lossy()))))
}
