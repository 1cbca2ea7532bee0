//! `runtime serve`: the daemon, from a configuration to its end.

mod live;
mod trust;

use std::{
    io::ErrorKind,
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::pin,
    process::ExitCode,
};

use clap::Args as ClapArgs;
use sd_notify::NotifyState;
use secret_runtime::{
    Kind, Shown,
    config::{Config, Serve},
    layers::audit,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use self::{live::live, trust::Watch};
use super::{Failed, args::Options, paths, session::Session, terminal};
use crate::serve::{
    Daemon,
    listen::{Listener, inherited, tls::Tls, unix::Socket},
    telemetry::traces::Traces,
    tokens::Tokens,
};

/// Options of `serve`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Command {
    /// The Unix socket; otherwise serve.socket of the configuration, or one in your runtime folder
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
    /// A TCP address beside it, such as 127.0.0.1:8200; callers need a token there
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

/// Runs the daemon until it is told to end.
pub(crate) async fn run(options: &Options, command: Command) -> Result<ExitCode, Failed> {
    if options.env_fallback {
        return Err(Failed::usage("a daemon answers from backends alone: --env-fallback is for commands"));
    }
    outlive_panics();
    raise_the_limit_of_files();
    leave_no_core();
    let mut session = Session::open_service(options)?;
    let settings = settings(&session, &command);
    let traces = Traces::to(&settings.telemetry).map_err(Failed::other)?;
    terminal::init_log_and(options.verbose, traces.as_ref().map(Traces::layer));
    // From before anything is loaded, so that no change of trust falls in between.
    let mut watch = Watch::begin(&session)?;
    let first = live(&session, options, &settings).await?;
    let tls = settings.tls.as_ref().map(Tls::read).transpose().map_err(|cause| cant("TLS", cause))?;
    let listeners = listeners(&settings, tls.as_ref())?;
    let (reloads, mut asked) = mpsc::channel(1);
    // The same as that of the backends: a line that broke off is mended by the next one, whoever writes it.
    let audit = session.runtime().audit().cloned();
    let daemon = Daemon::new(first, tokens(&settings)?, audit, reloads);
    let (mut ends, mut hangup) = (Ends::listen()?, listen(SignalKind::hangup())?);
    for listener in &listeners {
        say!("runtime: listening on {}", listener.place());
    }
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(daemon.clone().run(listeners, async {
        let _ = ended.await;
    }));
    tell_systemd(&[NotifyState::Ready]);
    loop {
        let reload = tokio::select! {
            () = ends.told() => break,
            _ = hangup.recv() => None,
            Some(reload) = asked.recv() => Some(reload),
            () = watch.changed() => {
                trust::apply(&daemon, &session, &mut watch);
                continue;
            }
        };
        if let Ok(now) = NotifyState::monotonic_usec_now() {
            tell_systemd(&[NotifyState::Reloading, now]);
        }
        let outcome = match Watch::begin(&session) {
            Ok(fresh) => {
                let mut renewing = pin!(renew(options, &command, &daemon, &session, tls.as_ref()));
                // It may wait for an upstream; what is taken back meanwhile acts at once all the same.
                loop {
                    tokio::select! {
                        renewed = &mut renewing => break renewed.map(|done| (done, fresh)),
                        () = watch.changed() => trust::apply(&daemon, &session, &mut watch),
                    }
                }
            }
            Err(failed) => Err(failed),
        };
        let caller = reload.as_ref().map(|reload| reload.caller.clone());
        record(&daemon, caller.as_deref(), outcome.is_ok());
        let told = match outcome {
            Ok(((renewed, told), fresh)) => {
                (session, watch) = (renewed, fresh);
                Ok(told)
            }
            Err(failed) => Err(format!("the old configuration stays: {}", failed.message())),
        };
        match &told {
            Ok(told) => say!("runtime: {told}"),
            Err(told) => say!("runtime: {told}"),
        }
        if let Some(reload) = reload {
            let _ = reload.answer.send(told);
        }
        tell_systemd(&[NotifyState::Ready]);
    }
    tell_systemd(&[NotifyState::Stopping]);
    let _ = end.send(());
    tokio::select! {
        _ = serving => {}
        // Told twice: whoever waits is not answered any more.
        () = ends.told() => {}
    }
    if let Some(traces) = traces {
        traces.flush().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the configuration says of the daemon, under what the command line says.
fn settings(session: &Session<'_>, command: &Command) -> Serve {
    let mut settings = session.config().and_then(Config::serve).cloned().unwrap_or_default();
    if let Some(socket) = &command.socket {
        settings.socket = Some(socket.clone());
    }
    if let Some(address) = command.listen {
        settings.listen = Some(address);
    }
    settings
}

/// Takes another configuration: all of it, or nothing. Answers what has changed, in words.
async fn renew<'o>(
    options: &'o Options,
    command: &Command,
    daemon: &Daemon,
    session: &Session<'o>,
    tls: Option<&Tls>,
) -> Result<(Session<'o>, String), Failed> {
    let before = settings(session, command);
    let renewed = session.renewed()?;
    let settings = settings(&renewed, command);
    let audit = |session: &Session<'_>| session.config().and_then(Config::audit).map(Path::to_owned);
    let fixed = |serve: &Serve| {
        (serve.socket.clone(), serve.listen, serve.tls.is_some(), serve.state.clone(), serve.telemetry.clone())
    };
    if fixed(&before) != fixed(&settings) || audit(session) != audit(&renewed) {
        let reason = "audit, socket, listen, state, telemetry and whether there is tls change with a restart alone";
        return Err(Failed::usage(reason));
    }
    let live = live(&renewed, options, &settings).await?;
    if let (Some(tls), Some(files)) = (tls, &settings.tls) {
        tls.renew(files).map_err(|cause| cant("TLS", cause))?;
    }
    let names: Vec<_> = live.mounts.keys().map(|name| Shown(name).to_string()).collect();
    daemon.replace(live);
    Ok((renewed, format!("the configuration was read again; mounts: {}", names.join(", "))))
}

fn record(daemon: &Daemon, caller: Option<&str>, done: bool) {
    let Some(log) = &daemon.audit else { return };
    let outcome = if done { audit::OK } else { Kind::Config.as_str() };
    // That the configuration counts already is not undone by a full disk; what is asked next is refused.
    let _ = log.record(&audit::Event { operation: "reload", caller, outcome, ..audit::Event::default() });
}

fn listeners(settings: &Serve, tls: Option<&Tls>) -> Result<Vec<Listener>, Failed> {
    let given = inherited(tls).map_err(|cause| cant("a socket that was handed over", cause))?;
    if !given.is_empty() {
        return Ok(given);
    }
    let path = socket_path(settings.socket.as_deref())?;
    let mut listeners = vec![Listener::Socket(Socket::claim(&path).map_err(|cause| cant("the socket", cause))?)];
    if let Some(address) = settings.listen {
        let listener = std::net::TcpListener::bind(address).and_then(|bound| Listener::network(bound, tls.cloned()));
        listeners.push(listener.map_err(|cause| cant(&address.to_string(), cause))?);
    }
    Ok(listeners)
}

fn cant(what: &str, cause: std::io::Error) -> Failed {
    let message = format!("{what} can't be used: {cause}");
    match cause.kind() {
        // The system has not refused it: it is configured wrongly.
        ErrorKind::InvalidInput => Failed::usage(message),
        _ => Failed::other(message),
    }
}

/// The tokens that hold, from the folder where they are kept.
fn tokens(settings: &Serve) -> Result<Tokens, Failed> {
    let folder = settings.state.clone().or_else(paths::state);
    let folder =
        folder.ok_or_else(|| Failed::other("there is no folder to keep tokens in; name one as serve.state"))?;
    Tokens::open(&folder).map_err(|cause| cant("the folder of tokens", cause))
}

/// Where the socket is: as somebody says, or in the folder that systemd or the desktop gives us.
pub(crate) fn socket_path(said: Option<&Path>) -> Result<PathBuf, Failed> {
    const NAME: &str = "runtime.sock";
    let given = std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from).filter(|folder| folder.is_absolute());
    said.map(Path::to_owned)
        .or_else(|| given.map(|folder| folder.join(NAME)))
        .or_else(|| dirs::runtime_dir().map(|folder| folder.join("secret-runtime").join(NAME)))
        .ok_or_else(|| {
            Failed::usage("there is no folder for the socket (XDG_RUNTIME_DIR is not set); name it with --socket FILE")
        })
}

/// systemd, if it started us and wants to know.
fn tell_systemd(state: &[NotifyState<'_>]) {
    if let Err(cause) = sd_notify::notify(state) {
        tracing::warn!(%cause, "systemd can't be told");
    }
}

/// One request that meets a defect must not end all others: its task ends alone.
fn outlive_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
        say!("runtime: this is a defect of the program ({place}); please report it");
    }));
}

/// Each connection takes a file, and the usual limit is meant for programs with a few.
fn raise_the_limit_of_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// A core file would hold every value that is kept, and outlive the daemon.
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

fn listen(kind: SignalKind) -> Result<Signal, Failed> {
    signal(kind).map_err(|cause| cant("signals", cause))
}

/// The signals that end the daemon.
struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    fn listen() -> Result<Self, Failed> {
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Waits until the process is told to end.
    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
