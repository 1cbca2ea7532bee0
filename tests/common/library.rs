//! Driving the library.

use std::{
    collections::HashMap,
    future::Future,
    io,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex},
};

use secret_runtime::{Allocation, Backend, BackendBuilder, Error, Kind, Resolver, Result, Runtime};

/// Runs a future to its end.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A runtime with nothing special.
pub(crate) fn runtime() -> Runtime {
    Runtime::builder().allocation(Allocation::OnDemand).build().unwrap()
}

/// A runtime that asks `names` where hosts are.
pub(crate) fn runtime_with(names: &Names) -> Runtime {
    Runtime::builder().allocation(Allocation::OnDemand).resolver(Arc::new(names.clone())).build().unwrap()
}

/// Loads a backend with all that it declares, never cached and never tried twice: each call is one attack.
pub(crate) fn load(builder: BackendBuilder) -> Result<Backend> {
    let builder = builder.cache(None).retry(false);
    let grant = builder.candidate()?.grant();
    builder.load(&grant)
}

/// What went wrong with a read, which has to go wrong.
#[track_caller]
pub(crate) fn failure(backend: &Backend, key: &str) -> Error {
    match block_on(backend.get(key)) {
        Ok(answer) => panic!("it came through: {:?}", String::from_utf8_lossy(answer.secret.expose())),
        Err(error) => error,
    }
}

/// The error is a refusal by this rule.
#[track_caller]
pub(crate) fn assert_refused(error: &Error, rule: &str) {
    assert_eq!((error.kind(), error.rule()), (Kind::Refused, Some(rule)), "{error:?}");
}

/// Where hosts are, lookup by lookup: the last answer of a host stands for all later ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names(Arc<Mutex<Lookups>>);

#[derive(Debug, Default)]
struct Lookups {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: Vec<String>,
}

impl Names {
    /// Adds the answer to the next lookup of `host`.
    pub(crate) fn then(self, host: &str, addresses: &[&str]) -> Self {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.0.lock().unwrap().answers.entry(host.to_owned()).or_default().push(addresses);
        self
    }

    /// The hosts that were looked for, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }
}

impl Resolver for Names {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
        let mut known = self.0.lock().unwrap();
        known.asked.push(host.clone());
        let answer = match known.answers.get_mut(&host) {
            Some(answers) if answers.len() > 1 => Ok(answers.remove(0)),
            Some(answers) => Ok(answers.first().cloned().unwrap_or_default()),
            None => Err(io::Error::other(format!("no such host: {host}"))),
        };
        Box::pin(async move { answer })
    }
}
