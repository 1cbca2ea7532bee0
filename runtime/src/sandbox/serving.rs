//! What one call is for, and its way out: shared by all that goes on during the call.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Plan, bindings::http, call::Watch, values::CallValues};
use crate::{
    egress::{Failure, Reply, Request},
    error::{Error, Kind},
    listener::Requested,
    store::Listener,
};

/// The call that an instance serves.
pub(crate) struct Serving {
    pub(super) plan: Arc<Plan>,
    pub(super) values: CallValues,
    pub(super) watch: Arc<Watch>,
    pub(super) deadline: Instant,
    pub(super) listener: Option<Arc<dyn Listener>>,
}

impl Serving {
    /// Sends what the backend asks for, if it may, and remembers what became of it.
    pub(super) async fn send(&self, request: Request) -> Result<Reply, http::Failure> {
        let Self { plan, values, watch, deadline, listener } = self;
        let heard = listener.as_ref().map(|listener| Asked::new(listener, &request));
        let (rule, sent) = match plan.egress.check(values.phase, values, request) {
            Ok(checked) => {
                let sending = plan.egress.send(values.phase, values, &checked, *deadline);
                (Some(checked.rule), watch.waiting_until(*deadline, sending).await)
            }
            Err(refused) => (None, Err(Failure::Refused(refused))),
        };
        if let Some(asked) = heard {
            asked.tell(rule, sent.as_ref().map(|reply| reply.status).map_err(Failure::error));
        }
        match sent {
            Ok(reply) => {
                watch.transport(None);
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
                watch.transport(Some(error));
                Err(said)
            }
        }
    }
}

/// A request under way that somebody hears of.
struct Asked<'a> {
    listener: &'a Arc<dyn Listener>,
    method: String,
    url: zeroize::Zeroizing<String>,
    body: Option<usize>,
    began: Instant,
}

impl<'a> Asked<'a> {
    fn new(listener: &'a Arc<dyn Listener>, request: &Request) -> Self {
        Self {
            listener,
            method: request.method.clone(),
            url: request.url.clone().into(),
            body: request.body.as_ref().map(Vec::len),
            began: Instant::now(),
        }
    }

    fn tell(&self, rule: Option<usize>, outcome: Result<u16, &Error>) {
        self.listener.request(&Requested {
            method: &self.method,
            url: &self.url,
            body: self.body,
            rule,
            outcome,
            took: self.began.elapsed(),
        });
    }
}
