//! The same for programs that are not asynchronous: a backend with a small tokio runtime of its own.
//!
//! ```
//! use secret_runtime::{Component, Runtime, StorageInput, blocking};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #   let _folder = test_support::example()?;
//!     let component = Component::from_file("dotenv.wasm")?;
//!     let builder = Runtime::builder().build()?.backend(component).storage(StorageInput::File(".env".into()));
//!     let grant = builder.candidate()?.grant();
//!     let backend = blocking::Backend::new(builder.load(&grant)?)?;
//!
//!     let answer = backend.get("OPENAI_API_KEY")?;
//!     println!("a key of {} bytes", answer.secret.expose().len());
//!     Ok(())
//! }
//! ```

use std::{fmt, future::Future, sync::Arc};

use tokio::runtime::{Builder, Handle, Runtime as Tokio};

use crate::{
    backend::{Write, Written},
    error::{Error, Kind, Result},
    store::{Answer, Call, DeleteMode, Listing, Name, Options, Page, Read, Readiness},
};

/// A backend whose calls wait for their answer. Cheap to clone, and callable from several threads at a time.
///
/// Every call fails with [`Kind::Other`] on a thread of a tokio runtime, where waiting would hold up other tasks: use
/// the asynchronous [`Backend`](crate::Backend) there. That includes threads of tokio's `spawn_blocking`.
///
/// Its connections live on its own runtime, so a clone of the backend that it was made from should not be called
/// elsewhere.
#[derive(Clone)]
pub struct Backend {
    backend: crate::Backend,
    tokio: Arc<Background>,
}

impl Backend {
    /// Takes a loaded backend, and starts one thread for it.
    ///
    /// # Errors
    /// [`Kind::Other`] if the thread can't be started.
    pub fn new(backend: crate::Backend) -> Result<Self> {
        // A thread of its own, so that what a call leaves behind goes on when nobody waits: a load that others have
        // joined, the instance that is prepared for the next call.
        let tokio = Builder::new_multi_thread().worker_threads(1).thread_name("secret-runtime").enable_all().build();
        let tokio = tokio.map_err(|cause| {
            Error::new(Kind::Other, format!("no thread to make calls on can be started: {cause}")).caused_by(cause)
        })?;
        Ok(Self { backend, tokio: Arc::new(Background(Some(tokio))) })
    }

    /// The backend itself, for what needs no waiting: its name, checked names and options, a [`Call`] to change.
    pub fn backend(&self) -> &crate::Backend {
        &self.backend
    }

    /// Reads a secret.
    ///
    /// # Errors
    /// As [`crate::Backend::get`].
    pub fn get(&self, key: &str) -> Result<Answer> {
        self.wait(self.backend.get(key))
    }

    /// Reads a secret by a name that has been checked.
    ///
    /// # Errors
    /// As [`crate::Backend::read`].
    pub fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        self.wait(self.backend.read(read, call))
    }

    /// Asks whether there is such a secret.
    ///
    /// # Errors
    /// As [`crate::Backend::exists`].
    pub fn exists(&self, key: &str, options: &Options, call: &Call) -> Result<bool> {
        self.wait(self.backend.exists(key, options, call))
    }

    /// Lists names, a page at a time.
    ///
    /// # Errors
    /// As [`crate::Backend::list`].
    pub fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        self.wait(self.backend.list(listing, call))
    }

    /// Writes a secret.
    ///
    /// # Errors
    /// As [`crate::Backend::write`].
    pub fn write(&self, key: &str, write: &Write, call: &Call) -> Result<Written> {
        self.wait(self.backend.write(key, write, call))
    }

    /// Deletes a secret; answers the name under which it was stored.
    ///
    /// # Errors
    /// As [`crate::Backend::delete`].
    pub fn delete(&self, key: &str, mode: DeleteMode, options: &Options, call: &Call) -> Result<Name> {
        self.wait(self.backend.delete(key, mode, options, call))
    }

    /// Gives a secret a new value, and proves it by reading it back.
    ///
    /// # Errors
    /// As [`crate::Backend::rotate`].
    pub fn rotate(&self, key: &str, to: Option<&str>, write: &Write, call: &Call) -> Result<Written> {
        self.wait(self.backend.rotate(key, to, write, call))
    }

    /// Asks whether the upstream answers and accepts us.
    ///
    /// # Errors
    /// As [`crate::Backend::check`].
    pub fn check(&self, call: &Call) -> Result<Readiness> {
        self.wait(self.backend.check(call))
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match &self.tokio.0 {
            Some(tokio) if Handle::try_current().is_err() => tokio.block_on(work),
            _ => Err(Error::new(
                Kind::Other,
                "a blocking call on a thread of a tokio runtime would hold up other tasks; use secret_runtime::Backend there",
            )),
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("blocking::Backend").field(&self.backend).finish()
    }
}

/// The runtime that calls are made on. It is there until it is dropped.
struct Background(Option<Tokio>);

impl Drop for Background {
    fn drop(&mut self) {
        // Waiting for its thread would panic where a program drops its backend in an asynchronous function.
        if let Some(tokio) = self.0.take() {
            tokio.shutdown_background();
        }
    }
}
