//! One attack: the hostile backend with a manifest, told what to do, through the binary or the library.

use std::{collections::BTreeMap, sync::Arc};

use secret_runtime::{Backend, BackendBuilder, Candidate, Result, Runtime};
use test_support::Upstream;

use super::{Component, Home, Manifest, Outcome, cli::Run, library};

/// A credential that must never be seen anywhere but in the header it belongs in.
pub(crate) const TOKEN: &str = "canary-credential-7f3a/+=91";

/// An attack that is being put together.
#[derive(Clone)]
pub(crate) struct Attack {
    manifest: Option<Manifest>,
    settings: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    arguments: Vec<String>,
    /// By the standard interfaces, rather than by the contract's own.
    standard: bool,
}

impl Attack {
    /// With the honest manifest, on this upstream.
    pub(crate) fn on(upstream: &Upstream) -> Self {
        Self::with(Manifest::honest()).env("HOSTILE_ADDR", &upstream.address()).env("HOSTILE_TOKEN", TOKEN)
    }

    pub(crate) fn with(manifest: Manifest) -> Self {
        Self { manifest: Some(manifest), ..Self::bare() }
    }

    /// Without a manifest: settings are all it gets.
    pub(crate) fn bare() -> Self {
        Self {
            manifest: None,
            settings: BTreeMap::new(),
            environment: BTreeMap::new(),
            arguments: Vec::new(),
            standard: false,
        }
    }

    /// The same by a component that uses the standard interfaces.
    pub(crate) fn standard(self) -> Self {
        Self { standard: true, ..self }
    }

    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Adds an argument before the command.
    pub(crate) fn option(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Sends one request and hands over what it brings.
    pub(crate) fn sends(self, method: &str, url: &str) -> Self {
        self.set("act", "send").set("method", method).set("url", url)
    }

    pub(crate) fn component(&self) -> Component {
        let component = if self.standard { Component::standard() } else { Component::hostile() };
        match &self.manifest {
            Some(manifest) => component.manifest(manifest),
            None => component,
        }
    }

    /// Through the binary, trusted for this run: the worst case.
    pub(crate) fn command(&self, home: &Home, command: &[&str]) -> Run {
        let component = self.component().save(home, "hostile.wasm");
        let mut run = home.runtime(["--trust", "--backend"]).arg(component).args(&self.arguments);
        for (key, value) in &self.settings {
            run = run.arg("--set").arg(format!("{key}={value}"));
        }
        for (name, value) in &self.environment {
            run = run.env(name, value);
        }
        run.args(command)
    }

    /// `runtime get KEY`.
    #[track_caller]
    pub(crate) fn get(&self) -> Outcome {
        self.command(&Home::new(), &["get", "KEY"]).run()
    }

    /// What it would be granted.
    pub(crate) fn candidate(&self) -> Result<Candidate> {
        self.builder(&library::runtime())?.candidate()
    }

    /// Through the library, under a grant of everything it declares.
    pub(crate) fn load(&self, runtime: &Runtime) -> Result<Backend> {
        library::load(self.builder(runtime)?)
    }

    fn builder(&self, runtime: &Runtime) -> Result<BackendBuilder> {
        let builder = runtime.backend(self.component().parse()?).environment(Arc::new(self.environment.clone()));
        Ok(self.settings.iter().fold(builder, |builder, (key, value)| builder.set(key, value)))
    }
}
