//! What the tests share: running the binary, driving the library, making components.

pub(crate) mod attack;
pub(crate) mod backends;
pub(crate) mod cli;
pub(crate) mod component;
pub(crate) mod daemon;
pub(crate) mod handmade;
pub(crate) mod http;
pub(crate) mod library;
pub(crate) mod manifest;
pub(crate) mod schema;
pub(crate) mod terminal;

pub(crate) use self::{
    attack::Attack,
    backends::{READ_WRITE, digest},
    cli::{Home, Outcome},
    component::Component,
    daemon::Daemon,
    library::{Names, block_on},
    manifest::Manifest,
};
