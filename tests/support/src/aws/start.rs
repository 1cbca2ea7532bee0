//! Starting emulators that are certainly ours.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use super::{REGION, Running};
use crate::{Venv, client::Client, process::Server};

/// A start takes a second or two; a busy machine gets a lot more.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at whether a server is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How often a port may be lost to another process between choosing it and listening on it.
const TRIES: usize = 5;

/// What is different from one emulator to the other.
struct Emulator {
    program: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    /// The variable or argument that the port follows.
    port: Port,
    /// What answers 200 when it is ready.
    ready: &'static str,
}

enum Port {
    Variable(&'static str),
    Argument,
}

pub(super) fn ministack() -> Result<Running> {
    start(&Emulator {
        program: "ministack",
        arguments: &[],
        environment: &[
            // By itself it listens to everybody and takes any signature.
            ("BIND_HOST", "127.0.0.1"),
            ("AUTH", "true"),
            ("SERVICES", "iam,kms,secretsmanager,sts"),
            // These two listen to everybody whatever is said above.
            ("IOT_MTLS_ENABLED", "0"),
            ("SFTP_ENABLED", "0"),
            ("MINISTACK_REGION", REGION),
        ],
        port: Port::Variable("GATEWAY_PORT"),
        ready: "/_ministack/health",
    })
}

pub(super) fn moto() -> Result<Running> {
    start(&Emulator {
        program: "moto_server",
        arguments: &["-H", "127.0.0.1", "-p"],
        environment: &[],
        port: Port::Argument,
        ready: "/moto-api/data.json",
    })
}

/// Starts a server, again if somebody took its port.
fn start(emulator: &Emulator) -> Result<Running> {
    for _ in 0..TRIES {
        if let Some(running) = try_start(emulator)? {
            return Ok(running);
        }
    }
    bail!("{} lost its port to another process {TRIES} times", emulator.program)
}

/// One try; none if another process had the port.
fn try_start(emulator: &Emulator) -> Result<Option<Running>> {
    let program = Venv::aws()?.program(emulator.program);
    let folder = tempfile::Builder::new().prefix("aws-").tempdir()?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port().to_string();
    let mut arguments = emulator.arguments.to_vec();
    let mut environment = emulator.environment.to_vec();
    match emulator.port {
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
                false => bail!("{} ended; it printed:\n{printed}", emulator.program),
            }
        }
        // Its own word that it listens: somebody else on this port would not make it say so.
        if printed.contains(&format!("Running on {address}"))
            && matches!(client.send("GET", emulator.ready, &[], None), Ok((200, _)))
        {
            return Ok(Some(Running { _server: server, _folder: folder, address }));
        }
        thread::sleep(LOOK_AGAIN);
    }
    bail!("{} did not start within {} s", emulator.program, PATIENCE.as_secs())
}
