//! Write a secret-runtime backend in Rust.
//!
//! A *backend* is a WebAssembly component that knows how one secret manager speaks. It holds no credential, opens no
//! socket and lives for one call; the runtime adds credentials to its requests on the way out.
//!
//! `runtime new NAME --lang rust` writes a folder with a small one that builds and passes its tests, to begin with.
//!
//! # A whole backend
//!
//! The manifest, `backend.toml`, lies beside `Cargo.toml`. It says what the backend may ask of the runtime:
//!
//! ```toml
//! manifest = 1
//! name = "keeper"
//! version = "0.1.0"
//! description = "The Keeper key store"
//!
//! [config]
//! address = { env = ["KEEPER_ADDR"], required = true, help = "URL of the server" }
//!
//! [credentials]
//! token = { env = ["KEEPER_TOKEN"] }
//!
//! [[origin]]
//! name = "keeper"
//! url = "{address}"
//!
//! [[request]]
//! for = ["read", "exists"]
//! method = "GET"
//! path = "/keys{/name*}"
//!
//! [[recipe]]
//! name = "token"
//! inject = { bearer = "{token}" }
//! ```
//!
//! The code builds a URL, sends a request and makes a secret of the reply:
//!
//! ```
//! use secret_runtime_guest::{Error, Exists, Options, Read, Result, Secret, config, http};
//!
//! struct Keeper;
//!
//! /// The reply to a request for the key, if there is such a key.
//! fn key(name: &str) -> Result<Option<http::Response>> {
//!     let url = http::Url::new(&config::require("address")?).segment("keys").path(name);
//!     let response = http::Request::get(url).header("accept", "application/octet-stream").send()?;
//!     match response.status {
//!         200 => Ok(Some(response)),
//!         404 => Ok(None),
//!         _ => Err(response.error()),
//!     }
//! }
//!
//! impl Read for Keeper {
//!     fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
//!         if version.is_some() {
//!             return Err(Error::unsupported("Keeper keeps no versions"));
//!         }
//!         Ok(Secret::new(key(name)?.ok_or(Error::NotFound)?.body))
//!     }
//! }
//!
//! impl Exists for Keeper {
//!     fn exists(name: &str, _: &Options) -> Result<bool> {
//!         Ok(key(name)?.is_some())
//!     }
//! }
//!
//! secret_runtime_guest::export!(Keeper: Read, Exists);
//! ```
//!
//! # Building it
//!
//! `Cargo.toml` asks for `crate-type = ["cdylib"]`, and `.cargo/config.toml` says how to link:
//!
//! ```toml
//! [build]
//! target = "wasm32-unknown-unknown"
//! [target.wasm32-unknown-unknown]
//! linker = "wasm-component-ld"
//! ```
//!
//! Once `rustup target add wasm32-unknown-unknown` has been run, `cargo build --release` makes a component that holds
//! its manifest and imports nothing but this contract.
//!
//! # Testing it
//!
//! Unit tests run natively, `cargo test --target host-tuple`, and [`mock::Mock`] stands in for the runtime there:
//!
//! ```
//! # use secret_runtime_guest::{Options, Read, Result, Secret, config, http};
//! # struct Keeper;
//! # impl Read for Keeper {
//! #     fn read(name: &str, _: Option<&str>, _: &Options) -> Result<Secret> {
//! #         let url = http::Url::new(&config::require("address")?).segment("keys").path(name);
//! #         Ok(Secret::new(http::Request::get(url).send()?.body))
//! #     }
//! # }
//! use secret_runtime_guest::mock::Mock;
//!
//! let runtime = Mock::install()
//!     .config("address", "https://keeper.example.com")
//!     .reply("GET", "https://keeper.example.com/keys/team/KEY", http::Response::new(200, "value"));
//! assert_eq!(Keeper::read("team/KEY", None, &Options::default()), Ok(Secret::new("value")));
//! ```
//!
//! The component itself, with its manifest, is judged by `runtime conform COMPONENT`: it makes the calls that every
//! backend has to answer rightly, against the upstream or a scripted stand-in of it (`--stand-in upstream.toml`).
//!
//! # What to know
//!
//! - The manifest is the law: a request that no `[[request]]` of the running operation covers is refused, and then the
//!   whole call has failed, whatever the backend returns.
//! - `not-found` is for what the upstream says is not there. A failure is never "absent".
//! - Values are bytes. Return them as the upstream keeps them: never trimmed, never coerced.
//! - Messages in errors and log lines reach the person at the command line alone; still, keep values out of them.
//! - A panic is a trap: the call fails and the component is blamed. Return an [`Error`] instead. Its place is in the log,
//!   and what it says where only `--trace` shows it.

pub mod base64;
#[doc(hidden)]
pub mod bindings;
mod capability;
mod error;
mod export;
mod host;
pub mod http;
// Tests run natively; documentation is made for components, and shows it all the same.
#[cfg(any(doc, not(target_family = "wasm")))]
pub mod mock;
mod panic;
mod refuse;
mod runtime;
pub mod storage;
pub mod time;
mod types;

pub use crate::{
    bindings::imports::secret_runtime::backend::common::{
        DeleteMode, Detail, Entry, Error, Page, Readiness, Timestamp, WriteMode,
    },
    capability::{Check, Delete, Exists, List, Read, Write},
    error::{Result, found},
    host::{config, log, random},
    refuse::{Asked, version_number},
    types::{NewSecret, Options, Secret},
};
