//! `new`: a folder with everything to write a backend in.

mod needs;
mod project;

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use super::{
    Failed,
    args::{Language, New},
    shell,
};

pub(crate) fn run(command: &New) -> Result<ExitCode, Failed> {
    let New { name, lang } = command;
    project::write(Path::new("."), name, *lang)?;
    let missing = needs::missing(*lang);
    say!("runtime: wrote {name}/, a backend in {}", lang.title());
    for lacking in &missing {
        say!("  {lacking}");
    }
    if !is_found_by_name() && *lang != Language::Rust {
        let program = env::current_exe().unwrap_or_else(|_| PathBuf::from("runtime"));
        say!(
            "  this program is not on PATH; for its build: export RUNTIME={}",
            shell::word(&program.to_string_lossy())
        );
    }
    let component = project::component(name, *lang);
    say!("Next:");
    say!("  cd {name}");
    say!("  {}", project::build_command(*lang));
    say!("  runtime --backend {component} --stand-in upstream.toml --trust get GREETING");
    say!("  runtime conform {component} --stand-in upstream.toml --trust");
    say!("README.md tells the rest.");
    Ok(ExitCode::SUCCESS)
}

/// Whether a build finds this program by its name.
fn is_found_by_name() -> bool {
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| folder.join("runtime").is_file()))
}

/// The name of a backend: as manifests have it, and what every language can make a name of its own from.
pub(crate) fn name(text: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let begins = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    let is_good = begins && text.len() <= 40 && text.bytes().all(plain) && !text.ends_with('-') && !text.contains("--");
    if is_good {
        Ok(text.to_owned())
    } else {
        Err("a name has small letters, digits and single dashes, begins with a letter, and is 40 long at most"
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_in_every_language() {
        for good in ["a", "keeper", "keeper-2", "my-own-vault"] {
            assert!(name(good).is_ok(), "{good}");
        }
        for bad in ["", "2nd", "-a", "a-", "a--b", "A", "a_b", "a/b", "..", "a b", "ä", &"a".repeat(41)] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }
}
