//! The contract in `wit/`, as Rust types. Generated; every host function may wait, every one may trap.
#![allow(missing_docs, clippy::all, unreachable_pub, reason = "generated from documented WIT")]

use zeroize::Zeroize;

wasmtime::component::bindgen!({
    path: "../wit",
    world: "backend-host",
    imports: { default: async | trappable },
    exports: { default: async },
});

pub(crate) use self::{
    exports::secret_runtime::backend as exported,
    secret_runtime::backend::{clock, common, config, http, log, random, storage},
};

// What is lifted from a guest or lowered into one is overwritten when the host lets go of it: that, not guest memory,
// is where copies of secrets would stay.

impl Drop for http::Request {
    fn drop(&mut self) {
        self.url.zeroize();
        self.headers.iter_mut().for_each(|(_, value)| value.zeroize());
        self.body.zeroize();
    }
}

impl Drop for http::Response {
    fn drop(&mut self) {
        self.headers.iter_mut().for_each(|(_, value)| value.zeroize());
        self.body.zeroize();
    }
}

impl Drop for storage::Blob {
    fn drop(&mut self) {
        self.data.zeroize();
    }
}

impl Drop for common::Secret {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

impl Drop for common::NewSecret {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}
