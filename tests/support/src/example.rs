//! What a documentation example works on.

use std::{env, fs, os::unix::fs::PermissionsExt};

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::layout;

/// A new working directory that holds `dotenv.wasm`, and a `.env` with one sample secret. The folder goes when the
/// value is dropped.
///
/// The working directory belongs to the whole process: documentation examples each run in one of their own.
///
/// # Errors
/// The component has not been built.
pub fn example() -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let component = layout::backend("dotenv");
    fs::copy(&component, folder.path().join("dotenv.wasm"))
        .with_context(|| format!("{} is not there: `cargo xtask guests` builds it", component.display()))?;
    let secrets = folder.path().join(".env");
    fs::write(&secrets, "OPENAI_API_KEY=sk-sample\n")?;
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o600))?;
    env::set_current_dir(&folder)?;
    Ok(folder)
}
