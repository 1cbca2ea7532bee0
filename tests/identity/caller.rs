//! A backend with an identity, and the service that its token is for.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use secret_runtime::{Backend, BackendBuilder, Error, Result};
use test_support::{Reply, Upstream};

use crate::common::{Component, Home, Manifest, Names, block_on, library};

/// A recipe of Google's.
const GOOGLE: &str = r#"
    [[recipe]]
    name = "google"
    inject = { bearer = "{exchanged}" }
    identity = { kind = "google", scopes = ["https://www.googleapis.com/auth/cloud-platform"] }"#;

/// One request by a backend with an identity, on its way to a service that answers `v` to whoever asks.
pub(super) struct Caller {
    pub(super) home: Home,
    pub(super) service: Upstream,
    manifest: Manifest,
    settings: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
    in_home: Option<PathBuf>,
}

impl Caller {
    pub(super) fn with(manifest: Manifest) -> Self {
        let service = Upstream::start(|_| Reply::new(200, "v")).unwrap();
        let settings = [("act", "send"), ("method", "GET"), ("only", "body")];
        let url = format!("{}/v1/secret/KEY", service.address());
        let owned = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let mut settings: BTreeMap<_, _> = settings.into_iter().map(owned).collect();
        settings.insert("url".to_owned(), url);
        let environment = BTreeMap::from([("HOSTILE_ADDR".to_owned(), service.address())]);
        Self { home: Home::new(), service, manifest, settings, environment, in_home: None }
    }

    /// With Google's default credentials.
    pub(super) fn google() -> Self {
        Self::with(Manifest::typed().and(GOOGLE))
    }

    pub(super) fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Writes a file in the home, and names it in a variable.
    pub(super) fn file(self, variable: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.home.file("credentials", text);
        self.env(variable, path.to_str().unwrap())
    }

    /// Writes the file that gcloud writes.
    pub(super) fn gcloud(mut self, text: impl AsRef<[u8]>) -> Self {
        self.home.file(".config/gcloud/application_default_credentials.json", text);
        self.in_home = Some(self.home.path().to_owned());
        self
    }

    pub(super) fn builder(&self) -> BackendBuilder {
        // Nobody is asked where hosts are: what is not on loopback can't be reached.
        let runtime = library::runtime_with(&Names::default());
        let component = Component::hostile().manifest(&self.manifest).parse().unwrap();
        let mut builder = runtime.backend(component).environment(Arc::new(self.environment.clone()));
        if let Some(home) = &self.in_home {
            builder = builder.home(home);
        }
        self.settings.iter().fold(builder, |builder, (key, value)| builder.set(key, value))
    }

    pub(super) fn load(&self) -> Result<Backend> {
        library::load(self.builder())
    }

    /// Reads once, and answers the token that the service was shown.
    #[track_caller]
    pub(super) fn shows(&self) -> String {
        let backend = self.load().unwrap();
        let before = self.service.seen().len();
        let read = block_on(backend.get("KEY")).unwrap();
        assert_eq!(read.secret.expose(), b"v");
        let seen = self.service.seen();
        assert_eq!(seen.len(), before + 1);
        let header = seen[before].header("authorization").unwrap().to_owned();
        header.strip_prefix("Bearer ").unwrap().to_owned()
    }

    /// Fails, before the service is asked, at loading or when the token is needed.
    #[track_caller]
    pub(super) fn fails(&self) -> Error {
        let error = match self.load() {
            Ok(backend) => library::failure(&backend, "KEY"),
            Err(error) => error,
        };
        assert_eq!(self.service.seen(), [], "it was asked all the same: {error:?}");
        error
    }
}
