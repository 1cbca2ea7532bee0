//! Which standard interfaces there are.

/// Packages of WASI 0.2, and the interfaces of each that are offered.
const OFFERED: [(&str, &[&str]); 7] = [
    (
        "wasi:cli/",
        &[
            "environment",
            "exit",
            "stdin",
            "stdout",
            "stderr",
            "terminal-input",
            "terminal-output",
            "terminal-stdin",
            "terminal-stdout",
            "terminal-stderr",
        ],
    ),
    ("wasi:clocks/", &["monotonic-clock", "wall-clock"]),
    ("wasi:filesystem/", &["types", "preopens"]),
    ("wasi:http/", &["types", "outgoing-handler"]),
    ("wasi:io/", &["error", "poll", "streams"]),
    ("wasi:random/", &["random", "insecure", "insecure-seed"]),
    (
        "wasi:sockets/",
        &["network", "instance-network", "ip-name-lookup", "tcp", "tcp-create-socket", "udp", "udp-create-socket"],
    ),
];

/// Whether an import is a standard interface that the runtime offers. Of WASI 0.2 every patch release fits.
pub(in crate::sandbox) fn is_offered(import: &str) -> bool {
    let Some((name, version)) = import.split_once('@') else { return false };
    let patch = version
        .strip_prefix("0.2.")
        .is_some_and(|patch| !patch.is_empty() && patch.len() <= 3 && patch.bytes().all(|byte| byte.is_ascii_digit()));
    let known = |(package, interfaces): &(&str, &[&str])| {
        name.strip_prefix(package).is_some_and(|interface| interfaces.contains(&interface))
    };
    patch && OFFERED.iter().any(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_of_wasi_0_2_are_offered_and_no_others() {
        for known in ["wasi:cli/environment@0.2.0", "wasi:http/outgoing-handler@0.2.12", "wasi:io/poll@0.2.9"] {
            assert!(is_offered(known), "{known}");
        }
        for unknown in [
            "wasi:cli/environment",
            "wasi:cli/environment@0.3.0",
            "wasi:cli/environment@0.2.0-rc",
            "wasi:cli/environment@0.2.",
            "wasi:cli/run@0.2.0",
            "wasi:http/incoming-handler@0.2.0",
            "wasi:keyvalue/store@0.2.0",
            "wasi:cli/@0.2.0",
            "evil:cli/environment@0.2.0",
        ] {
            assert!(!is_offered(unknown), "{unknown}");
        }
    }
}
