//! Asking the daemon, over its socket, what only its own user may ask.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use clap::Args as ClapArgs;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secret_runtime::{Error, Kind, Shown};
use serde::Deserialize;
use serde_json::Value;
use tokio::net::UnixStream;

use super::{Failed, args::Options, configuration, serve, shell};

/// How long it may take to answer. It only looks, or writes a small file.
const PATIENCE: Duration = Duration::from_secs(30);

/// The largest answer: as many tokens as there can be, and more.
const ANSWER_BYTES: usize = 32 << 20;

/// Where the daemon is.
#[derive(Debug, ClapArgs)]
pub(crate) struct Place {
    /// The daemon's socket; otherwise serve.socket of the configuration, or the one in your runtime folder
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
}

impl Place {
    /// The daemon that is meant. It is not asked yet.
    pub(crate) fn daemon(&self, options: &Options) -> Result<Daemon, Failed> {
        // Where it is named, the configuration need not be read.
        let config = if self.socket.is_some() { None } else { configuration::read(options)? };
        let configured = config.as_ref().and_then(|config| config.serve()?.socket.as_deref());
        let socket = serve::socket_path(self.socket.as_deref().or(configured))?;
        Ok(Daemon { socket, patience: options.timeout.unwrap_or(PATIENCE) })
    }
}

/// A daemon, by its socket.
pub(crate) struct Daemon {
    socket: PathBuf,
    patience: Duration,
}

/// An answer that is an error.
#[derive(Deserialize)]
struct Refused {
    errors: Vec<String>,
}

impl Daemon {
    /// Asks, and answers the JSON of a success.
    pub(crate) async fn ask(&self, method: Method, target: &str, body: Option<&Value>) -> Result<Value, Failed> {
        let asked = tokio::time::timeout(self.patience, self.exchange(method, target, body)).await;
        let (status, bytes) = asked.map_err(|_| self.unavailable(&"it did not answer in time"))??;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map_err(|_| no_sense());
        }
        let told = serde_json::from_slice(&bytes).unwrap_or(Refused { errors: Vec::new() }).errors.join("; ");
        let told = if told.is_empty() { status.to_string() } else { told };
        let kind = match status {
            StatusCode::BAD_REQUEST => Kind::Invalid,
            StatusCode::FORBIDDEN => Kind::Refused,
            StatusCode::NOT_FOUND => Kind::NotFound,
            _ => Kind::Other,
        };
        Err(Error::new(kind, format!("the daemon says: {}", Shown(&told))).into())
    }

    async fn exchange(
        &self,
        method: Method,
        target: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Bytes), Failed> {
        let stream = self.connect().await?;
        let broken = |cause: hyper::Error| self.unavailable(&cause);
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // It ends with the sender.
        tokio::spawn(connection);
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header("x-vault-request", "true")
            .body(Full::new(Bytes::from(body)))
            .map_err(|cause| Failed::other(format!("the daemon can't be asked this: {cause}")))?;
        let reply = sender.send_request(request).await.map_err(broken)?;
        let status = reply.status();
        let collected = Limited::new(reply.into_body(), ANSWER_BYTES).collect().await;
        Ok((status, collected.map_err(|cause| self.unavailable(&cause))?.to_bytes()))
    }

    /// A connection to a daemon of our own, and to nobody else's.
    async fn connect(&self) -> Result<UnixStream, Failed> {
        let stream = UnixStream::connect(&self.socket).await.map_err(|cause| {
            let why: &dyn std::fmt::Display = match cause.kind() {
                io::ErrorKind::NotFound => &"there is no such socket",
                io::ErrorKind::ConnectionRefused => &"nobody listens there",
                _ => &cause,
            };
            self.unavailable(why)
        })?;
        let peer = stream.peer_cred().map_err(|cause| self.unavailable(&cause))?.uid();
        let own = rustix::process::geteuid().as_raw();
        if !is_ours(peer, own) {
            let reason = format!(
                "the daemon at {} runs as the user {peer}, and answers that user alone; this is the user {own}",
                self.shown()
            );
            return Err(Error::new(Kind::Refused, reason).by_rule("socket-owner").into());
        }
        Ok(stream)
    }

    fn unavailable(&self, why: &dyn std::fmt::Display) -> Failed {
        let reason = format!(
            "no daemon answers at {}: {why}; `runtime serve` starts one, and --socket says where another listens",
            self.shown()
        );
        Error::new(Kind::Unavailable, reason).into()
    }

    fn shown(&self) -> String {
        shell::word(&Path::to_string_lossy(&self.socket))
    }
}

/// Whether a socket that this user listens at can be believed. Root could do anything anyway, and is who systemd opens
/// a service's socket as.
fn is_ours(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

/// That the daemon has answered something else than was asked.
pub(crate) fn no_sense() -> Failed {
    Failed::other("the daemon's answer makes no sense; is it of the same version as this program?")
}

/// A text as one segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_socket_of_another_user_is_not_asked_for_tokens() {
        for (peer, own, ours) in [(1000, 1000, true), (0, 1000, true), (1001, 1000, false), (1000, 0, false)] {
            assert_eq!(super::is_ours(peer, own), ours, "{peer} {own}");
        }
    }
}
