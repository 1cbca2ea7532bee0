//! Instances for calls: each used once, so many at a time, and one kept ready.

use std::{
    future::poll_fn,
    mem,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use wasmtime::{Engine, Store, component::Instance};

use super::{
    Plan,
    call::{State, fresh},
    component::Loaded,
    engine::PLACES,
    limits::Exceeded,
};
use crate::{
    error::{Error, Kind, Result},
    measure::Meter,
};

/// A store with its instance, in which nothing has been called yet.
pub(super) struct Fresh {
    // Fields are dropped in order: its place is free once the store is gone.
    pub(super) store: Store<State>,
    pub(super) instance: Instance,
    _counted: Counted,
    _place: OwnedSemaphorePermit,
}

/// An instance in the figures, for as long as it is there.
struct Counted(Arc<Meter>);

impl Counted {
    fn by(meter: &Arc<Meter>) -> Self {
        meter.instance_made();
        Self(meter.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.instance_gone();
    }
}

/// Where the instances of one backend come from.
pub(super) struct Instances(Arc<Source>);

struct Source {
    engine: Engine,
    places: Arc<Semaphore>,
    /// How many more calls may have an instance.
    turns: Arc<Semaphore>,
    loaded: Arc<Loaded>,
    plan: Arc<Plan>,
    /// None if none is kept ready.
    spare: Option<Mutex<Spare>>,
}

/// The instance that is kept ready for the next call.
#[derive(Default)]
enum Spare {
    #[default]
    Missing,
    Coming,
    Ready(Fresh),
}

impl Instances {
    /// Instances of a component that take their places among all of the process. With `ahead`, one is kept ready, so
    /// that a call does not wait for it.
    pub(super) fn new(
        engine: Engine,
        places: Arc<Semaphore>,
        loaded: Arc<Loaded>,
        plan: Arc<Plan>,
        ahead: bool,
    ) -> Self {
        let turns = Arc::new(Semaphore::new(plan.limits.instances));
        Self(Arc::new(Source { engine, places, turns, loaded, plan, spare: ahead.then(Mutex::default) }))
    }

    /// A call's turn to have an instance, so that one backend does not take all places of the process.
    pub(super) async fn turn(&self, deadline: Instant) -> Result<OwnedSemaphorePermit> {
        match timeout_at(deadline, self.0.turns.clone().acquire_owned()).await {
            Ok(turn) => turn.map_err(closed),
            Err(_) => {
                let exceeded = Exceeded::Instances(self.0.plan.limits.instances);
                Err(Error::new(Kind::Timeout, exceeded.to_string()).caused_by(exceeded))
            }
        }
    }

    /// The instance that was kept ready, if there is one, and the one that takes its place.
    pub(super) fn take_ready(&self) -> (Option<Fresh>, Next) {
        let Some(mut spare) = self.0.spare() else { return (None, Next(None)) };
        let next = || Next(Some(Coming(self.0.clone())));
        match mem::replace(&mut *spare, Spare::Coming) {
            // Another call sees to it.
            Spare::Coming => (None, Next(None)),
            Spare::Missing => (None, next()),
            Spare::Ready(fresh) => (Some(fresh), next()),
        }
    }

    /// A place for an instance, as soon as there is one.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit> {
        self.0.places.clone().acquire_owned().await.map_err(closed)
    }

    /// An instance made for this call.
    pub(super) async fn make(&self, place: OwnedSemaphorePermit) -> Result<Fresh> {
        self.0.make(place).await
    }
}

fn closed(_: AcquireError) -> Error {
    Error::new(Kind::Other, "the runtime takes no more calls")
}

impl Source {
    async fn make(&self, place: OwnedSemaphorePermit) -> Result<Fresh> {
        let (store, instance) = fresh(&self.engine, &self.loaded.pre, &self.plan.limits).await?;
        Ok(Fresh { store, instance, _counted: Counted::by(&self.plan.meter), _place: place })
    }

    fn spare(&self) -> Option<MutexGuard<'_, Spare>> {
        Some(self.spare.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The instance for the next call, if it is this one that sees to it.
pub(super) struct Next(Option<Coming>);

impl Next {
    /// Runs a call, and makes the next one's instance when this one first waits, as a rule for an upstream. On a task of
    /// its own it would be made sooner, and waking a thread for that takes longer than making it.
    pub(super) async fn beside<T>(self, call: impl Future<Output = T>) -> T {
        let (mut call, mut coming) = (pin!(call), pin!(self.0.map(Coming::arrive)));
        poll_fn(|context| {
            let done = call.as_mut().poll(context);
            if done.is_pending()
                && let Some(coming_now) = coming.as_mut().as_pin_mut()
                && coming_now.poll(context).is_ready()
            {
                coming.set(None);
            }
            done
        })
        .await
    }
}

/// A spare instance on its way. Dropped before it has arrived, it leaves its place to another.
struct Coming(Arc<Source>);

impl Coming {
    async fn arrive(self) {
        // What is kept ready by many backends must leave places for their calls.
        if self.0.places.available_permits() <= PLACES / 2 {
            return;
        }
        let Ok(place) = self.0.places.clone().try_acquire_owned() else { return };
        // A component that can't be instantiated says so to the next caller; one that sleeps while it is set up keeps no
        // place for ever.
        let made = tokio::time::timeout(self.0.plan.limits.guest_time, self.0.make(place)).await;
        if let Ok(Ok(fresh)) = made
            && let Some(mut spare) = self.0.spare()
        {
            *spare = Spare::Ready(fresh);
        }
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        if let Some(mut spare) = self.0.spare()
            && matches!(*spare, Spare::Coming)
        {
            *spare = Spare::Missing;
        }
    }
}
