//! What a panic tells before it becomes a trap.

#[cfg(target_family = "wasm")]
use crate::host::log;

/// Lets panics of the call that begins tell their place in the log, and what they say, which may show a value, where
/// only the author looks. Natively a test tells it.
pub(crate) fn are_told() {
    #[cfg(target_family = "wasm")]
    std::panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            log::error(&format!("panicked at {place}"));
        }
        if let Some(message) = panic.payload_as_str() {
            log::trace(message);
        }
    }));
}
