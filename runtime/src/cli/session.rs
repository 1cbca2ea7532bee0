//! What a command works with: the configuration that counts, and each backend that it needs, loaded once.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use secret_runtime::{
    Allocation, Answer, Backend, BackendBuilder, Call, CredentialSource, Error, Kind, Read, Runtime, SecretBytes,
    Shown,
    config::{self, Config, Reference},
    grant::Grant,
};

use super::{
    Failed,
    args::Options,
    at_once::{AT_ONCE, at_once},
    configuration,
    load::{self, Found},
    trace::Listening,
};

/// The settings of one call, by key and value.
type Settings = [(String, String)];

/// One command's view of configuration and backends.
pub(crate) struct Session<'o> {
    options: &'o Options,
    config: Option<Config>,
    runtime: Runtime,
    loaded: RefCell<BTreeMap<String, Backend>>,
    /// The backends whose credentials are being looked for, to see a circle.
    loading: RefCell<Vec<String>>,
    service: Option<Service>,
}

/// What is different where backends are loaded once and serve for a long time: values are kept for a while, as the
/// configuration says, and a backend that is loaded already and has not changed is kept with them.
#[derive(Default)]
struct Service {
    config: Option<Config>,
    loaded: BTreeMap<String, Backend>,
    /// Whether the person who started it is still there to be asked.
    asks: bool,
}

impl<'o> Session<'o> {
    pub(crate) fn open(options: &'o Options) -> Result<Self, Failed> {
        let config = configuration::read(options)?;
        let runtime = load::runtime(options, config.as_ref())?;
        Ok(Self::of(options, config, runtime))
    }

    /// The same for a service that begins: it calls often, so memory for instances is set aside.
    pub(crate) fn open_service(options: &'o Options) -> Result<Self, Failed> {
        let config = configuration::read(options)?;
        let runtime = load::runtime_with(Allocation::Pooled, options, config.as_ref())?;
        let service = Some(Service { asks: true, ..Service::default() });
        Ok(Self { service, ..Self::of(options, config, runtime) })
    }

    fn of(options: &'o Options, config: Option<Config>, runtime: Runtime) -> Self {
        Self { options, config, runtime, loaded: RefCell::default(), loading: RefCell::default(), service: None }
    }

    /// The session that takes this one's place once the configuration has changed. Nobody is asked anything.
    pub(crate) fn renewed(&self) -> Result<Self, Failed> {
        let config = configuration::read(self.options)?;
        let service = Service { config: self.config.clone(), loaded: self.loaded.borrow().clone(), asks: false };
        Ok(Self { service: Some(service), ..Self::of(self.options, config, self.runtime.clone()) })
    }

    /// Whether the configuration was named on the command line, and so needs nobody's trust.
    pub(crate) fn is_named(&self) -> bool {
        self.options.config_file.is_some()
    }

    /// Whether the command line grants for this run what backends declare.
    pub(crate) fn is_trusted_by_flag(&self) -> bool {
        self.options.trust.is_some()
    }

    pub(crate) fn config(&self) -> Option<&Config> {
        self.config.as_ref()
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The backends that were loaded so far.
    pub(crate) fn backends(&self) -> Vec<Backend> {
        self.loaded.borrow().values().cloned().collect()
    }

    /// The loaded backends that hold credentials of the one that the configuration has by this name.
    pub(crate) fn holders(&self, name: &str) -> Vec<Backend> {
        let places = self.config.as_ref().and_then(|config| config.backend(name)).into_iter();
        let places = places.flat_map(|backend| backend.credentials()).filter_map(|(_, place)| match place {
            config::CredentialPlace::Reference(reference) => self.main(reference.backend.as_deref()).ok(),
            _ => None,
        });
        let loaded = self.loaded.borrow();
        places.filter_map(|holder| loaded.get(&holder).cloned()).collect()
    }

    /// The backend of this name; otherwise the one of `--backend`, or the configured default. What the command line says
    /// of a backend holds for it.
    pub(crate) async fn backend(&self, name: Option<&str>) -> Result<Backend, Failed> {
        let name = self.main(name)?;
        self.load(&name, self.options).await
    }

    /// The names of secrets that the configuration declares.
    pub(crate) fn declared(&self) -> Vec<String> {
        self.config.iter().flat_map(Config::secrets).map(|(name, _)| name.to_owned()).collect()
    }

    /// Where the secret is that goes by this name: as the configuration says, unless a backend was named. Names that it
    /// does not declare are those of the default backend.
    pub(crate) fn place(&self, key: &str) -> Reference {
        let declared = self.config.as_ref().filter(|_| self.options.backend.is_none());
        let declared = declared.and_then(|config| config.secret(key)).cloned();
        declared.unwrap_or_else(|| Reference::new(None, key))
    }

    /// The backend that a reference leads to.
    pub(crate) async fn backend_of(&self, reference: &Reference) -> Result<Backend, Failed> {
        match &reference.backend {
            Some(name) if *name != self.main(None).unwrap_or_default() => {
                self.load(name, &self.options.for_others()).await
            }
            _ => self.backend(None).await,
        }
    }

    /// The backend of a secret that is asked for or changed as a whole, and its name there. The field that the
    /// configuration names joins the settings of the call.
    pub(crate) async fn target(
        &self,
        key: &str,
        given: &mut Vec<(String, String)>,
    ) -> Result<(Backend, String), Failed> {
        let place = self.place(key);
        if let Some(version) = &place.version {
            return Err(Failed::usage(format!(
                "the configuration has {} in version {} alone, which can be read and nothing else; name its backend and \
                 its name there",
                Shown(key),
                Shown(version)
            )));
        }
        if let Some(field) = place.field.clone().filter(|_| !given.iter().any(|(key, _)| key == "field")) {
            given.push(("field".to_owned(), field));
        }
        Ok((self.backend_of(&place).await?, place.name))
    }

    /// The call that every command makes: what the backend does and logs goes to whoever typed it.
    pub(crate) fn call(&self, backend: &Backend) -> Call {
        Call { listener: Listening::to(backend.manifest(), self.options), ..backend.call() }
    }

    /// Reads secrets side by side, each where the configuration has it. One that fails does not lose the others; a
    /// backend that can't be loaded does.
    pub(crate) async fn read_all(
        &self,
        keys: &[String],
    ) -> Result<Vec<(String, secret_runtime::Result<Answer>)>, Failed> {
        self.read_with(keys, None, &[]).await
    }

    /// The same, with a version and settings that count more than the configured ones.
    pub(crate) async fn read_with(
        &self,
        keys: &[String],
        version: Option<&str>,
        given: &Settings,
    ) -> Result<Vec<(String, secret_runtime::Result<Answer>)>, Failed> {
        let mut places: Vec<Reference> = keys.iter().map(|key| self.place(key)).collect();
        if let Some(version) = version {
            places.iter_mut().for_each(|place| place.version = Some(version.to_owned()));
        }
        let answers = self.read_places(&places, given).await?;
        Ok(keys.iter().cloned().zip(answers).collect())
    }

    /// Reads what references lead to, side by side, in their order.
    pub(crate) async fn read_places(
        &self,
        places: &[Reference],
        given: &Settings,
    ) -> Result<Vec<secret_runtime::Result<Answer>>, Failed> {
        let mut work = Vec::with_capacity(places.len());
        for place in places {
            let backend = self.backend_of(place).await?;
            let call = self.call(&backend);
            let read = wanted(&backend, place, given);
            work.push(async move { backend.read(&read?, &call).await });
        }
        Ok(at_once(AT_ONCE, work.into_iter()).await)
    }

    /// A backend on its way to being loaded, with the credentials that are in other backends.
    pub(crate) async fn builder(&self, options: &Options, found: &Found) -> Result<BackendBuilder, Failed> {
        let credentials = self.credentials(found).await?;
        let builder = load::builder(options, self.config(), &self.runtime, found, credentials)?;
        Ok(if self.service.is_some() { builder.refreshing() } else { builder.cache(None) })
    }

    /// The name of the backend that is meant.
    fn main(&self, name: Option<&str>) -> Result<String, Failed> {
        let asked = name.or(self.options.backend.as_deref());
        match asked.or_else(|| self.config.as_ref()?.default_backend()) {
            Some(name) => Ok(name.to_owned()),
            None => Err(Failed::usage(
                "no backend is named; give --backend FILE or NAME (`runtime backends` shows the names), or type \
                 `runtime init` in the folder of your project",
            )),
        }
    }

    async fn load(&self, name: &str, options: &Options) -> Result<Backend, Failed> {
        if let Some(loaded) = self.loaded.borrow().get(name) {
            return Ok(loaded.clone());
        }
        let found = load::find(Some(name), self.config())?;
        let builder = self.builder(options, &found).await?;
        let candidate = builder.candidate()?;
        let asks = self.service.as_ref().is_none_or(|service| service.asks);
        let grant = load::grant(options, self.config(), &self.runtime, &candidate, &found, asks)?;
        let backend = match self.unchanged(name, &grant) {
            Some(backend) => backend,
            None => builder.load(&grant)?,
        };
        self.loaded.borrow_mut().insert(name.to_owned(), backend.clone());
        Ok(backend)
    }

    /// The backend as it was loaded before, if nothing about it is different: it has kept values, and instances ready.
    fn unchanged(&self, name: &str, grant: &Grant) -> Option<Backend> {
        let before = self.service.as_ref()?;
        let backend = before.loaded.get(name).filter(|backend| backend.grant() == grant)?;
        let configured = |config: Option<&'_ Config>| config.and_then(|config| config.backend(name)).cloned();
        let (then, now) = (configured(before.config.as_ref()), configured(self.config()));
        // A secret that serves as a credential may be another one by now.
        let refers = now.as_ref().is_some_and(|now| {
            now.credentials().any(|(_, place)| matches!(place, config::CredentialPlace::Reference(_)))
        });
        (then == now && !refers).then(|| backend.clone())
    }

    /// The credentials of a backend that are secrets of other backends.
    async fn credentials(&self, found: &Found) -> Result<Vec<(String, CredentialSource)>, Failed> {
        let places = load::referred(self.config(), found);
        let Some(name) = found.name.clone().filter(|_| !places.is_empty()) else { return Ok(Vec::new()) };
        if self.loading.borrow().contains(&name) {
            let mut round: Vec<String> = self.loading.borrow().iter().map(|name| Shown(name).to_string()).collect();
            round.push(Shown(&name).to_string());
            let reason = format!("credentials that need each other: {}", round.join(" needs "));
            return Err(Error::new(Kind::Config, reason).into());
        }
        self.loading.borrow_mut().push(name);
        let credentials = self.read_credentials(places).await;
        // Also after a failure: what is tried again is no circle.
        self.loading.borrow_mut().pop();
        credentials
    }

    async fn read_credentials(
        &self,
        places: Vec<(String, Reference)>,
    ) -> Result<Vec<(String, CredentialSource)>, Failed> {
        let mut credentials = Vec::with_capacity(places.len());
        for (credential, reference) in places {
            let answers = Box::pin(self.read_places(std::slice::from_ref(&reference), &[])).await?;
            for answer in answers {
                let value = SecretBytes::from(answer?.secret.expose().to_vec());
                let source = CredentialSource::Reference { reference: reference.to_string(), value };
                credentials.push((credential.clone(), source));
            }
        }
        Ok(credentials)
    }
}

/// What to ask a backend for.
pub(crate) fn wanted(backend: &Backend, place: &Reference, given: &Settings) -> secret_runtime::Result<Read> {
    let field = place.field.iter().map(|field| ("field".to_owned(), field.clone()));
    let field = field.filter(|_| !given.iter().any(|(key, _)| key == "field"));
    Ok(Read {
        name: backend.key(&place.name)?,
        version: place.version.as_deref().map(Arc::from),
        options: backend.options(field.chain(given.iter().cloned()))?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::os::unix::fs::PermissionsExt as _;

    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Args;

    #[tokio::test]
    async fn a_credential_that_could_not_be_read_is_read_again_and_no_circle() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.toml");
        let text = "[backends.a]\ncomponent = \"a.wasm\"\ncredentials = { token = \"ref+b://X\" }\n\
                    [backends.b]\ncomponent = \"gone.wasm\"\n";
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let words = ["runtime", "--config-file", file.to_str().unwrap(), "list"];
        let options = Args::try_parse_from(words).unwrap().options;
        let session = Session::open(&options).unwrap();
        for _ in 0..2 {
            let failed = session.backend(Some("a")).await.err().unwrap();
            assert!(failed.message().contains("gone.wasm can't be read"), "{}", failed.message());
        }
    }
}
