//! `rotate`: give a secret a new value, and prove it.

use std::process::ExitCode;

use secret_runtime::Operation;

use super::{
    Failed,
    args::{Options, Rotate},
    session::Session,
    set, value,
};

pub(crate) async fn run(options: &Options, mut command: Rotate) -> Result<ExitCode, Failed> {
    value::is_not_in(&command.key, &command.input, "rotate")?;
    let session = Session::open(options)?;
    let (backend, key) = session.target(&command.key, &mut command.opt.opt).await?;
    let call = session.call(&backend);
    // Nobody is asked for a value that can't be stored.
    for name in [Some(&key), command.to.as_ref()].into_iter().flatten() {
        backend.permit(Operation::Write, &backend.written_key(name)?, command.opt.opt.iter().cloned(), &call)?;
    }
    let value = value::read(&command.input, &command.key)?;
    let write = set::new(value.to_vec(), command.about, command.opt.opt);
    let written = backend.rotate(&key, command.to.as_deref(), &write, &call).await;
    let written = written.map_err(Failed::of(&backend, None))?;
    set::said(options, "rotated", &written)
}
