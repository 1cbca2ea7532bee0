//! Installing the binary and the backends for one user.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::{
    guests, needs,
    shell::{cargo, run},
};

/// `cargo xtask install`.
///
/// # Errors
/// A prerequisite is missing, or a step fails.
pub(crate) fn install(root: Option<&Path>) -> Result<()> {
    let root = match root {
        Some(root) => env::current_dir()?.join(root),
        None => home()?.join(".local"),
    };
    let backends =
        data_folder(env::var_os("XDG_DATA_HOME").map(PathBuf::from), &home()?).join("secret-runtime/backends");
    needs::to_build()?;
    let components = guests::backends()?;
    run(cargo().args(["install", "--locked", "--path", "runtime", "--root"]).arg(&root))?;
    for component in components {
        guests::place(&component, &backends.join(component.file_name().unwrap_or_default()))?;
    }
    let bin = root.join("bin");
    println!("The command is {}.", bin.join("runtime").display());
    println!("The backends are in {}; `--backend vault` finds them by name.", backends.display());
    if !env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder == bin)) {
        println!("{} is not on your PATH. For this shell: export PATH=\"{}:$PATH\"", bin.display(), bin.display());
    }
    Ok(())
}

/// Where data of the user's belongs, as the XDG base directory specification has it: a relative path doesn't count.
fn data_folder(xdg: Option<PathBuf>, home: &Path) -> PathBuf {
    xdg.filter(|folder| folder.is_absolute()).unwrap_or_else(|| home.join(".local/share"))
}

fn home() -> Result<PathBuf> {
    env::home_dir().filter(|home| home.is_absolute()).context("HOME is not set, so there is no place to install to")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_go_where_the_user_keeps_data() {
        let table =
            [(None, "/home/me/.local/share"), (Some("/data"), "/data"), (Some("data"), "/home/me/.local/share")];
        for (xdg, folder) in table {
            assert_eq!(data_folder(xdg.map(PathBuf::from), Path::new("/home/me")), Path::new(folder));
        }
    }
}
