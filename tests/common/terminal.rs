//! Running the binary on a terminal of its own, as a person at a keyboard does.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::termios::{LocalModes, tcgetattr};
use tempfile::TempDir;

use super::cli::Run;

/// How long to wait for what should appear at once.
const PATIENCE: Duration = Duration::from_secs(60);

impl Run {
    /// Starts it on a new terminal of its own. What it was given as input, it still gets from there.
    #[track_caller]
    pub(crate) fn on_terminal(self) -> Terminal {
        let folder = tempfile::tempdir().unwrap();
        let (name, input) = (folder.path().join("name"), folder.path().join("input"));
        // What follows `setsid` is the program and its arguments; the terminal brings a session of its own.
        let words: Vec<_> = self.command.get_args().map(quoted).collect();
        let mut line = format!("tty > {}; exec {}", quoted(name.as_os_str()), words.join(" "));
        if let Some(bytes) = &self.input {
            fs::write(&input, bytes).unwrap();
            line.push_str(&format!(" < {}", quoted(input.as_os_str())));
        }
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--flush", "--command", &line, "/dev/null"]).env_clear();
        command.env("TERM", "xterm");
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.command.get_current_dir().unwrap());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let screen = Arc::new(Screen::default());
        let mut output = child.stdout.take().unwrap();
        thread::spawn({
            let screen = Arc::clone(&screen);
            move || {
                let mut bytes = [0; 4096];
                while let Ok(length @ 1..) = output.read(&mut bytes) {
                    screen.show(&bytes[..length]);
                }
                screen.end();
            }
        });
        Terminal { keyboard: child.stdin.take().unwrap(), child, screen, folder }
    }

    /// The same from a shell that writes a line about the terminal's modes before and after it.
    pub(crate) fn between_modes(self) -> Self {
        self.in_a_shell(r#"echo modes $(stty -g); "$@"; echo modes $(stty -g)"#)
    }

    /// The same once a line has been typed, which is asked for by `ready`. What is typed after it, it finds there.
    pub(crate) fn after_a_line(self) -> Self {
        self.in_a_shell(r#"echo ready; read line; exec "$@""#)
    }

    fn in_a_shell(mut self, line: &str) -> Self {
        let mut command = Command::new("setsid");
        command.args(["/bin/sh", "-c", line, "sh"]).args(self.command.get_args()).env_clear();
        command.envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.current_dir(self.command.get_current_dir().unwrap());
        self.command = command;
        self
    }
}

/// In a way that a shell takes for one word.
fn quoted(word: &OsStr) -> String {
    format!("'{}'", word.to_str().unwrap().replace('\'', r"'\''"))
}

/// A run on a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    screen: Arc<Screen>,
    folder: TempDir,
}

impl Terminal {
    /// Waits until these words are on the screen.
    #[track_caller]
    pub(crate) fn shows(self, words: &str) -> Self {
        self.screen.wait(words, |shown| shown.text.contains(words));
        self
    }

    /// Types a line.
    #[track_caller]
    pub(crate) fn types(mut self, line: &str) -> Self {
        writeln!(self.keyboard, "{line}").unwrap();
        self
    }

    /// Presses keys, and no Enter after them.
    #[track_caller]
    pub(crate) fn presses(mut self, keys: &str) -> Self {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self
    }

    /// Types a line once the terminal no longer shows what is typed.
    #[track_caller]
    pub(crate) fn types_unseen(self, line: &str) -> Self {
        let name = fs::read_to_string(self.folder.path().join("name")).unwrap();
        let terminal = File::options().read(true).open(name.trim()).unwrap();
        let started = Instant::now();
        while tcgetattr(&terminal).unwrap().local_modes.contains(LocalModes::ECHO) {
            assert!(started.elapsed() < PATIENCE, "what is typed stays visible");
            thread::yield_now();
        }
        self.types(line)
    }

    /// Waits for its end; answers all that was on the screen.
    #[track_caller]
    pub(crate) fn exits(mut self, code: i32) -> String {
        let text = self.screen.wait("the end", |shown| shown.over);
        let status = self.child.wait().unwrap();
        assert_eq!(status.code(), Some(code), "{text}");
        text
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Where a test fails, nothing is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Default)]
struct Screen {
    shown: Mutex<Shown>,
    changed: Condvar,
}

#[derive(Default)]
struct Shown {
    text: String,
    over: bool,
}

impl Screen {
    fn show(&self, bytes: &[u8]) {
        self.shown.lock().unwrap().text.push_str(&String::from_utf8_lossy(bytes));
        self.changed.notify_all();
    }

    fn end(&self) {
        self.shown.lock().unwrap().over = true;
        self.changed.notify_all();
    }

    #[track_caller]
    fn wait(&self, what: &str, found: impl Fn(&Shown) -> bool) -> String {
        let shown = self.shown.lock().unwrap();
        let waiting = |shown: &mut Shown| !found(shown) && !shown.over;
        let (shown, _) = self.changed.wait_timeout_while(shown, PATIENCE, waiting).unwrap();
        assert!(found(&shown), "not on the screen: {what}\n{}", shown.text);
        shown.text.clone()
    }
}
