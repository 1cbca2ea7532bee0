//! A secret on day one.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, Result};
use serde_json::json;
use test_support::{OpenBao, Venv, layout};

use crate::{
    guests, needs,
    shell::{cargo, in_root, run, short},
};

/// What the demos read. No service accepts it.
const SAMPLE: &str = "sk-demo-4f9d2a7c81e35b60";

/// Variables that would point the vault backend somewhere else than at the demo's server.
const VAULT_VARIABLES: [&str; 2] = ["VAULT_", "HCP_VAULT_"];

/// `cargo xtask demo`: a secret from a file.
///
/// # Errors
/// A prerequisite is missing, or a step fails.
pub(crate) fn dotenv() -> Result<()> {
    explain("then reads a sample secret from target/demo/.env through the dotenv backend.");
    needs::to_build()?;
    build()?;
    let storage = layout::target().join("demo/.env");
    write_sample(&storage)?;
    let backend = layout::backend("dotenv");
    eprintln!("\nThe backend is sandboxed: it may read that one file, and nothing else.");
    run(in_root(layout::runtime())
        .args(["--trust", "--backend"])
        .arg(short(&backend))
        .arg("--storage")
        .arg(short(&storage))
        .args(["get", "OPENAI_API_KEY"]))?;
    eprintln!("\nThat line came out of a WebAssembly component. Next: cargo xtask demo vault");
    Ok(())
}

/// `cargo xtask demo vault`: a secret from a real server.
///
/// # Errors
/// A prerequisite is missing, or a step fails.
pub(crate) fn vault() -> Result<()> {
    explain(
        "then starts a real OpenBao (an open Vault), stores a sample secret and reads it through the vault backend.",
    );
    needs::to_build_and_serve()?;
    Venv::servers()?;
    build()?;
    let server = OpenBao::start()?;
    server.put("OPENAI_API_KEY", &json!({ "value": SAMPLE }))?;
    eprintln!("\nOpenBao listens on {} until the demo ends and holds secret/OPENAI_API_KEY.", server.address());
    eprintln!("The backend never sees the token: the runtime adds it to the requests that the backend may make.");
    let backend = layout::backend("vault");
    let mut get = in_root(layout::runtime());
    for (name, _) in std::env::vars_os() {
        if VAULT_VARIABLES.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            get.env_remove(name);
        }
    }
    get.env("VAULT_ADDR", server.address()).env("VAULT_TOKEN", server.token());
    run(get.args(["--trust", "--backend"]).arg(short(&backend)).args(["get", "OPENAI_API_KEY"]))?;
    eprintln!("\nWith VAULT_ADDR and VAULT_TOKEN of your own Vault, the same command reads from it.");
    Ok(())
}

fn explain(then: &str) {
    let first = if layout::runtime().exists() { "" } else { " The first build takes about ten minutes on two cores." };
    eprintln!("This builds the runtime and its backends, {then}{first}");
    eprintln!("Nothing is written outside target/ and guests/target/, but for what cargo and rustup keep.\n");
}

fn build() -> Result<()> {
    guests::backends()?;
    run(cargo().args(["build", "--package", "secret-runtime"]))
}

/// Writes the sample where there is none; what somebody put there stays.
fn write_sample(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => writeln!(file, "# A sample; put your own beside it.\nOPENAI_API_KEY={SAMPLE}")?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(|| format!("can't write {}", path.display())),
    }
    Ok(())
}
