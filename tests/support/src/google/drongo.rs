//! The emulator.

use anyhow::Result;
use serde_json::Value;

use crate::{
    Venv,
    client::Client,
    emulator::{Emulator, Port, Running},
};

const DRONGO: Emulator = Emulator {
    venv: Venv::google,
    program: "drongo",
    arguments: &["server", "--host", "127.0.0.1", "--port"],
    environment: &[],
    port: Port::Argument,
    ready: "/v1/projects/p/secrets",
};

/// drongo, an emulator of Google's services over REST. It asks for no token, keeps no checksums and knows no regions.
#[derive(Debug)]
pub struct Drongo {
    running: Running,
    client: Client,
}

impl Drongo {
    /// Starts one, empty, on loopback, on a port of its own.
    ///
    /// # Errors
    /// The package that holds it can't be had, or it doesn't start; what it printed is in the error.
    pub fn start() -> Result<Self> {
        let running = DRONGO.start()?;
        Ok(Self { client: Client::new(running.address.clone()), running })
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> &str {
        &self.running.address
    }

    /// Sends a request, as a test's set-up. `path` starts with `/v1/`.
    ///
    /// # Errors
    /// No answer came.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
        self.client.send(method, path, &[], body)
    }
}
