//! Bad input gets a clear error, and nothing is lost.

mod addresses;
mod authors;
mod canary;
mod component;
mod config;
mod egress;
mod limits;
mod mistakes;
mod names;
mod shown;
mod storage;
mod trust;
mod values;

use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::json;
use test_support::{Reply, Upstream};

/// A pipe with a name: opening it waits for somebody at the other end.
fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// A server that answers every request as a vault answers for a secret whose value is `the value`.
fn vault() -> Upstream {
    let metadata =
        json!({ "version": 1, "created_time": "2026-01-02T03:04:05Z", "deletion_time": "", "destroyed": false });
    let secret = json!({ "data": { "data": { "value": "the value" }, "metadata": metadata } });
    Upstream::start(move |_| Reply::json(200, &secret)).unwrap()
}
