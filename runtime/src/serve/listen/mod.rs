//! Where clients come in: the Unix socket, TCP, TLS over TCP, and sockets that systemd opened.

mod activation;
pub(crate) mod tls;
pub(crate) mod unix;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
};
use tokio_rustls::server::TlsStream;

pub(crate) use self::activation::inherited;
use self::{tls::Tls, unix::Socket};
use super::peer::Peer;

/// A place where clients come in.
#[derive(Debug)]
pub(crate) enum Listener {
    /// A socket whose file is ours.
    Socket(Socket),
    /// A socket that somebody else made, and whose file is theirs.
    Inherited(UnixListener),
    /// An address, on loopback.
    Tcp(TcpListener),
    /// An address of TLS.
    Tls(TcpListener, Tls),
}

/// A client that came in.
pub(crate) enum Arrived {
    User(UnixStream, u32),
    Tcp(TcpStream),
    Tls(TcpStream, Tls),
}

impl Listener {
    /// Listens on an address: with TLS, or on loopback.
    ///
    /// # Errors
    /// If the address can't be had, or is not loopback and has no TLS.
    pub(crate) fn network(listener: std::net::TcpListener, tls: Option<Tls>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        match tls {
            Some(tls) => Ok(Self::Tls(listener, tls)),
            None if listener.local_addr()?.ip().is_loopback() => Ok(Self::Tcp(listener)),
            None => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an address that is not loopback needs TLS: set serve.tls in the configuration",
            )),
        }
    }

    /// Whether only processes of this machine come in here, whose users the system knows.
    pub(crate) fn is_local(&self) -> bool {
        matches!(self, Self::Socket(_) | Self::Inherited(_))
    }

    /// Where it is, as a client would name it.
    pub(crate) fn place(&self) -> String {
        let address = |listener: &TcpListener| listener.local_addr().map(|address| address.to_string());
        let place = match self {
            Self::Socket(socket) => Ok(format!("unix://{}", socket.file().display())),
            Self::Inherited(listener) => {
                Ok(match listener.local_addr().ok().as_ref().and_then(|at| at.as_pathname()) {
                    Some(path) => format!("unix://{}", path.display()),
                    None => "a socket without a name".to_owned(),
                })
            }
            Self::Tcp(listener) => address(listener).map(|address| format!("http://{address}")),
            Self::Tls(listener, _) => address(listener).map(|address| format!("https://{address}")),
        };
        place.unwrap_or_else(|_| "an unknown address".to_owned())
    }

    /// Waits for a client.
    pub(crate) async fn accept(&self) -> io::Result<Arrived> {
        let local = async |listener: &UnixListener| {
            let (stream, _) = listener.accept().await?;
            let user = stream.peer_cred()?.uid();
            Ok(Arrived::User(stream, user))
        };
        let remote = async |listener: &TcpListener| {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            Ok::<_, io::Error>(stream)
        };
        match self {
            Self::Socket(socket) => local(socket.listener()).await,
            Self::Inherited(listener) => local(listener).await,
            Self::Tcp(listener) => remote(listener).await.map(Arrived::Tcp),
            Self::Tls(listener, tls) => remote(listener).await.map(|stream| Arrived::Tls(stream, tls.clone())),
        }
    }
}

impl Arrived {
    /// The connection, once it can carry requests.
    ///
    /// # Errors
    /// If the client does not complete a handshake.
    pub(crate) async fn open(self) -> io::Result<(Stream, Peer)> {
        Ok(match self {
            Self::User(stream, user) => (Stream::Unix(stream), Peer::User(user)),
            Self::Tcp(stream) => (Stream::Tcp(stream), Peer::Network),
            Self::Tls(stream, tls) => (Stream::Tls(Box::new(tls.shake_hands(stream).await?)), Peer::Network),
        })
    }
}

/// A connection of any kind.
pub(crate) enum Stream {
    Unix(UnixStream),
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Hands a call on to whichever stream it is.
macro_rules! to_stream {
    ($this:expr, $stream:ident => $call:expr) => {
        match $this.get_mut() {
            Self::Unix($stream) => $call,
            Self::Tcp($stream) => $call,
            Self::Tls($stream) => $call,
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        to_stream!(self, stream => Pin::new(stream).poll_read(context, into))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        to_stream!(self, stream => Pin::new(stream).poll_write(context, bytes))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        to_stream!(self, stream => Pin::new(stream).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        to_stream!(self, stream => Pin::new(stream).poll_shutdown(context))
    }
}
