//! Who answers when a backend calls the runtime: in a component its imports, in a native test the mock.

#[cfg(target_family = "wasm")]
pub(crate) use crate::bindings::imports::secret_runtime::backend::{clock, config, http, log, random, storage};
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::mock::imports::{clock, config, http, log, random, storage};
