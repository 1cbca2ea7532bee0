//! `pack`: put a manifest into a component.

use std::process::ExitCode;

use anyhow::Context as _;
use secret_runtime::manifest::pack;

use super::{Failed, args::Pack};

pub(crate) fn run(command: &Pack) -> Result<ExitCode, Failed> {
    let read =
        |path: &std::path::Path| std::fs::read(path).with_context(|| format!("{} can't be read", path.display()));
    let manifest = String::from_utf8(read(&command.manifest)?)
        .map_err(|_| Failed::usage(format!("{} is not text", command.manifest.display())))?;
    let packed = pack(&read(&command.input)?, &manifest)
        .map_err(|cause| secret_runtime::Error::new(secret_runtime::Kind::Component, cause.to_string()))?;
    std::fs::write(&command.out, packed).with_context(|| format!("{} can't be written", command.out.display()))?;
    say!("runtime: wrote {}", command.out.display());
    Ok(ExitCode::SUCCESS)
}
