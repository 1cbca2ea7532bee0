//! What one call is for, and its way out: shared by all that goes on during the call.

use std::sync::Arc;

use tokio::{sync::Semaphore, time::Instant};

use super::{
    Plan,
    bindings::http,
    call::{GIVEN_UP, Watch},
    values::CallValues,
};
use crate::{
    egress::{Checked, Failure, Reply, Request},
    error::{Error, Kind},
    listener::{Decision, Requested},
    store::Listener,
};

/// The call that an instance serves.
pub(crate) struct Serving {
    pub(super) plan: Arc<Plan>,
    pub(super) values: CallValues,
    pub(super) watch: Arc<Watch>,
    pub(super) deadline: Instant,
    pub(super) listener: Option<Arc<dyn Listener>>,
    /// How many more requests of the standard interface may be under way beside one another.
    pub(super) under_way: Semaphore,
    /// How many more bytes of replies the backend may leave unread.
    pub(super) unread: Arc<Semaphore>,
}

impl Serving {
    /// What the backend asks for, if it may; a refusal is remembered.
    pub(super) fn check(&self, request: Request) -> Result<Asked, http::Failure> {
        let mut heard = self.listener.as_ref().map(|listener| Heard::new(listener, &request));
        let checked = self.plan.egress.check(self.values.phase, &self.values, request);
        self.watch.checked();
        match checked {
            Ok(checked) => {
                if let Some(heard) = &mut heard {
                    heard.rule = Some(checked.rule);
                    heard.listener.decision(&Decision::Rule { covers: Some(checked.rule) });
                }
                Ok(Asked { checked, heard })
            }
            Err(refused) => {
                if let Some(heard) = &mut heard {
                    heard.listener.decision(&Decision::Rule { covers: None });
                    heard.tell(Err(&refused));
                }
                let said = refused.to_string();
                self.watch.refused(refused);
                Err(http::Failure::Refused(said))
            }
        }
    }

    /// Sends it, and remembers what became of it.
    pub(super) async fn send(&self, number: u32, asked: Asked) -> Result<Reply, http::Failure> {
        let Self { plan, values, watch, deadline, .. } = self;
        let Asked { checked, mut heard } = asked;
        // On the heap: a backend's stack, which this is polled on, is cleared after each call as deep as it was used.
        let sending = Box::pin(plan.egress.send(values.phase, values, &checked, *deadline));
        let sent = watch.waiting_until(*deadline, sending).await;
        if let Some(heard) = &mut heard {
            if let Some(told) = sent.as_ref().ok().and_then(|reply| plan.egress.told(&checked, reply)) {
                heard.listener.decision(&told);
            }
            heard.tell(sent.as_ref().map(|reply| reply.status).map_err(Failure::error));
        }
        match sent {
            Ok(reply) => {
                watch.answered(number);
                Ok(reply)
            }
            Err(Failure::Refused(error)) => {
                let said = error.to_string();
                watch.refused(error);
                Err(http::Failure::Refused(said))
            }
            Err(Failure::Credential(error)) => {
                let said = error.to_string();
                watch.credential_failed(error);
                Err(http::Failure::Refused(said))
            }
            Err(Failure::Transport(error)) => {
                let said = match error.kind() {
                    Kind::Timeout => http::Failure::Timeout,
                    _ => http::Failure::Unavailable(error.to_string()),
                };
                watch.transport(error);
                Err(said)
            }
        }
    }
}

/// A request that may be sent.
pub(super) struct Asked {
    checked: Checked,
    heard: Option<Heard>,
}

/// A request under way that somebody hears of.
struct Heard {
    listener: Arc<dyn Listener>,
    method: String,
    url: zeroize::Zeroizing<String>,
    body: Option<usize>,
    /// The rule that covers it, once that is known.
    rule: Option<usize>,
    told: bool,
    began: Instant,
}

impl Heard {
    fn new(listener: &Arc<dyn Listener>, request: &Request) -> Self {
        Self {
            listener: listener.clone(),
            method: request.method.clone(),
            url: request.url.clone().into(),
            body: request.body.as_ref().map(Vec::len),
            rule: None,
            told: false,
            began: Instant::now(),
        }
    }

    fn tell(&mut self, outcome: Result<u16, &Error>) {
        self.told = true;
        self.listener.request(&Requested {
            method: &self.method,
            url: &self.url,
            body: self.body,
            rule: self.rule,
            outcome,
            took: self.began.elapsed(),
        });
    }
}

/// One that the backend gave up may have been sent all the same.
impl Drop for Heard {
    fn drop(&mut self) {
        if !self.told {
            self.tell(Err(&Error::new(Kind::Component, GIVEN_UP)));
        }
    }
}
