//! The program as a process: started, told of signals, waited for.

use std::{
    cell::Cell,
    io,
    os::unix::process::ExitStatusExt as _,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::process::Pid;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};

use super::{
    redact::{Masking, Masks},
    signals::Signals,
};

/// How long the output may be silent, once the program has ended, before we no longer wait for others that hold it.
const SILENCE: Duration = Duration::from_secs(1);

/// Starts the program and waits for its end; what it writes goes through `masks`, if there are any.
pub(super) async fn run(command: Command, masks: Option<&Masks>, signals: &mut Signals) -> io::Result<ExitStatus> {
    let mut command = tokio::process::Command::from(command);
    if masks.is_some() {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    let mut child = command.spawn()?;
    // The values are in it.
    drop(command);
    let program = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let (written, errors) = (child.stdout.take(), child.stderr.take());
    let nothing = Masks::default();
    let masks = masks.unwrap_or(&nothing);
    let last = Cell::new(Instant::now());
    let mut copying = std::pin::pin!(async {
        tokio::join!(copy(written, tokio::io::stdout(), masks, &last), copy(errors, tokio::io::stderr(), masks, &last));
    });
    let mut copied = false;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            // It has not been waited for, so its number is still its own.
            arrived = signals.next() => program.into_iter().for_each(|program| arrived.pass_on(program)),
            () = &mut copying, if !copied => copied = true,
        }
    };
    while !copied {
        tokio::select! {
            done = timeout(SILENCE, &mut copying) => {
                copied = done.is_ok();
                if !copied && last.get().elapsed() >= SILENCE {
                    say!("runtime: the program has ended; what others it left behind still write is not shown");
                    break;
                }
            }
            arrived = signals.next() => if arrived.asks_for_an_end() { break },
        }
    }
    Ok(status)
}

/// Copies what the program writes, masked, until it ends or nobody reads it any more: the program is then told as if it
/// had written there itself.
async fn copy(
    from: Option<impl AsyncRead + Unpin>,
    mut to: impl AsyncWrite + Unpin,
    masks: &Masks,
    last: &Cell<Instant>,
) {
    /// What a pipe holds.
    const BYTES: usize = 64 << 10;
    let Some(mut from) = from else { return };
    let mut masking = Masking::new(masks);
    let mut bytes = zeroize::Zeroizing::new(vec![0; BYTES]);
    loop {
        let read = from.read(&mut bytes).await.unwrap_or(0);
        last.set(Instant::now());
        let shown = match bytes.get(..read) {
            Some(read) if !read.is_empty() => masking.feed(read),
            _ => masking.finish(),
        };
        if to.write_all(&shown).await.is_err() || to.flush().await.is_err() || read == 0 {
            return;
        }
    }
}

/// The exit code that a shell has for it: its own, or 128 and the signal that ended it.
pub(super) fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}
