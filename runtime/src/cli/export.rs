//! `export`: print secrets for another program.

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use secret_runtime::Kind;

use super::{
    Failed,
    args::{Opt, Options},
    bulk::{Chosen, Interrupt, Origin, Parallel},
    exit,
    formats::{Entry, EnvNames, GithubEnv, Manifest, Problems, To, github_file},
    import::refused,
    out_file, output,
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
    /// How they are written
    #[arg(long, value_name = "FORMAT", default_value = "dotenv")]
    format: To,
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
    // What can be told before anybody is asked for a secret.
    let github = match (command.format, &command.out) {
        (To::Kubernetes, _) => command.manifest.check().map(|()| None),
        (To::Github, None) => github_file().map(Some),
        _ => Ok(None),
    };
    let github = github.map_err(nothing)?;
    command.chosen.globs()?;
    let session = Session::open(options)?;
    let backend = match &options.backend {
        Some(_) => Some(session.backend(None).await?),
        None => None,
    };
    let interrupt = Interrupt::listen()?;
    let origin = Origin { session: &session, backend, opt: command.opt.opt, parallel: command.parallel, interrupt };
    let found = origin.read(command.names, &command.chosen).await?;
    let mut entries = Vec::with_capacity(found.len());
    let mut failures = Vec::new();
    for (name, read) in found {
        match read {
            Ok(value) => entries.push(Entry { name, value }),
            Err(error) => {
                say!("runtime: {error}");
                exit::explain(&error);
                failures.push(error.kind());
            }
        }
    }
    if let Some(kind) = failures.iter().find(|kind| **kind != Kind::NotFound).or(failures.first()) {
        say!("runtime: nothing was exported: {} of {} can't be read", failures.len(), failures.len() + entries.len());
        return Err(Failed::silent(exit::exit_code(*kind)));
    }
    let count = entries.len();
    let entries = command.env_names.apply(entries, command.format.wants_env_names()).map_err(nothing)?;
    let content = if command.format == To::Github {
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
        command.format.write(&entries, &command.manifest).map_err(nothing)?
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
