//! What counts for a backend where its configuration says nothing, as it would be written there.

use std::time::Duration;

use crate::{egress::Caps, layers::policy::AccessMode, sandbox::limits::Limits, store::CALL_TIMEOUT};

/// The keys of a `[backends.NAME]` table that have a value when they are left out, and that value as TOML.
pub fn defaults() -> Vec<(&'static str, String)> {
    let (limits, caps) = (Limits::default(), Caps::default());
    let text = |text: String| format!("{text:?}");
    vec![
        ("access-mode", text(AccessMode::ReadOnly.as_str().to_owned())),
        ("env-fallback", "false".to_owned()),
        ("limits.guest-time", text(time(limits.guest_time))),
        ("limits.host-calls", limits.host_calls.to_string()),
        ("limits.memory", text(bytes(limits.memory))),
        ("limits.requests", limits.requests.to_string()),
        ("limits.value", text(bytes(limits.value))),
        ("map-names", "false".to_owned()),
        ("requests.body", text(bytes(caps.request))),
        ("requests.reply", text(bytes(caps.reply))),
        ("requests.timeout", text(time(caps.timeout))),
        ("timeout", text(time(CALL_TIMEOUT))),
    ]
}

fn time(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ms", time.as_millis()) }
}

fn bytes(bytes: usize) -> String {
    [(30, "GiB"), (20, "MiB"), (10, "KiB")]
        .into_iter()
        .find(|(shift, _)| bytes >= 1 << shift && bytes.is_multiple_of(1 << shift))
        .map_or_else(|| bytes.to_string(), |(shift, unit)| format!("{}{unit}", bytes >> shift))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::units;

    #[test]
    fn each_is_written_as_it_could_be_typed() {
        for (key, value) in super::defaults() {
            let bare = value.trim_matches('"');
            match key.rsplit('.').next().unwrap() {
                "guest-time" | "timeout" => drop(units::duration(bare).unwrap()),
                "memory" | "value" | "body" | "reply" => drop(units::size(bare).unwrap()),
                _ => {}
            }
        }
    }
}
