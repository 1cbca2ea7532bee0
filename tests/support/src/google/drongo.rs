//! The emulator.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Venv, client::Client, process::Server};

/// A start takes a second; a busy machine gets a lot more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at whether the server is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// How often a port may be lost to another process between choosing it and listening on it.
const TRIES: usize = 5;

/// drongo, an emulator of Google's services over REST. It asks for no token, keeps no checksums and knows no regions.
#[derive(Debug)]
pub struct Drongo {
    // Fields are dropped in order: the server goes before its folder.
    _server: Server,
    _folder: TempDir,
    client: Client,
    address: String,
}

impl Drongo {
    /// Starts one, empty, on loopback, on a port of its own.
    ///
    /// # Errors
    /// The package that holds it can't be had, or it doesn't start; what it printed is in the error.
    pub fn start() -> Result<Self> {
        for _ in 0..TRIES {
            if let Some(drongo) = try_start()? {
                return Ok(drongo);
            }
        }
        bail!("drongo lost its port to another process {TRIES} times")
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request, as a test's set-up. `path` starts with `/v1/`.
    ///
    /// # Errors
    /// No answer came.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        self.client.send(method, path, &[], body)
    }
}

/// One try; none if another process had the port.
fn try_start() -> Result<Option<Drongo>> {
    let program = Venv::google()?.program("drongo");
    let folder = tempfile::Builder::new().prefix("drongo-").tempdir()?;
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port().to_string();
    let log = folder.path().join("server.log");
    let arguments = ["server", "--host", "127.0.0.1", "--port", &port].map(OsStr::new);
    let environment = [("HOME", folder.path().as_os_str()), ("PYTHONUNBUFFERED", OsStr::new("1"))];
    let mut server = Server::start(program.as_os_str(), arguments, environment, File::create(&log)?)?;
    let address = format!("http://127.0.0.1:{port}");
    let client = Client::new(address.clone());
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let printed = fs::read_to_string(&log).unwrap_or_default();
        if server.ended().is_some() {
            match printed.contains("already in use") {
                true => return Ok(None),
                false => bail!("drongo ended; it printed:\n{printed}"),
            }
        }
        // Its own word that it listens: somebody else on this port would not make it say so.
        if printed.contains(&port) && client.send("GET", "/v1/projects/p/secrets", &[], None).is_ok() {
            return Ok(Some(Drongo { _server: server, _folder: folder, client, address }));
        }
        thread::sleep(LOOK_AGAIN);
    }
    bail!("drongo did not start within {} s", PATIENCE.as_secs())
}
