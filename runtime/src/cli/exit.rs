//! How the process ends: one exit code for each kind of failure, and messages that hold no secret.

use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use secret_runtime::{Error, Kind, Shown};

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failed {
    code: u8,
    message: String,
    error: Option<Error>,
}

impl Failed {
    /// A failure that no kind describes.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self { code: 1, message: message.into(), error: None }
    }

    /// A failure of usage.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), error: None }
    }

    /// Why it failed, in words that hold no secret.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// A failure that was told already, or whose result is the exit code.
    pub(crate) fn silent(code: u8) -> Self {
        Self { code, message: String::new(), error: None }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self { code: exit_code(error.kind()), message: error.to_string(), error: Some(error) }
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

/// Ends the process, having said why on standard error.
pub(crate) fn code(done: Result<ExitCode, Failed>) -> ExitCode {
    let failed = match done {
        Ok(code) => return code,
        Err(failed) => failed,
    };
    if !failed.message.is_empty() {
        say!("runtime: {}", failed.message);
    }
    if let Some(error) = &failed.error {
        explain(error);
    }
    ExitCode::from(failed.code)
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
    if let Some(wait) = error.retry_after() {
        say!("  it asks to wait {} s", wait.as_secs());
    }
}

/// Usage errors and help, from clap.
pub(crate) fn usage(mut error: clap::Error) -> ExitCode {
    hide_values(&mut error);
    // A closed pipe is no reason to panic.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
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
