//! Settings and credentials, for the library and for the binary alike.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use secret_runtime::{BackendBuilder, StorageInput};

use crate::common::{Home, READ_WRITE, cli::Run};

/// What one person gives to a backend.
#[derive(Clone, Default)]
pub(crate) struct Access {
    environment: BTreeMap<String, String>,
    settings: Vec<(String, String)>,
    storage: Option<StorageInput>,
}

impl Access {
    /// Nothing at all.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an environment variable.
    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Adds a setting.
    pub(crate) fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.settings.push((key.into(), value.into()));
        self
    }

    /// Grants a file.
    pub(crate) fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.storage = Some(StorageInput::File(path.into()));
        self
    }

    /// Grants the environment variables whose names match.
    pub(crate) fn variables(mut self, glob: &str) -> Self {
        self.storage = Some(StorageInput::Environment(vec![glob.into()]));
        self
    }

    /// Gives all of it to a backend that is being loaded.
    pub(crate) fn give(&self, mut builder: BackendBuilder) -> BackendBuilder {
        builder = builder.environment(Arc::new(self.environment.clone()));
        for (key, value) in &self.settings {
            builder = builder.set(key, value);
        }
        match &self.storage {
            Some(storage) => builder.storage(storage.clone()),
            None => builder,
        }
    }

    /// `runtime … ARGUMENTS` with this component, trusted for this run, that may change secrets.
    pub(super) fn command(&self, home: &Home, component: &Path, arguments: &[&str]) -> Run {
        let mut run = home.runtime(["--trust", READ_WRITE, "--backend"]).arg(component);
        for (key, value) in &self.settings {
            run = run.arg("--set").arg(format!("{key}={value}"));
        }
        run = match &self.storage {
            Some(StorageInput::File(path)) => run.arg("--storage").arg(path),
            Some(StorageInput::Environment(globs)) => run.arg("--storage").arg(format!("env:{}", globs.join(","))),
            None => run,
        };
        for (name, value) in &self.environment {
            run = run.env(name, value);
        }
        run.args(arguments)
    }
}
