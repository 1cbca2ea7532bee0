//! The daemon takes another configuration now and then, and sometimes a bad one, which it must not.

use anyhow::Result;
use rustix::process::Signal;

use crate::Run;

/// What no configuration says.
const BAD: &str = "\n[serve]\nowner = [\"everything\"\n";

/// Reloads until the run is over.
///
/// # Errors
/// The daemon is gone, or its file can't be written.
pub(crate) fn reload(run: &Run) -> Result<()> {
    let Some(every) = run.options.reload else { return Ok(()) };
    let daemon = &run.stage.daemon;
    for turn in 1_u32.. {
        if !run.wait(every) {
            break;
        }
        let text = match turn % 3 {
            0 => format!("{}{BAD}", run.stage.config),
            // Another lifetime is another cache.
            1 => run.stage.config.replace("\"5s\"", "\"4s\""),
            _ => run.stage.config.clone(),
        };
        daemon.write_config(&text)?;
        daemon.signal(Signal::HUP)?;
    }
    Ok(())
}
