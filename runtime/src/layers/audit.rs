//! A line for every operation: who asked for what, what came of it, where the answer came from. Never a value, and
//! never a word that a backend chose.
//!
//! Where an audit log is asked for, nothing goes unrecorded. If a line can't be written, the operation it stands for
//! answers a refusal instead of its result, and further operations are refused before they run until a line of
//! theirs gets through again. A write or delete whose own line fails has happened by then; the refusal says so.

mod log;

use std::{convert::Infallible, sync::Arc};

use tokio::time::Instant;

pub use self::log::{AuditLog, Event};
use super::AtHand;
use crate::{
    error::{Error, Kind, Result},
    store::{
        Answer, Call, Delete, Listing, Name, NewSecret, Operation, Options, Page, Read, Readiness, SecretStore, Source,
    },
};

/// The rule that an operation breaks which can't be recorded.
pub const AUDIT: &str = "audit";

/// The outcome of an operation that succeeded.
pub const OK: &str = "ok";

/// The outcome of an operation whose caller went away before it ended. What it asked for may have happened.
pub const CANCELLED: &str = "cancelled";

/// Where lines go, and the backend they name.
#[derive(Clone, Debug)]
pub(crate) struct AuditSettings {
    /// Where lines go.
    pub log: AuditLog,
    /// The backend's name.
    pub backend: Arc<str>,
    /// The digest of its component, as `sha256:…`.
    pub digest: Arc<str>,
}

impl AuditSettings {
    /// Begins an operation, or refuses it because the log can't be written.
    fn begin<'a>(&'a self, operation: Operation, name: Option<&'a str>, call: &'a Call) -> Result<Pending<'a>> {
        let pending = Pending { settings: self, operation, name, call, begun: Instant::now(), ended: false };
        if self.log.is_broken() {
            return Err(pending.refuse());
        }
        Ok(pending)
    }
}

impl<S> Audit<S> {
    /// Records that a call is refused before it is made. Answers why it is refused, or that this can't be recorded.
    pub(crate) fn refused(&self, operation: Operation, name: Option<&str>, why: Error, call: &Call) -> Error {
        let Some(settings) = &self.settings else { return why };
        let pending = Pending { settings, operation, name, call, begun: Instant::now(), ended: false };
        let Err(error) = pending.end::<Infallible>(Err(why), |_| None);
        error
    }
}

fn refusal(reason: impl Into<String>) -> Error {
    Error::new(Kind::Refused, reason).by_rule(AUDIT)
}

/// An operation that has begun. Dropped without an end, it is recorded as cancelled.
struct Pending<'a> {
    settings: &'a AuditSettings,
    operation: Operation,
    name: Option<&'a str>,
    call: &'a Call,
    begun: Instant,
    ended: bool,
}

impl Pending<'_> {
    /// Records the result and hands it on, or a refusal if it can't be recorded.
    fn end<T>(mut self, result: Result<T>, source: impl Fn(&T) -> Option<Source>) -> Result<T> {
        self.ended = true;
        let recorded = match &result {
            Ok(answer) => self.record(OK, None, source(answer)),
            Err(error) => self.record(error.kind().as_str(), error.code(), None),
        };
        recorded.map_err(|error| {
            let came_to = if result.is_ok() { "was carried out" } else { "did not succeed" };
            let reason = format!("the {} {came_to}, and its result is withheld: {}", self.operation, error.reason());
            refusal(reason).caused_by(error)
        })?;
        result
    }

    /// Refuses an operation that has not run. Its line is also how the log is found to work again.
    fn refuse(mut self) -> Error {
        self.ended = true;
        let still = match self.record(Kind::Refused.as_str(), None, None) {
            Ok(()) => "the audit log could not be written for a while, and can again".to_owned(),
            Err(error) => error.reason().to_owned(),
        };
        refusal(format!("nothing was done: {still}"))
    }

    fn record(&self, outcome: &str, code: Option<&str>, source: Option<Source>) -> Result<()> {
        self.settings.log.record(&Event {
            operation: self.operation.as_str(),
            backend: &self.settings.backend,
            digest: &self.settings.digest,
            name: self.name,
            scopes: &[],
            caller: self.call.caller.as_deref(),
            outcome,
            code,
            source: source.map(Source::as_str),
            duration: self.begun.elapsed(),
        })
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        // Nobody is left to be told of a failure here; the log remembers it and refuses what comes next.
        if !self.ended {
            let _ = self.record(CANCELLED, None, None);
        }
    }
}

/// Records every operation; see the [module](self).
#[derive(Debug)]
pub(crate) struct Audit<S> {
    inner: S,
    settings: Option<AuditSettings>,
}

impl<S> Audit<S> {
    /// Wraps a store; without settings nothing is recorded.
    pub(crate) fn new(inner: S, settings: Option<AuditSettings>) -> Self {
        Self { inner, settings }
    }
}

impl<S: AtHand> AtHand for Audit<S> {
    fn at_hand(&self, read: &Read, call: &Call) -> Option<Answer> {
        if self.settings.is_some() { None } else { self.inner.at_hand(read, call) }
    }
}

impl<S: SecretStore> SecretStore for Audit<S> {
    async fn read(&self, read: &Read, call: &Call) -> Result<Answer> {
        let Some(settings) = &self.settings else { return self.inner.read(read, call).await };
        let pending = settings.begin(Operation::Read, Some(read.name.as_str()), call)?;
        pending.end(self.inner.read(read, call).await, |answer| Some(answer.source))
    }

    async fn exists(&self, name: &Name, options: &Options, call: &Call) -> Result<bool> {
        let Some(settings) = &self.settings else { return self.inner.exists(name, options, call).await };
        let pending = settings.begin(Operation::Exists, Some(name.as_str()), call)?;
        pending.end(self.inner.exists(name, options, call).await, |_| None)
    }

    async fn list(&self, listing: &Listing, call: &Call) -> Result<Page> {
        let Some(settings) = &self.settings else { return self.inner.list(listing, call).await };
        let pending = settings.begin(Operation::List, Some(&listing.prefix), call)?;
        pending.end(self.inner.list(listing, call).await, |_| None)
    }

    async fn write(&self, new: &NewSecret, call: &Call) -> Result<Option<String>> {
        let Some(settings) = &self.settings else { return self.inner.write(new, call).await };
        let pending = settings.begin(Operation::Write, Some(new.name.as_str()), call)?;
        pending.end(self.inner.write(new, call).await, |_| None)
    }

    async fn delete(&self, delete: &Delete, call: &Call) -> Result<()> {
        let Some(settings) = &self.settings else { return self.inner.delete(delete, call).await };
        let pending = settings.begin(Operation::Delete, Some(delete.name.as_str()), call)?;
        pending.end(self.inner.delete(delete, call).await, |()| None)
    }

    async fn check(&self, call: &Call) -> Result<Readiness> {
        let Some(settings) = &self.settings else { return self.inner.check(call).await };
        let pending = settings.begin(Operation::Check, None, call)?;
        pending.end(self.inner.check(call).await, |_| None)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

    use std::time::Duration;

    use serde_json::Value;
    use tokio::task::yield_now;

    use super::*;
    use crate::layers::fake::{self, Fake};

    fn over(fake: &Arc<Fake>, log: AuditLog) -> Audit<Arc<Fake>> {
        Audit::new(fake.clone(), Some(AuditSettings { log, backend: "prod".into(), digest: "sha256:00ff".into() }))
    }

    /// A log in a new file, and how to read its lines.
    fn log() -> (AuditLog, impl Fn() -> Vec<Value>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let log = AuditLog::open(&path).unwrap();
        let lines = move || {
            let _folder_is_kept = &folder;
            let text = std::fs::read_to_string(&path).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        (log, lines)
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_says_who_asked_for_what_and_what_came_of_it() {
        let (log, lines) = log();
        let fake = Fake::answering("canary-value");
        let audit = over(&fake, log);
        fake.close();
        let asked = tokio::spawn(async move {
            let call = Call { caller: Some("ci".into()), ..Call::default() };
            audit.read(&fake::read("KEY"), &call).await
        });
        while fake.asked() == 0 {
            yield_now().await;
        }
        tokio::time::advance(Duration::from_millis(1500)).await;
        fake.open();
        asked.await.unwrap().unwrap();
        let line = &lines()[0];
        for (key, value) in [
            ("operation", "read"),
            ("backend", "prod"),
            ("digest", "sha256:00ff"),
            ("name", "KEY"),
            ("caller", "ci"),
            ("outcome", "ok"),
            ("source", "backend"),
        ] {
            assert_eq!(line[key], value, "{line}");
        }
        assert!(line["duration_ms"].as_u64().is_some_and(|ms| (1500..1600).contains(&ms)), "{line}");
        assert!(!line.to_string().contains("canary"));
    }

    #[tokio::test]
    async fn every_operation_is_one_line() {
        let (log, lines) = log();
        let (audit, call) = (over(&Fake::answering("value"), log), Call::default());
        audit.read(&fake::read("r"), &call).await.unwrap();
        audit.exists(&fake::name("e"), &Options::default(), &call).await.unwrap();
        audit.list(&Listing { prefix: "l/".to_owned(), ..Listing::default() }, &call).await.unwrap();
        audit.write(&fake::new_secret("w"), &call).await.unwrap();
        audit.delete(&fake::delete("d"), &call).await.unwrap();
        audit.check(&call).await.unwrap();
        let lines = lines();
        let seen: Vec<_> = lines.iter().map(|line| (line["operation"].as_str().unwrap(), &line["name"])).collect();
        let names = ["r", "e", "l/", "w", "d"].map(Value::from).into_iter().chain([Value::Null]).collect::<Vec<_>>();
        assert_eq!(seen, Operation::ALL.map(Operation::as_str).into_iter().zip(&names).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn a_failure_is_recorded_by_its_kind_and_code_without_the_backends_words() {
        let (log, lines) = log();
        let error = Error::new(Kind::Denied, "no").with_code("permission-denied".into()).with_guest_message("canary");
        let audit = over(&Fake::failing(error), log);
        audit.read(&fake::read("KEY"), &Call::default()).await.unwrap_err();
        assert_eq!((&lines()[0]["outcome"], &lines()[0]["code"]), (&"denied".into(), &"permission-denied".into()));
        assert!(lines()[0].get("source").is_none() && !lines()[0].to_string().contains("canary"));
    }

    #[tokio::test]
    async fn a_caller_who_goes_away_leaves_a_line() {
        let (log, lines) = log();
        let fake = Fake::answering("value");
        let audit = over(&fake, log);
        fake.close();
        let (new, call) = (fake::new_secret("KEY"), Call::default());
        tokio::select! {
            biased;
            _ = audit.write(&new, &call) => unreachable!("the store is held"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(fake.asked(), 1);
        assert_eq!((&lines()[0]["operation"], &lines()[0]["outcome"]), (&"write".into(), &"cancelled".into()));
    }

    #[tokio::test]
    async fn what_can_not_be_recorded_is_withheld_and_what_follows_is_refused_before_it_runs() {
        let fake = Fake::answering("canary-value");
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let (audit, call) = (over(&fake, AuditLog::over(full)), Call::default());
        let error = audit.read(&fake::read("KEY"), &call).await.unwrap_err();
        assert_eq!((error.kind(), error.rule(), fake.asked()), (Kind::Refused, Some(AUDIT), 1));
        assert!(error.reason().starts_with("the read was carried out, and its result is withheld: "), "{error}");
        let error = audit.write(&fake::new_secret("KEY"), &call).await.unwrap_err();
        assert_eq!((error.kind(), error.rule(), fake.asked()), (Kind::Refused, Some(AUDIT), 1));
        assert!(error.reason().starts_with("nothing was done: "), "{error}");
    }

    #[tokio::test]
    async fn without_settings_nothing_is_recorded() {
        let audit = Audit::new(Fake::answering("value"), None);
        assert_eq!(audit.read(&fake::read("KEY"), &Call::default()).await.unwrap().source, Source::Backend);
    }
}
