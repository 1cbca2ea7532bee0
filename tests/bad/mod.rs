//! Bad input gets a clear error, and nothing is lost.

mod addresses;
mod canary;
mod component;
mod config;
mod egress;
mod limits;
mod names;
mod shown;
mod storage;
mod trust;
mod values;

use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

/// A pipe with a name: opening it waits for somebody at the other end.
fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}
