//! Sockets that systemd opened for us (`LISTEN_FDS`).

use std::io;

use listenfd::ListenFd;
use tokio::net::UnixListener;

use super::{Listener, tls::Tls};

/// The sockets that the daemon was started with, if it was.
///
/// # Errors
/// If one is neither a Unix socket nor an address that may be listened on.
pub(crate) fn inherited(tls: Option<&Tls>) -> io::Result<Vec<Listener>> {
    let mut given = ListenFd::from_env();
    let mut listeners = Vec::with_capacity(given.len());
    for number in 0..given.len() {
        if let Ok(Some(unix)) = given.take_unix_listener(number) {
            unix.set_nonblocking(true)?;
            listeners.push(Listener::Inherited(UnixListener::from_std(unix)?));
        } else if let Some(tcp) = given.take_tcp_listener(number)? {
            listeners.push(Listener::network(tcp, tls.cloned())?);
        }
    }
    Ok(listeners)
}
