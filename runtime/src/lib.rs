//! Runs secret-manager backends as sandboxed WebAssembly components.
//!
//! A *backend* is a component that knows how one secret manager speaks: Vault, a `.env` file, a cloud service. It holds
//! no credential, opens no socket and lives for one call. The runtime holds everything dangerous: credentials, network,
//! cache, policy. A malicious backend is expected: it may lie about what it fetched, and may send what it fetched to
//! the origins it was granted. It can do nothing else.
//!
//! # Reading a secret
//!
//! ```
//! use secret_runtime::{Component, Runtime, StorageInput};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #   let _folder = test_support::example()?;
//!     // One for the whole program.
//!     let runtime = Runtime::builder().build()?;
//!     // Parsed, not run: this is how far anybody gets without a grant.
//!     let component = Component::from_file("dotenv.wasm")?;
//!     // A program writes down the digest that `runtime inspect` showed when somebody looked at the component.
//!     let pinned = component.digest();
//!     let backend = runtime.backend(component).storage(StorageInput::File(".env".into())).load_pinned(pinned)?;
//!
//!     let answer = backend.get("OPENAI_API_KEY").await?;
//!     assert_eq!(answer.secret.expose(), b"sk-sample");
//!     Ok(())
//! }
//! ```
//!
//! [`blocking`] has the same for programs that are not asynchronous.
//!
//! # The words
//!
//! | | |
//! |---|---|
//! | [component](Component) | A WebAssembly component, parsed but not compiled. It is known by the SHA-256 of its bytes, its [`Digest`]. |
//! | [manifest](manifest::Manifest) | What the component declares, in a section of its own: whatever it does not declare can't be granted. |
//! | capability | An [`Operation`] that it supports, because it exports the interface: read, exists, list, write, delete, check. |
//! | origin | Scheme, host and port that requests go to. |
//! | request rule | Which requests may be made while which operation runs. The runtime sends what it checked, not what the backend wrote. |
//! | credential | What the upstream is convinced with. [Given](CredentialSource) to the runtime; a backend sees a placeholder. |
//! | recipe | How credentials get into a request: as they are, or exchanged for a short-lived token first. |
//! | [candidate](Candidate) | A component with all that it was given: the question that a grant answers. |
//! | [grant](grant::Grant) | The answer, in resolved facts: this digest, these origins, this credential from here to there, this file. If a fact changes, the grant no longer holds. |
//! | [backend](Backend) | A component under a grant, behind its layers. What programs hold and ask. |
//! | layer | What stands between a caller and the component; see below. |
//!
//! # How a read travels
//!
//! ```text
//! your program
//!       │  get("OPENAI_API_KEY")
//!       ▼
//! Audit ─▶ Fallback ─▶ Policy ─▶ Cache ─▶ Retry ─▶ Sandbox ──call──▶ the component, in a fresh instance
//!                                                                         │ http.send(request)
//!                                                                         ▼
//!                     Egress: origin granted? ▸ request rule? ▸ headers ▸ inject the credential ▸ resolve
//!                             ▸ filter addresses ▸ connect ▸ cap ▸ does the reply echo the credential?
//! ```
//!
//! - *Audit* writes [a line](layers::audit) for each operation, where [`RuntimeBuilder::audit`] asked for it.
//! - *Fallback* lets environment variables answer for names that the backend does not have; off unless
//!   [asked for](BackendBuilder::env_fallback).
//! - *Policy* holds to the [`AccessMode`], which is read-only at first, and to the
//!   [names](BackendBuilder::hosted_keys) that the backend answers for. It stands outside the cache, so that a kept
//!   value never outlives a permission.
//! - *Cache* keeps values in memory, as [`CacheSettings`] say, and makes one load for all who ask at once. What it keeps
//!   can be [listed](Backend::cached) and [forgotten](Backend::forget).
//! - *Retry* reads again after a failure that may pass, within the time that the [`Call`] has.
//! - *Sandbox* calls the component in an instance that nobody used before, within its [`Limits`].
//! - *Egress* is the one way out.
//!
//! # From `runtime.toml`
//!
//! What an operator may want to change belongs in a [configuration](config). What it spells out with `digest` and
//! `grant` is granted, and nothing else is.
//!
//! ```
//! use std::sync::Arc;
//!
//! use secret_runtime::{ProcessEnvironment, Runtime, config::Config};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let _folder = test_support::example()?;
//! # let digest = secret_runtime::Component::from_file("dotenv.wasm")?.digest();
//! # std::fs::write("runtime.toml", format!(r#"
//! #     [backends.local]
//! #     component = "dotenv.wasm"
//! #     digest = "{digest}"
//! #     grant = {{ storage = ".env" }}
//! # "#))?;
//! let config = Config::read("runtime.toml")?;
//! let runtime = Runtime::builder().build()?;
//! // Without an environment, no variable counts.
//! let environment = Arc::new(ProcessEnvironment);
//! let backend = runtime.configured(&config, "local", Some(environment))?.load_configured()?;
//! let answer = backend.get("OPENAI_API_KEY").await?;
//! # assert_eq!(answer.secret.expose(), b"sk-sample");
//! # Ok(())
//! # }
//! ```
//!
//! # When something goes wrong
//!
//! Every [`Error`] has a [`Kind`], which is stable and safe to log; so are its `Display` and `Debug`. That there is no
//! such secret is never said of a backend that could not be asked.
//!
//! ```
//! use secret_runtime::{AccessMode, Component, Kind, Runtime, StorageInput, Write};
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let _folder = test_support::example()?;
//! # let runtime = Runtime::builder().build()?;
//! # let component = Component::from_file("dotenv.wasm")?;
//! # let load = |mode| {
//! #     let storage = StorageInput::File(".env".into());
//! #     runtime.backend(component.clone()).storage(storage).access_mode(mode).load_pinned(component.digest())
//! # };
//! # let backend = load(AccessMode::ReadOnly)?;
//! let error = backend.get("NO_SUCH_KEY").await.unwrap_err();
//! assert_eq!(error.kind(), Kind::NotFound);
//!
//! let new = Write::new("sk-new");
//! let error = backend.write("OPENAI_API_KEY", &new, &backend.call()).await.unwrap_err();
//! assert_eq!((error.kind(), error.rule()), (Kind::Refused, Some("access-mode")));
//!
//! // With `.access_mode(AccessMode::ReadWrite)`:
//! # let backend = load(AccessMode::ReadWrite)?;
//! backend.write("OPENAI_API_KEY", &new, &backend.call()).await?;
//! assert_eq!(backend.get("OPENAI_API_KEY").await?.secret.expose(), b"sk-new");
//! # Ok(())
//! # }
//! ```
//!
//! # Watching it
//!
//! [`Backend::measures`] tells in figures what a backend has done: how operations ended, what the cache answered, how long
//! the upstream took, which limits were hit. For those who trace, there are `tracing` spans of each call, load, component
//! and request to an upstream. Neither names a secret.
//!
//! # What it does not do by itself
//!
//! It reads no environment variable, configuration or trust file that it was not handed, logs through `tracing` alone,
//! and keeps nothing on disk unless [`RuntimeBuilder::code_cache`] names a folder for compiled components.
#![deny(missing_docs)]
#![forbid(unsafe_op_in_unsafe_fn)]

mod backend;
pub mod blocking;
mod builder;
mod candidate;
pub mod config;
pub mod conform;
mod describe;
pub mod egress;
mod environment;
mod error;
mod glob;
pub mod grant;
pub mod layers;
mod listener;
pub mod manifest;
pub mod measure;
mod private_file;
mod rotate;
mod runtime;
mod sandbox;
mod scope;
mod span;
pub mod stand_in;
pub mod store;
mod text;
pub mod trust;

pub use self::{
    backend::{Backend, Write, Written},
    builder::BackendBuilder,
    candidate::{Candidate, StorageInput},
    describe::Addresses,
    egress::{Caps, CredentialSource, Resolver, SystemResolver},
    environment::{Environment, ProcessEnvironment},
    error::{Error, Kind, Result},
    glob::{GlobError, Globs},
    layers::{AccessMode, CacheSettings, CachedEntry, audit::AuditLog},
    measure::Measures,
    runtime::{Runtime, RuntimeBuilder},
    sandbox::{
        Compiling, Component, OnCompile,
        digest::{BadDigest, Digest},
        engine::Allocation,
        limits::{self, Limits},
    },
    scope::{BadScope, Scope, Scopes},
    store::{
        Answer, Call, DeleteMode, Entry, Listing, Name, Operation, Options, Page, Read, Readiness, Secret, SecretBytes,
        Source, WriteMode,
    },
    text::{Shown, nearest},
};
