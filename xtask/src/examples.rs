//! The example backend in every language, made as an author makes it: `runtime new` in a folder outside this repository,
//! the template's own tests, and the one build command.

use std::{
    env, fs,
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use test_support::layout;

use crate::{
    guests,
    shell::{ask, in_root, run},
};

/// How a project in one language is tested and built.
struct Language {
    name: &'static str,
    test: &'static [&'static str],
    build: &'static [&'static str],
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "rust",
        test: &["cargo", "test", "--quiet", "--target", "host-tuple"],
        build: &["cargo", "build", "--release"],
    },
    Language { name: "python", test: &["python3", "-m", "unittest"], build: &["python3", "build.py"] },
    Language { name: "js", test: &["npm", "test", "--silent"], build: &["npm", "run", "build", "--silent"] },
    Language { name: "c", test: &["python3", "build.py", "test"], build: &["python3", "build.py"] },
];

/// The folders of `guests/python/adapted`: classes that were written for other systems.
const ADAPTED: [&str; 3] = ["hashicorp-vault-plugin", "my-vault-secret-manager", "in-memory-secret-manager"];

/// Builds all of them with this `runtime` and puts them beside the backends, as `example-LANGUAGE.wasm` and
/// `adapted-CLASS.wasm`.
///
/// # Errors
/// A toolchain is missing, a test of a template fails, or a build does.
pub(crate) fn build(runtime: &Path) -> Result<()> {
    for language in &LANGUAGES {
        let project = Project::new(&format!("example-{}", language.name), language, runtime)?;
        let adapted = if language.name == "python" { &ADAPTED[..] } else { &[] };
        let made = |class: &str| layout::backend(&format!("adapted-{class}"));
        let stamp = Stamp::of(&project, adapted)?;
        if stamp.holds() && layout::backend(&project.name).exists() && adapted.iter().all(|class| made(class).exists())
        {
            continue;
        }
        project.run(language.test)?;
        project.run(language.build)?;
        guests::place(&project.component(), &layout::backend(&project.name))?;
        for class in adapted {
            project.become_class(class)?;
            project.run(language.build)?;
            guests::place(&project.folder.join(format!("{class}.wasm")), &made(class))?;
        }
        stamp.set()?;
    }
    fetch(runtime)
}

/// The machine that all this runs on, such as `x86_64-unknown-linux-gnu`.
///
/// # Errors
/// The compiler can't be asked.
pub(crate) fn host() -> Result<String> {
    ask(in_root("rustc").args(["--print", "host-tuple"]))
}

/// A folder that `runtime new` wrote, gone when this is dropped.
struct Project {
    name: String,
    folder: PathBuf,
    runtime: PathBuf,
    _home: tempfile::TempDir,
}

impl Project {
    fn new(name: &str, language: &Language, runtime: &Path) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let mut new = Command::new(runtime);
        run(new.current_dir(&home).args(["new", name, "--lang", language.name]))?;
        Ok(Self { name: name.to_owned(), folder: home.path().join(name), runtime: runtime.to_owned(), _home: home })
    }

    /// Types a command in it, as its author would.
    fn run(&self, words: &[&str]) -> Result<()> {
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

    /// Replaces the example's own files by those of a class.
    fn become_class(&self, class: &str) -> Result<()> {
        for (path, content) in files(&adapted(class))? {
            let path = self.folder.join(path);
            fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
            fs::write(path, content)?;
        }
        Ok(())
    }

    fn component(&self) -> PathBuf {
        let rust = self.folder.join("target/wasm32-unknown-unknown/release");
        match rust.is_dir() {
            true => rust.join(format!("{}.wasm", self.name.replace('-', "_"))),
            false => self.folder.join(format!("{}.wasm", self.name)),
        }
    }
}

fn adapted(class: &str) -> PathBuf {
    layout::root().join("guests/python/adapted").join(class)
}

/// A mark that a component was built from exactly these files: building all of them takes minutes.
struct Stamp {
    path: PathBuf,
    text: String,
}

impl Stamp {
    fn of(project: &Project, adapted_too: &[&str]) -> Result<Self> {
        let mut hasher = DefaultHasher::new();
        let folders = adapted_too.iter().map(|class| adapted(class));
        for folder in [project.folder.clone()].into_iter().chain(folders) {
            for (path, content) in files(&folder)? {
                hasher.write(path.to_string_lossy().as_bytes());
                hasher.write(&content);
            }
        }
        let path = layout::target().join("examples").join(format!("{}.stamp", project.name));
        Ok(Self { path, text: format!("{:016x}", hasher.finish()) })
    }

    fn holds(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|text| text == self.text)
    }

    fn set(&self) -> Result<()> {
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

/// The example with StarlingMonkey's own `fetch`, which no template shows: it finds the contract where the repository
/// has it.
fn fetch(runtime: &Path) -> Result<()> {
    let home = tempfile::tempdir()?;
    let folder = home.path().join("guests/js/fetch-example");
    for (from, to) in [("guests/js/fetch-example", folder.clone()), ("wit", home.path().join("wit"))] {
        fs::create_dir_all(&to)?;
        for (path, content) in files(&layout::root().join(from))? {
            fs::write(to.join(path), content)?;
        }
    }
    let project = Project { name: "fetch-example".to_owned(), folder, runtime: runtime.to_owned(), _home: home };
    let (stamp, placed) = (Stamp::of(&project, &[])?, layout::backend("example-fetch"));
    if stamp.holds() && placed.exists() {
        return Ok(());
    }
    project.run(&["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"])?;
    project.run(&["npm", "run", "build", "--silent"])?;
    guests::place(&project.component(), &placed)?;
    stamp.set()
}
