//! Components: those that were built, and changed copies of them.

use std::{fs, path::PathBuf};

use test_support::layout;
use wasm_encoder::{ComponentSection as _, CustomSection, Encode as _};

use super::Home;

/// The section in which a manifest lies.
const MANIFEST: &str = "secret-runtime:manifest";

/// The bytes of a component, good or bad.
#[derive(Clone)]
pub(crate) struct Component(pub(crate) Vec<u8>);

impl Component {
    /// The backend that attacks, without a manifest.
    pub(crate) fn hostile() -> Self {
        Self::built(layout::hostile().join("hostile.wasm"))
    }

    /// One of our backends, with its manifest.
    pub(crate) fn backend(name: &str) -> Self {
        Self::built(layout::backend(name))
    }

    fn built(path: PathBuf) -> Self {
        let read = fs::read(&path);
        Self(read.unwrap_or_else(|cause| panic!("{}: {cause}; run `cargo xtask test`", path.display())))
    }

    /// Adds a manifest, whether or not it has one.
    pub(crate) fn manifest(mut self, manifest: impl AsRef<[u8]>) -> Self {
        let section = CustomSection { name: MANIFEST.into(), data: manifest.as_ref().into() };
        self.0.push(section.id());
        section.encode(&mut self.0);
        self
    }

    /// Writes it into a home.
    pub(crate) fn save(&self, home: &Home, name: &str) -> PathBuf {
        home.file(name, &self.0)
    }

    /// Parses it as the library does before anything else.
    pub(crate) fn parse(&self) -> secret_runtime::Result<secret_runtime::Component> {
        secret_runtime::Component::new(self.0.clone())
    }
}
