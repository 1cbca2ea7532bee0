//! Running programs, and saying so first.

use std::{
    ffi::OsStr,
    io::{Read, Write},
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, bail};
use test_support::layout;

/// Cargo, as it runs us, in the root of the repository.
pub(crate) fn cargo() -> Command {
    in_root(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that runs in the root of the repository.
pub(crate) fn in_root(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(layout::root());
    command
}

/// A path as it is typed in the root of the repository.
pub(crate) fn short(path: &Path) -> &Path {
    path.strip_prefix(layout::root()).unwrap_or(path)
}

/// Runs a command to its end.
///
/// # Errors
/// It can't be started, or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("can't run {}", line(command)))?;
    check(command, status)
}

/// Runs a command to its end and answers what it printed on standard output.
///
/// # Errors
/// It can't be started, or fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("can't run {}", line(command)))?;
    let mut text = String::new();
    if let Some(stdout) = &mut child.stdout {
        stdout.read_to_string(&mut text)?;
    }
    let status = child.wait()?;
    check(command, status)?;
    Ok(text)
}

/// What a command prints on standard output, where a person need not know that it ran.
///
/// # Errors
/// It can't be started, or fails.
pub(crate) fn ask(command: &mut Command) -> Result<String> {
    let asked = command.stderr(Stdio::inherit()).output().with_context(|| format!("can't run {}", line(command)))?;
    check(command, asked.status)?;
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}

fn announce(command: &Command) {
    eprintln!("+ {}", line(command));
    // What we say comes before what the command says, also where both go into one file.
    let _ = std::io::stderr().flush();
}

fn check(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// The command as a person would type it in the root of the repository.
pub(crate) fn line(command: &Command) -> String {
    let set = command.get_envs().filter_map(|(name, value)| Some(assignment(name, value?)));
    let program = match Path::new(command.get_program()) {
        program if program.file_stem() == Some("cargo".as_ref()) => quoted("cargo".as_ref()),
        program => quoted(short(program).as_os_str()),
    };
    let arguments = command.get_args().map(|argument| quoted(short(Path::new(argument)).as_os_str()));
    let words: Vec<_> = set.chain([program]).chain(arguments).collect();
    let line = words.join(" ");
    match command.get_current_dir().map(short) {
        Some(folder) if folder != Path::new("") => format!("(cd {} && {line})", quoted(folder.as_os_str())),
        _ => line,
    }
}

/// A variable as it is set; a token is not shown, since what is printed here ends up in logs.
fn assignment(name: &OsStr, value: &OsStr) -> String {
    let shown = if name.to_string_lossy().ends_with("TOKEN") { "…".to_owned() } else { quoted(value) };
    format!("{}={shown}", name.display())
}

/// Quoted for a shell, where it needs to be.
fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = in_root(layout::root().join("target/debug/runtime"));
        command.env("VAULT_ADDR", "http://127.0.0.1:1").env_remove("VAULT_NAMESPACE").args(["get", "it's"]);
        assert_eq!(line(&command), r"VAULT_ADDR=http://127.0.0.1:1 target/debug/runtime get 'it'\''s'");
        let mut with_token = in_root("runtime");
        with_token.env("VAULT_TOKEN", "s.secret");
        assert_eq!(line(&with_token), "VAULT_TOKEN=… runtime");
        let mut elsewhere = cargo();
        elsewhere.current_dir(layout::root().join("guests")).arg("build");
        assert_eq!(line(&elsewhere), "(cd guests && cargo build)");
    }

    #[test]
    fn what_is_shown_means_the_same_to_a_shell() {
        for word in ["", "a b", "$HOME", "'", "`x`;", "ümlaut", "plain-word_1.2/3"] {
            let script = format!("printf %s {}", quoted(word.as_ref()));
            let printed = Command::new("/bin/sh").args(["-c", &script]).output().unwrap().stdout;
            assert_eq!(String::from_utf8(printed).unwrap(), word);
        }
    }

    #[test]
    fn a_command_that_fails_is_named() {
        let error = run(Command::new("/bin/sh").args(["-c", "exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`/bin/sh -c 'exit 3'` failed (exit status: 3)");
    }
}
