//! `compile`: compile a component ahead, so that the first call does not wait for it.

use std::process::ExitCode;

use super::{
    Failed,
    args::{Compile, Options},
    session::Session,
};

pub(crate) async fn run(options: &Options, command: &Compile) -> Result<ExitCode, Failed> {
    let session = Session::open(options)?;
    let backend = session.backend(command.file.as_deref()).await?;
    if !session.runtime().keeps_code() {
        return Err(Failed::other(
            "compiled code can't be kept: the cache folder, or a folder above it, could be written by others (-v tells)",
        ));
    }
    say!("runtime: {} is compiled; later runs on this machine load it", backend.name());
    Ok(ExitCode::SUCCESS)
}
