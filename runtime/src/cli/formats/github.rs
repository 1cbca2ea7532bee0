//! Environment variables for the next steps of a GitHub Actions job, and the commands that mask them in its log.

use std::path::PathBuf;

use zeroize::Zeroizing;

use super::{Entry, Problems};

/// What goes where.
#[derive(Debug)]
pub(crate) struct GithubEnv {
    /// For standard output, and first: from then on the log hides the values.
    pub(crate) masks: Zeroizing<Vec<u8>>,
    /// For the file that `$GITHUB_ENV` names.
    pub(crate) assignments: Zeroizing<Vec<u8>>,
}

impl GithubEnv {
    /// Writes all of these.
    pub(crate) fn of(entries: &[Entry]) -> Result<Self, Problems> {
        write(entries, &delimiter()?)
    }
}

/// A line that no value holds: whoever could guess it could end a value early and assign something else.
pub(crate) fn delimiter() -> Result<String, Problems> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|cause| Problems::one(format!("there is no randomness: {cause}")))?;
    Ok(format!("ghadelimiter_{:032x}", u128::from_ne_bytes(random)))
}

pub(super) fn write(entries: &[Entry], delimiter: &str) -> Result<GithubEnv, Problems> {
    let mut problems = Problems::default();
    let mut env = GithubEnv { masks: Zeroizing::default(), assignments: Zeroizing::default() };
    for entry in entries {
        if entry.name == "NODE_OPTIONS" || entry.name.starts_with("GITHUB_") || entry.name.starts_with("RUNNER_") {
            problems.of(&entry.name, "GitHub does not let a step set this variable");
        }
        let Some(text) = entry.text().filter(|text| !text.contains('\0')) else {
            problems.of(&entry.name, "a variable of GitHub Actions can't hold a NUL byte, or what is not UTF-8 text");
            continue;
        };
        if text.contains(delimiter) || entry.name.contains(delimiter) {
            problems.of(&entry.name, "it holds the delimiter, which was drawn at random; try again");
        }
        mask(&mut env.masks, text);
        // Programs print a value of several lines in pieces.
        if text.contains(['\n', '\r']) {
            text.split(['\n', '\r']).for_each(|line| mask(&mut env.masks, line));
        }
        for part in [&*entry.name, "<<", delimiter, "\n", text, "\n", delimiter, "\n"] {
            env.assignments.extend_from_slice(part.as_bytes());
        }
    }
    problems.or(env)
}

/// One command, with what would end or change it escaped as GitHub's own toolkit does. Nothing is not masked.
fn mask(out: &mut Vec<u8>, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    out.extend_from_slice(b"::add-mask::");
    for c in text.chars() {
        match c {
            '%' => out.extend_from_slice(b"%25"),
            '\r' => out.extend_from_slice(b"%0D"),
            '\n' => out.extend_from_slice(b"%0A"),
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    out.push(b'\n');
}

/// The file to append to, from the environment.
pub(crate) fn file() -> Result<PathBuf, Problems> {
    std::env::var_os("GITHUB_ENV").filter(|path| !path.is_empty()).map(PathBuf::from).ok_or_else(|| {
        Problems::one("GITHUB_ENV is not set: this is no step of GitHub Actions; --out FILE takes its place")
    })
}
