//! Google's own clients, in Python.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

use crate::{Venv, layout};

/// Runs a script of `tests/google`, which uses the vendor's clients, and answers what it prints.
///
/// # Errors
/// The clients can't be had, or the script fails; what it said is in the error.
pub fn vendor(script: &str, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>> {
    let mut child = Command::new(Venv::google()?.program("python"))
        .arg(layout::root().join("tests/google").join(script))
        .args(arguments)
        .env_clear()
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}
