//! The folder itself: the template of a language under the author's name, the SDK, and the contract.

use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
};

use secret_runtime::Shown;

use crate::cli::{Failed, args::Language};

include!(concat!(env!("OUT_DIR"), "/projects.rs"));

/// The contract between backends and the runtime.
const WIT: &str = include_str!("../../../../wit/backend.wit");
/// What plays the upstream until there is one, in every language the same.
const STAND_IN: &str = include_str!("../../../../guests/upstream.toml");
/// Where tools look for a package that another one uses.
const WIT_PATH: &str = "wit/deps/secret-runtime-backend/backend.wit";

/// Files by their path in a folder.
type Files = &'static [(&'static str, &'static [u8])];

fn template(language: Language) -> Files {
    match language {
        Language::Rust => RUST_TEMPLATE,
        Language::Python => PYTHON_TEMPLATE,
        Language::Js => JS_TEMPLATE,
        Language::C => C_TEMPLATE,
    }
}

fn sdk(language: Language) -> Files {
    match language {
        Language::Rust => RUST_SDK,
        Language::Python => PYTHON_SDK,
        Language::Js => JS_SDK,
        Language::C => C_SDK,
    }
}

/// What is typed in the folder to build it.
pub(super) const fn build_command(language: Language) -> &'static str {
    match language {
        Language::Rust => "cargo build --release",
        Language::Python | Language::C => "python3 build.py",
        Language::Js => "npm run build",
    }
}

/// The component that this makes, from the folder.
pub(super) fn component(name: &str, language: Language) -> String {
    match language {
        Language::Rust => format!("./target/wasm32-unknown-unknown/release/{}.wasm", name.replace('-', "_")),
        _ => format!("./{name}.wasm"),
    }
}

/// Writes the folder `name`, whole or not at all.
pub(super) fn write(parent: &Path, name: &str, language: Language) -> Result<(), Failed> {
    let failed = |cause: io::Error| Failed::other(format!("{} can't be written: {cause}", Shown(name)));
    let folder = parent.join(name);
    if folder.symlink_metadata().is_ok() {
        return Err(Failed::usage(format!("{} is there already; nothing was changed", Shown(name))));
    }
    let aside = tempfile::Builder::new().prefix(&format!(".{name}-")).tempdir_in(parent).map_err(failed)?;
    for (path, content) in files(name, language) {
        let path = aside.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(aside.path())).map_err(failed)?;
        fs::write(&path, content).map_err(failed)?;
    }
    // Open to others as a folder is that one makes by hand; nothing in it is secret.
    open(aside.path()).map_err(failed)?;
    fs::rename(aside.path(), &folder).map_err(|cause| match cause.kind() {
        ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty => {
            Failed::usage(format!("{} is there already; nothing was changed", Shown(name)))
        }
        _ => failed(cause),
    })?;
    let _ = aside.keep();
    Ok(())
}

/// Gives a folder the mode that the system gives new ones.
fn open(folder: &Path) -> io::Result<()> {
    let new = folder.join(".mode");
    fs::create_dir(&new)?;
    let mode = fs::metadata(&new)?.permissions();
    fs::remove_dir(&new)?;
    fs::set_permissions(folder, mode)
}

/// Every file of a project, with the author's name in it.
fn files(name: &str, language: Language) -> Vec<(String, Vec<u8>)> {
    let named = |text: &str| renamed(text, name);
    let own = template(language).iter().map(|(path, content)| (named(path), named_bytes(content, name)));
    let sdk = sdk(language).iter().map(|(path, content)| (format!("sdk/{path}"), content.to_vec()));
    let mut files: Vec<_> = own.chain(sdk).collect();
    files.push((WIT_PATH.to_owned(), WIT.into()));
    files.push(("upstream.toml".to_owned(), named(STAND_IN).into()));
    files
}

fn named_bytes(content: &[u8], name: &str) -> Vec<u8> {
    match std::str::from_utf8(content) {
        Ok(text) => renamed(text, name).into_bytes(),
        Err(_) => content.to_vec(),
    }
}

/// The name of the template, in the forms that languages give it, replaced by another.
fn renamed(text: &str, name: &str) -> String {
    let snake = name.replace('-', "_");
    let pascal: String = name
        .split('-')
        .flat_map(|word| word.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }))
        .collect();
    text.replace("my-backend", name)
        .replace("my_backend", &snake)
        .replace("MY_BACKEND", &snake.to_ascii_uppercase())
        .replace("MyBackend", &pascal)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

    use secret_runtime::manifest::Manifest;

    use super::*;

    const LANGUAGES: [Language; 4] = [Language::Rust, Language::Python, Language::Js, Language::C];

    #[test]
    fn every_form_of_the_name_is_replaced() {
        let text = "my-backend my_backend MY_BACKEND_ADDR MyBackend";
        assert_eq!(renamed(text, "key-keeper"), "key-keeper key_keeper KEY_KEEPER_ADDR KeyKeeper");
    }

    #[test]
    fn a_project_is_whole_and_bears_the_authors_name() {
        for language in LANGUAGES {
            let files = files("key-keeper", language);
            let text = |path: &str| {
                let found = files.iter().find(|(known, _)| known == path);
                let (_, content) = found.unwrap_or_else(|| panic!("{language:?} has no {path}"));
                String::from_utf8(content.clone()).unwrap()
            };
            for path in ["README.md", ".gitignore", WIT_PATH] {
                assert!(!text(path).is_empty());
            }
            let manifest = Manifest::parse(&text("backend.toml")).unwrap();
            assert_eq!(manifest.name, "key-keeper");
            assert!(manifest.config.get("address").unwrap().env.contains(&"KEY_KEEPER_ADDR".to_owned()));
            assert!(text("README.md").contains(build_command(language)), "{language:?}");
            for (path, content) in files.iter().filter(|(path, _)| !path.starts_with("sdk/")) {
                let text = String::from_utf8_lossy(content);
                assert!(!text.contains("my-backend") && !text.contains("MY_BACKEND"), "{language:?}: {path}");
            }
        }
    }

    #[test]
    fn what_builds_leave_behind_is_in_no_project() {
        for language in LANGUAGES {
            for (path, content) in files("a", language) {
                let is_left =
                    ["/target/", "node_modules", ".venv", "__pycache__", ".wasm"].iter().any(|p| path.contains(p));
                assert!(!is_left && content.len() < 300_000, "{language:?}: {path}");
            }
        }
    }

    #[test]
    fn the_backend_of_a_template_is_no_longer_than_its_reader_has_patience() {
        for (language, path) in [
            (Language::Rust, "src/lib.rs"),
            (Language::Python, "app.py"),
            (Language::Js, "backend.js"),
            (Language::C, "backend.c"),
        ] {
            let (_, content) = template(language).iter().find(|(known, _)| *known == path).unwrap();
            let lines = content.split(|byte| *byte == b'\n').count();
            assert!(lines <= 61, "{language:?}: {lines} lines");
        }
    }

    #[test]
    fn a_folder_that_is_there_is_left_as_it_is() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("keeper")).unwrap();
        assert!(write(home.path(), "keeper", Language::C).is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        assert_eq!(fs::read_dir(home.path().join("keeper")).unwrap().count(), 0);
    }
}
