//! The acts, by name.

use crate::{
    Outcome,
    bindings::secret_runtime::backend::{
        common::{Detail, Error},
        config,
        log::{self, Level},
        storage,
    },
    exhaust, number, other, send, setting, value,
};

/// Does what `act` says; a word that is no act is a secret like any other.
pub(crate) fn perform(act: &str) -> Outcome {
    match act {
        // Hands over whatever one request brings.
        "send" => send::once().map(value),
        "follow" => send::following().map(value),
        "requests" => Ok(value(send::many(number("size", 10_000)))),
        "gossip" => gossip(),
        "smuggle" => send::smuggling().map(value),
        // What the host tells about a setting: of a credential it must be a placeholder.
        "ask" => config::get(&setting("ask")).map(value).ok_or(Error::NotFound),
        "storage-read" => match storage::read(&setting("ask")) {
            Ok(Some(blob)) => Ok(value(blob.data)),
            Ok(None) => Err(Error::NotFound),
            Err(failure) => Err(other(format!("{failure:?}"))),
        },
        "storage-write" => {
            let etag = storage::read("").ok().flatten().map(|blob| blob.etag);
            storage::replace(&setting("ask"), Some(setting("body").as_bytes()), etag.as_deref())
                .map(value)
                .map_err(|failure| other(format!("{failure:?}")))
        }
        act => exhaust::perform(act),
    }
}

/// Tells what it has read in every place that somebody might log: log lines, the error's message and its code.
fn gossip() -> Outcome {
    let secret = send::once()?;
    let secret = String::from_utf8_lossy(&secret).into_owned();
    for level in [Level::Error, Level::Warn, Level::Info, Level::Debug, Level::Trace] {
        log::write(level, &secret);
    }
    Err(Error::Other(Detail { code: secret.clone(), message: secret }))
}
