//! Where things are in this repository and in its target folder.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The folder of the repository.
pub fn root() -> PathBuf {
    let support = Path::new(env!("CARGO_MANIFEST_DIR"));
    support.ancestors().nth(2).unwrap_or(support).to_path_buf()
}

/// Cargo's target folder: the one this program was built in, wherever the developer keeps it.
pub fn target() -> PathBuf {
    // Cargo marks its target folder with this file.
    let built_in = |program: PathBuf| {
        let folder = program.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file())?;
        Some(folder.to_path_buf())
    };
    // A documentation test is built in a temporary folder instead.
    env::current_exe()
        .ok()
        .and_then(built_in)
        .or_else(|| env::var_os("CARGO_TARGET_DIR").map(|folder| root().join(folder)))
        .unwrap_or_else(|| root().join("target"))
}

/// The folder of the components that `cargo xtask guests` builds.
pub fn backends() -> PathBuf {
    target().join("backends")
}

/// The component of the backend `name`.
pub fn backend(name: &str) -> PathBuf {
    backends().join(format!("{name}.wasm"))
}

/// The folder of the components that attack the runtime. They are kept apart so that nobody installs one.
pub fn hostile() -> PathBuf {
    target().join("hostile")
}

/// The `runtime` binary, built with the same profile as this program.
pub fn runtime() -> PathBuf {
    let program = env::current_exe().unwrap_or_default();
    let folder = program.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    folder.unwrap_or(Path::new("")).join("runtime").with_extension(env::consts::EXE_EXTENSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_folder_of_the_workspace() {
        assert!(root().join("wit/backend.wit").is_file());
    }

    #[test]
    fn the_binary_lies_beside_the_tests_that_run_it() {
        assert!(runtime().starts_with(target()));
        assert!(!runtime().to_string_lossy().contains("deps"));
    }
}
