//! The terminal: logs, questions, the spinner.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use secret_runtime::{Compiling, OnCompile};
use tracing::level_filters::LevelFilter;

/// Sends the program's own log to standard error. A backend's words are not in it; see
/// [`Listening`](super::trace::Listening).
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

/// From this size on compiling takes seconds, which is said also where nobody sees a spinner.
const LARGE: usize = 1 << 20;

/// Says that a component is compiled for the first time, while it is: a spinner, if somebody is there to see it.
pub(crate) fn progress() -> OnCompile {
    let on_terminal = io::stderr().is_terminal();
    let bar: Mutex<Option<ProgressBar>> = Mutex::new(None);
    Arc::new(move |compiling| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        match compiling {
            Compiling::Begins { bytes } if on_terminal => {
                let spinner = ProgressBar::new_spinner().with_message(first_time(bytes));
                let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
                spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
                spinner.enable_steady_tick(Duration::from_millis(80));
                *bar = Some(spinner);
            }
            Compiling::Begins { bytes } if bytes >= LARGE => say!("runtime: {}", first_time(bytes)),
            Compiling::Begins { .. } => {}
            Compiling::Over => {
                if let Some(spinner) = bar.take() {
                    spinner.finish_and_clear();
                }
            }
        }
    })
}

fn first_time(bytes: usize) -> String {
    format!("compiling the component for the first time ({:.1} MB)", bytes as f64 / 1e6)
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
