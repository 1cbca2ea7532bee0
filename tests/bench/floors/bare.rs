//! wasmtime by itself: the least that a call into a fresh instance can cost.

use wasmtime::{
    Engine, Store,
    component::{Component, InstancePre, Linker},
};

mod bindings {
    #![allow(missing_docs, clippy::all, unreachable_pub, reason = "generated from documented WIT")]
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "with-read",
        exports: { default: async },
    });
}

use bindings::exports::secret_runtime::backend::read::{GuestIndices, Secret};

/// A component that is called with nothing around it.
pub(crate) struct Bare {
    engine: Engine,
    pre: InstancePre<()>,
    indices: GuestIndices,
}

impl Bare {
    /// Compiles and links a component that calls nothing of what it imports.
    ///
    /// # Errors
    /// It has no `read`.
    pub(crate) fn new(engine: &Engine, component: &[u8]) -> wasmtime::Result<Self> {
        let component = Component::from_binary(engine, component)?;
        let mut linker = Linker::new(engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let pre = linker.instantiate_pre(&component)?;
        let indices = GuestIndices::new(&pre)?;
        Ok(Self { engine: engine.clone(), pre, indices })
    }

    /// Store, instance, call, and everything dropped again.
    ///
    /// # Errors
    /// It traps, or answers no secret.
    pub(crate) async fn read(&self, name: &str) -> wasmtime::Result<Secret> {
        let mut store = Store::new(&self.engine, ());
        // Without it the first tick of the engine would be a trap.
        store.set_epoch_deadline(1 << 32);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let read = self.indices.load(&mut store, &instance)?;
        let answer = read.call_read(&mut store, name, None, &[]).await?;
        answer.map_err(|error| wasmtime::Error::msg(format!("it answered {error:?}")))
    }
}
