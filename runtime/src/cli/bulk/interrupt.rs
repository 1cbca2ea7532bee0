//! Ctrl-C in the middle of it: what was begun is finished, nothing else is begun.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Failed;

/// Whether somebody asked the program to end.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Listens from now on. The second signal ends the program at once.
    pub(crate) fn listen() -> Result<Self, Failed> {
        let cant = |cause: std::io::Error| Failed::other(format!("signals can't be listened to: {cause}"));
        let mut interrupt = signal(SignalKind::interrupt()).map_err(cant)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(cant)?;
        let code = Arc::new(AtomicU8::new(0));
        let came = code.clone();
        tokio::spawn(async move {
            loop {
                let number = tokio::select! {
                    _ = interrupt.recv() => 2,
                    _ = terminate.recv() => 15,
                };
                if came.swap(128 + number, Ordering::Relaxed) != 0 {
                    std::process::exit(128 + i32::from(number));
                }
                say!("runtime: interrupted; what was begun is being finished, and a second time ends it at once");
            }
        });
        Ok(Self(code))
    }

    /// The exit code of a program that was ended so, if somebody asked.
    pub(crate) fn code(&self) -> Option<u8> {
        Some(self.0.load(Ordering::Relaxed)).filter(|code| *code != 0)
    }
}
