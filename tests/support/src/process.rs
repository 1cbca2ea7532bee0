//! A server process that can't outlive the one that started it.

use std::{
    ffi::OsStr,
    fs::File,
    io::Write,
    process::{Child, Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result};

/// The shell becomes the server, so the child's process id is the server's own. A watcher stays behind and reads a pipe
/// that only we can write to: a line means that we ended the server ourselves; its end, without a line, that we are
/// gone. (Linux has a signal for this, but it comes when the starting *thread* ends, and it is Linux alone.)
const WATCHED: &str = r#"
exec 3<&0
( read -r line <&3 || kill -KILL $$ ) >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-
"#;

/// A running server. Dropping it kills it, and so does the end of this process, however it ends.
#[derive(Debug)]
pub struct Server {
    child: Child,
}

impl Server {
    /// Starts `program` with exactly the environment given, writing its output to `log`.
    ///
    /// # Errors
    /// It can't be started.
    pub fn start<'a>(
        program: &OsStr,
        arguments: impl IntoIterator<Item = &'a OsStr>,
        environment: impl IntoIterator<Item = (&'a str, &'a OsStr)>,
        log: File,
    ) -> Result<Self> {
        let child = Command::new("/bin/sh")
            .args(["-c", WATCHED, "server"])
            .arg(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("can't start {}", program.display()))?;
        Ok(Self { child })
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing more can be done about a failure here, and the watcher does the same a moment later. It is dismissed
        // before the process id becomes free for another process.
        let _ = self.child.kill();
        if let Some(mut lifeline) = self.child.stdin.take() {
            let _ = lifeline.write_all(b"\n");
        }
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{
        io::{Read, pipe},
        os::fd::OwnedFd,
    };

    use super::*;

    /// A server that does nothing but hold one end of a pipe: when the other end reads its end, the server is gone.
    fn holding_a_pipe() -> (Server, impl Read) {
        let (mut reader, writer) = pipe().unwrap();
        let script = [OsStr::new("-c"), OsStr::new("echo started; exec sleep 600")];
        let server = Server::start(OsStr::new("/bin/sh"), script, [], File::from(OwnedFd::from(writer))).unwrap();
        let mut started = [0; 8];
        reader.read_exact(&mut started).unwrap();
        (server, reader)
    }

    #[test]
    fn dropping_it_ends_it() {
        let (server, mut output) = holding_a_pipe();
        drop(server);
        assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
    }

    #[test]
    fn the_end_of_this_process_ends_it() {
        let (mut server, mut output) = holding_a_pipe();
        drop(server.child.stdin.take());
        assert_eq!(output.read_to_end(&mut Vec::new()).unwrap(), 0);
        assert!(!server.child.wait().unwrap().success());
    }

    #[test]
    fn a_server_that_ends_by_itself_is_noticed() {
        let script = [OsStr::new("-c"), OsStr::new("exit 3")];
        let (mut reader, writer) = pipe().unwrap();
        let mut server = Server::start(OsStr::new("/bin/sh"), script, [], File::from(OwnedFd::from(writer))).unwrap();
        reader.read_to_end(&mut Vec::new()).unwrap();
        let ended = std::iter::repeat_with(|| server.ended()).find_map(|ended| ended).unwrap();
        assert_eq!(ended.code(), Some(3));
    }
}
