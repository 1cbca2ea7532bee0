//! The terminal: logs, questions, the spinner.

use std::{
    fmt,
    fs::File,
    io::{self, IsTerminal as _, Read as _, Write as _},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secret_runtime::{Compiling, OnCompile, Shown};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, Registry,
    filter::{FilterExt as _, Targets, filter_fn},
    layer::{Identity, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use super::Failed;

/// Sends the program's own log to standard error. A backend's words are not in it; see
/// [`Listening`](super::trace::Listening).
pub(crate) fn init_log(verbose: u8) {
    init_log_and(verbose, None::<Identity>);
}

/// The same, with something that takes the program's spans, which are no lines.
pub(crate) fn init_log_and(verbose: u8, spans: Option<impl Layer<Registry> + Send + Sync>) {
    let level = match verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    // Libraries below can log what they send: only our own lines are shown, the library's and the program's.
    let ours = Targets::new().with_target("secret_runtime", level).with_target("runtime", level);
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr).without_time().with_target(false);
    let events = filter_fn(|metadata| metadata.is_event()).with_max_level_hint(level);
    let lines = lines.with_filter(ours.and(events));
    let _ = tracing_subscriber::registry().with(spans).with(lines).try_init();
}

/// From this size on compiling takes seconds, which is said also where nobody sees a spinner.
const LARGE: usize = 1 << 20;

/// Says that a component is compiled, while it is: a spinner, if somebody is there to see it. With `--trace` it is compiled
/// once more, to know where traps happen.
pub(crate) fn progress(trace: bool) -> OnCompile {
    let on_terminal = io::stderr().is_terminal();
    let bar: Mutex<Option<ProgressBar>> = Mutex::new(None);
    Arc::new(move |compiling| {
        let mut bar = bar.lock().unwrap_or_else(PoisonError::into_inner);
        match compiling {
            Compiling::Begins { bytes, kept } if on_terminal => {
                let spinner = ProgressBar::new_spinner().with_message(compiling_it(bytes, kept, trace));
                let style = ProgressStyle::with_template("{spinner} {msg}, {elapsed}");
                spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
                spinner.enable_steady_tick(Duration::from_millis(80));
                *bar = Some(spinner);
            }
            Compiling::Begins { bytes, kept } if bytes >= LARGE => {
                say!("runtime: {}", compiling_it(bytes, kept, trace));
            }
            Compiling::Begins { .. } => {}
            Compiling::Over => {
                if let Some(spinner) = bar.take() {
                    spinner.finish_and_clear();
                }
            }
        }
    })
}

fn compiling_it(bytes: usize, kept: bool, trace: bool) -> String {
    let when = match (kept, trace) {
        (true, false) => " for the first time",
        (true, true) => " for the first --trace",
        // Saying that it is the first time would promise that it is the last.
        (false, _) => ", which can't be kept (`runtime doctor` says why)",
    };
    format!("compiling the component{when} ({:.1} MB)", bytes as f64 / 1e6)
}

/// How a question is answered. Anything else is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// By the key `y`.
    Key,
    /// By the word `yes`, typed out: more is at stake than a slip of a finger should decide, and this is what.
    Word(&'static str),
}

impl Answer {
    /// What is said of every other answer.
    pub(crate) const fn refusal(self) -> &'static str {
        match self {
            Self::Key => "not granted",
            Self::Word(_) => "not granted, which takes the word yes",
        }
    }
}

/// Asks a yes-or-no question on the controlling terminal, whatever standard input is; none without a terminal. What was
/// typed before it was asked is no answer to it.
///
/// # Errors
/// Ctrl-C ends the command with exit code 130, once the terminal is as it was.
pub(crate) fn ask(question: &str, answer: Answer) -> Result<Option<bool>, Failed> {
    let Ok(terminal) = File::options().read(true).write(true).open("/dev/tty") else { return Ok(None) };
    let typed = Asking::begin(&terminal, answer).and_then(|asking| asking.answer(question));
    match typed {
        Ok(Typed::Yes) => Ok(Some(true)),
        Ok(Typed::No) => Ok(Some(false)),
        Ok(Typed::Interrupt) => Err(Failed::silent(INTERRUPTED)),
        Err(cause) => Err(Failed::other(format!("the question can't be asked: {cause}"))),
    }
}

/// The exit code of a command that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;
/// What Ctrl-C sends.
const CTRL_C: u8 = 3;

enum Typed {
    Yes,
    No,
    Interrupt,
}

/// A terminal that is set for one answer. It becomes what it was when this is dropped; keys that nobody has read by then
/// are not left to the next program.
struct Asking<'a> {
    terminal: &'a File,
    answer: Answer,
    before: Termios,
}

impl<'a> Asking<'a> {
    fn begin(terminal: &'a File, answer: Answer) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut during = before.clone();
        // Ctrl-C is read as a character: a signal would leave no time to set the terminal back.
        during.local_modes.remove(LocalModes::ISIG);
        match answer {
            Answer::Key => {
                during.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::IEXTEN);
                during.special_codes[SpecialCodeIndex::VMIN] = 1;
                during.special_codes[SpecialCodeIndex::VTIME] = 0;
            }
            Answer::Word(_) => {
                during.local_modes.insert(LocalModes::ICANON | LocalModes::ECHO);
                during.special_codes[SpecialCodeIndex::VEOL] = CTRL_C; // it ends the line
            }
        }
        tcsetattr(terminal, OptionalActions::Flush, &during)?;
        Ok(Self { terminal, answer, before })
    }

    fn answer(self, question: &str) -> io::Result<Typed> {
        let mut out = self.terminal;
        let question = match self.answer {
            Answer::Key => format!("{question} [y/N] "),
            Answer::Word(stake) => format!("{question} Type yes if so, since {stake}: "),
        };
        out.write_all(question.as_bytes())?; // at once: what is typed is never shown in the midst of it
        let mut typed = [0; 256];
        let length = loop {
            match out.read(&mut typed) {
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
                done => break done?,
            }
        };
        let typed = typed.get(..length).unwrap_or_default();
        let typed = match (self.answer, typed) {
            (_, [.., CTRL_C]) => Typed::Interrupt,
            (Answer::Key, [b'y' | b'Y', ..]) => Typed::Yes,
            (Answer::Word(_), word) if word.trim_ascii().eq_ignore_ascii_case(b"yes") => Typed::Yes,
            _ => Typed::No,
        };
        match (self.answer, &typed) {
            (Answer::Key, Typed::Yes) => writeln!(out, "yes")?,
            (Answer::Key, Typed::No) => writeln!(out, "no")?,
            (_, Typed::Interrupt) => writeln!(out)?,
            (Answer::Word(_), _) => {}
        }
        Ok(typed)
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Writes a line to standard error; it may break into more. Names of files are in it that anybody can have made, so what
/// a terminal would act on is escaped, whoever put the line together.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    let mut shown = String::new();
    for c in line.to_string().chars() {
        if c != '\n' && Shown::escapes(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown.push('\n');
    print(&shown);
}

/// Writes to standard error, as far as it can be written: that nobody can read it is no reason to panic.
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
