//! One call: a fresh store, the rules it runs under, and whom to believe when it ends.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use wasmtime::{
    Engine, Store, Trap, UpdateDeadline, WasmBacktrace,
    component::{Instance, InstancePre},
};
use wasmtime_wasi::I32Exit;

use super::{
    backtrace,
    engine::TICK,
    limits::{Exceeded, LIFT_BYTES, LOG_LINES, Limiter, Limits},
    serving::Serving,
    wasi::Standard,
};
use crate::{
    error::{Error, Kind, Result},
    text::Shown,
};

/// Why a request that a backend gave up has no reply.
pub(super) const GIVEN_UP: &str = "the backend did not wait for the reply to its last request";
const UNCHECKED: &str = "the component answered before a request that it began was whole";

/// What a store holds: its limits, and the call it serves once it serves one.
pub(crate) struct State {
    limiter: Limiter,
    ticks_left: u64,
    guest_time: Duration,
    /// Made when a component first asks for it.
    standard: Option<Box<Standard>>,
    pub(super) active: Active,
}

/// The call that a store serves; none while it is being set up.
#[derive(Default)]
pub(crate) struct Active(Option<InCall>);

/// A call, and what is left of its limits.
pub(crate) struct InCall {
    pub(super) serving: Arc<Serving>,
    host_calls_left: u32,
    pub(super) log_lines_left: u32,
    requests_left: u32,
}

/// Instantiates a component. Its start code runs under the same limits as a call, and reaches no host function.
pub(super) async fn fresh(
    engine: &Engine,
    pre: &InstancePre<State>,
    limits: &Limits,
) -> Result<(Store<State>, Instance)> {
    let ticks_left = u64::try_from(limits.guest_time.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX);
    let state = State {
        limiter: Limiter::new(limits.memory),
        ticks_left,
        guest_time: limits.guest_time,
        standard: None,
        active: Active::default(),
    };
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
    /// How many waits for the host are under way: requests of the standard interface wait beside one another.
    waits: AtomicU32,
    /// Whether a wait ended when no time was left.
    late: AtomicBool,
}

/// A wait for the host, however it ends.
struct Wait<'a>(&'a AtomicU32);

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct Faults {
    refused: Option<Error>,
    credential: Option<Error>,
    /// How many requests began.
    begun: u32,
    /// How many of them were given up before it was known whether they may be sent.
    unchecked: u32,
    /// Why the last request has no reply, and how many had begun by then: one that begins later and is answered takes
    /// it back.
    transport: Option<(u32, Error)>,
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

    /// A request begins. Until it is answered, the last request has no reply: a backend may give it up, and of that
    /// nothing is heard in time.
    pub(super) fn begins(&self) -> u32 {
        let mut number = 0;
        self.change(|faults| {
            faults.transport = Some((faults.begun, Error::new(Kind::Component, GIVEN_UP)));
            faults.begun += 1;
            faults.unchecked += 1;
            number = faults.begun;
        });
        number
    }

    /// It is known whether a request that began may be sent.
    pub(super) fn checked(&self) {
        self.change(|faults| faults.unchecked = faults.unchecked.saturating_sub(1));
    }

    pub(super) fn answered(&self, request: u32) {
        self.change(|faults| {
            faults.transport.take_if(|(begun, _)| *begun < request);
        });
    }

    pub(super) fn transport(&self, failed: Error) {
        self.change(|faults| faults.transport = Some((faults.begun, failed)));
    }

    /// Runs something that waits for the host, so that a deadline knows whom time was lost on.
    pub(super) async fn waiting<T>(&self, wait: impl Future<Output = T>) -> T {
        self.waits.fetch_add(1, Ordering::Relaxed);
        let _wait = Wait(&self.waits);
        wait.await
    }

    /// The same while a guest runs. A wait that took all the time there was leaves the guest none to answer in: the end
    /// that follows is not its fault.
    pub(super) async fn waiting_until<T>(&self, deadline: Instant, wait: impl Future<Output = T>) -> T {
        let done = self.waiting(wait).await;
        self.late.store(Instant::now() >= deadline, Ordering::Relaxed);
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
        // Kept until it is known whom it waits for.
        let mut guest = std::pin::pin!(guest);
        match tokio::time::timeout_at(deadline, &mut guest).await {
            Ok(ended) => ended.map_err(|cause| component_fault(&cause)),
            Err(_) if self.waits.load(Ordering::Relaxed) > 0 || self.late.load(Ordering::Relaxed) => {
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
            // It may have been one that is refused.
            (Ok(_), _) if faults.unchecked > 0 => Err(Error::new(Kind::Component, UNCHECKED)),
            (Ok(answer), Some((_, transport))) if absent(&answer) => Err(transport),
            (Err(_), Some((_, transport))) => Err(transport),
            (said, _) => said,
        }
    }
}

impl State {
    /// From here on it serves this call.
    pub(super) fn serve(&mut self, serving: Arc<Serving>) {
        if let Some(standard) = &self.standard {
            standard.heard_by(serving.listener.clone());
        }
        let limits = &serving.plan.limits;
        let (host_calls_left, requests_left) = (limits.host_calls, limits.requests);
        self.active = Active(Some(InCall { serving, host_calls_left, log_lines_left: LOG_LINES, requests_left }));
    }

    /// Counts a host call, and gives out the call that this store serves.
    pub(super) fn host_call(&mut self) -> wasmtime::Result<&mut InCall> {
        self.active.host_call()
    }

    /// The standard interfaces, and the call that they serve. Counts a host call: one too many can't trap there, so it is
    /// remembered instead, and the call has failed.
    pub(super) fn standard(&mut self) -> (&mut Standard, &mut Active) {
        if let Err(cause) = self.active.host_call()
            && let Some(call) = &self.active.0
        {
            call.serving.watch.refused(component_fault(&cause));
        }
        let listener = || self.active.0.as_ref().and_then(|call| call.serving.listener.clone());
        let standard = self.standard.get_or_insert_with(|| {
            let standard = Standard::new();
            standard.heard_by(listener());
            Box::new(standard)
        });
        (standard, &mut self.active)
    }
}

impl Active {
    pub(super) fn host_call(&mut self) -> wasmtime::Result<&mut InCall> {
        let Some(call) = &mut self.0 else {
            return Err(wasmtime::Error::msg("it called the host while it was being set up"));
        };
        call.host_calls_left = call
            .host_calls_left
            .checked_sub(1)
            .ok_or_else(|| wasmtime::Error::new(Exceeded::HostCalls(call.serving.plan.limits.host_calls)))?;
        Ok(call)
    }

    /// Counts a request of the standard interface, which can't trap: what the limits forbid is remembered instead.
    pub(super) fn request(&mut self) -> Option<Arc<Serving>> {
        let counted = self.host_call().and_then(InCall::request);
        let serving = &self.0.as_ref()?.serving;
        match counted {
            Ok(()) => Some(serving.clone()),
            Err(cause) => {
                serving.watch.refused(component_fault(&cause));
                None
            }
        }
    }

    /// Remembers that a request can't be sent whose URL is no web address.
    pub(super) fn refuses(&self, reason: &str) {
        if let Some(call) = &self.0 {
            call.serving.watch.refused(Error::new(Kind::Refused, reason).by_rule("url"));
        }
    }
}

impl InCall {
    /// Counts a request.
    pub(super) fn request(&mut self) -> wasmtime::Result<()> {
        self.requests_left = self
            .requests_left
            .checked_sub(1)
            .ok_or_else(|| wasmtime::Error::new(Exceeded::Requests(self.serving.plan.limits.requests)))?;
        Ok(())
    }
}

/// A trap, an exhausted limit or a value that does not fit, as our own error. Nothing of the guest's words is in it, but
/// for the names of its functions, which are kept apart.
pub(super) fn component_fault(cause: &wasmtime::Error) -> Error {
    let why = if let Some(exceeded) = cause.downcast_ref::<Exceeded>() {
        format!("the component was stopped: {exceeded}")
    } else if let Some(trap) = cause.downcast_ref::<Trap>() {
        match trap {
            Trap::StackOverflow => "the component was stopped: its recursion used up the stack".to_owned(),
            trap => format!("the component trapped: {trap}"),
        }
    } else if let Some(exit) = cause.downcast_ref::<I32Exit>() {
        format!("the component ended itself with status {} in the middle of a call", exit.0)
    } else {
        format!("the component broke the contract: {}", Shown(&cause.root_cause().to_string()))
    };
    let mut error = Error::new(Kind::Component, why);
    if let Some(exceeded) = cause.downcast_ref::<Exceeded>() {
        error = error.caused_by(exceeded.clone());
    }
    match cause.downcast_ref::<WasmBacktrace>() {
        Some(trace) => error.with_guest_frames(backtrace::frames(trace)),
        None => error,
    }
}
