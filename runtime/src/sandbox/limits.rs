//! How much a backend may use. Every default is a named constant with its reason; every one can be set.

use std::time::Duration;

use wasmtime::ResourceLimiter;

pub use super::engine::PLACES;
use crate::measure::Limit;

/// Bytes of a component file. A Python interpreter with its libraries is 18 MB; nothing honest needs four times that.
pub const COMPONENT_BYTES: usize = 64 << 20;
/// Bytes of all linear memories of one call together. A Rust backend uses 2 MB, a Python one 20 MB.
pub const MEMORY_BYTES: usize = 64 << 20;
/// The most that an operator may raise [`MEMORY_BYTES`] to: a slot of the instance pool is this large.
pub const MEMORY_CEILING: usize = 1 << 30;
/// Entries of all tables of one call together. A Python interpreter has about 7,000 functions in its table.
pub const TABLE_ENTRIES: usize = 100_000;
/// Core instances in one component: a Python one has 38.
pub const CORE_INSTANCES: usize = 128;
/// Time for which guest code may run in one call. Reading a secret takes a millisecond of it.
pub const GUEST_TIME: Duration = Duration::from_secs(10);
/// Calls of host functions in one call: a listing of a thousand pages with some logging stays below a tenth of it.
pub const HOST_CALLS: u32 = 20_000;
/// HTTP requests in one call; a listing pages by hundreds.
pub const REQUESTS: u32 = 256;
/// Bytes that one host call may lift out of the guest: a request body of the largest size, with room for headers.
pub const LIFT_BYTES: usize = 16 << 20;
/// Bytes of one secret's value. Vault's own default cap for a request is 32 MiB, AWS keeps 64 KiB.
pub const VALUE_BYTES: usize = 4 << 20;
/// Bytes of one text that a backend returns about a secret or an error.
pub const TEXT_BYTES: usize = 4 << 10;
/// Pairs of metadata of one secret or entry.
pub const METADATA_PAIRS: usize = 64;
/// Entries of one page of a listing.
pub const PAGE_ENTRIES: usize = 10_000;
/// Log lines of one call that are kept.
pub const LOG_LINES: u32 = 200;
/// Random bytes that one host call may ask for.
pub const RANDOM_BYTES: u32 = 64 << 10;
/// Requests of the standard interface that may be under way beside one another in one call; others wait their turn. As
/// many of the largest replies may lie unread. Each takes memory of the host that no limit of the component's counts.
pub const REQUESTS_AT_ONCE: usize = 4;
/// Bytes of a request's body that the standard interface takes ahead, twice, for each request that was made.
pub const BODY_AHEAD_BYTES: usize = 64 << 10;
/// Resources of the standard interfaces that one instance may hold at once: streams, requests, header lists. A client
/// that sends one request at a time holds about ten.
pub const RESOURCES: usize = 256;
/// Bytes of one header list of `wasi:http` in memory: twice what the headers of a reply may have.
pub const FIELD_BYTES: usize = 128 << 10;

/// Calls of one backend that have an instance at once, a quarter of the [places](PLACES) of the process: backends whose
/// upstreams hang keep their own callers waiting, and it takes four of them to keep others waiting too.
pub const INSTANCES: usize = PLACES / 4;

/// The limits of one backend that an operator may want to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all linear memories of one call together ([`MEMORY_BYTES`]).
    pub memory: usize,
    /// Time for which guest code may run in one call ([`GUEST_TIME`]).
    pub guest_time: Duration,
    /// Calls of host functions in one call ([`HOST_CALLS`]).
    pub host_calls: u32,
    /// HTTP requests in one call ([`REQUESTS`]).
    pub requests: u32,
    /// Bytes of one secret's value ([`VALUE_BYTES`]).
    pub value: usize,
    /// Calls that have an instance at once ([`INSTANCES`]); [`PLACES`] at most.
    pub instances: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: MEMORY_BYTES,
            guest_time: GUEST_TIME,
            host_calls: HOST_CALLS,
            requests: REQUESTS,
            value: VALUE_BYTES,
            instances: INSTANCES,
        }
    }
}

/// A limit that a backend ran into, as the error that ends its call.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Exceeded {
    #[error("it asked for more than {0} of memory; raise `limits.memory` if you trust it to need more")]
    Memory(Bytes),
    #[error("it asked for a table of more than {TABLE_ENTRIES} entries")]
    Table,
    #[error("its code ran for more than {} s; raise `limits.guest-time` if you trust it to need more", .0.as_secs_f32())]
    GuestTime(Duration),
    #[error("it made more than {0} calls to the host; raise `limits.host-calls` if you trust it to need more")]
    HostCalls(u32),
    #[error("it made more than {0} requests in one call; raise `limits.requests` if you trust it to need more")]
    Requests(u32),
    #[error("it asked for more than {RANDOM_BYTES} random bytes at once")]
    Random,
    #[error("it left more than {0} of replies unread")]
    Unread(Bytes),
    #[error(
        "{0} calls of this backend were under way for as long as the caller waits; raise `limits.instances` if its upstream \
         should serve more at once"
    )]
    Instances(usize),
}

impl Exceeded {
    /// The limit, as it is counted.
    pub(crate) fn limit(&self) -> Limit {
        match self {
            Self::Memory(_) => Limit::Memory,
            Self::Table => Limit::Table,
            Self::GuestTime(_) => Limit::GuestTime,
            Self::HostCalls(_) => Limit::HostCalls,
            Self::Requests(_) => Limit::Requests,
            Self::Random => Limit::Random,
            Self::Unread(_) => Limit::Unread,
            Self::Instances(_) => Limit::Instances,
        }
    }
}

/// A number of bytes, shown in the largest unit that divides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub usize);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            n if n >= 1 << 20 && n.is_multiple_of(1 << 20) => write!(f, "{} MiB", n >> 20),
            n if n >= 1 << 10 && n.is_multiple_of(1 << 10) => write!(f, "{} KiB", n >> 10),
            n => write!(f, "{n} bytes"),
        }
    }
}

/// Counts what all memories and tables of one store use together: wasmtime's own limiter counts each by itself.
#[derive(Debug)]
pub(crate) struct Limiter {
    memory_left: usize,
    memory_limit: usize,
    table_left: usize,
}

impl Limiter {
    pub(crate) fn new(memory: usize) -> Self {
        Self { memory_left: memory, memory_limit: memory, table_left: TABLE_ENTRIES }
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        match self.memory_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => self.memory_left = left,
            None => return Err(wasmtime::Error::new(Exceeded::Memory(Bytes(self.memory_limit)))),
        }
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        match self.table_left.checked_sub(desired.saturating_sub(current)) {
            Some(left) => self.table_left = left,
            None => return Err(wasmtime::Error::new(Exceeded::Table)),
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        CORE_INSTANCES
    }

    fn memories(&self) -> usize {
        CORE_INSTANCES
    }
}
