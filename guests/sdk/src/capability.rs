//! What a backend can do: a trait for each capability, and how each becomes what wit-bindgen exports.

use crate::{
    DeleteMode, NewSecret, Options, Page, Readiness, Result, Secret,
    bindings::{self, imports::secret_runtime::backend::common},
    panic,
};

/// Reads secrets. Every backend does.
pub trait Read {
    /// Reads one secret, in this version or, if none, the current one.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if the upstream says that there is none; any other for a failure.
    fn read(name: &str, version: Option<&str>, options: &Options) -> Result<Secret>;
}

/// Tells whether there is a secret.
pub trait Exists {
    /// Whether there is a secret of this name that can be read.
    ///
    /// # Errors
    /// Any failure to find out. A failure is never "no".
    fn exists(name: &str, options: &Options) -> Result<bool>;
}

/// Lists names.
pub trait List {
    /// Lists at most `limit` names that begin with `prefix`, from where `cursor` says, else from the start.
    ///
    /// Where the upstream answers with everything at once, [`Page::of_all`] cuts the page.
    ///
    /// # Errors
    /// Any failure. Nothing to list is an empty page.
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, options: &Options) -> Result<Page>;
}

/// Writes secrets.
pub trait Write {
    /// Writes a secret and answers its new version, where there is one.
    ///
    /// # Errors
    /// [`Error::Conflict`](crate::Error::Conflict) if the mode does not hold; [`Error::Unsupported`] for a
    /// description, tags or expiry that the upstream can't keep.
    ///
    /// [`Error::Unsupported`]: crate::Error::Unsupported
    fn write(secret: &NewSecret, options: &Options) -> Result<Option<String>>;
}

/// Deletes secrets.
pub trait Delete {
    /// Deletes one secret.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) if there is none; [`Error::Unsupported`](crate::Error::Unsupported)
    /// for a number of days that the upstream can't honour.
    fn delete(name: &str, mode: DeleteMode, options: &Options) -> Result<()>;
}

/// Tells whether the upstream is ready.
pub trait Check {
    /// Whether the upstream answers and accepts us, without reading a secret.
    ///
    /// # Errors
    /// Why it is not ready.
    fn check() -> Result<Readiness>;
}

impl<T: Read> bindings::read::exports::secret_runtime::backend::read::Guest for T {
    fn read(name: String, version: Option<String>, options: Vec<common::Pair>) -> Result<common::Secret> {
        panic::are_told();
        T::read(&name, version.as_deref(), &Options::from(options)).map(Into::into)
    }
}

impl<T: Exists> bindings::exists::exports::secret_runtime::backend::exists::Guest for T {
    fn exists(name: String, options: Vec<common::Pair>) -> Result<bool> {
        panic::are_told();
        T::exists(&name, &Options::from(options))
    }
}

impl<T: List> bindings::listing::exports::secret_runtime::backend::listing::Guest for T {
    fn list(prefix: String, cursor: Option<String>, limit: u32, options: Vec<common::Pair>) -> Result<Page> {
        panic::are_told();
        T::list(&prefix, cursor.as_deref(), limit, &Options::from(options))
    }
}

impl<T: Write> bindings::write::exports::secret_runtime::backend::write::Guest for T {
    fn write(secret: common::NewSecret, options: Vec<common::Pair>) -> Result<Option<String>> {
        panic::are_told();
        T::write(&NewSecret::from(secret), &Options::from(options))
    }
}

impl<T: Delete> bindings::delete::exports::secret_runtime::backend::delete::Guest for T {
    fn delete(name: String, mode: DeleteMode, options: Vec<common::Pair>) -> Result<()> {
        panic::are_told();
        T::delete(&name, mode, &Options::from(options))
    }
}

impl<T: Check> bindings::check::exports::secret_runtime::backend::check::Guest for T {
    fn check() -> Result<Readiness> {
        panic::are_told();
        T::check()
    }
}
