//! `init`: a first configuration, from three questions.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use dialoguer::{Input, Select};
use secret_runtime::{
    Component, Digest, Shown,
    config::{self, Config, FILE_NAME},
    manifest::Manifest,
};

use super::{Failed, args::Options, load, paths, questions::Questions, shell, trust};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It asks which backend your secrets are in, where that is, and which secrets you need. What is given as an option
is not asked for.

Examples:
  runtime init
  runtime init --backend vault --set address=https://vault.example.com:8200 --secrets OPENAI_API_KEY,DB_URL
  runtime init --backend dotenv --storage .env --secrets ''")]
pub(crate) struct Init {
    /// The names that your program knows its secrets by
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    secrets: Option<Vec<String>>,
}

pub(crate) async fn run(options: &Options, command: Init) -> Result<ExitCode, Failed> {
    let path = options.config_file.clone().unwrap_or_else(|| PathBuf::from(FILE_NAME));
    let there = |path: &Path| Failed::usage(format!("{} is there already; edit it, or move it away", path.display()));
    if path.symlink_metadata().is_ok() {
        return Err(there(&path));
    }
    let backend = match &options.backend {
        Some(backend) => backend.clone(),
        None => which()?,
    };
    let found = load::find(Some(&backend), None)?;
    let component = Component::from_file(&found.path)?;
    let name = match &found.name {
        Some(name) => name.clone(),
        None => Some(component.manifest().name.clone()).filter(|name| !name.is_empty()).unwrap_or("main".to_owned()),
    };
    let (set, storage) = place(options, component.manifest())?;
    let secrets = match command.secrets {
        Some(secrets) => secrets,
        None => ask("Which secrets does your program need? (names, with commas between)", "--secrets", String::new())?
            .split(|c: char| c == ',' || c.is_whitespace())
            .map(str::to_owned)
            .collect(),
    };
    // What is installed goes by its name: it lies elsewhere on another machine.
    let component = match &found.name {
        Some(name) => name.clone(),
        None => {
            let path = found.path.canonicalize();
            let path = path.map_err(|cause| Failed::other(format!("{}: {cause}", found.path.display())))?;
            path.to_string_lossy().into_owned()
        }
    };
    let text = written(&name, &component, &set, storage.as_deref(), &secrets);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = tempfile::Builder::new().prefix(".runtime-").tempfile_in(folder).and_then(|mut file| {
        io::Write::write_all(&mut file, text.as_bytes())?;
        Ok(file)
    });
    let file = file.map_err(|cause| Failed::other(format!("{} can't be written: {cause}", path.display())))?;
    // Another file that has come meanwhile stays.
    file.persist_noclobber(&path).map_err(|cause| match cause.error.kind() {
        io::ErrorKind::AlreadyExists => there(&path),
        _ => Failed::other(format!("{} can't be written: {}", path.display(), cause.error)),
    })?;
    // Whoever has just answered for what is in it need not be asked about it.
    let ((canonical, _), digest) = (config::identity(&path)?, Digest::of(text.as_bytes()));
    trust::record_config(options, &canonical, digest, &Config::read_pinned(&canonical, digest)?)?;
    say!(
        "runtime: wrote {}, which is trusted as it is; after a change, type `runtime trust {FILE_NAME}`",
        path.display()
    );
    match secrets.iter().find(|name| !name.is_empty()) {
        Some(name) => say!("  next: runtime get {}\n        runtime run -- your-app", shell::word(name)),
        None => say!("  next: runtime get NAME"),
    }
    Ok(ExitCode::SUCCESS)
}

/// The most characters that are shown of what a backend says it is: a line of 80 holds them beside its name.
const ABOUT: usize = 54;

/// The first question.
fn which() -> Result<String, Failed> {
    let mut installed: Vec<String> =
        paths::installed().into_iter().filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    installed.sort();
    if installed.is_empty() {
        return Err(Failed::usage("no backend is installed; give a component with --backend FILE"));
    }
    on_a_terminal("--backend NAME")?;
    let shown: Vec<String> = installed
        .iter()
        .map(|name| {
            let about =
                Component::from_file(paths::installed_backends().unwrap_or_default().join(format!("{name}.wasm")));
            let about = about.map(|component| Shown(&component.manifest().description).to_string()).unwrap_or_default();
            let whole = about.chars().count() <= ABOUT;
            let about: String = about.chars().take(if whole { ABOUT } else { ABOUT - 1 }).collect();
            format!("{:<22} {about}{}", Shown(name).to_string(), if whole { "" } else { "…" })
        })
        .collect();
    let select = Select::with_theme(&Questions).with_prompt("Where are your secrets?").items(&shown).default(0);
    let chosen = select.interact().map_err(failed)?;
    installed.get(chosen).cloned().ok_or_else(|| Failed::other("nothing was chosen"))
}

type Place = (Vec<(String, String)>, Option<String>);

/// The second question: the storage, or the settings without which the backend can't be.
fn place(options: &Options, manifest: &Manifest) -> Result<Place, Failed> {
    let mut set = options.set.clone();
    let mut storage = options.storage.clone();
    if manifest.storage.is_some() && storage.is_none() {
        storage = Some(ask("Which file are they in?", "--storage FILE", ".env".to_owned())?);
    }
    for (key, declared) in &manifest.config {
        let given = set.iter().any(|(given, _)| given == key);
        if given || !declared.required || declared.default.is_some() || declared.identity.is_some() {
            continue;
        }
        let now = declared.env.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
        let help = declared.help.as_deref().map(|help| format!(" ({})", Shown(help))).unwrap_or_default();
        let question = format!("Its setting {}{help}?", Shown(key));
        set.push((key.clone(), ask(&question, &format!("--set {}=VALUE", Shown(key)), now)?));
    }
    Ok((set, storage))
}

fn ask(question: &str, option: &str, proposed: String) -> Result<String, Failed> {
    on_a_terminal(option)?;
    let input = Input::<String>::with_theme(&Questions).with_prompt(question).allow_empty(true);
    let input = if proposed.is_empty() { input } else { input.default(proposed) };
    input.interact_text().map_err(failed)
}

fn on_a_terminal(option: &str) -> Result<(), Failed> {
    if io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    Err(Failed::usage(format!("there is no terminal to ask on; give {option}")))
}

fn failed(cause: dialoguer::Error) -> Failed {
    let dialoguer::Error::IO(cause) = cause;
    match cause.kind() {
        io::ErrorKind::Interrupted => Failed::silent(130),
        _ => Failed::other(format!("the question can't be asked: {cause}")),
    }
}

fn written(name: &str, component: &str, set: &[(String, String)], storage: Option<&str>, secrets: &[String]) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let mut text = format!(
        "# Secrets for what is in this folder. `runtime config schema` says what else can stand here.\n\
         default-backend = {}\n\n[backends.{}]\ncomponent = {}\n",
        quoted(name),
        key(name),
        quoted(component)
    );
    if !set.is_empty() {
        let pairs: Vec<String> = set.iter().map(|(name, value)| format!("{} = {}", key(name), quoted(value))).collect();
        let _ = writeln!(text, "set = {{ {} }}", pairs.join(", "));
    }
    if let Some(storage) = storage {
        let _ = writeln!(text, "grant = {{ storage = {} }}", quoted(storage));
    }
    text.push_str(
        "\n# What your program calls its secrets. Each is in the default backend under the same name, unless it says\n",
    );
    text.push_str("# otherwise: OPENAI_API_KEY = { backend = \"…\", name = \"team/openai\", field = \"…\", version = \"3\" }\n[secrets]\n");
    for secret in secrets.iter().filter(|name| !name.is_empty()) {
        let _ = writeln!(text, "{} = {{}}", key(secret));
    }
    text
}

/// A key of TOML.
fn key(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { toml::Value::from(text).to_string() }
}
