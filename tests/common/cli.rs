//! Running the `runtime` binary as a person does, in a home of its own and with nothing else around it.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use test_support::{Server, layout};

/// How long a run may take before it counts as hanging. The slowest test gives a call ten seconds of computing.
const PATIENCE: Duration = Duration::from_secs(120);

/// A home folder for one person, gone at the end of the test.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        // Not in the system's folder for temporary files: what everybody can write to holds no compiled code.
        let folder = tempfile::Builder::new().prefix("home-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that only its owner may read or write.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
        file.set_permissions(fs::Permissions::from_mode(0o600)).unwrap();
        file.write_all(content.as_ref()).unwrap();
        path
    }

    /// Every regular file below the home, with its content.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let kind = entry.file_type().unwrap();
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    found.push((entry.path(), fs::read(entry.path()).unwrap()));
                }
            }
        }
        found
    }

    /// The only file of this name below the home.
    pub(crate) fn find(&self, name: &str) -> PathBuf {
        let mut found: Vec<_> = self.files().into_iter().map(|(path, _)| path).collect();
        found.retain(|path| path.file_name() == Some(OsStr::new(name)));
        assert_eq!(found.len(), 1, "files named {name}: {found:?}");
        found.remove(0)
    }

    /// A run of the binary in this home, with these arguments.
    pub(crate) fn runtime<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Run {
        let program = layout::runtime();
        assert!(program.is_file(), "{} is missing: run `cargo xtask test`", program.display());
        // Without a controlling terminal, wherever the tests are run: nobody is there to be asked.
        let mut command = Command::new("setsid");
        command
            // Whatever the tests were started from ignores.
            .args(["env", "--default-signal=HUP,INT,QUIT"])
            .arg(program)
            .args(arguments)
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("XDG_DATA_HOME", self.path().join("data"))
            .env("XDG_STATE_HOME", self.path().join("state"))
            // One for all homes: compiling the same component for every test takes minutes.
            .env("XDG_CACHE_HOME", shared_cache())
            .current_dir(self.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Run { command, input: None }
    }
}

/// The folder for compiled components that all tests share.
pub(crate) fn shared_cache() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
    fs::create_dir_all(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    folder
}

/// A run that is being put together.
#[must_use = "nothing runs before `run` or `start`"]
pub(crate) struct Run {
    pub(super) command: Command,
    pub(super) input: Option<Vec<u8>>,
}

impl Run {
    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it in this folder.
    pub(crate) fn within(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sends standard error somewhere else.
    pub(crate) fn error_to(mut self, file: fs::File) -> Self {
        self.command.stderr(file);
        self
    }

    /// Gives it this on standard input.
    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self.command.stdin(Stdio::piped());
        self
    }

    /// Lets it write into a pipe that nobody reads any more.
    pub(crate) fn unheard(mut self) -> Self {
        let (_, writer) = std::io::pipe().unwrap();
        self.command.stdout(writer);
        self
    }

    /// Runs it to its end.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts it as a server, by way of another program if there is one, with nothing on standard input and all that it
    /// prints in this file. It ends with the tests at the latest.
    #[track_caller]
    pub(crate) fn serve(self, under: &[String], log: fs::File) -> Server {
        let environment: Vec<_> =
            self.command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?))).collect();
        let words = [self.command.get_program()].into_iter().chain(self.command.get_args());
        let mut words = under.iter().map(OsStr::new).chain(words);
        Server::start(words.next().unwrap(), words, environment, log).unwrap()
    }

    /// Starts it and goes on.
    #[track_caller]
    pub(crate) fn start(mut self) -> Running {
        let mut child = self.command.spawn().unwrap();
        if let (Some(input), Some(mut stdin)) = (self.input, child.stdin.take()) {
            // Written from another thread: it may end, or print, before it has read everything.
            thread::spawn(move || stdin.write_all(&input));
        }
        Running { shown: format!("{:?}", self.command), id: Pid::from_child(&child), child }
    }
}

/// A run that goes on.
pub(crate) struct Running {
    shown: String,
    id: Pid,
    child: Child,
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.id, signal).unwrap();
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(self) -> Outcome {
        let Self { shown, id, child } = self;
        let (ended, end) = mpsc::channel();
        thread::spawn(move || ended.send(child.wait_with_output()));
        let Ok(output) = end.recv_timeout(PATIENCE) else {
            let _ = kill_process(id, Signal::KILL);
            panic!("it hangs: {shown}");
        };
        let output = output.unwrap();
        Outcome {
            shown,
            status: output.status,
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// How a run ended.
pub(crate) struct Outcome {
    shown: String,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

#[expect(clippy::wrong_self_convention, reason = "they read as sentences, and hand the outcome on")]
impl Outcome {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{self:?}");
        self
    }

    /// Every one of these words is on standard error.
    #[track_caller]
    pub(crate) fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.stderr.contains(word), "not said: {word:?}\n{self:?}");
        }
        self
    }

    /// Standard output is exactly this.
    #[track_caller]
    pub(crate) fn prints(self, expected: impl AsRef<[u8]>) -> Self {
        let expected = expected.as_ref();
        assert!(self.stdout == expected, "expected {:?}\n{self:?}", String::from_utf8_lossy(expected));
        self
    }

    /// These words are on standard output.
    #[track_caller]
    pub(crate) fn contains(self, words: &str) -> Self {
        assert!(String::from_utf8_lossy(&self.stdout).contains(words), "not printed: {words:?}\n{self:?}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|cause| panic!("no JSON: {cause}\n{self:?}"))
    }

    /// Refused, by this rule, and nothing came out.
    #[track_caller]
    pub(crate) fn is_refused(self, rule: &str) -> Self {
        self.exits(3).says(&[&format!("rule {rule})")]).prints("")
    }

    /// The component is at fault, for this reason, and nothing came out.
    #[track_caller]
    pub(crate) fn blames_the_component(self, words: &[&str]) -> Self {
        self.exits(7).says(words).prints("")
    }

    /// Neither stream has it.
    #[track_caller]
    pub(crate) fn never_shows(self, canary: &str) -> Self {
        let stdout = String::from_utf8_lossy(&self.stdout);
        assert!(!stdout.contains(canary) && !self.stderr.contains(canary), "{canary} is shown\n{self:?}");
        self
    }
}

impl Outcome {
    /// Neither stream holds anything that a terminal acts on, or that hides.
    #[track_caller]
    pub(crate) fn shows_plainly(self) -> Self {
        let shown = format!("{}{}", String::from_utf8_lossy(&self.stdout), self.stderr);
        let bad = shown.chars().find(|c| {
            c.is_control() && *c != '\n'
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert!(bad.is_none(), "{bad:?} is shown\n{self:?}");
        self
    }
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stdout = String::from_utf8_lossy(&self.stdout);
        write!(f, "{}\n{}\nstdout: {stdout}\nstderr: {}", self.shown, self.status, self.stderr)
    }
}
