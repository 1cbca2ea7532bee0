//! Answering in place of the network, so that a backend can be tried and tested without its upstream.
//!
//! A stand-in is asked after a request passed every check and before a credential is added: it sees what the backend
//! wrote, and nothing that the host knows.

use std::fmt::Debug;

use url::Url;
use zeroize::Zeroizing;

use super::{Checked, Reply};
use crate::{
    error::{Error, Kind},
    manifest::Phase,
    text::Shown,
};

/// How the reason begins for which a call fails where a stand-in for the whole upstream has no answer.
pub(crate) const NO_ANSWER: &str = "the stand-in has no answer to";

/// Answers requests of a backend in place of the network.
pub trait StandIn: Debug + Send + Sync {
    /// Whether it stands for the whole upstream: then no credential is looked for, and nothing goes out.
    fn is_whole(&self) -> bool {
        true
    }

    /// The answer to this request; none if it has none, and lets the request go out unless it stands for the whole.
    fn answer(&self, request: &StandInRequest<'_>) -> Option<Result<StandInReply, StandInFault>>;
}

/// A request that a rule of the manifest covers, as it would be sent but for the credential.
#[derive(Clone, Copy, Debug)]
pub struct StandInRequest<'a> {
    /// While it does what.
    pub phase: Phase,
    /// The place of the rule that covers it, in the order of the manifest.
    pub rule: usize,
    /// Its method.
    pub method: &'static str,
    /// Its URL.
    pub url: &'a Url,
    /// Its headers; names in lower case, each once.
    pub headers: &'a [(String, String)],
    /// Its body.
    pub body: Option<&'a [u8]>,
}

/// What comes back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandInReply {
    /// The status.
    pub status: u16,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why nothing comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandInFault {
    /// The connection breaks.
    Broken,
    /// Nobody answers in time.
    Silent,
}

/// Asks a stand-in for the reply to a request that was checked.
pub(super) fn ask(stand_in: &dyn StandIn, phase: Phase, checked: &Checked) -> Option<Result<Reply, Error>> {
    let answer = stand_in.answer(&StandInRequest {
        phase,
        rule: checked.rule,
        method: checked.method.as_str(),
        url: &checked.url,
        headers: &checked.headers,
        body: checked.body.as_ref().map(|body| body.as_slice()),
    });
    let unavailable = |why: &str| Err(Error::new(Kind::Unavailable, why));
    let Some(answer) = answer else {
        let (method, path) = (checked.method.as_str(), checked.url.path());
        return stand_in.is_whole().then(|| unavailable(&format!("{NO_ANSWER} {method} {}", Shown(path))));
    };
    Some(match answer {
        Ok(StandInReply { status, headers, body }) => {
            let headers = headers.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
            Ok(Reply { status, headers, body: Zeroizing::new(body), ..Reply::default() })
        }
        Err(StandInFault::Broken) => unavailable("the stand-in broke the connection"),
        Err(StandInFault::Silent) => Err(Error::new(Kind::Timeout, "the stand-in did not answer")),
    })
}
