//! The example backend in every language, made as an author makes it: `runtime new` in a folder outside this repository,
//! the template's own tests, and the one build command.

use std::path::{Path, PathBuf};

use anyhow::Result;
use test_support::layout;

use crate::{
    guests,
    project::{Project, Stamp},
    shell::{ask, in_root},
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
/// `adapted-CLASS.wasm`; the careless ones go to the hostile.
///
/// # Errors
/// A toolchain is missing, a test of a template fails, or a build does.
pub(crate) fn build(runtime: &Path) -> Result<()> {
    for language in &LANGUAGES {
        let name = format!("example-{}", language.name);
        let project = Project::new(runtime, &name, language.name)?;
        let classes = if language.name == "python" { &ADAPTED[..] } else { &[] };
        let placed = |class: &str| layout::backend(&format!("adapted-{class}"));
        let stamp = Stamp::of(&project, &classes.iter().map(|class| adapted(class)).collect::<Vec<_>>())?;
        if !stamp.holds() || !layout::backend(&name).exists() || !classes.iter().all(|class| placed(class).exists()) {
            project.run(language.test)?;
            project.run(language.build)?;
            guests::place(&project.component(), &layout::backend(&name))?;
            for class in classes {
                project.overlay(&adapted(class))?;
                project.run(language.build)?;
                guests::place(&project.made(class), &placed(class))?;
            }
            stamp.set()?;
        }
    }
    mistakes(runtime)?;
    fetch(runtime)
}

/// The backends of `tests/mistakes`, each over an example in its language.
fn mistakes(runtime: &Path) -> Result<()> {
    for language in &LANGUAGES {
        let name = format!("mistakes-{}", language.name);
        let (project, placed) =
            (Project::new(runtime, &name, language.name)?, layout::hostile().join(format!("{name}.wasm")));
        project.overlay(&layout::root().join("tests/mistakes").join(language.name))?;
        let stamp = Stamp::of(&project, &[])?;
        if !stamp.holds() || !placed.exists() {
            project.run(language.build)?;
            guests::place(&project.component(), &placed)?;
            stamp.set()?;
        }
    }
    Ok(())
}

/// The machine that all this runs on, such as `x86_64-unknown-linux-gnu`.
///
/// # Errors
/// The compiler can't be asked.
pub(crate) fn host() -> Result<String> {
    ask(in_root("rustc").args(["--print", "host-tuple"]))
}

fn adapted(class: &str) -> PathBuf {
    layout::root().join("guests/python/adapted").join(class)
}

/// The example with StarlingMonkey's own `fetch`, which no template shows: it finds the contract where the repository
/// has it.
fn fetch(runtime: &Path) -> Result<()> {
    let project = Project::copied(runtime, "fetch-example", "guests/js/fetch-example", "wit")?;
    let (stamp, placed) = (Stamp::of(&project, &[])?, layout::backend("example-fetch"));
    if stamp.holds() && placed.exists() {
        return Ok(());
    }
    project.run(&["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"])?;
    project.run(&["npm", "run", "build", "--silent"])?;
    guests::place(&project.component(), &placed)?;
    stamp.set()
}
