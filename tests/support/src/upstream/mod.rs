//! An HTTP server on loopback that behaves as badly as a test wants.

mod connection;
mod reply;

use std::{
    fmt,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::{Result, bail};
pub use reply::{Gate, Reply};
use rustls::ServerConfig;

use crate::tls::{Authority, Clients};

/// How long [`Upstream::wait_for`] waits before it says that nothing comes.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two tries of the same thing.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// One request, byte for byte as it came.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    /// The method as written.
    pub method: String,
    /// The request target as written: path and query.
    pub target: String,
    /// Names and values as written, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Which connection it came on, counted from 1.
    pub connection: usize,
    /// The certificate that the client showed, in DER.
    pub certificate: Option<Vec<u8>>,
}

impl Seen {
    /// The value of a header that came exactly once; its name is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.header_values(name);
        found.next().filter(|_| found.next().is_none())
    }

    fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.headers.iter().filter(move |(header, _)| header.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seen")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("headers", &self.headers)
            .field("body", &String::from_utf8_lossy(&self.body))
            .field("connection", &self.connection)
            .finish()
    }
}

/// A server on a port that the system chose. It answers each request as its handler says, and remembers it. Dropping it
/// closes every connection and ends every thread.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

type Handler = Box<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// What the threads of one server share.
struct Shared {
    handler: Handler,
    tls: Option<Arc<ServerConfig>>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    /// Every one that was opened, so that it can be closed; none for one that was reset.
    connections: Vec<Option<TcpStream>>,
    gates: Vec<Gate>,
    stopping: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets go of a connection, so that closing it elsewhere closes it.
    fn let_go(&self, number: usize) {
        if let Some(connection) = self.state().connections.get_mut(number - 1) {
            *connection = None;
        }
    }

    /// Waits behind a gate, but not longer than the server runs.
    fn hold(&self, gate: &Gate) {
        let mut state = self.state();
        if !state.stopping {
            state.gates.push(gate.clone());
            drop(state);
            gate.pass();
        }
    }
}

impl Upstream {
    /// Starts a server that answers as `handler` says.
    ///
    /// # Errors
    /// The system has no port for it.
    pub fn start(handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Result<Self> {
        Self::listening(None, Box::new(handler))
    }

    /// Starts one that speaks HTTPS with a certificate of `authority`, and lets `clients` in.
    ///
    /// # Errors
    /// The system has no port for it, or no certificate can be made.
    pub fn start_tls(
        authority: &Authority,
        clients: Clients<'_>,
        handler: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Result<Self> {
        Self::listening(Some(authority.server_config(clients)?), Box::new(handler))
    }

    fn listening(tls: Option<Arc<ServerConfig>>, handler: Handler) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared { handler, tls, state: Mutex::default(), changed: Condvar::new() });
        let listening = thread::spawn({
            let shared = Arc::clone(&shared);
            move || listen(&listener, &shared)
        });
        Ok(Self { address, shared, listening: Some(listening) })
    }

    /// Its address, such as `http://127.0.0.1:40123`.
    pub fn address(&self) -> String {
        let scheme = if self.shared.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request so far. What is not HTTP/1.1 with a length is not among them; `connections` counts it.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// How many connections were opened so far; one that sends nothing counts too.
    pub fn connections(&self) -> usize {
        self.shared.state().connections.len()
    }

    /// Waits until `count` requests have come, and answers all that have.
    ///
    /// # Errors
    /// They did not come within half a minute.
    pub fn wait_for(&self, count: usize) -> Result<Vec<Seen>> {
        let too_few = |state: &mut State| state.seen.len() < count;
        let waited = self.shared.changed.wait_timeout_while(self.shared.state(), PATIENCE, too_few);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.seen.len() < count {
            bail!("{} of {count} requests came within {} s", state.seen.len(), PATIENCE.as_secs());
        }
        Ok(state.seen.clone())
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        {
            let mut state = self.shared.state();
            state.stopping = true;
            for connection in state.connections.iter().flatten() {
                let _ = connection.shutdown(Shutdown::Both);
            }
            state.gates.iter().for_each(Gate::open);
        }
        self.shared.changed.notify_all();
        if let Some(listening) = self.listening.take() {
            // Wakes the listener, which then sees that it is to stop; again, should this have failed for want of files.
            while !listening.is_finished() {
                let _ = TcpStream::connect_timeout(&self.address, LOOK_AGAIN);
                thread::sleep(LOOK_AGAIN);
            }
            let _ = listening.join();
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Takes connections until the server stops, then waits for those it took.
fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    let mut serving = Vec::new();
    for stream in listener.incoming() {
        if shared.state().stopping {
            break;
        }
        let Ok(stream) = stream else { continue };
        let Ok(handle) = stream.try_clone() else { continue };
        let number = {
            let mut state = shared.state();
            if state.stopping {
                break;
            }
            state.connections.push(Some(handle));
            state.connections.len()
        };
        let shared = Arc::clone(shared);
        serving.push(thread::spawn(move || connection::serve(stream, number, &shared)));
    }
    for connection in serving {
        let _ = connection.join();
    }
}

#[cfg(test)]
mod tests;
