//! The other end of a connection.

/// The other end of a connection, as far as the system vouches for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    /// A process of this user, over the Unix socket.
    User(u32),
    /// Somebody over TCP.
    Network,
}
