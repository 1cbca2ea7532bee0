//! Trust that is taken back while the daemon runs acts at once.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use secret_runtime::{Backend, Shown, config::Config, layers::audit, trust::TrustStore};

use crate::{
    cli::{Failed, configuration, load, paths, session::Session},
    serve::Daemon,
};

/// How often the trust file is looked at, and so how long a backend goes on that has lost its trust.
const LOOK: Duration = Duration::from_millis(250);

/// The trust file, watched for changes.
pub(super) struct Watch {
    file: Option<PathBuf>,
    seen: Option<Identity>,
    /// The configuration that was found and counted because it was trusted.
    config: Option<PathBuf>,
}

/// What changes whenever the file is replaced.
type Identity = (u64, u64, u64, Option<SystemTime>);

impl Watch {
    pub(super) fn begin(session: &Session<'_>) -> Result<Self, Failed> {
        let found = if session.is_named() { None } else { configuration::found()? };
        let config = found.filter(|(_, trusted)| *trusted).map(|(path, _)| path);
        let file = paths::trust();
        let seen = file.as_ref().and_then(|file| identity(file));
        Ok(Self { file, seen, config })
    }

    /// Waits until the file is another one.
    pub(super) async fn changed(&mut self) {
        let Some(file) = &self.file else { return std::future::pending().await };
        loop {
            tokio::time::sleep(LOOK).await;
            let now = identity(file);
            if now != self.seen {
                self.seen = now;
                return;
            }
        }
    }
}

fn identity(file: &Path) -> Option<Identity> {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.dev(), metadata.ino(), metadata.len(), metadata.modified().ok()))
}

/// Withdraws the mounts whose backends are not trusted any more, and brings back those that are again.
pub(super) fn apply(daemon: &Daemon, session: &Session<'_>, watch: &mut Watch) {
    // A file that can't be relied on vouches for nothing.
    let store = load::trust_store().map_err(|failed| say!("runtime: {}", failed.message())).ok();
    let store = store.as_ref();
    let config_holds = match (&watch.config, store) {
        (None, _) => true,
        (Some(path), Some(store)) => store.configurations().any(|known| known.path == *path),
        (Some(_), None) => false,
    };
    let (before, lost) = (daemon.live(), |backend: &Backend| !(config_holds && holds(session, store, backend)));
    let now = before.with_trust(|mount| lost(&mount.backend));
    // Before anything is said of it: who listens to that may be slow.
    daemon.replace(now.clone());
    // What was kept is answered to nobody now, and nothing of it is loaded again. Credentials of others are kept too.
    for backend in session.backends().iter().filter(|backend| lost(backend)) {
        backend.forget_all();
    }
    let withdrawn = now.withdrawn.iter().filter(|(name, _)| before.mounts.contains_key(*name));
    let restored = now.mounts.iter().filter(|(name, _)| before.withdrawn.contains_key(*name));
    let withdrawn = withdrawn.map(|found| (found, "withdraw", "is not trusted any more, and answers nobody"));
    let restored = restored.map(|found| (found, "restore", "is trusted again"));
    for ((name, mount), operation, words) in withdrawn.chain(restored) {
        say!("runtime: {} {words}", Shown(name));
        if let Some(log) = &daemon.audit {
            let (backend, digest) = (mount.backend.name(), mount.backend.digest().to_string());
            let event = audit::Event { operation, backend, digest: &digest, outcome: audit::OK, ..Default::default() };
            let _ = log.record(&event);
        }
    }
}

/// Whether a backend still has what it was loaded under, and so have those that hold its credentials.
fn holds(session: &Session<'_>, store: Option<&TrustStore>, backend: &Backend) -> bool {
    let spelled = |config: &Config| config.backend(backend.name()).is_some_and(|known| known.spells_a_grant());
    let trusted = session.is_trusted_by_flag()
        || session.config().is_some_and(spelled)
        || store.is_some_and(|store| store.covering(backend.digest(), &backend.grant().facts).is_some());
    // There is no circle: it could not have been loaded.
    trusted && session.holders(backend.name()).iter().all(|holder| holds(session, store, holder))
}
