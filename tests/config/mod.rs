//! Configurations: which one counts, what it says where, and what is made of it.

mod init;
mod inject;
mod layers;
mod references;
mod show;

use std::path::{Path, PathBuf};

use test_support::layout;

use crate::common::{Home, digest};

/// A backend that reads a .env file, granted in the configuration itself.
pub(crate) fn dotenv(name: &str, file: &Path, more: &str) -> String {
    let component = layout::backend("dotenv");
    format!(
        "[backends.{name}]\ncomponent = {component:?}\ndigest = \"{}\"\ngrant = {{ storage = {file:?} }}\n{more}\n",
        digest(&component)
    )
}

impl Home {
    /// The user's own configuration.
    pub(crate) fn own_configuration(&self, text: &str) -> PathBuf {
        self.file("config/secret-runtime/runtime.toml", text)
    }

    /// A configuration in the project's folder, trusted.
    pub(crate) fn trusted_configuration(&self, text: &str) -> PathBuf {
        let path = self.file("project/runtime.toml", text);
        let pinned = digest(&path);
        self.runtime(["trust", "--digest", &pinned]).arg(&path).run().exits(0);
        path
    }

    /// The project's folder.
    pub(crate) fn project(&self) -> PathBuf {
        self.path().join("project")
    }
}
