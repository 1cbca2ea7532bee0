//! What stands where the network is, and listens: the script or the real upstream, with faults where a check wants them.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use zeroize::Zeroizing;

use crate::{
    error::Error,
    listener::{Decision, Level, Listener, Requested},
    stand_in::{Script, StandIn, StandInFault, StandInReply, StandInRequest},
    text::Shown,
};

/// What goes wrong, from one request of a call on.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// This comes back.
    Reply(StandInReply),
    /// Nothing comes back.
    Nothing(StandInFault),
    /// The first half of what the script replies, if that is JSON.
    Half,
}

/// A request that was heard of.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) method: String,
    pub(super) url: Zeroizing<String>,
    /// The number of bytes of its body.
    pub(super) body: Option<usize>,
    /// The place of the rule that covers it.
    pub(super) rule: Option<usize>,
}

/// What happened during one call.
#[derive(Default)]
pub(super) struct Scene {
    /// What goes wrong, from which request on.
    fault: Option<(usize, Fault)>,
    /// How many requests were answered here, or let out.
    answered: usize,
    /// Whether the fault came to pass.
    pub(super) was_faulty: bool,
    pub(super) sent: Vec<Sent>,
    pub(super) lines: Vec<Zeroizing<String>>,
    /// Requests that the script has no answer to.
    pub(super) unanswered: Vec<String>,
}

/// Where a backend is tried.
pub(super) struct Stage {
    /// Answers every request; without it, the real upstream does.
    pub(super) script: Option<Script>,
    /// Hears the backend's log too.
    pub(super) listener: Option<Arc<dyn Listener>>,
    scene: Mutex<Scene>,
}

impl Stage {
    pub(super) fn new(script: Option<Script>) -> Self {
        Self { script, listener: None, scene: Mutex::default() }
    }

    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins another call, which goes wrong from this request on.
    pub(super) fn begin(&self, fault: Option<(usize, Fault)>) {
        *self.scene() = Scene { fault, ..Scene::default() };
    }

    /// Ends the call, and tells what happened.
    pub(super) fn end(&self) -> Scene {
        std::mem::take(&mut *self.scene())
    }
}

impl StandIn for Stage {
    fn is_whole(&self) -> bool {
        self.script.is_some()
    }

    fn answer(&self, request: &StandInRequest<'_>) -> Option<Result<StandInReply, StandInFault>> {
        let mut scene = self.scene();
        let place = scene.answered;
        scene.answered += 1;
        let fault = scene.fault.as_ref().filter(|(from, _)| place >= *from).map(|(_, fault)| fault.clone());
        match fault {
            Some(Fault::Reply(reply)) => {
                scene.was_faulty = true;
                return Some(Ok(reply));
            }
            Some(Fault::Nothing(fault)) => {
                scene.was_faulty = true;
                return Some(Err(fault));
            }
            Some(Fault::Half) | None => {}
        }
        let script = self.script.as_ref()?;
        let mut answer = script.answer(request);
        match (&mut answer, fault) {
            (None, _) => {
                scene.unanswered.push(format!("{} {}", request.method, Shown(request.url.path())));
            }
            (Some(Ok(reply)), Some(Fault::Half)) if is_json(&reply.body) => {
                scene.was_faulty = true;
                reply.body.truncate(reply.body.len() / 2);
            }
            _ => {}
        }
        answer
    }
}

/// Whether half of it is no JSON any more.
fn is_json(body: &[u8]) -> bool {
    matches!(body.first(), Some(b'{' | b'[')) && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

impl Listener for Stage {
    fn line(&self, level: Level, message: &str) {
        self.scene().lines.push(Zeroizing::new(message.to_owned()));
        if let Some(listener) = &self.listener {
            listener.line(level, message);
        }
    }

    fn request(&self, request: &Requested<'_>) {
        self.scene().sent.push(Sent {
            method: request.method.to_owned(),
            url: Zeroizing::new(request.url.to_owned()),
            body: request.body,
            rule: request.rule,
        });
        if let Some(listener) = &self.listener {
            listener.request(request);
        }
    }

    fn decision(&self, decision: &Decision<'_>) {
        if let Some(listener) = &self.listener {
            listener.decision(decision);
        }
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("script", &self.script).finish_non_exhaustive()
    }
}

/// An error in the words of a report: its kind, and why.
pub(super) fn shown(error: &Error) -> String {
    format!("{}: {}", error.kind(), error.reason())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use url::Url;

    use super::*;
    use crate::manifest::Phase;

    const SCRIPT: &str = "[secrets]\na = 'value'\n\
        [[route]]\nmethod = 'GET'\npath = '/{name}'\nreply = { json = { value = '{value}' } }\n\
        [[route]]\nmethod = 'GET'\npath = '/raw/{name}'\nreply = { body = '{value}' }\n";

    /// The bodies that come back for these paths in one call, and what is known of it afterwards.
    fn call(fault: Option<(usize, Fault)>, paths: &[&str]) -> (Vec<Option<String>>, Scene) {
        let stage = Stage::new(Some(Script::parse(SCRIPT).unwrap()));
        stage.begin(fault);
        let ask = |path: &&str| {
            let url = Url::parse(&format!("https://upstream.example{path}")).unwrap();
            let (phase, method) = (Phase::Read, "GET");
            let request = StandInRequest { phase, rule: 0, method, url: &url, headers: &[], body: None };
            stage.answer(&request).map(|answer| String::from_utf8(answer.unwrap().body).unwrap())
        };
        (paths.iter().map(ask).collect(), stage.end())
    }

    #[test]
    fn a_fault_begins_at_its_request_and_stays() {
        let fault = Fault::Reply(StandInReply { status: 500, headers: Vec::new(), body: b"fault".to_vec() });
        let (bodies, scene) = call(Some((1, fault)), &["/raw/a", "/raw/a", "/raw/a"]);
        assert_eq!(bodies.iter().flatten().collect::<Vec<_>>(), ["value", "fault", "fault"]);
        assert!(scene.was_faulty);
    }

    #[test]
    fn only_json_is_cut_in_half() {
        let (bodies, scene) = call(Some((0, Fault::Half)), &["/a"]);
        assert_eq!((bodies, scene.was_faulty), (vec![Some(r#"{"value""#.to_owned())], true));
        let (bodies, scene) = call(Some((0, Fault::Half)), &["/raw/a"]);
        assert_eq!((bodies, scene.was_faulty), (vec![Some("value".to_owned())], false));
    }

    #[test]
    fn what_the_script_has_no_answer_to_is_remembered_for_one_call() {
        let (bodies, scene) = call(None, &["/a/b/c", "/a"]);
        assert_eq!(scene.unanswered, ["GET /a/b/c"]);
        assert_eq!(bodies.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    }
}
