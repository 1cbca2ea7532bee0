//! How a scripted server answers.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use serde_json::Value;

/// One answer, good or bad.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) kind: Kind,
    pub(super) gate: Option<Gate>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Whole { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    Endless { status: u16 },
    Silence,
    Reset,
    CutShort { status: u16, sent: Vec<u8>, promised: usize },
    Bytes(Vec<u8>),
}

impl Reply {
    /// A whole answer. Its length is added; nothing else is.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Kind::Whole { status, headers: Vec::new(), body: body.into() }.into()
    }

    /// A whole answer in JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, body.to_string()).with_header("Content-Type", "application/json")
    }

    /// Sends the client somewhere else.
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::new(status, "").with_header("Location", location)
    }

    /// A body that goes on for as long as the client reads.
    pub fn endless(status: u16) -> Self {
        Kind::Endless { status }.into()
    }

    /// Takes the request and never answers.
    pub fn silence() -> Self {
        Kind::Silence.into()
    }

    /// Takes the request and breaks the connection, which the client is told at once.
    pub fn reset() -> Self {
        Kind::Reset.into()
    }

    /// Promises `promised` bytes, sends `sent` and closes the connection.
    pub fn cut_short(status: u16, sent: impl Into<Vec<u8>>, promised: usize) -> Self {
        Kind::CutShort { status, sent: sent.into(), promised }.into()
    }

    /// These bytes instead of an HTTP answer, then closes the connection.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Kind::Bytes(bytes.into()).into()
    }

    /// Adds a header to a whole answer; the others have none.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Kind::Whole { headers, .. } = &mut self.kind {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Holds the answer back until the gate is opened.
    #[must_use]
    pub fn after(mut self, gate: &Gate) -> Self {
        self.gate = Some(gate.clone());
        self
    }
}

impl From<Kind> for Reply {
    fn from(kind: Kind) -> Self {
        Self { kind, gate: None }
    }
}

/// Closed at first; what waits behind it goes on once it is opened. Clones are the same gate.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets everything through, now and later.
    pub fn open(&self) {
        let (open, changed) = &*self.0;
        *open.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    /// Waits until it is open.
    pub(super) fn pass(&self) {
        let (open, changed) = &*self.0;
        let open = open.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_while(open, |open| !*open).unwrap_or_else(PoisonError::into_inner));
    }
}
