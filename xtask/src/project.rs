//! A backend in a folder of its own, outside this repository, built as its author builds it.

use std::{
    env, fs,
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use test_support::layout;

use crate::shell::run;

/// Such a folder, gone when this is dropped.
pub(crate) struct Project {
    name: String,
    folder: PathBuf,
    /// The program that begins and packs it.
    runtime: PathBuf,
    _home: tempfile::TempDir,
}

impl Project {
    /// Begins one, as an author does.
    ///
    /// # Errors
    /// The program that writes it fails.
    pub(crate) fn new(runtime: &Path, name: &str, language: &str) -> Result<Self> {
        let home = tempfile::tempdir()?;
        run(Command::new(runtime).current_dir(&home).args(["new", name, "--lang", language]))?;
        Ok(Self { name: name.to_owned(), folder: home.path().join(name), runtime: runtime.to_owned(), _home: home })
    }

    /// A folder of this repository that no template shows, copied with `beside` to where it finds that.
    ///
    /// # Errors
    /// A file can't be copied.
    pub(crate) fn copied(runtime: &Path, name: &str, from: &str, beside: &str) -> Result<Self> {
        let home = tempfile::tempdir()?;
        for part in [from, beside] {
            copy(&layout::root().join(part), &home.path().join(part))?;
        }
        Ok(Self { name: name.to_owned(), folder: home.path().join(from), runtime: runtime.to_owned(), _home: home })
    }

    /// Types a command in it, as its author would.
    ///
    /// # Errors
    /// The command fails.
    pub(crate) fn run(&self, words: &[&str]) -> Result<()> {
        let (program, arguments) = words.split_first().context("no command")?;
        let mut command = Command::new(program);
        command.current_dir(&self.folder).args(arguments).env("RUNTIME", &self.runtime);
        // What cargo tells its own commands of this repository is none of the project's business.
        for (variable, _) in env::vars_os() {
            let ours = ["CARGO", "RUSTFLAGS", "RUSTDOCFLAGS"];
            if ours.iter().any(|prefix| variable.to_string_lossy().starts_with(prefix)) && variable != "CARGO_HOME" {
                command.env_remove(variable);
            }
        }
        run(&mut command)
    }

    /// Puts the files of a folder over its own.
    ///
    /// # Errors
    /// A file can't be copied.
    pub(crate) fn overlay(&self, folder: &Path) -> Result<()> {
        copy(folder, &self.folder)
    }

    /// The file `NAME.wasm` that a build left in it.
    pub(crate) fn made(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.wasm"))
    }

    /// What its build makes.
    pub(crate) fn component(&self) -> PathBuf {
        let rust = self.folder.join("target/wasm32-unknown-unknown/release");
        match rust.is_dir() {
            true => rust.join(format!("{}.wasm", self.name.replace('-', "_"))),
            false => self.made(&self.name),
        }
    }
}

/// A mark that a component was built from exactly these files: building all of them takes minutes.
pub(crate) struct Stamp {
    path: PathBuf,
    text: String,
}

impl Stamp {
    /// The mark of a project as it is now, and of other folders that are built in it.
    ///
    /// # Errors
    /// A file can't be read.
    pub(crate) fn of(project: &Project, others: &[PathBuf]) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        for folder in [project.folder.clone()].iter().chain(others) {
            for (path, content) in files(folder)? {
                hasher.write(path.to_string_lossy().as_bytes());
                hasher.write(&content);
            }
        }
        let path = layout::target().join("examples").join(format!("{}.stamp", project.name));
        Ok(Self { path, text: format!("{:016x}", hasher.finish()) })
    }

    /// Whether it was set by a build of the same.
    pub(crate) fn holds(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|text| text == self.text)
    }

    /// Sets it.
    ///
    /// # Errors
    /// It can't be written.
    pub(crate) fn set(&self) -> Result<()> {
        fs::create_dir_all(self.path.parent().unwrap_or(Path::new(".")))?;
        fs::write(&self.path, &self.text).with_context(|| format!("can't write {}", self.path.display()))
    }
}

/// The files below a folder, in order, but for what builds leave behind.
fn files(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("can't read {}", next.display()))? {
            let path = entry?.path();
            if path.is_dir() && !path.ends_with("__pycache__") && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.is_file() && path.extension() != Some("wasm".as_ref()) {
                found.push((path.strip_prefix(folder)?.to_owned(), fs::read(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for (path, content) in files(from)? {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap_or(to))?;
        fs::write(&path, content).with_context(|| format!("can't write {}", path.display()))?;
    }
    Ok(())
}
