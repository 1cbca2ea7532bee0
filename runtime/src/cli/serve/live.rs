//! From a configuration to what the daemon serves.

use std::{collections::BTreeMap, sync::Arc};

use secret_runtime::{
    Shown,
    config::{self, Config, Serve},
};

use crate::{
    cli::{Failed, args::Options, session::Session},
    serve::{
        Live,
        mounts::{Mount, Mounts},
    },
};

/// Loads everything that is to be served; all of it, or nothing.
pub(super) async fn live(session: &Session<'_>, options: &Options, settings: &Serve) -> Result<Live, Failed> {
    let mut live = Live { mounts: mounts(session, options, settings).await?, ..Live::default() };
    live.names.hosts = settings.hosts.clone();
    live.names.origins = settings.origins.clone();
    live.names.address = settings.listen.map(|address| address.ip());
    live.owner = Arc::new(settings.owner.clone());
    live.users = settings.users.iter().map(|(user, scopes)| (*user, Arc::new(scopes.clone()))).collect();
    Ok(live)
}

async fn mounts(session: &Session<'_>, options: &Options, settings: &Serve) -> Result<Mounts, Failed> {
    let mut mounts = Mounts::new();
    let mut wanted: BTreeMap<_, _> = settings.mounts.clone();
    if options.backend.is_some() {
        // The one that was named, as it calls itself unless it was named by its name.
        let backend = session.backend(None).await?;
        let shape = wanted.remove(backend.name()).unwrap_or_default();
        let name = fit(backend.name())?;
        mounts.insert(name.clone(), Arc::new(Mount::new(name, backend, shape)));
        return Ok(mounts);
    }
    if wanted.is_empty() {
        let all = session.config().into_iter().flat_map(Config::backends);
        wanted = all.map(|(name, _)| (name.to_owned(), config::Mount::default())).collect();
    }
    if wanted.is_empty() {
        return Err(Failed::usage(
            "there is nothing to serve: no configuration that counts has a backend, and none is named with --backend; \
             type `runtime init`",
        ));
    }
    for (name, shape) in wanted {
        let backend = shape.backend.as_deref().unwrap_or(&name);
        if session.config().and_then(|config| config.backend(backend)).is_some_and(|known| known.env_fallback()) {
            return Err(Failed::usage(format!(
                "the backend {} has env-fallback, and a daemon answers from backends alone: leave it out, or put it in a \
                 profile for commands",
                Shown(backend)
            )));
        }
        let backend = session.backend(Some(backend)).await?;
        let name = fit(&name)?;
        mounts.insert(name.clone(), Arc::new(Mount::new(name, backend, shape)));
    }
    Ok(mounts)
}

fn fit(name: &str) -> Result<String, Failed> {
    match config::unfit(name) {
        None => Ok(name.to_owned()),
        Some(reason) => Err(Failed::usage(format!(
            "the backend {} needs another name as a mount ({reason}): [serve.mounts.NAME] with backend = \"…\"",
            Shown(name)
        ))),
    }
}
