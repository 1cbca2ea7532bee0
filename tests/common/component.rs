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

    /// The backend that uses the standard interfaces, without a manifest.
    pub(crate) fn standard() -> Self {
        Self::built(layout::hostile().join("standard.wasm"))
    }

    /// The backend that makes a mistake, with its manifest.
    pub(crate) fn careless() -> Self {
        Self::built(layout::hostile().join("careless.wasm"))
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

    /// Replaces text in its manifest by other text of the same length, so that everything around it stays in place.
    pub(crate) fn with_manifest_text(mut self, old: &str, new: &str) -> Self {
        assert_eq!(old.len(), new.len(), "{old:?} and {new:?}");
        let found: Vec<_> = (0..self.0.len()).filter(|at| self.0[*at..].starts_with(old.as_bytes())).collect();
        assert!(!found.is_empty(), "the component has no {old:?}");
        for at in found {
            self.0[at..at + new.len()].copy_from_slice(new.as_bytes());
        }
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
