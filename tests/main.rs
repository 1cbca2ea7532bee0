//! Tests of the runtime as a whole: real components through the `runtime` binary or the library, against real or
//! scripted servers. One binary, a module per concern.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod adapted;
mod agent_secret_store;
mod aws;
mod azure;
mod bad;
mod cli;
mod common;
mod config;
mod conform;
mod conjur;
mod deploy;
mod doctor;
mod dotenv;
mod embedding;
mod env;
mod google;
mod identity;
mod instances;
mod languages;
mod layers;
mod mtls;
mod oauth;
mod published;
mod run;
mod scenarios;
mod serve;
mod trust;
mod vault;
mod wasi;
