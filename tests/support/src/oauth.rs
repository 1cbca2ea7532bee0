//! A real OAuth server.

use std::{
    env,
    ffi::OsStr,
    fmt,
    fs::{self, File},
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::{Npm, client::Client, process::Server};

/// The program that runs it.
const PROGRAM: &str = include_str!("../npm/oauth/server.mjs");

/// A start takes half a second; a busy machine gets a lot more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at whether it is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How a client says who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuthentication {
    /// By `Authorization: Basic`, both halves encoded as in a form.
    Basic,
    /// By fields of the form.
    Post,
}

/// An OAuth server with one client, which may ask for tokens in its own name. It listens on loopback, on a port that the
/// system chose, and is killed when this value is dropped or this process ends.
pub struct OAuth {
    // Fields are dropped in order: the server goes before its folder.
    _server: Server,
    folder: TempDir,
    address: String,
    client: Client,
    secret: String,
}

impl OAuth {
    /// The client's id.
    pub const CLIENT_ID: &str = "app";

    /// Starts one whose tokens live for `lifetime`, in whole seconds.
    ///
    /// # Errors
    /// The server can't be had or doesn't start; what it logged is in the error.
    pub fn start(authentication: ClientAuthentication, lifetime: Duration) -> Result<Self> {
        let program = Npm::oauth()?.program(PROGRAM)?;
        let folder = tempfile::Builder::new().prefix("oauth-").tempdir()?;
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        // Every character that means something in a form, a header or a shell.
        let secret = format!("p%/+ =&:~{:032x}", u128::from_be_bytes(random));
        let lifetime = lifetime.as_secs().to_string();
        let method = match authentication {
            ClientAuthentication::Basic => "client_secret_basic",
            ClientAuthentication::Post => "client_secret_post",
        };
        let path = env::var_os("PATH").unwrap_or_default();
        let environment = [
            ("PATH", path.as_os_str()),
            ("CLIENT_ID", OsStr::new(Self::CLIENT_ID)),
            ("CLIENT_SECRET", OsStr::new(&secret)),
            ("AUTHENTICATION", OsStr::new(method)),
            ("LIFETIME", OsStr::new(&lifetime)),
        ];
        let log = log_file(&folder);
        let mut server = Server::start(OsStr::new("node"), [program.as_os_str()], environment, File::create(&log)?)?;
        let started = Instant::now();
        let port = loop {
            let said = fs::read_to_string(&log)?;
            if let Some(port) = said.lines().find_map(|line| line.strip_prefix("port: ")) {
                break port.to_owned();
            }
            if server.ended().is_some() || started.elapsed() > PATIENCE {
                bail!("the OAuth server did not start; its log:\n{said}");
            }
            thread::sleep(LOOK_AGAIN);
        };
        let address = format!("http://127.0.0.1:{port}");
        Ok(Self { _server: server, folder, client: Client::new(address.clone()), address, secret })
    }

    /// Where tokens are given out.
    pub fn token_url(&self) -> String {
        format!("{}/token", self.address)
    }

    /// The client's secret.
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether this token is one of the server's, and still good.
    ///
    /// # Errors
    /// No answer came.
    pub fn knows(&self, token: &str) -> Result<bool> {
        let form = [("token", token), ("client_id", Self::CLIENT_ID), ("client_secret", &self.secret)];
        let (status, reply) = self.client.send_form("/token/introspection", &form)?;
        if status != 200 {
            bail!("introspection answered {status}: {reply}");
        }
        reply.get("active").and_then(Value::as_bool).context("introspection has no answer")
    }

    /// How many tokens it gave out so far.
    ///
    /// # Errors
    /// Its log can't be read.
    pub fn granted(&self) -> Result<usize> {
        self.lines("token: granted")
    }

    /// How many requests for a token it refused so far.
    ///
    /// # Errors
    /// Its log can't be read.
    pub fn refused(&self) -> Result<usize> {
        self.lines("token: refused")
    }

    fn lines(&self, beginning: &str) -> Result<usize> {
        let log = fs::read_to_string(log_file(&self.folder))?;
        Ok(log.lines().filter(|line| line.starts_with(beginning)).count())
    }
}

fn log_file(folder: &TempDir) -> PathBuf {
    folder.path().join("server.log")
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_token_is_given_to_the_client_alone_and_is_good_until_it_expires() {
        let server = OAuth::start(ClientAuthentication::Post, Duration::from_secs(1)).unwrap();
        let ask = |secret: &str| {
            let form =
                [("grant_type", "client_credentials"), ("client_id", OAuth::CLIENT_ID), ("client_secret", secret)];
            server.client.send_form("/token", &form).unwrap()
        };
        let (status, reply) = ask("wrong");
        assert_eq!((status, reply.get("error").and_then(Value::as_str)), (401, Some("invalid_client")));
        let (status, reply) = ask(server.secret());
        assert_eq!((status, reply.get("expires_in").and_then(Value::as_u64)), (200, Some(1)));
        let token = reply.get("access_token").and_then(Value::as_str).unwrap();
        assert!(!server.knows("made-up").unwrap());
        let started = Instant::now();
        while server.knows(token).unwrap() {
            assert!(started.elapsed() < PATIENCE, "it is good for much longer than a second");
        }
        assert_eq!((server.granted().unwrap(), server.refused().unwrap()), (1, 1));
    }
}
