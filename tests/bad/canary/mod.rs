//! A canary secret and a canary credential, and all the places in which they must not sing.

mod commands;
mod process;
mod telling;
mod types;

use secret_runtime::Error;
use test_support::{Reply, Upstream};

use crate::common::Home;

/// A secret's value.
pub(super) const SECRET: &str = "canary-secret-Qz8vT4pLw1";

/// As much as the binary can be made to say.
const VERBOSE: [&[&str]; 4] = [&[], &["-v"], &["-vv"], &["-vvv"]];

/// No file of this home holds a canary.
#[track_caller]
pub(super) fn clean(home: &Home, canaries: &[&str]) {
    for (path, content) in home.files() {
        let content = String::from_utf8_lossy(&content);
        for canary in canaries {
            assert!(!content.contains(canary), "{canary} is in {}", path.display());
        }
    }
}

/// An upstream whose only secret is the canary.
fn keeper() -> Upstream {
    Upstream::start(|_| Reply::new(200, SECRET)).unwrap()
}

fn key(upstream: &Upstream) -> String {
    format!("{}/v1/secret/KEY", upstream.address())
}

/// What an error shows holds no canary, and neither do its causes.
#[track_caller]
pub(super) fn assert_hidden(error: &Error, canaries: &[&str]) {
    let mut shown = format!("{error} {error:?} {error:#?} {}", error.reason());
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        shown.push_str(&format!(" {source} {source:?}"));
        cause = source.source();
    }
    let shown = shown.to_lowercase();
    assert!(canaries.iter().all(|canary| !shown.contains(&canary.to_lowercase())), "{shown}");
}
