//! `rotate`: give a secret a new value, and prove it.

use std::process::ExitCode;

use super::{
    Failed,
    args::{Options, Rotate},
    get::load_call,
    load, set, value,
};

pub(crate) async fn run(options: &Options, command: Rotate) -> Result<ExitCode, Failed> {
    let backend = load::backend(options)?;
    backend.written_key(&command.key)?;
    if let Some(to) = &command.to {
        backend.written_key(to)?;
    }
    let value = value::read(&command.input, &command.key)?;
    let write = set::new(value.to_vec(), command.about, command.opt.opt);
    let call = load_call(options, &backend);
    let written = backend.rotate(&command.key, command.to.as_deref(), &write, &call).await;
    let written = written.map_err(Failed::of(&backend))?;
    set::said(options, "rotated", &written)
}
