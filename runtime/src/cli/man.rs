//! `man`: print the manual page, or write one for every command.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::{
    Failed,
    args::{Args, Options},
    output,
};

/// Print the manual page, or write one for every command
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  runtime man | man -l -
  runtime man --out ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write a page for every command into this folder
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    out: Option<PathBuf>,
}

pub(crate) async fn run(_options: &Options, command: Man) -> Result<ExitCode, Failed> {
    match &command.out {
        None => output::text(&page(Args::command())?),
        Some(folder) => write(folder),
    }
}

/// The page of one command, as `man` reads it.
fn page(command: clap::Command) -> Result<String, Failed> {
    let mut bytes = Vec::new();
    clap_mangen::Man::new(command).render(&mut bytes).context("the manual page can't be made")?;
    String::from_utf8(bytes).map_err(|_| Failed::other("the manual page is no text"))
}

fn write(folder: &Path) -> Result<ExitCode, Failed> {
    let cant = || format!("the manual pages can't be written to {}", folder.display());
    fs::create_dir_all(folder).with_context(cant)?;
    clap_mangen::generate_to(Args::command(), folder).with_context(cant)?;
    say!("runtime: wrote the manual pages to {}", folder.display());
    Ok(ExitCode::SUCCESS)
}
