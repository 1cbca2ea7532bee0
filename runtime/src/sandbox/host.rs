//! What the host offers a backend: the functions of the contract's imports.

use std::time::{Duration, SystemTime};

use wasmtime::Result;
use zeroize::Zeroize as _;

use super::{
    bindings::{clock, common, config, http, log, random, storage},
    call::State,
    limits::{Exceeded, RANDOM_BYTES, TEXT_BYTES},
    serving::Serving,
    storage as files,
};
use crate::{
    egress::{CREDENTIAL_PLACEHOLDER, Request},
    store::{Level, Operation},
};

impl common::Host for State {}

impl http::Host for State {
    async fn send(&mut self, mut request: http::Request) -> Result<Result<http::Response, http::Failure>> {
        let call = self.host_call()?;
        call.request()?;
        let serving = call.serving.clone();
        let number = serving.watch.begins();
        let asked = Request {
            method: std::mem::take(&mut request.method),
            url: std::mem::take(&mut request.url),
            headers: std::mem::take(&mut request.headers),
            body: request.body.take(),
        };
        let sent = match serving.check(asked) {
            Ok(asked) => serving.send(number, asked).await,
            Err(refused) => Err(refused),
        };
        Ok(sent.map(|mut reply| http::Response {
            status: reply.status,
            headers: reply.headers.drain(..).map(|(name, mut value)| (name, std::mem::take(&mut *value))).collect(),
            body: std::mem::take(&mut *reply.body),
        }))
    }
}

impl config::Host for State {
    async fn get(&mut self, key: String) -> Result<Option<String>> {
        let plan = &self.host_call()?.serving.plan;
        if plan.credentials.contains(&key) {
            return Ok(Some(CREDENTIAL_PLACEHOLDER.to_owned()));
        }
        Ok(plan.config.get(&key).or_else(|| plan.origins.get(&key)).cloned())
    }
}

impl storage::Host for State {
    async fn keys(&mut self) -> Result<Result<Vec<String>, storage::Failure>> {
        let active = &*self.host_call()?.serving;
        Ok(active.plan.storage.keys().map_err(|failure| told(active, failure)))
    }

    async fn read(&mut self, key: String) -> Result<Result<Option<storage::Blob>, storage::Failure>> {
        let active = &*self.host_call()?.serving;
        // Of variables a call sees its own alone: hosted keys hold against the backend too.
        let own = active.values.name().is_some_and(|name| name.as_str() == key);
        let found = if active.plan.storage.is_by_name() && !own {
            Err(files::Failure::Refused(
                crate::error::Error::new(
                    crate::error::Kind::Refused,
                    "the component tried to read another variable than the one that was asked for",
                )
                .by_rule("storage"),
            ))
        } else {
            active.plan.storage.read(&key)
        };
        match found {
            Ok(found) => {
                Ok(Ok(found.map(|mut blob| storage::Blob { data: std::mem::take(&mut *blob.data), etag: blob.etag })))
            }
            Err(failure) => Ok(Err(told(active, failure))),
        }
    }

    async fn replace(
        &mut self,
        key: String,
        data: Option<Vec<u8>>,
        unchanged: Option<String>,
    ) -> Result<Result<String, storage::Failure>> {
        let active = &*self.host_call()?.serving;
        let mut data = data;
        let done = match active.values.phase.operation() {
            Operation::Write | Operation::Delete => {
                active.plan.storage.replace(&key, data.as_deref(), unchanged.as_deref())
            }
            operation => Err(files::Failure::Refused(
                crate::error::Error::new(
                    crate::error::Kind::Refused,
                    format!("the component tried to change its storage during {operation}"),
                )
                .by_rule("storage"),
            )),
        };
        data.zeroize();
        Ok(done.map_err(|failure| told(active, failure)))
    }
}

/// Remembers why storage did not do it, and says so to the guest.
fn told(active: &Serving, failure: files::Failure) -> storage::Failure {
    match failure {
        files::Failure::Changed => storage::Failure::Changed,
        files::Failure::Refused(error) => {
            let said = error.to_string();
            active.watch.refused(error);
            storage::Failure::Refused(said)
        }
        files::Failure::Unavailable(error) => {
            let said = error.to_string();
            active.watch.transport(error);
            storage::Failure::Unavailable(said)
        }
    }
}

impl clock::Host for State {
    async fn now(&mut self) -> Result<u64> {
        self.host_call()?;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    async fn sleep(&mut self, milliseconds: u32) -> Result<()> {
        let watch = self.host_call()?.serving.watch.clone();
        watch.waiting(tokio::time::sleep(Duration::from_millis(milliseconds.into()))).await;
        Ok(())
    }
}

impl random::Host for State {
    async fn bytes(&mut self, length: u32) -> Result<Vec<u8>> {
        self.host_call()?;
        if length > RANDOM_BYTES {
            return Err(wasmtime::Error::new(Exceeded::Random));
        }
        let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
        getrandom::fill(&mut bytes)
            .map_err(|cause| wasmtime::Error::msg(format!("the system has no random bytes: {cause}")))?;
        Ok(bytes)
    }
}

impl log::Host for State {
    async fn write(&mut self, level: log::Level, message: String) -> Result<()> {
        let active = self.host_call()?;
        let Some(left) = active.log_lines_left.checked_sub(1) else { return Ok(()) };
        active.log_lines_left = left;
        if let Some(listener) = &active.serving.listener {
            listener.line(
                match level {
                    log::Level::Error => Level::Error,
                    log::Level::Warn => Level::Warn,
                    log::Level::Info => Level::Info,
                    log::Level::Debug => Level::Debug,
                    log::Level::Trace => Level::Trace,
                },
                cut(&message, TEXT_BYTES),
            );
        }
        Ok(())
    }
}

/// The beginning of a text, at most so many bytes.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or_default()
}
