//! The functions of the contract, answered by this thread's mock. Modules and signatures are those of the bindings.

pub(crate) mod http {
    pub(crate) use crate::bindings::imports::secret_runtime::backend::http::{Failure, Request, Response};
    use crate::{http, mock};

    pub(crate) fn send(request: &Request) -> Result<Response, Failure> {
        let http::Response { status, headers, body } = mock::answer(http::Request { inner: request.clone() })?;
        Ok(Response { status, headers, body })
    }
}

pub(crate) mod config {
    use crate::mock;

    pub(crate) fn get(key: &str) -> Option<String> {
        mock::with(|state| state.config.get(key).cloned())
    }
}

pub(crate) mod storage {
    use crate::{
        mock,
        storage::{Blob, Failure},
    };

    pub(crate) fn keys() -> Result<Vec<String>, Failure> {
        mock::with(|state| state.storage.keys())
    }

    pub(crate) fn read(key: &str) -> Result<Option<Blob>, Failure> {
        mock::with(|state| state.storage.read(key))
    }

    pub(crate) fn replace(key: &str, data: Option<&[u8]>, unchanged: Option<&str>) -> Result<String, Failure> {
        mock::with(|state| state.storage.replace(key, data, unchanged))
    }
}

pub(crate) mod clock {
    use crate::{Timestamp, mock};

    pub(crate) fn now() -> Timestamp {
        mock::with(|state| state.now)
    }

    /// Time goes on, the test does not wait.
    pub(crate) fn sleep(milliseconds: u32) {
        mock::with(|state| state.now += Timestamp::from(milliseconds));
    }
}

pub(crate) mod random {
    use crate::mock;

    pub(crate) fn bytes(length: u32) -> Vec<u8> {
        mock::with(|state| (0..length).filter_map(|_| state.random.next()).collect())
    }
}

pub(crate) mod log {
    pub(crate) use crate::bindings::imports::secret_runtime::backend::log::Level;
    use crate::mock;

    pub(crate) fn write(level: Level, message: &str) {
        let level = match level {
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        };
        mock::with(|state| state.log.push(format!("{level}: {message}")));
    }
}
