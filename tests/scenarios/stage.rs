//! Where one scenario plays: a started subject, a proxy in front of its server, and callers.

use std::sync::{Arc, OnceLock};

use secret_runtime::{
    Allocation, Backend, BackendBuilder, DeleteMode, Entry, Error, Kind, Listing, Operation, Options, Read, Result,
    Runtime, Write, Written,
};
use test_support::{Fault, Front, Seen};

use super::{
    access::Access,
    subject::{Subject, Who},
};
use crate::common::{Component, cli::shared_cache};

/// One scenario's own stage.
pub(crate) struct Stage<S> {
    pub(crate) subject: Arc<S>,
    scenario: &'static str,
    front: Option<Front>,
    writer: OnceLock<Caller>,
}

impl<S: Subject> Stage<S> {
    /// A stage for this scenario, with the server that the subject's scenarios share, or one of its own.
    pub(super) fn new(scenario: &'static str, shared: &OnceLock<Arc<S>>) -> Self {
        let start = || Arc::new(S::start());
        let subject = if S::SHARED { Arc::clone(shared.get_or_init(start)) } else { start() };
        let front = subject.address().map(|address| Front::before(&address).unwrap());
        Self { subject, scenario, front, writer: OnceLock::new() }
    }

    /// A secret's name that no other scenario uses; below the folder letters and digits alone, which every backend
    /// takes.
    pub(crate) fn name(&self, own: &str) -> String {
        format!("{}{}{own}", S::FOLDER, self.scenario.replace('_', ""))
    }

    /// Whether there is a server. Without one nothing can be wrong with it: then the component has nobody to ask.
    #[track_caller]
    pub(crate) fn has_server(&self) -> bool {
        let manifest = self.caller().backend.manifest().clone();
        assert_eq!(self.front.is_some(), !manifest.origins.is_empty());
        self.front.is_some()
    }

    /// The proxy; a scenario about what a server says has nothing to ask where there is none.
    pub(crate) fn front(&self) -> Option<&Front> {
        self.front.as_ref()
    }

    /// Lets the next so many requests of the component go wrong; the host's own are served.
    pub(crate) fn fail(&self, times: usize, fault: Fault) {
        let front = self.front.as_ref().expect("a server to stand in front of");
        front.fail(times, |seen| !S::is_exchange(seen) && !S::is_verification(seen), fault);
    }

    /// What the component sent so far, apart from the host's own requests.
    pub(crate) fn sent(&self) -> Vec<Seen> {
        let mut seen = self.front.as_ref().map(Front::seen).unwrap_or_default();
        seen.retain(|seen| !S::is_exchange(seen) && !S::is_verification(seen));
        seen
    }

    /// How many tokens were asked for so far.
    pub(crate) fn exchanges(&self) -> usize {
        let seen = self.front.as_ref().map(Front::seen).unwrap_or_default();
        seen.iter().filter(|seen| S::is_exchange(seen)).count()
    }

    /// What somebody gives to the backend; none where the server knows no such difference.
    pub(crate) fn access(&self, who: Who) -> Option<Access> {
        self.subject.access(who, &self.front.as_ref().map(Front::address).unwrap_or_default())
    }

    /// What the owner gives to the backend.
    pub(crate) fn owner(&self) -> Access {
        self.access(Who::Owner).expect("somebody may do everything")
    }

    /// Somebody with what they have; none where the server knows no such difference.
    pub(crate) fn somebody(&self, who: Who) -> Option<Caller> {
        Some(Caller::load_component(S::component(who), &self.access(who)?, |builder| builder))
    }

    /// A caller who may do everything. What it fails to get is not tried again.
    pub(crate) fn caller(&self) -> Caller {
        Caller::load::<S>(&self.owner(), |builder| builder)
    }

    /// Puts a secret there: through the component, or where it can't write, by other means.
    pub(crate) fn put(&self, name: &str, value: &[u8]) -> Result<()> {
        if S::OPERATIONS.contains(&Operation::Write) {
            self.writer.get_or_init(|| self.caller()).write(name, value).map(drop)
        } else {
            self.subject.put(name, value)
        }
    }

    /// The component was refused for this before anything was sent.
    #[track_caller]
    pub(crate) fn assert_sends_nothing<T>(&self, kind: Kind, act: impl FnOnce() -> Result<T>) {
        let before = self.sent().len();
        assert_kind(act(), kind);
        assert_eq!(self.sent().get(before..), Some([].as_slice()), "it was sent before it was refused");
    }
}

/// It failed in this way.
#[track_caller]
pub(crate) fn assert_kind<T>(outcome: Result<T>, kind: Kind) -> Error {
    match outcome {
        Ok(_) => panic!("it came through, and should be {kind}"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{error:?}, {:?}", error.guest_message());
            error
        }
    }
}

/// Somebody with a loaded backend.
pub(crate) struct Caller {
    pub(crate) backend: Backend,
    tokio: tokio::runtime::Runtime,
}

impl Caller {
    /// Loads the subject's component with all that it declares: nothing cached, and nothing tried again, unless the
    /// scenario changes that.
    pub(crate) fn load<S: Subject>(access: &Access, change: impl Fn(BackendBuilder) -> BackendBuilder) -> Self {
        Self::load_component(Component::backend(S::COMPONENT), access, change)
    }

    /// The same with another component.
    pub(crate) fn load_component(
        component: Component,
        access: &Access,
        change: impl Fn(BackendBuilder) -> BackendBuilder,
    ) -> Self {
        Self::on(runtime(), component, access, change)
    }

    /// The same in another runtime.
    pub(crate) fn on(
        runtime: &Runtime,
        component: Component,
        access: &Access,
        change: impl Fn(BackendBuilder) -> BackendBuilder,
    ) -> Self {
        let builder = runtime.backend(component.parse().unwrap()).access_mode(secret_runtime::AccessMode::ReadWrite);
        let builder = change(access.give(builder).cache(None).retry(false));
        let grant = builder.candidate().unwrap_or_else(|cause| panic!("{cause:?}")).grant();
        let backend = builder.load(&grant).unwrap_or_else(|cause| panic!("{cause:?}"));
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { backend, tokio }
    }

    /// Runs what it asks to its end.
    pub(crate) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.tokio.block_on(work)
    }

    /// The value.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        self.run(self.backend.get(name)).map(|answer| answer.secret.expose().to_vec())
    }

    /// The value of one version.
    pub(crate) fn read_version(&self, name: &str, version: &str) -> Result<Vec<u8>> {
        let read = Read { name: self.backend.key(name)?, version: Some(version.into()), options: Options::default() };
        self.run(self.backend.read(&read, &self.backend.call())).map(|answer| answer.secret.expose().to_vec())
    }

    pub(crate) fn write(&self, name: &str, value: impl Into<Vec<u8>>) -> Result<Written> {
        self.write_as(name, Write::new(value))
    }

    pub(crate) fn write_as(&self, name: &str, write: Write) -> Result<Written> {
        self.run(self.backend.write(name, &write, &self.backend.call()))
    }

    pub(crate) fn delete(&self, name: &str, mode: DeleteMode) -> Result<()> {
        self.run(self.backend.delete(name, mode, &Options::default(), &self.backend.call())).map(drop)
    }

    pub(crate) fn exists(&self, name: &str) -> Result<bool> {
        self.run(self.backend.exists(name, &Options::default(), &self.backend.call()))
    }

    /// All pages, with so many entries wanted in each.
    pub(crate) fn list(&self, prefix: &str, limit: u32) -> Result<Vec<Vec<Entry>>> {
        let mut listing = Listing { prefix: prefix.into(), limit, ..Listing::default() };
        let mut pages = Vec::new();
        loop {
            let page = self.run(self.backend.list(&listing, &self.backend.call()))?;
            pages.push(page.entries);
            assert!(pages.len() < 1000, "the listing has no end");
            match page.next {
                Some(next) => listing.cursor = Some(next),
                None => return Ok(pages),
            }
        }
    }
}

/// The runtime of all callers, which compiles each component once.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(another_runtime)
}

/// A runtime that shares nothing with the others but compiled code.
pub(crate) fn another_runtime() -> Runtime {
    Runtime::builder().allocation(Allocation::OnDemand).code_cache(shared_cache()).build().unwrap()
}
