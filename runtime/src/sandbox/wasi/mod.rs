//! The standard interfaces, WASI 0.2, for components of languages whose libraries expect them: empty.
//!
//! No environment, arguments, files or sockets; nothing on standard input. Clock and random bytes are the system's, as
//! they are in the contract. What goes to standard output and standard error becomes lines of the backend's log.
//! `wasi:http` takes the same way out as the contract's own `http`, with the same checks.

mod http;
mod interfaces;
mod output;

use std::sync::Arc;

use wasmtime::component::{Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

pub(super) use self::interfaces::is_offered;
use self::output::Output;
use super::{
    call::State,
    limits::{FIELD_BYTES, RANDOM_BYTES, RESOURCES},
};
use crate::store::{Level, Listener};

/// What the standard interfaces keep for one instance.
pub(super) struct Standard {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    outputs: [Output; 2],
}

impl Standard {
    pub(super) fn new() -> Self {
        let outputs = [Output::new(Level::Info), Output::new(Level::Warn)];
        let [stdout, stderr] = outputs.clone();
        let wasi = WasiCtx::builder().stdout(stdout).stderr(stderr).max_random_size(RANDOM_BYTES.into()).build();
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(FIELD_BYTES);
        let mut table = ResourceTable::new();
        table.set_max_capacity(RESOURCES);
        Self { wasi, http, table, outputs }
    }

    /// Lets this one hear what the component writes to its standard output and error.
    pub(super) fn heard_by(&self, listener: Option<Arc<dyn Listener>>) {
        self.outputs.iter().for_each(|output| output.heard_by(listener.clone()));
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (standard, _) = self.standard();
        WasiCtxView { ctx: &mut standard.wasi, table: &mut standard.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let (standard, active) = self.standard();
        WasiHttpCtxView { hooks: active, table: &mut standard.table, ctx: &mut standard.http }
    }
}

/// Offers the standard interfaces to a component that imports any of them.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)
}
