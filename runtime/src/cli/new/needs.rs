//! What building takes, and how to get what is missing.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::cli::args::Language;

const RUST: &str = "Rust is missing: install it with rustup, https://rustup.rs";
const TOOLCHAIN: &str = "rustup is there and has no Rust yet: rustup default stable";
const TARGET: &str = "Rust can't compile for WebAssembly yet: rustup target add wasm32-unknown-unknown";
const PYTHON: &str = "Python 3.10 or later with venv is missing: https://www.python.org, or on Debian and Ubuntu: \
                      apt-get install python3 python3-venv";
const NODE: &str = "Node.js 20 or later with npm is missing: https://nodejs.org, or on Debian and Ubuntu: \
                    apt-get install nodejs npm";

/// Whether something is there, and how to get it.
type Need = (fn() -> bool, &'static str);

/// What has to be installed before a project in this language can be built, a line each.
pub(super) fn missing(language: Language) -> Vec<&'static str> {
    let needed: &[Need] = match language {
        Language::Rust => &[(rust_or_rustup, RUST), (rustup_has_rust, TOOLCHAIN), (target, TARGET)],
        Language::Python => &[(python, PYTHON)],
        Language::Js => &[(node, NODE)],
        Language::C => &[(python, PYTHON), (rust_or_rustup, RUST), (rustup_has_rust, TOOLCHAIN)],
    };
    needed.iter().filter(|(is_there, _)| !is_there()).map(|(_, advice)| *advice).collect()
}

fn rust() -> bool {
    asked("rustc", &["--version"]).is_some()
}

fn rustup() -> bool {
    asked("rustup", &["--version"]).is_some()
}

fn rust_or_rustup() -> bool {
    rust() || rustup()
}

/// Whether rustup, if it is there, has installed Rust.
fn rustup_has_rust() -> bool {
    rust() || !rustup()
}

fn target() -> bool {
    asked("rustc", &["--print", "target-libdir", "--target", "wasm32-unknown-unknown"])
        .is_some_and(|folder| Path::new(&folder).is_dir())
}

fn python() -> bool {
    asked("python3", &["-I", "-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"]).is_some()
}

fn node() -> bool {
    let version = asked("node", &["--version"]).unwrap_or_default();
    let major = version.strip_prefix('v').and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    major.is_some_and(|major| major >= 20) && asked("npm", &["--version"]).is_some()
}

/// What a program prints, if it is there and content.
fn asked(program: &str, arguments: &[&str]) -> Option<String> {
    // Not in the folder at hand: it may be a stranger's, and what lies there tells such programs what to run.
    let asking =
        Command::new(program).args(arguments).current_dir("/").stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = asking.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
