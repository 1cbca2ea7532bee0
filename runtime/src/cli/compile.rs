//! `compile`: compile a component ahead, so that the first call does not wait for it.

use std::process::ExitCode;

use super::{
    Failed,
    args::{Compile, Options},
    load,
};

pub(crate) fn run(options: &Options, command: &Compile) -> Result<ExitCode, Failed> {
    let (runtime, backend) = load::named(options, command.file.as_deref().or(options.backend.as_deref()))?;
    if !runtime.keeps_code() {
        return Err(Failed::other(
            "compiled code can't be kept: the cache folder, or a folder above it, could be written by others (-v tells)",
        ));
    }
    say!("runtime: {} is compiled; later runs on this machine load it", backend.name());
    Ok(ExitCode::SUCCESS)
}
