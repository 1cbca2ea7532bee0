//! `rotate`: give a secret a new value, and prove it.

use std::process::ExitCode;

use super::{
    Failed,
    args::{Options, Rotate},
    session::Session,
    set, value,
};

pub(crate) async fn run(options: &Options, mut command: Rotate) -> Result<ExitCode, Failed> {
    value::is_not_beside(&command.key)?;
    let session = Session::open(options)?;
    let (backend, key) = session.target(&command.key, &mut command.opt.opt).await?;
    backend.written_key(&key)?;
    if let Some(to) = &command.to {
        backend.written_key(to)?;
    }
    let value = value::read(&command.input, &command.key)?;
    let write = set::new(value.to_vec(), command.about, command.opt.opt);
    let call = session.call(&backend);
    let written = backend.rotate(&key, command.to.as_deref(), &write, &call).await;
    let written = written.map_err(Failed::of(&backend, None))?;
    set::said(options, "rotated", &written)
}
