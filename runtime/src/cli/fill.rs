//! `fill`: fill the empty values of a .env file.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use dotenv_text::{File, set};
use secret_runtime::{Kind, Shown};
use serde_json::json;
use zeroize::Zeroizing;

use super::{
    Failed,
    args::{Opt, Options, Output},
    bulk::{Chosen, Origin, Parallel},
    exit, out_file, output,
    session::Session,
    shell, value,
};

/// Everything but the values stays as it is: comments, order, quotes. A key that the backend does not have is named, and
/// stays empty.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runtime fill .env --dry-run
  runtime fill .env.example --out .env --strict
  runtime fill .env --only 'DB_*' --name-prefix app/ --overwrite")]
pub(crate) struct Fill {
    /// The .env file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Write the result here and leave FILE as it is; - for standard output
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    /// Show what would be filled, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace values that are there, too
    #[arg(long)]
    overwrite: bool,
    /// Write nothing if a key is missing from the backend, and end with 10
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    chosen: Chosen,
    /// Put this before a key to make the secret's name
    #[arg(long, value_name = "P", default_value = "", hide_default_value = true)]
    name_prefix: String,
    #[command(flatten)]
    parallel: Parallel,
    #[command(flatten)]
    opt: Opt,
}

pub(crate) async fn run(options: &Options, command: Fill) -> Result<ExitCode, Failed> {
    let shown = shell::word(&command.file.to_string_lossy());
    let text = read(&command.file, &shown)?;
    let keys = wanted(&text, &command).map_err(|problem| Failed::usage(format!("{shown}: {problem}")))?;
    let globs = command.chosen.globs()?;
    let names: Vec<String> = keys
        .iter()
        .filter(|key| globs.as_ref().is_none_or(|globs| globs.matches(key)))
        .map(|key| format!("{}{key}", command.name_prefix))
        .collect();
    let session = Session::open(options)?;
    let origin = Origin::open(options, &session, command.opt.opt, command.parallel).await?;
    let found = origin.read_each(names).await?;
    let (mut filled, mut missing, mut failed) = (Vec::new(), Vec::new(), None);
    let mut now = text.clone();
    for (name, read) in found {
        let key = name.strip_prefix(&command.name_prefix).unwrap_or(&name).to_owned();
        match read {
            Ok(value) => match fit(&now, &key, value.expose()) {
                Ok(Some(text)) => {
                    now = text;
                    filled.push(key);
                }
                Ok(None) => {}
                Err(problem) => {
                    say!("runtime: {}: {problem}", Shown(&name));
                    failed.get_or_insert(exit::exit_code(Kind::Invalid));
                }
            },
            Err(error) if error.kind() == Kind::NotFound => missing.push(key),
            Err(error) => {
                say!("runtime: {error}");
                exit::explain(&error);
                failed.get_or_insert(exit::exit_code(error.kind()));
            }
        }
    }
    missing.iter().for_each(|key| say!("  missing  {}", Shown(key)));
    if command.strict && !missing.is_empty() {
        failed.get_or_insert(exit::exit_code(Kind::NotFound));
    }
    if let Some(code) = failed {
        say!("runtime: nothing was written");
        return Err(Failed::silent(code));
    }
    if command.dry_run || command.out.as_deref() != Some(Path::new("-")) {
        filled.iter().for_each(|key| say!("  filled   {}", Shown(key)));
    }
    let done = if command.dry_run { "would be filled; nothing was written" } else { "filled" };
    match &command.out {
        _ if command.dry_run => {}
        Some(out) if out == Path::new("-") => return output::bytes(now.as_bytes()),
        Some(out) => out_file::write(out, now.as_bytes(), mode(out))?,
        None if now == text => {}
        None => {
            if read(&command.file, &shown)? != text {
                return Err(Failed::usage(format!("{shown} was changed meanwhile, and is left so; run it again")));
            }
            out_file::write_over(&command.file, now.as_bytes(), mode(&command.file))?;
        }
    }
    if options.output == Output::Json {
        return output::json(&json!({ "dry_run": command.dry_run, "filled": filled, "missing": missing }));
    }
    let missed = if missing.is_empty() { String::new() } else { format!(", {} missing", missing.len()) };
    say!("runtime: {} {done}{missed}", filled.len());
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path, shown: &str) -> Result<Zeroizing<String>, Failed> {
    let cant = |cause: io::Error| Failed::usage(format!("{shown} can't be read: {cause}"));
    let mut bytes = value::take(fs::File::open(path).map_err(cant)?).map_err(cant)?;
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Ok(Zeroizing::new(text)),
        Err(other) => {
            drop(Zeroizing::new(other.into_bytes()));
            Err(cant(io::Error::other("it is not UTF-8 text")))
        }
    }
}

/// The keys to fill, each once. Of several definitions the last one counts.
fn wanted(text: &str, command: &Fill) -> Result<Vec<String>, dotenv_text::Malformed> {
    let file = File::parse(text)?;
    let counts = |one: &&dotenv_text::Definition<'_>| {
        file.last(one.key).is_some_and(|last| last.span == one.span && (command.overwrite || last.value.is_empty()))
    };
    Ok(file.definitions().iter().filter(counts).map(|one| one.key.to_owned()).collect())
}

/// The text with this value for the key; none if it has it.
fn fit(text: &str, key: &str, value: &[u8]) -> Result<Option<Zeroizing<String>>, String> {
    let Ok(value) = std::str::from_utf8(value) else {
        return Err("a .env file can't hold a value that is not UTF-8 text".to_owned());
    };
    let file = File::parse(text).map_err(|malformed| malformed.to_string())?;
    if file.last(key).is_some_and(|last| last.value == value) {
        return Ok(None);
    }
    set(&file, key, value).map(|text| Some(Zeroizing::new(text))).map_err(|unfit| unfit.to_string())
}

/// The mode that a file has; a new one is private.
fn mode(path: &Path) -> u32 {
    let Ok(metadata) = fs::metadata(path) else { return out_file::PRIVATE };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        let shown = shell::word(&path.to_string_lossy());
        say!("runtime: others have access to {shown} ({mode:o}), which is kept; chmod 600 {shown} takes it from them");
    }
    mode
}
