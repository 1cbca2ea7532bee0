//! What Vault puts around every answer.

use std::{
    fmt::Write as _,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use secret_runtime::Source;
use serde::Serialize;

/// What a client is told of an old answer.
const STALE: &str = "the upstream can't be reached; this is what it said last, and older than allowed";

/// What Vault puts around every answer.
#[derive(Serialize)]
pub(crate) struct Envelope<T> {
    request_id: String,
    lease_id: &'static str,
    renewable: bool,
    lease_duration: u64,
    data: T,
    wrap_info: (),
    warnings: Option<[&'static str; 1]>,
    auth: (),
}

impl<T: Serialize> Envelope<T> {
    pub(crate) fn new(data: T) -> Self {
        Self {
            request_id: request_id(),
            lease_id: "",
            renewable: false,
            lease_duration: 0,
            data,
            wrap_info: (),
            warnings: None,
            auth: (),
        }
    }

    /// The same, with a warning if it is an old answer.
    pub(crate) fn marked(self, source: Source) -> Self {
        Self { warnings: (source == Source::Stale).then_some([STALE]), ..self }
    }
}

/// A number for this request: unique, and no secret. Its shape is that of a UUID of version 8.
fn request_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| {
        let mut bytes = [0; 8];
        // Without randomness the number is still unique in this process.
        let _ = getrandom::fill(&mut bytes);
        u64::from_be_bytes(bytes)
    });
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let (process, count) = (*PROCESS, COUNT.fetch_add(1, Ordering::Relaxed));
    let mut id = String::with_capacity(36);
    let _ = write!(
        id,
        "{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        process >> 32,
        (process >> 16) & 0xffff,
        process & 0xfff,
        0x8000 | (count >> 48) & 0x3fff,
        count & 0xffff_ffff_ffff
    );
    id
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_request_has_a_number_of_its_own_in_the_shape_of_a_uuid() {
        let (one, other) = (super::request_id(), super::request_id());
        assert_ne!(one, other);
        let lengths: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{one}");
    }
}
