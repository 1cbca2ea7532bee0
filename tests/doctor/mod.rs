//! `doctor`: what it finds, what it says to do, and what it leaves alone.

mod here;
mod hostile;
mod network;

use std::path::Path;

use crate::common::{Home, Outcome};

/// The screen with what differs from run to run left out.
fn plain(outcome: &Outcome, home: &Home) -> String {
    let text = String::from_utf8(outcome.stdout.clone()).unwrap();
    let text = text.replace(home.path().to_str().unwrap(), "/home/me");
    let text = text.replace(test_support::layout::backends().to_str().unwrap(), "/backends");
    let text = text.replace(crate::common::cli::shared_cache().to_str().unwrap(), "/cache");
    let digests = regex_lite::Regex::new("sha256:[0-9a-f]+").unwrap();
    let ports = regex_lite::Regex::new(r"127\.0\.0\.1:\d+").unwrap();
    ports.replace_all(&digests.replace_all(&text, "sha256:…"), "127.0.0.1:PORT").into_owned()
}

/// The levels and words of the findings about something.
fn about(outcome: &Outcome, about: &str) -> Vec<(String, String)> {
    let json = outcome.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let findings = json["findings"].as_array().unwrap().iter().filter(|finding| finding["about"] == about);
    findings.map(|finding| (text(&finding["level"]), text(&finding["what"]))).collect()
}

/// Lets the owner alone, or others too, at a file.
fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
