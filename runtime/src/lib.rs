//! Runs secret-manager backends as sandboxed WebAssembly components.
#![forbid(unsafe_op_in_unsafe_fn)]

mod backend;
mod builder;
mod candidate;
pub mod config;
pub mod describe;
pub mod egress;
mod error;
mod glob;
pub mod grant;
pub mod layers;
pub mod manifest;
mod private_file;
mod rotate;
pub mod sandbox;
pub mod store;
mod text;
pub mod trust;

pub use self::{
    backend::{Backend, Write, Written},
    builder::{BackendBuilder, Runtime, RuntimeBuilder},
    candidate::{Candidate, Environment, StorageInput},
    egress::{Caps, Resolver, SystemResolver, credentials::CredentialSource},
    error::{Error, Kind, Result},
    glob::{GlobError, Globs},
    layers::{CacheSettings, audit::AuditLog, policy::AccessMode},
    sandbox::{OnCompile, Parsed as Component, digest::Digest, engine::Allocation, limits::Limits},
    store::{Answer, Call, DeleteMode, Entry, Listing, Name, Operation, Options, Page, Read, Readiness, Secret, SecretBytes, Source, WriteMode},
    text::Shown,
};
