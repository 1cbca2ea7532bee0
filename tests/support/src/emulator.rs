//! Emulators from Python packages, started so that what answers is certainly ours.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use tempfile::TempDir;

use crate::{Venv, client::Client, process::Server};

/// A start takes a second or two; a busy machine gets a lot more.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at whether a server is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How often a port may be lost to another process between choosing it and listening on it.
const TRIES: usize = 5;

/// What is different from one emulator to the other.
pub(crate) struct Emulator {
    pub(crate) venv: fn() -> Result<Venv>,
    pub(crate) program: &'static str,
    pub(crate) arguments: &'static [&'static str],
    pub(crate) environment: &'static [(&'static str, &'static str)],
    pub(crate) port: Port,
    /// What answers 200 when it is ready.
    pub(crate) ready: &'static str,
}

/// How it is told its port.
pub(crate) enum Port {
    /// By a variable.
    Variable(&'static str),
    /// As its last argument.
    Argument,
}

/// An emulator on loopback. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Running {
    // Fields are dropped in order: the server goes before its folder.
    _server: Server,
    _folder: TempDir,
    /// Such as `http://127.0.0.1:40123`.
    pub(crate) address: String,
}

impl Emulator {
    /// Starts it, again if somebody took its port.
    pub(crate) fn start(&self) -> Result<Running> {
        for _ in 0..TRIES {
            if let Some(running) = self.try_start()? {
                return Ok(running);
            }
        }
        bail!("{} lost its port to another process {TRIES} times", self.program)
    }

    /// One try; none if another process had the port.
    fn try_start(&self) -> Result<Option<Running>> {
        let program = (self.venv)()?.program(self.program);
        let folder = tempfile::Builder::new().prefix("emulator-").tempdir()?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port().to_string();
        let mut arguments = self.arguments.to_vec();
        let mut environment = self.environment.to_vec();
        match self.port {
            Port::Variable(name) => environment.push((name, &port)),
            Port::Argument => arguments.push(&port),
        }
        environment.push(("PYTHONUNBUFFERED", "1"));
        let log = folder.path().join("server.log");
        let environment = environment.into_iter().map(|(name, value)| (name, OsStr::new(value)));
        let mut server = Server::start(
            program.as_os_str(),
            arguments.into_iter().map(OsStr::new),
            environment.chain([("HOME", folder.path().as_os_str())]),
            File::create(&log)?,
        )?;
        let address = format!("http://127.0.0.1:{port}");
        let client = Client::new(address.clone());
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            let printed = fs::read_to_string(&log).unwrap_or_default();
            if server.ended().is_some() {
                match printed.contains("in use") {
                    true => return Ok(None),
                    false => bail!("{} ended; it printed:\n{printed}", self.program),
                }
            }
            // Its own word that it listens: somebody else on this port would not make it say so.
            if printed.contains(&address) && matches!(client.send("GET", self.ready, &[], None), Ok((200, _))) {
                return Ok(Some(Running { _server: server, _folder: folder, address }));
            }
            thread::sleep(LOOK_AGAIN);
        }
        bail!("{} did not start within {} s", self.program, PATIENCE.as_secs())
    }
}
