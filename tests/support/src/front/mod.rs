//! A proxy in front of a server that fails on command.

mod forward;

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};

use crate::{Reply, Seen, Upstream};

/// Stands in front of a server that speaks plain HTTP on loopback. Every request goes on to it as it came, `Host`
/// included, and its answer comes back, unless a fault was asked for. Requests are kept.
pub struct Front {
    upstream: Upstream,
    faults: Arc<Mutex<Vec<Asked>>>,
}

/// What goes wrong with one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The server is not asked; this is the answer.
    Reply(Reply),
    /// The server is not asked; the connection is reset.
    Reset,
    /// The server is asked, and half of what it answers comes through.
    CutShort,
}

/// A fault that was asked for.
struct Asked {
    when: Box<dyn Fn(&Seen) -> bool + Send + Sync>,
    times: usize,
    fault: Fault,
}

impl Front {
    /// Stands in front of the server at `address`, such as `http://127.0.0.1:40123`.
    ///
    /// # Errors
    /// This is not such an address, or the system has no port.
    pub fn before(address: &str) -> Result<Self> {
        let server = address.trim_end_matches('/').strip_prefix("http://").and_then(|place| place.parse().ok());
        let server: SocketAddr = server.with_context(|| format!("{address} is not http://ADDRESS:PORT"))?;
        let faults = Arc::default();
        let upstream = Upstream::start({
            let faults = Arc::clone(&faults);
            move |seen| answer(server, seen, next(&faults, seen))
        })?;
        Ok(Self { upstream, faults })
    }

    /// Its address, such as `http://127.0.0.1:40124`.
    pub fn address(&self) -> String {
        self.upstream.address()
    }

    /// Lets the next so many requests of this kind go wrong. Faults for the same request come in the order in which
    /// they were asked for.
    pub fn fail(&self, times: usize, when: impl Fn(&Seen) -> bool + Send + Sync + 'static, fault: Fault) {
        lock(&self.faults).push(Asked { when: Box::new(when), times, fault });
    }

    /// Every request so far, those that went wrong included.
    pub fn seen(&self) -> Vec<Seen> {
        self.upstream.seen()
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Front").field("upstream", &self.upstream).finish_non_exhaustive()
    }
}

/// The fault that this request meets.
fn next(faults: &Mutex<Vec<Asked>>, seen: &Seen) -> Option<Fault> {
    let mut faults = lock(faults);
    let asked = faults.iter_mut().find(|asked| asked.times > 0 && (asked.when)(seen))?;
    asked.times -= 1;
    Some(asked.fault.clone())
}

fn answer(server: SocketAddr, seen: &Seen, fault: Option<Fault>) -> Reply {
    match fault {
        Some(Fault::Reply(reply)) => reply,
        Some(Fault::Reset) => Reply::reset(),
        Some(Fault::CutShort) => match forward::send(server, seen) {
            Ok(answer) => half(&answer),
            Err(cause) => no_answer(&cause),
        },
        None => match forward::send(server, seen) {
            Ok(answer) => {
                let reply = Reply::new(answer.status, answer.body);
                answer.headers.iter().fold(reply, |reply, (name, value)| reply.with_header(name, value))
            }
            Err(cause) => no_answer(&cause),
        },
    }
}

/// The first half of an answer that promises all of it.
fn half(answer: &forward::Answer) -> Reply {
    let length = answer.body.len();
    let (sent, _) = answer.body.split_at(length / 2);
    Reply::cut_short(answer.status, sent, length + 1)
}

/// The server behind it is at fault, which a test did not ask for: it is told as what a gateway says.
fn no_answer(cause: &anyhow::Error) -> Reply {
    Reply::new(502, format!("the server behind the front did not answer: {cause:#}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
