//! A component with the least around it that lets it read: wasmtime alone, and an upstream that is a constant.

use std::{collections::BTreeMap, sync::Arc};

use wasmtime::{
    Engine, Store,
    component::{Component, HasSelf, Instance, InstancePre, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

mod bindings {
    #![allow(missing_docs, clippy::all, unreachable_pub, reason = "generated from documented WIT")]
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "secret-manager",
        exports: { default: async },
    });
}

use bindings::{
    exports::secret_runtime::backend::read::GuestIndices,
    secret_runtime::backend::{clock, common, config, http, log, random, storage},
};

/// What the component is told.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// Settings, and the URLs of origins.
    pub(crate) settings: BTreeMap<String, String>,
    /// Options of a call that have a value.
    pub(crate) options: Vec<(String, String)>,
    /// What storage holds, by key.
    pub(crate) stored: BTreeMap<String, Vec<u8>>,
    /// What every request is answered.
    pub(crate) reply: Vec<u8>,
}

/// What a store holds: what the component is told, and the standard interfaces, empty.
pub(crate) struct Host {
    world: Arc<World>,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A component that is called with nothing of the runtime around it.
pub(crate) struct Offline {
    engine: Engine,
    pre: InstancePre<Host>,
    indices: GuestIndices,
    world: Arc<World>,
}

impl Offline {
    /// Compiles and links a component.
    ///
    /// # Errors
    /// It imports something else than backends may.
    pub(crate) fn new(engine: &Engine, component: &[u8], world: World) -> wasmtime::Result<Self> {
        let component = Component::from_binary(engine, component)?;
        let mut linker = Linker::new(engine);
        bindings::SecretManager::add_to_linker::<_, HasSelf<_>>(&mut linker, |host: &mut Host| &mut host.world)?;
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        let pre = linker.instantiate_pre(&component)?;
        let indices = GuestIndices::new(&pre)?;
        Ok(Self { engine: engine.clone(), pre, indices, world: Arc::new(world) })
    }

    /// Store and instance, in which nothing was called yet.
    ///
    /// # Errors
    /// It traps while it is set up.
    pub(crate) async fn instance(&self) -> wasmtime::Result<(Store<Host>, Instance)> {
        let host = Host { world: self.world.clone(), wasi: WasiCtx::builder().build(), table: ResourceTable::new() };
        let mut store = Store::new(&self.engine, host);
        // Without it the first tick of the engine would be a trap.
        store.set_epoch_deadline(1 << 32);
        let instance = self.pre.instantiate_async(&mut store).await?;
        Ok((store, instance))
    }

    /// Reads in an instance. Answers the value.
    ///
    /// # Errors
    /// It traps, or answers no secret.
    pub(crate) async fn read_in(
        &self,
        (store, instance): &mut (Store<Host>, Instance),
        name: &str,
    ) -> wasmtime::Result<Vec<u8>> {
        let read = self.indices.load(&mut *store, instance)?;
        let answer = read.call_read(store, name, None, &self.world.options).await?;
        answer.map(|secret| secret.value).map_err(|error| wasmtime::Error::msg(format!("it answered {error:?}")))
    }

    /// Store, instance, one read, and everything dropped again. Answers the value.
    ///
    /// # Errors
    /// It traps, or answers no secret.
    pub(crate) async fn read(&self, name: &str) -> wasmtime::Result<Vec<u8>> {
        self.read_in(&mut self.instance().await?, name).await
    }
}

impl common::Host for Arc<World> {}

impl http::Host for Arc<World> {
    fn send(&mut self, _: http::Request) -> Result<http::Response, http::Failure> {
        Ok(http::Response { status: 200, headers: Vec::new(), body: self.reply.clone() })
    }
}

impl config::Host for Arc<World> {
    fn get(&mut self, key: String) -> Option<String> {
        self.settings.get(&key).cloned()
    }
}

impl storage::Host for Arc<World> {
    fn keys(&mut self) -> Result<Vec<String>, storage::Failure> {
        Ok(self.stored.keys().cloned().collect())
    }

    fn read(&mut self, key: String) -> Result<Option<storage::Blob>, storage::Failure> {
        let blob = |data: &Vec<u8>| storage::Blob { data: data.clone(), etag: "1".into() };
        Ok(self.stored.get(&key).map(blob))
    }

    fn replace(&mut self, _: String, _: Option<Vec<u8>>, _: Option<String>) -> Result<String, storage::Failure> {
        Err(storage::Failure::Refused("nothing is written here".into()))
    }
}

impl clock::Host for Arc<World> {
    fn now(&mut self) -> u64 {
        1_800_000_000_000
    }

    fn sleep(&mut self, _: u32) {}
}

impl random::Host for Arc<World> {
    fn bytes(&mut self, length: u32) -> Vec<u8> {
        vec![7; length as usize]
    }
}

impl log::Host for Arc<World> {
    fn write(&mut self, _: log::Level, _: String) {}
}
