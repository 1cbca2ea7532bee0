//! Acts that use up something: time, stack, memory, the boundary, the host.

use std::hint::black_box;

use crate::{
    Outcome,
    bindings::secret_runtime::backend::{
        clock,
        common::{Entry, Page},
        config,
        log::{self, Level},
        random,
    },
    number, other, value,
};

/// Uses up what `act` names.
pub(crate) fn perform(act: &str) -> Outcome {
    let size = number("size", 32 << 20) as usize;
    match act {
        "loop" => loop {
            black_box(());
        },
        "recurse" => Ok(value(recurse(u64::MAX).to_string())),
        "grow-memory" => grow_memory(),
        "panic" => panic!("the component panics"),
        "unreachable" => core::arch::wasm32::unreachable(),
        "storm" => loop {
            black_box(config::get("act"));
        },
        "log-storm" => loop {
            log::write(Level::Error, "a line of the storm");
        },
        "random" => Ok(value(random::bytes(number("size", u32::MAX)))),
        "sleep" => {
            clock::sleep(u32::MAX);
            Ok(value("slept"))
        }
        "huge-value" => Ok(value(vec![b'v'; size])),
        "huge-version" => {
            let mut secret = value("v");
            secret.version = Some("v".repeat(size));
            Ok(secret)
        }
        "huge-metadata" => {
            let mut secret = value("v");
            secret.metadata = vec![("k".into(), "v".into()); size];
            Ok(secret)
        }
        "huge-error" => Err(other("e".repeat(size))),
        "huge-log" => {
            log::write(Level::Error, &"l".repeat(size));
            Ok(value("logged"))
        }
        _ => Ok(value("hostile, but well behaved")),
    }
}

/// A page with `size` entries.
pub(crate) fn huge_page() -> Page {
    let size = number("size", 1 << 20) as usize;
    let entry = Entry { name: "n".into(), version: None, expired: None, metadata: Vec::new() };
    Page { entries: vec![entry; size], next: None, total: None }
}

#[allow(unconditional_recursion, reason = "that is the attack")]
fn recurse(depth: u64) -> u64 {
    // Used after the call, so that it can't become a loop.
    let below = recurse(black_box(depth) - 1);
    black_box(below) ^ depth
}

fn grow_memory() -> Outcome {
    let mut kept = Vec::new();
    loop {
        kept.push(black_box(vec![1_u8; 1 << 20]));
    }
}
