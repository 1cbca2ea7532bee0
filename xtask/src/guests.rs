//! Building components from Rust.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use test_support::layout;

use crate::{
    examples, needs,
    shell::{cargo, output, run, short},
};

/// `cargo xtask guests`.
///
/// # Errors
/// A prerequisite is missing, or a build fails.
pub(crate) fn command(with_examples: bool) -> Result<()> {
    if with_examples {
        needs::to_build_examples()?
    } else {
        needs::to_build()?
    }
    backends()?;
    if with_examples {
        run(cargo().args(["build", "--package", "secret-runtime"]))?;
        examples::build(&layout::runtime())?;
    }
    Ok(())
}

/// The backends, each with its manifest in it, into the folder for backends. Answers the components.
///
/// # Errors
/// The build fails.
pub(crate) fn backends() -> Result<Vec<PathBuf>> {
    components(&layout::root().join("guests"), &layout::backends())
}

/// The components that attack the runtime, by its own interfaces and by the standard ones, into a folder of their own.
///
/// # Errors
/// The build fails.
pub(crate) fn hostile() -> Result<()> {
    for workspace in ["tests/hostile", "tests/standard"] {
        components(&layout::root().join(workspace), &layout::hostile())?;
    }
    Ok(())
}

/// The component that does nothing, for the benchmarks.
///
/// # Errors
/// The build fails.
pub(crate) fn noop() -> Result<Vec<PathBuf>> {
    components(&layout::root().join("tests/bench/guest"), &layout::target().join("bench"))
}

/// Builds the workspace of guests in `source` and puts each component into `folder` under its package's name.
fn components(source: &Path, folder: &Path) -> Result<Vec<PathBuf>> {
    // In its own folder, for that is where the workspace says which target and linker it needs.
    let mut build = cargo();
    build.current_dir(source).args(["build", "--release", "--message-format=json-render-diagnostics"]);
    let built = components_in(&output(&mut build)?);
    if built.is_empty() {
        bail!("{} has no package that makes a component", short(source).display());
    }
    let mut placed = Vec::new();
    for component in built {
        let name = component.file_name().unwrap_or_default().to_string_lossy().replace('_', "-");
        let to = folder.join(name);
        place(&component, &to)?;
        placed.push(to);
    }
    Ok(placed)
}

/// The components that cargo says it made, whether it did so now or before.
fn components_in(messages: &str) -> Vec<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter_map(|message| Some(message.get("filenames")?.as_array()?.clone()))
        .flatten()
        .filter_map(|file| Some(PathBuf::from(file.as_str()?)))
        .filter(|file| file.extension() == Some("wasm".as_ref()))
        .collect()
}

/// Puts a component where it is looked for, whole or not at all: something may be reading the old one.
///
/// # Errors
/// A file can't be written.
pub(crate) fn place(component: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("can't create {}", folder.display()))?;
    let aside = to.with_extension("wasm.new");
    fs::copy(component, &aside)
        .with_context(|| format!("can't copy {} to {}", component.display(), aside.display()))?;
    fs::rename(&aside, to).with_context(|| format!("can't write {}", to.display()))?;
    eprintln!("  {} ({} kB)", short(to).display(), fs::metadata(to)?.len().div_ceil(1000));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_found_among_what_cargo_says() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","filenames":["/t/libserde.rlib","/t/libserde.rmeta"]}"#,
            "\n",
            r#"{"reason":"compiler-artifact","fresh":true,"filenames":["/t/vault.wasm"]}"#,
            "\nnot json\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(components_in(messages), [PathBuf::from("/t/vault.wasm")]);
    }
}
