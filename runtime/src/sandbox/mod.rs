//! The sandbox: answers as a [`SecretStore`] by calling a component, each call in an instance of its own.

mod answers;
mod backtrace;
mod bindings;
mod call;
mod code_cache;
mod component;
pub(crate) mod digest;
pub(crate) mod engine;
mod host;
mod instances;
pub mod limits;
mod serving;
pub(crate) mod storage;
mod values;
mod wasi;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error as _,
    sync::Arc,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};
use wasmtime::Engine;

pub(crate) use self::code_cache::CodeCache;
pub use self::component::{Compiling, Component, OnCompile};
pub(crate) use self::component::{interface, load};
pub(crate) use self::values::Config;
use self::{
    answers::{self as lift, lower_mode},
    bindings::common,
    call::Watch,
    component::{Loaded, ill_typed},
    instances::{Fresh, Instances, Next},
    limits::{Exceeded, Limits},
    serving::Serving,
    storage::Storage,
    values::CallValues,
};
use crate::{
    egress::Egress,
    error::{Error, Kind, Result},
    measure::Meter,
    span,
    store::{
        Answer, Call, Delete, Listing, Name, NewSecret, Operation, Options, Page, Read, Readiness, SecretStore, Source,
    },
};

/// All that a call needs to know about its backend, settled when the backend was loaded.
pub(crate) struct Plan {
    /// The backend's name, for errors.
    pub(crate) name: Arc<str>,
    /// The error codes it may return.
    pub(crate) codes: BTreeSet<String>,
    /// Its settings.
    pub(crate) config: BTreeMap<String, String>,
    /// Its settings, and the defaults of its options where no setting has the same name.
    pub(crate) values: Config,
    /// The options it declares.
    pub(crate) option_names: BTreeSet<String>,
    /// The URLs of its origins, by name.
    pub(crate) origins: BTreeMap<String, String>,
    /// The names of its credentials, for which it sees a placeholder.
    pub(crate) credentials: BTreeSet<String>,
    /// Its way out.
    pub(crate) egress: Egress,
    /// Its storage.
    pub(crate) storage: Storage,
    /// What it may use.
    pub(crate) limits: Limits,
    /// Where it is counted what it does.
    pub(crate) meter: Arc<Meter>,
}

/// One backend in its sandbox.
pub(crate) struct Sandbox {
    loaded: Arc<Loaded>,
    plan: Arc<Plan>,
    instances: Instances,
}

impl Sandbox {
    /// A backend that is called in fresh instances, which take their `places` among all of the process. With `ahead`,
    /// one is kept ready, so that a call does not wait for it; it still serves one call.
    pub(crate) fn new(engine: Engine, places: Arc<Semaphore>, loaded: Loaded, plan: Plan, ahead: bool) -> Self {
        let loaded = Arc::new(loaded);
        let plan = Arc::new(plan);
        let instances = Instances::new(engine, places, loaded.clone(), plan.clone(), ahead);
        Self { loaded, plan, instances }
    }

    /// An instance that serves this call and no other.
    async fn begin(&self, mut values: CallValues, call: &Call) -> Result<Running> {
        values.stored = values.name().and_then(|name| self.plan.storage.of(name.as_str()));
        let watch = Arc::new(Watch::default());
        let deadline = Instant::now() + call.timeout;
        let turn = self.instances.turn(deadline).await?;
        let (ready, next) = self.instances.take_ready();
        let mut fresh = match ready {
            Some(ready) => ready,
            None => watch.run(deadline, async { Ok(self.fresh(&watch).await) }).await??,
        };
        let serving = Serving {
            plan: self.plan.clone(),
            values,
            watch: watch.clone(),
            deadline,
            listener: call.listener.clone(),
            under_way: Semaphore::new(limits::REQUESTS_AT_ONCE),
            unread: Arc::new(Semaphore::new(limits::REQUESTS_AT_ONCE * self.plan.egress.caps().reply)),
        };
        fresh.store.data_mut().serve(Arc::new(serving));
        fresh.store.set_epoch_deadline(1);
        Ok(Running { fresh, next, watch, deadline, turn })
    }

    /// An instance for a call that found none ready.
    async fn fresh(&self, watch: &Watch) -> Result<Fresh> {
        let place = watch.waiting(self.instances.place()).await?;
        self.instances.make(place).await
    }

    /// Says which backend and which name a failure is about, and counts the limit that it ran into.
    fn named(&self, error: Error, name: Option<&Name>) -> Error {
        if let Some(exceeded) = error.source().and_then(|cause| cause.downcast_ref::<Exceeded>()) {
            self.plan.meter.limit_hit(exceeded.limit());
        }
        let error = error.in_backend(&self.plan.name);
        match name {
            Some(name) => error.for_key(name.shared()),
            None => error,
        }
    }

    /// Every declared option that has a value: the call's own, else the setting of that name, else its default.
    fn lower(&self, options: &Options) -> Vec<common::Pair> {
        let value = |name: &String| options.get(name).or_else(|| self.plan.values.get(name).map(String::as_str));
        let names = self.plan.option_names.iter();
        names
            .filter_map(|name| Some((name.clone(), value(name).filter(|value| !value.is_empty())?.to_owned())))
            .collect()
    }

    fn unsupported(&self, operation: Operation) -> Error {
        Error::new(Kind::Unsupported, format!("the backend does not support {operation}: it does not export it"))
    }
}

impl Sandbox {
    /// Whether the backend says no for the upstream, and the host can find out which no it is. Servers that answer 403
    /// to a wrong credential and to a missing permission alike leave a backend to guess.
    fn is_doubtful(&self, error: &Error, watch: &Watch) -> bool {
        matches!(error.kind(), Kind::Denied | Kind::Unauthenticated)
            && self.plan.egress.can_verify()
            && watch.is_clear()
    }

    /// The same no, as one about our credentials or one about what they may do.
    async fn told_apart(&self, error: Error, values: CallValues, deadline: Instant) -> Error {
        match self.plan.egress.verify(values.phase, &values, deadline).await {
            Ok(()) => error.restated(Kind::Denied, "the upstream accepts our credentials, and denies them this"),
            Err(cause) if cause.kind() == Kind::Unauthenticated => error.restated(cause.kind(), cause.reason()),
            // What could not be found out stays as the backend has it.
            Err(_) => error,
        }
    }
}

/// Counts for how long something runs, which is not for how long it waits.
async fn timed<T>(meter: &Meter, guest: impl Future<Output = T>) -> T {
    let mut guest = std::pin::pin!(guest);
    std::future::poll_fn(|context| {
        let begun = std::time::Instant::now();
        let polled = guest.as_mut().poll(context);
        meter.ran(begun.elapsed());
        polled
    })
    .await
}

/// A call under way.
struct Running {
    fresh: Fresh,
    next: Next,
    watch: Arc<Watch>,
    deadline: Instant,
    turn: OwnedSemaphorePermit,
}

/// Calls one exported function in an instance of its own and weighs what comes back.
///
/// A macro, because every exported interface has its own generated types.
macro_rules! call {
    ($self:ident, $operation:expr, $indices:expr, $values:expr, $call:expr, $name:expr,
     |$guest:ident, $store:ident| $called:expr, $lift:expr, $absent:expr) => {{
        let outcome = async {
            let indices = $indices.ok_or_else(|| $self.unsupported($operation))?;
            let Running { mut fresh, next, watch, deadline, turn } = $self.begin($values, $call).await?;
            let $guest =
                indices.load(&mut fresh.store, &fresh.instance).map_err(|cause| ill_typed($operation, &cause))?;
            let ended = {
                let $store = &mut fresh.store;
                watch.run(deadline, next.beside(timed(&$self.plan.meter, $called))).await
            };
            drop((fresh, turn));
            let said = ended.and_then(|said| match said {
                Ok(answer) => $lift(answer, &$self.plan).map(Ok),
                Err(error) => Ok(Err(lift::error(error, &$self.plan.codes))),
            });
            let said = match said {
                Ok(Err(error)) if $self.is_doubtful(&error, &watch) => {
                    Ok(Err($self.told_apart(error, $values, deadline).await))
                }
                said => said,
            };
            watch.verdict(said, $absent)
        };
        let span = span::component(&$self.plan.name, $operation);
        span::within(span, Box::pin(outcome)).await.map_err(|error: Error| $self.named(error, $name))
    }};
}

impl SecretStore for Sandbox {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        let (name, version, options) = (read.name.as_str(), read.version.as_deref(), self.lower(&read.options));
        call!(
            self,
            Operation::Read,
            Some(&self.loaded.capabilities.read),
            CallValues::read(read, &self.plan.values),
            call,
            Some(&read.name),
            |guest, store| guest.call_read(store, name, version, &options),
            lift::secret,
            |_| false
        )
        .map(|secret| Answer { secret, source: Source::Backend })
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        let given = self.lower(options);
        call!(
            self,
            Operation::Exists,
            self.loaded.capabilities.exists.as_ref(),
            CallValues::exists(name, options, &self.plan.values),
            call,
            Some(name),
            |guest, store| guest.call_exists(store, name.as_str(), &given),
            lift::same,
            |exists: &bool| !*exists
        )
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        let options = self.lower(&listing.options);
        call!(
            self,
            Operation::List,
            self.loaded.capabilities.list.as_ref(),
            CallValues::list(listing, &self.plan.values),
            call,
            None,
            |guest, store| guest.call_list(store, &listing.prefix, listing.cursor.as_deref(), listing.limit, &options),
            lift::page,
            |page: &Page| page.entries.is_empty()
        )
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        let most = self.plan.limits.value;
        if new.value.expose().len() > most {
            let reason = format!("the value is larger than {}, the most that is written", limits::Bytes(most));
            return Err(self.named(Error::new(Kind::Invalid, reason), Some(&new.name)));
        }
        let (secret, options) = (answers::new_secret(new), self.lower(&new.options));
        call!(
            self,
            Operation::Write,
            self.loaded.capabilities.write.as_ref(),
            CallValues::write(new, &self.plan.values),
            call,
            Some(&new.name),
            |guest, store| guest.call_write(store, &secret, &options),
            lift::version,
            |_| false
        )
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        let (mode, options) = (lower_mode(delete.mode), self.lower(&delete.options));
        call!(
            self,
            Operation::Delete,
            self.loaded.capabilities.delete.as_ref(),
            CallValues::delete(delete, &self.plan.values),
            call,
            Some(&delete.name),
            |guest, store| guest.call_delete(store, delete.name.as_str(), mode, &options),
            lift::same,
            |()| false
        )
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        if self.loaded.capabilities.check.is_some() {
            // Where the recipe can tell whether our credentials are good, the host asks for itself.
            let (scope, deadline) = (CallValues::check(&self.plan.values), Instant::now() + call.timeout);
            let verified = self.plan.egress.verify(scope.phase, &scope, deadline).await;
            verified.map_err(|error| self.named(error, None))?;
        }
        call!(
            self,
            Operation::Check,
            self.loaded.capabilities.check.as_ref(),
            CallValues::check(&self.plan.values),
            call,
            None,
            |guest, store| guest.call_check(store),
            lift::readiness,
            |_| false
        )
    }
}
