//! One call: a fresh store, the rules it runs under, and whom to believe when it ends.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use wasmtime::{
    Engine, Store, Trap, UpdateDeadline,
    component::{Instance, InstancePre},
};

use super::{
    Plan,
    engine::TICK,
    limits::{Exceeded, LIFT_BYTES, Limiter, Limits},
    values::CallValues,
};
use crate::{
    error::{Error, Kind, Result},
    store::Listener,
};

/// What a store holds: its limits, and the call it serves once it serves one.
pub(crate) struct State {
    limiter: Limiter,
    ticks_left: u64,
    guest_time: Duration,
    pub(super) active: Option<Active>,
}

/// The call that a store serves.
pub(crate) struct Active {
    pub(super) plan: Arc<Plan>,
    pub(super) values: CallValues,
    pub(super) watch: Arc<Watch>,
    pub(super) deadline: Instant,
    pub(super) listener: Option<Arc<dyn Listener>>,
    pub(super) host_calls_left: u32,
    pub(super) log_lines_left: u32,
    pub(super) requests_left: u32,
}

/// Instantiates a component. Its start code runs under the same limits as a call, and reaches no host function.
pub(super) async fn fresh(
    engine: &Engine,
    pre: &InstancePre<State>,
    limits: &Limits,
) -> Result<(Store<State>, Instance)> {
    let ticks_left = u64::try_from(limits.guest_time.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX);
    let state = State { limiter: Limiter::new(limits.memory), ticks_left, guest_time: limits.guest_time, active: None };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limiter);
    store.set_hostcall_fuel(LIFT_BYTES);
    store.set_epoch_deadline(1);
    // Every tick in which guest code ran is charged whole; waiting for the host is not.
    store.epoch_deadline_callback(|mut store| {
        let state = store.data_mut();
        state.ticks_left = match state.ticks_left.checked_sub(1) {
            Some(left) => left,
            None => return Err(wasmtime::Error::new(Exceeded::GuestTime(state.guest_time))),
        };
        Ok(UpdateDeadline::Yield(1))
    });
    let instance = pre.instantiate_async(&mut store).await.map_err(|cause| component_fault(&cause))?;
    Ok((store, instance))
}

/// What happened during a call, seen from outside: it outlives a store that is thrown away.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    faults: Mutex<Faults>,
    waiting: AtomicBool,
}

#[derive(Debug, Default)]
struct Faults {
    refused: Option<Error>,
    credential: Option<Error>,
    /// Of the last request alone: a later one that was answered takes it back.
    transport: Option<Error>,
}

impl Watch {
    pub(super) fn refused(&self, error: Error) {
        self.change(|faults| {
            faults.refused.get_or_insert(error);
        });
    }

    pub(super) fn credential_failed(&self, error: Error) {
        self.change(|faults| {
            faults.credential.get_or_insert(error);
        });
    }

    pub(super) fn transport(&self, failed: Option<Error>) {
        self.change(|faults| faults.transport = failed);
    }

    /// Runs something that waits for the host, so that a deadline knows whom time was lost on.
    pub(super) async fn waiting<T>(&self, wait: impl Future<Output = T>) -> T {
        self.waiting.store(true, Ordering::Relaxed);
        let done = wait.await;
        self.waiting.store(false, Ordering::Relaxed);
        done
    }

    /// The same while a guest runs. A wait that took all the time there was leaves the guest none to answer in: the end
    /// that follows is not its fault.
    pub(super) async fn waiting_until<T>(&self, deadline: Instant, wait: impl Future<Output = T>) -> T {
        let done = self.waiting(wait).await;
        self.waiting.store(Instant::now() >= deadline, Ordering::Relaxed);
        done
    }

    /// Whether every request was sent and answered.
    pub(super) fn is_clear(&self) -> bool {
        let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.refused.is_none() && faults.credential.is_none() && faults.transport.is_none()
    }

    fn change(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Runs the guest until its deadline.
    pub(super) async fn run<T>(
        &self,
        deadline: Instant,
        guest: impl Future<Output = wasmtime::Result<T>>,
    ) -> Result<T> {
        match tokio::time::timeout_at(deadline, guest).await {
            Ok(ended) => ended.map_err(|cause| component_fault(&cause)),
            Err(_) if self.waiting.load(Ordering::Relaxed) => {
                Err(Error::new(Kind::Timeout, "time ran out while it waited for the upstream; --timeout gives it more"))
            }
            Err(_) => Err(Error::new(Kind::Component, "the component was still computing when time ran out")),
        }
    }

    /// Whom to believe: a refusal before a fault of the component, that before a failed credential, that before a
    /// failed transport, and all before what the guest says. Success stands against a failed transport, since there may
    /// be another server; `absent` does not.
    pub(super) fn verdict<T>(&self, ended: Result<Result<T, Error>>, absent: impl FnOnce(&T) -> bool) -> Result<T> {
        let faults = std::mem::take(&mut *self.faults.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(refused) = faults.refused {
            return Err(refused);
        }
        let said = match (ended, faults.credential) {
            (Err(fault), _) if fault.kind() == Kind::Component => return Err(fault),
            (_, Some(credential)) => return Err(credential),
            (ended, None) => ended?,
        };
        match (said, faults.transport) {
            (Ok(answer), Some(transport)) if absent(&answer) => Err(transport),
            (Err(_), Some(transport)) => Err(transport),
            (said, _) => said,
        }
    }
}

impl State {
    /// Counts a host call, and gives out the call that this store serves.
    pub(super) fn host_call(&mut self) -> wasmtime::Result<&mut Active> {
        let Some(active) = &mut self.active else {
            return Err(wasmtime::Error::msg("it called the host while it was being set up"));
        };
        active.host_calls_left = active
            .host_calls_left
            .checked_sub(1)
            .ok_or_else(|| wasmtime::Error::new(Exceeded::HostCalls(active.plan.limits.host_calls)))?;
        Ok(active)
    }
}

/// A trap, an exhausted limit or a value that does not fit, as our own error. Nothing of the guest's words is in it.
pub(super) fn component_fault(cause: &wasmtime::Error) -> Error {
    let why = if let Some(exceeded) = cause.downcast_ref::<Exceeded>() {
        format!("the component was stopped: {exceeded}")
    } else if let Some(trap) = cause.downcast_ref::<Trap>() {
        match trap {
            Trap::StackOverflow => "the component was stopped: its recursion used up the stack".to_owned(),
            trap => format!("the component trapped: {trap}"),
        }
    } else {
        format!("the component broke the contract: {}", crate::text::Shown(&cause.root_cause().to_string()))
    };
    Error::new(Kind::Component, why)
}
