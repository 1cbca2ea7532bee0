//! A backend whose author is careless. It reads a secret and then makes the mistake that the setting `act` names.
#![allow(clippy::panic, clippy::unwrap_used, clippy::indexing_slicing, reason = "carelessness is what it is for")]

use std::{
    hint::black_box,
    sync::atomic::{AtomicU32, Ordering},
};

use secret_runtime_guest::{Error, Options, Read, Result, Secret, config, http, log};

struct Mistakes;

secret_runtime_guest::export!(Mistakes: Read);

static CALLS: AtomicU32 = AtomicU32::new(0);

impl Read for Mistakes {
    fn read(name: &str, _: Option<&str>, _: &Options) -> Result<Secret> {
        let url = http::Url::new(&config::require("address")?).segment("secret").segment(name);
        let value = http::Request::get(url).send()?.body;
        match config::require("act")?.as_str() {
            "unwrap" => unwraps(&value),
            "index" => return Ok(Secret::new([value[black_box(value.len())]])),
            "recurse" => drop(recurse(0)),
            "fill-memory" => fill_memory(),
            "loop" => while black_box(true) {},
            "log" => log::error(&String::from_utf8_lossy(&value)),
            "count" => return Ok(Secret::new((CALLS.fetch_add(1, Ordering::Relaxed) + 1).to_string())),
            other => return Err(Error::invalid(other)),
        }
        Ok(Secret::new(value))
    }
}

// A panic whose message quotes the value.
#[inline(never)]
fn unwraps(value: &[u8]) {
    Err::<(), _>(String::from_utf8_lossy(value)).unwrap();
}

#[inline(never)]
fn recurse(depth: u32) -> u32 {
    black_box(if black_box(true) { recurse(depth + 1) } else { depth }) + 1
}

#[inline(never)]
fn fill_memory() {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1_u8; 1 << 20]));
    }
}
