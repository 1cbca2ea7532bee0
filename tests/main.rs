//! Tests of the runtime as a whole: real components through the `runtime` binary or the library, against real or
//! scripted servers. One binary, a module per concern.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bad;
mod cli;
mod common;
mod dotenv;
mod embedding;
mod languages;
mod layers;
mod trust;
mod vault;
