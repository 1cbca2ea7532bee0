//! `runtime serve`: the daemon, from a configuration to its end.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::Args as ClapArgs;
use secret_runtime::config::{self, Serve};
use tokio::signal::unix::{SignalKind, signal};

use super::{Failed, args::Options, load, session::Session, terminal};
use crate::serve::{
    Daemon, Live,
    listen::unix::Socket,
    mounts::{Mount, Mounts},
    telemetry::traces::Traces,
};

/// Options of `serve`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Command {
    /// The Unix socket; otherwise serve.socket of the configuration, or one in your runtime folder
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
    /// A TCP address beside it, such as 127.0.0.1:8200; callers need a token there
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<std::net::SocketAddr>,
}

pub(crate) async fn run(options: &Options, command: Command) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?.for_a_service();
    let settings = session.config().and_then(|config| config.serve()).cloned().unwrap_or_default();
    let traces = Traces::to(&settings.telemetry).map_err(Failed::other)?;
    terminal::init_log_and(options.verbose, traces.as_ref().map(Traces::layer));
    let live = live(&session, options, &settings).await?;
    let audit = load::audit_log(options, session.config())?;
    let path = command.socket.or(settings.socket).or_else(default_socket);
    let path = path.ok_or_else(|| Failed::other("there is no folder for the socket; name it with --socket"))?;
    let socket = Socket::claim(&path).map_err(|cause| Failed::other(format!("the socket can't be made: {cause}")))?;
    let network = match command.listen.or(settings.listen) {
        Some(address) => Some(
            tokio::net::TcpListener::bind(address)
                .await
                .map_err(|cause| Failed::other(format!("{address} can't be listened on: {cause}")))?,
        ),
        None => None,
    };
    say!("runtime: listening on {}", path.display());
    if let Some(network) = &network
        && let Ok(address) = network.local_addr()
    {
        say!("runtime: listening on http://{address}");
    }
    let ended = signals()?;
    Daemon::new(live, audit).run(Some(socket), network, ended).await;
    if let Some(traces) = traces {
        traces.flush().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads what is to be served.
async fn live(session: &Session<'_>, options: &Options, settings: &Serve) -> Result<Live, Failed> {
    let mut wanted = settings.mounts.clone();
    if wanted.is_empty() {
        let names = match &options.backend {
            Some(_) => Vec::new(),
            None => {
                session.config().iter().flat_map(|config| config.backends()).map(|(name, _)| name.to_owned()).collect()
            }
        };
        wanted = names.into_iter().map(|name| (name, config::Mount::default())).collect();
    }
    let mut mounts = Mounts::new();
    if wanted.is_empty() {
        let backend = session.backend(None).await?;
        let name = backend.name().to_owned();
        mounts.insert(name.clone(), Arc::new(Mount { name, backend, shape: config::Mount::default() }));
    }
    for (name, shape) in wanted {
        if let Some(reason) = config::unfit(&name) {
            return Err(Failed::usage(format!("the mount {}: {reason}", secret_runtime::Shown(&name))));
        }
        let backend = session.backend(Some(shape.backend.as_deref().unwrap_or(&name))).await?;
        mounts.insert(name.clone(), Arc::new(Mount { name, backend, shape }));
    }
    let mut live = Live { mounts, ..Live::default() };
    live.names.hosts = settings.hosts.clone();
    live.names.origins = settings.origins.clone();
    live.names.address = settings.listen.map(|address| address.ip());
    live.owner = Arc::new(settings.owner.clone());
    live.users = settings.users.iter().map(|(user, scopes)| (*user, Arc::new(scopes.clone()))).collect();
    Ok(live)
}

/// Where the socket is unless somebody says otherwise.
pub(crate) fn default_socket() -> Option<PathBuf> {
    dirs::runtime_dir().map(|folder| folder.join("secret-runtime/runtime.sock"))
}

/// Ends when the process is told to.
fn signals() -> Result<impl Future<Output = ()>, Failed> {
    let listen = |kind| signal(kind).map_err(|cause| Failed::other(format!("signals can't be heard: {cause}")));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
