//! How the process ends: one exit code for each kind of failure, and messages that hold no secret.

use std::{ffi::OsStr, process::ExitCode};

use clap::{
    builder::StyledStr,
    error::{ContextKind, ContextValue},
};
use secret_runtime::{Backend, Error, Kind, Operation, Shown, config::Mistake, layers::policy::ACCESS_MODE};
use serde_json::{Value, json};

use super::{
    args::{Args, Command, Options, Output},
    output, shell, snippet, terminal,
};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failed {
    code: u8,
    message: String,
    error: Option<Error>,
    /// Whether the backend can tell what names there are.
    lists: bool,
    /// The backend, where it is another than the command line says.
    backend: Option<String>,
}

impl Failed {
    /// A failure that no kind describes.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::plain(1, message.into())
    }

    /// A failure of a call to this backend, which the configuration calls `name` where it has the secret in question.
    pub(crate) fn of(backend: &Backend, name: Option<&str>) -> impl Fn(Error) -> Self {
        let lists = backend.operations().any(|operation| operation == Operation::List);
        move |error| Self { lists, backend: name.map(str::to_owned), ..Self::from(error) }
    }

    /// A failure of usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::plain(2, message.into())
    }

    /// Why, in words.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// A failure that was told already, or whose result is the exit code.
    pub(crate) fn silent(code: u8) -> Self {
        Self::plain(code, String::new())
    }

    fn plain(code: u8, message: String) -> Self {
        Self { code, message, error: None, lists: false, backend: None }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { error: Some(error.clone()), ..Self::plain(exit_code(error.kind()), error.to_string()) }
    }
}

impl From<anyhow::Error> for Failed {
    fn from(error: anyhow::Error) -> Self {
        Self::other(format!("{error:#}"))
    }
}

/// The exit code of a kind of failure. Stable: scripts depend on it.
pub(crate) fn exit_code(kind: Kind) -> u8 {
    match kind {
        Kind::Invalid | Kind::Config => 2,
        Kind::Refused | Kind::Untrusted => 3,
        Kind::Unsupported => 4,
        Kind::Denied | Kind::Unauthenticated => 5,
        Kind::RateLimited | Kind::Unavailable | Kind::Timeout => 6,
        Kind::Malformed | Kind::Component => 7,
        Kind::ApprovalRequired => 8,
        Kind::Conflict => 9,
        Kind::NotFound => 10,
        _ => 1,
    }
}

/// What the command line says of how a failure is told.
pub(crate) struct Asked {
    output: Output,
    backend: Option<String>,
    /// The options that say which configuration counts, as they are typed.
    configuration: String,
    /// Whether a stand-in answers, of which `doctor` knows nothing.
    stand_in: bool,
    /// The command, where it matters to what helps next.
    command: &'static str,
}

impl Asked {
    pub(crate) fn of(args: &Args) -> Self {
        let command = match &args.command {
            Command::Check => "check",
            Command::Doctor(_) => "doctor",
            Command::Inspect(_) => "inspect",
            _ => "",
        };
        let Options { output, backend, config_file, profile, stand_in, .. } = &args.options;
        let file = config_file.iter().map(|file| ("--config-file", file.to_string_lossy()));
        let profile = profile.iter().map(|profile| ("--profile", profile.into()));
        let words = file.chain(profile).map(|(option, word)| format!(" {option} {}", shell::word(&word)));
        let (configuration, stand_in) = (words.collect(), stand_in.is_some());
        Self { output: *output, backend: backend.clone(), configuration, stand_in, command }
    }

    /// A command that asks the same backend.
    fn again(&self, command: &str, words: &str) -> Option<String> {
        let backend = self.backend.as_deref().map(|backend| format!(" --backend {}", shell::word(backend)));
        let backend = backend.unwrap_or_default();
        (command != self.command).then(|| format!("runtime{}{backend} {command}{words}", self.configuration))
    }
}

impl Failed {
    /// What to type next, unless the message says it.
    fn next_step(&self, asked: &Asked) -> Option<String> {
        if self.message.contains("`runtime ") {
            return None;
        }
        let backend = self.backend.clone().or_else(|| asked.backend.clone());
        let asked = &Asked { backend, configuration: asked.configuration.clone(), ..*asked };
        let error = self.error.as_ref()?;
        match error.kind() {
            Kind::NotFound if self.lists => {
                // The folder it would be in.
                let key = error.key().unwrap_or_default();
                let folder = key.rsplit_once('/').map(|(folder, _)| format!(" {}", shell::word(&format!("{folder}/"))));
                asked.again("list", &folder.unwrap_or_default())
            }
            Kind::Denied | Kind::Unauthenticated => asked.again("check", "").or_else(|| asked.again("doctor", "")),
            Kind::Unavailable | Kind::Timeout if !asked.stand_in => asked.again("doctor", ""),
            Kind::Unsupported => asked.again("inspect", ""),
            _ => None,
        }
    }

    /// The failure as JSON.
    fn json(&self, next: Option<&str>) -> Value {
        let mut value = match &self.error {
            Some(error) => output::error_json(error),
            None => {
                let kind = if self.code == 2 { Kind::Invalid } else { Kind::Other };
                json!({ "error": { "kind": kind.as_str(), "message": self.message } })
            }
        };
        if let (Some(next), Some(error)) = (next, value.get_mut("error").and_then(Value::as_object_mut)) {
            error.insert("next".to_owned(), next.into());
        }
        value
    }
}

/// The exit code of the process, having said why on standard error, and for programs on standard output.
pub(crate) fn code(done: Result<ExitCode, Failed>, asked: &Asked) -> ExitCode {
    let failed = match done {
        Ok(code) => return code,
        Err(failed) => failed,
    };
    let next = failed.next_step(asked);
    tell(&failed);
    if let Some(next) = &next {
        say!("  next: {next}");
    }
    // A failure without a word was told already, in the format that was asked for.
    if asked.output == Output::Json && !failed.message.is_empty() {
        let _ = output::json(&failed.json(next.as_deref()));
    }
    ExitCode::from(failed.code)
}

/// Says on standard error what failed; answers the exit code for it.
pub(crate) fn tell(failed: &Failed) -> u8 {
    if !failed.message.is_empty() {
        say!("runtime: {}", failed.message);
    }
    if let Some(error) = &failed.error {
        explain(error);
    }
    failed.code
}

/// Says what failed of several things; answers the exit code, if anything did: that of the first failure that is more
/// than an absent secret.
pub(crate) fn tell_all<'e>(errors: impl IntoIterator<Item = &'e Error>) -> Option<u8> {
    let mut kinds = Vec::new();
    for error in errors {
        say!("runtime: {error}");
        explain(error);
        kinds.push(error.kind());
    }
    kinds.iter().find(|kind| **kind != Kind::NotFound).or(kinds.first()).map(|kind| exit_code(*kind))
}

/// What only the calling person is told: the backend's own words, marked as such, and what can be done.
pub(crate) fn explain(error: &Error) {
    if let Some(message) = error.guest_message() {
        say!("  from the backend: {}", Shown(message));
    }
    if let Some(frames) = error.guest_frames() {
        say!("  where in the backend, innermost first:\n{}", frames.trim_end());
    }
    if let Some(id) = error.approval() {
        say!("  approve it under the id {}, then try again", Shown(id));
    }
    if error.rule() == Some(ACCESS_MODE) {
        say!("  --access-mode read-write allows it this once");
    }
    if let Some(snippet) = mistake(error).and_then(|at| snippet::underlined(&at.file, &at.text, &at.span)) {
        terminal::print(&snippet);
    }
    if let Some(wait) = error.retry_after() {
        say!("  it asks to wait {} s", wait.as_secs());
    }
}

/// The place in a configuration that the failure is about.
fn mistake(error: &Error) -> Option<&Mistake> {
    let mut cause = std::error::Error::source(error);
    while let Some(found) = cause {
        if let Some(mistake) = found.downcast_ref::<Mistake>() {
            // Without a place there is nothing to underline.
            return Some(mistake).filter(|mistake| mistake.span != (0..0));
        }
        cause = found.source();
    }
    None
}

/// Usage errors and help, from clap.
pub(crate) fn usage(mut error: clap::Error) -> ExitCode {
    hide_values(&mut error);
    // A closed pipe is no reason to panic.
    let _ = error.print();
    if error.use_stderr() && asks_for_json() {
        let rendered = error.render().to_string();
        // What is wrong ends where the advice begins.
        let words: Vec<_> = rendered.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        let message = words.join(" ");
        let message = message.strip_prefix("error: ").unwrap_or(&message);
        let _ = output::json(&Failed::usage(message).json(None));
    }
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

/// Whether a command line that can't be parsed asks for JSON.
fn asks_for_json() -> bool {
    let mut words = std::env::args_os();
    while let Some(word) = words.next() {
        if word == "--output=json" || (word == "--output" && words.next().as_deref() == Some(OsStr::new("json"))) {
            return true;
        }
    }
    false
}

/// A secret that was typed where none belongs is not repeated: standard error often ends up in a log.
fn hide_values(error: &mut clap::Error) {
    let argument = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.as_str(),
        _ => return,
    };
    let hidden = if argument.ends_with("<KEY=VALUE>") {
        ContextKind::InvalidValue
    } else if argument.starts_with('-') {
        return;
    } else {
        ContextKind::InvalidArg
    };
    // The program that was typed where options belong.
    let behind = matches!(error.get(ContextKind::Usage), Some(ContextValue::StyledStr(usage)) if usage.to_string().contains("-- <COMMAND>"));
    if hidden == ContextKind::InvalidArg && behind {
        let tip = StyledStr::from("the program and its arguments stand behind `--`, as in `runtime run -- npm start`");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error.insert(hidden, ContextValue::String("…".to_owned()));
}

/// A panic says where, never what: its message could hold a value. And no core is dumped.
pub(crate) fn guard_the_process() {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    let _ = rustix::process::setrlimit(rustix::process::Resource::Core, none);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        say!("runtime: this is a defect of the program ({place}); please report it");
        std::process::exit(1);
    }));
}
