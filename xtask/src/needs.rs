//! What has to be there before anything is built. Each function says how to get what is missing.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Result, bail};
use test_support::{node, python};

use crate::shell::{in_root, run};

/// What backends are compiled for.
const WASM: &str = "wasm32-unknown-unknown";
/// What those are compiled for that use the standard interfaces.
const WASI: &str = "wasm32-wasip2";

/// What building the runtime and the Rust backends takes.
///
/// # Errors
/// The C compiler or the wasm target is missing, and the latter can't be added.
pub(crate) fn to_build() -> Result<()> {
    c_compiler()?;
    target(WASM)
}

/// What starting real servers takes besides.
///
/// # Errors
/// Something is missing.
pub(crate) fn to_build_and_serve() -> Result<()> {
    // All that may have to be installed by hand is named before rustup downloads anything.
    c_compiler()?;
    python()?;
    target(WASM)
}

/// What building the example backend in every language takes.
///
/// # Errors
/// Something is missing.
pub(crate) fn to_build_examples() -> Result<()> {
    c_compiler()?;
    node()?;
    to_build_and_serve()
}

/// What the tests take besides: terminals of their own to type on.
///
/// # Errors
/// Something is missing.
pub(crate) fn to_test() -> Result<()> {
    for program in ["setsid", "script"] {
        if Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
            bail!(
                "the tests type on a terminal by means of {program}, which is missing; it is in util-linux (Debian: bsdutils)"
            );
        }
    }
    to_build_examples()?;
    target(WASI)
}

/// Links every binary, and compiles the parts of the TLS library that are not Rust.
fn c_compiler() -> Result<()> {
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let tried = Command::new(&compiler).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !tried.is_ok_and(|status| status.success()) {
        bail!(
            "no C compiler: {} can't be run; on Debian and Ubuntu: apt-get install build-essential; \
             on Fedora: dnf install gcc; on macOS: xcode-select --install",
            compiler.display()
        );
    }
    Ok(())
}

/// A target that guests are compiled for.
fn target(name: &str) -> Result<()> {
    let asked = in_root("rustc").args(["--print", "target-libdir", "--target", name]).output()?;
    if Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir() {
        return Ok(());
    }
    if Command::new("rustup").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        bail!(
            "this Rust can't compile for {name}; install Rust with rustup (https://rustup.rs), \
             or your system's package for that target"
        );
    }
    eprintln!("Guests are compiled for {name}; rustup adds it to your Rust toolchain (20 MB):");
    run(in_root("rustup").args(["target", "add", name]))
}
