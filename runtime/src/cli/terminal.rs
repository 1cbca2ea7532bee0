//! The terminal: logs, questions, the spinner.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use secret_runtime::{
    OnCompile, Shown,
    store::{Level, Listener},
};
use tracing::level_filters::LevelFilter;

/// Sends the program's own log to standard error. A backend's words are not in it; see [`Stderr`].
pub(crate) fn init_log(verbose: u8) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Libraries below can log what they send: only our own lines are shown, the library's and the program's.
    let ours =
        tracing_subscriber::filter::Targets::new().with_target("secret_runtime", level).with_target("runtime", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).without_time().with_target(false);
    use tracing_subscriber::{Layer as _, layer::SubscriberExt as _, util::SubscriberInitExt as _};
    let _ = tracing_subscriber::registry().with(lines.with_filter(ours)).try_init();
}

/// Shows a backend's log lines to the person at the terminal.
#[derive(Debug)]
pub(crate) struct Stderr {
    most: Level,
}

impl Stderr {
    /// A listener for this many `-v`; none if nothing is to be shown.
    pub(crate) fn listening(verbose: u8) -> Option<Arc<dyn Listener>> {
        let most = match verbose {
            0 => return None,
            1 => Level::Info,
            2 => Level::Debug,
            _ => Level::Trace,
        };
        Some(Arc::new(Self { most }))
    }
}

impl Listener for Stderr {
    fn line(&self, level: Level, message: &str) {
        if level <= self.most {
            say!("  the backend logs: {}", Shown(message));
        }
    }
}

/// A spinner while a component is compiled for the first time, if somebody is there to see it.
pub(crate) fn spinner() -> Option<OnCompile> {
    if !io::stderr().is_terminal() {
        return None;
    }
    let bar: Mutex<Option<ProgressBar>> = Mutex::new(None);
    Some(Arc::new(move |begins| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        if begins {
            let spinner = ProgressBar::new_spinner().with_message("compiling the component for the first time");
            spinner.set_style(ProgressStyle::default_spinner());
            spinner.enable_steady_tick(Duration::from_millis(80));
            *bar = Some(spinner);
        } else if let Some(spinner) = bar.take() {
            spinner.finish_and_clear();
        }
    }))
}

/// Asks a yes-or-no question on the controlling terminal, whatever standard input is; none without a terminal.
pub(crate) fn ask(question: &str) -> io::Result<Option<bool>> {
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    let mut out = &terminal;
    write!(out, "{question} [y/N] ")?;
    let mut answer = String::new();
    BufReader::new(&terminal).read_line(&mut answer)?;
    Ok(Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")))
}

/// Writes to standard error, as far as it can be written.
pub(crate) fn print(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

/// Writes to the controlling terminal if there is one, else to standard error.
pub(crate) fn tell(text: &str) {
    match File::options().write(true).open("/dev/tty") {
        Ok(mut terminal) => drop(terminal.write_all(text.as_bytes())),
        Err(_) => print(text),
    }
}
