//! `import`: write the entries of a .env, JSON or YAML file into a backend.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    Failed,
    args::{Opt, Options},
    bulk::{Chosen, Interrupt, Parallel, Target, Writing},
    formats::{From, Problems},
    session::Session,
    shell, value,
};

/// Names that are there already are left as they are, unless --overwrite is given. Interrupted, the same command goes on
/// from where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runtime import .env --backend vault --access-mode read-write --dry-run
  runtime import secrets.yaml --backend vault --access-mode read-write --name-prefix app/
  sops decrypt secrets.json | runtime import - --format json --access-mode read-write")]
pub(crate) struct Import {
    /// The file; - for standard input
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Its format; otherwise by the end of its name
    #[arg(long, value_name = "FORMAT")]
    format: Option<From>,
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    writing: Writing,
    #[command(flatten)]
    parallel: Parallel,
    #[command(flatten)]
    opt: Opt,
}

pub(crate) async fn run(options: &Options, command: Import) -> Result<ExitCode, Failed> {
    let shown = if is_standard_input(&command.file) {
        "standard input".to_owned()
    } else {
        shell::word(&command.file.to_string_lossy())
    };
    let format = command.format.or_else(|| From::of(&command.file)).ok_or_else(|| {
        Failed::usage(format!("{shown} does not say what format it has; give --format dotenv, json or yaml"))
    })?;
    let globs = command.chosen.globs()?;
    let bytes = read(&command.file).map_err(|cause| Failed::usage(format!("{shown} can't be read: {cause}")))?;
    let mut parsed =
        format.read(&bytes).map_err(|problems| refused(problems, &format!("nothing was imported from {shown}")))?;
    drop(bytes);
    for note in &parsed.notes {
        say!("runtime: {note}");
    }
    command.chosen.covers(parsed.entries.iter().map(|entry| entry.name.as_str()), &shown)?;
    if let Some(globs) = globs {
        parsed.entries.retain(|entry| globs.matches(&entry.name));
    }
    let session = Session::open(options)?;
    let backend = session.backend(None).await?;
    let target = Target::new(&session, backend, command.writing, command.opt.opt, "imported")?;
    let interrupt = Interrupt::listen()?;
    target.take(options, parsed.entries, Vec::new(), command.parallel.places(), &interrupt).await
}

/// Says every problem, and ends with what that means.
pub(crate) fn refused(problems: Problems, end: &str) -> Failed {
    for problem in &problems.0 {
        say!("runtime: {problem}");
    }
    Failed::usage(end)
}

fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn read(path: &Path) -> io::Result<zeroize::Zeroizing<Vec<u8>>> {
    if is_standard_input(path) { value::take(io::stdin().lock()) } else { value::take(File::open(path)?) }
}
