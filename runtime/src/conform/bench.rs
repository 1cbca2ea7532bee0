//! A backend under trial: asks it, and keeps what every check wants to know of the answer.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    leak::Told,
    report::{Not, Outcome, Row},
    stage::{Fault, Scene, Sent, Stage, shown},
};
use crate::{
    backend::{Backend, Write},
    error::{Error, Kind, Result},
    manifest::Phase,
    store::{Call, DeleteMode, Listing, Operation, Options, Page, Read, Readiness, SecretBytes, WriteMode},
};

/// Kinds that say: this can't be, and was not done.
pub(super) const REFUSALS: [Kind; 3] = [Kind::Invalid, Kind::Unsupported, Kind::Malformed];

/// A backend under trial. Its futures are boxed: all checks together would otherwise be one type of a hundred layers.
pub(super) struct Bench {
    pub(super) backend: Backend,
    pub(super) stage: Arc<Stage>,
    /// The name of a secret that is there; none until one is.
    pub(super) known: Option<String>,
    /// What every name begins with, such as the folder that the known one is in.
    pub(super) folder: String,
    /// What the names of this trial begin with, so that nobody has a secret of them already.
    stem: String,
    spelling: Spelling,
    /// Whether secrets may be written where others are.
    writing: bool,
    /// Whether what is there may be known without a request.
    pub(super) has_storage: bool,
    check: &'static str,
    works: BTreeMap<Operation, Outcome>,
    /// How many requests a call makes when all is well.
    requests: BTreeMap<Operation, usize>,
    pub(super) exercised: BTreeSet<Phase>,
    pub(super) used_rules: BTreeSet<usize>,
    pub(super) most_requests: usize,
    pub(super) told: Told,
    /// What has a row of its own wherever it happens, and the check it happened in.
    pub(super) refused: Vec<String>,
    pub(super) unanswered: Vec<String>,
    pub(super) broken: Vec<String>,
    written: BTreeSet<String>,
    pub(super) rows: Vec<Row>,
}

/// An answer of the backend, and what it sent for it.
pub(super) struct Asked<T> {
    pub(super) result: Result<T>,
    pub(super) sent: Vec<Sent>,
    pub(super) was_faulty: bool,
}

/// What became of a secret that was to be there.
pub(super) enum Put {
    Kept,
    Refused(Error),
}

impl Bench {
    pub(super) fn new(backend: Backend, stage: Arc<Stage>, secret: Option<&str>, writing: bool) -> Self {
        let scripted = stage.script.as_ref().and_then(|script| script.secrets().keys().next()).map(String::as_str);
        let folder = |name: &str| name.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        let has_storage = backend.0.grant.facts.storage.is_some();
        Self {
            folder: secret.or(scripted).map(folder).unwrap_or_default(),
            stem: format!("conform-{:08x}", getrandom::u32().unwrap_or(0x5eed)),
            known: secret.map(str::to_owned),
            spelling: Spelling::Dashes,
            backend,
            stage,
            writing,
            has_storage,
            check: "",
            works: BTreeMap::new(),
            requests: BTreeMap::new(),
            exercised: BTreeSet::new(),
            used_rules: BTreeSet::new(),
            most_requests: 0,
            told: Told::default(),
            refused: Vec::new(),
            unanswered: Vec::new(),
            broken: Vec::new(),
            written: BTreeSet::new(),
            rows: Vec::new(),
        }
        .spelled()
    }

    /// Spells its names in a way that the backend takes, if there is one.
    fn spelled(mut self) -> Self {
        let taken = |spelling: &Spelling| self.backend.key(&self.name_in(*spelling, "a")).is_ok();
        let spelling = Spelling::ALL.into_iter().find(taken).unwrap_or(Spelling::Dashes);
        self.spelling = spelling;
        self
    }

    /// Begins a check: what happens from here on happens in it.
    pub(super) fn begin(&mut self, id: &'static str) {
        self.check = id;
    }

    /// Ends a check.
    pub(super) fn end(&mut self, tried: &'static str, outcome: Outcome) {
        self.rows.push(Row { id: self.check, tried, verdict: outcome.into() });
    }

    pub(super) fn is_scripted(&self) -> bool {
        self.stage.script.is_some()
    }

    pub(super) fn exports(&self, operation: Operation) -> bool {
        self.backend.operations().any(|exported| exported == operation)
    }

    /// Whether secrets of the kit's own can be written through the backend.
    pub(super) fn can_write(&self) -> bool {
        (self.writing || self.is_scripted()) && self.exports(Operation::Write)
    }

    /// A name that only this trial has.
    pub(super) fn name(&self, own: &str) -> String {
        self.name_in(self.spelling, own)
    }

    fn name_in(&self, spelling: Spelling, own: &str) -> String {
        format!("{}{}", self.folder, spelling.of(&format!("{}-{own}", self.stem)))
    }

    /// The secret that is there.
    pub(super) fn known(&self) -> Result<String, Not> {
        match &self.known {
            Some(name) => Ok(name.clone()),
            None => Not::skipped("no secret is there"),
        }
    }

    /// A value that stands nowhere else, and must not be told.
    pub(super) fn value(&mut self, own: &str) -> Vec<u8> {
        let value = format!("canary-{:08x}{:08x}-{own}", getrandom::u32().unwrap_or(1), getrandom::u32().unwrap_or(1));
        self.told.in_play(value.as_bytes());
        value.into_bytes()
    }

    /// Whether an operation works when all is well, and so can be tried when it is not.
    pub(super) fn needs(&self, operation: Operation) -> Result<(), Not> {
        match self.works.get(&operation) {
            Some(Ok(_)) => Ok(()),
            Some(Err(Not::Failed(_))) => Not::skipped(format!("{operation} does not work")),
            Some(Err(Not::Skipped(why))) => Not::skipped(why.clone()),
            None => Not::skipped(format!("it does not export {operation}")),
        }
    }

    /// Writes down whether an operation works, and with how many requests.
    pub(super) fn works(&mut self, operation: Operation, requests: usize, outcome: &Outcome) {
        self.works.insert(operation, outcome.clone());
        self.requests.insert(operation, requests);
    }

    /// Operations that work and ask their upstream, each with how many requests.
    pub(super) fn asking(&self, operations: &[Operation]) -> Vec<(Operation, usize)> {
        let asking = |operation: &Operation| Some((*operation, *self.requests.get(operation)?));
        let works = |operation: &Operation| self.works.get(operation).is_some_and(Result::is_ok);
        operations.iter().filter(|operation| works(operation)).filter_map(asking).filter(|(_, n)| *n > 0).collect()
    }

    /// Lets a script hold these secrets and no others.
    pub(super) fn hold(&self, secrets: impl IntoIterator<Item = (String, Vec<u8>)>) {
        if let Some(script) = &self.stage.script {
            script.hold(secrets.into_iter().map(|(name, value)| (name, SecretBytes::from(value))));
        }
    }

    /// Sees to it that a secret of the trial's own is there: in the script, or written through the backend.
    pub(super) async fn put(&mut self, name: &str, value: &[u8]) -> Result<Put, Not> {
        match &self.stage.script {
            Some(script) if script.can_hold(value) => {
                self.hold([(name.to_owned(), value.to_vec())]);
                return Ok(Put::Kept);
            }
            // What can't be written either may be refused.
            Some(_) if self.exports(Operation::Write) => {}
            Some(_) => return Not::skipped("what the script replies has no place for bytes that are no text"),
            None if !self.exports(Operation::Write) => {
                return Not::skipped("it does not export write, and its server has no such secret");
            }
            None if !self.writing => {
                return Not::skipped("it takes a secret of its own: give --writing, or --stand-in");
            }
            None => {}
        }
        match self.write(name, Write::new(value)).await.settled(self)? {
            Ok(()) => Ok(Put::Kept),
            Err(error) => Ok(Put::Refused(error)),
        }
    }

    /// The same, of a value that has to be kept.
    pub(super) async fn keep(&mut self, name: &str, value: &[u8]) -> Result<(), Not> {
        match self.put(name, value).await? {
            Put::Kept => Ok(()),
            Put::Refused(error) => Not::skipped(format!("a secret can't be written: {}", shown(&error))),
        }
    }

    pub(super) async fn read(&mut self, name: &str) -> Asked<Vec<u8>> {
        self.read_as(name, None, None).await
    }

    pub(super) async fn read_as(
        &mut self,
        name: &str,
        version: Option<&str>,
        fault: Option<(usize, Fault)>,
    ) -> Asked<Vec<u8>> {
        let (backend, call) = self.call(fault);
        let ask = async {
            let read = Read { name: backend.key(name)?, version: version.map(Arc::from), options: Options::default() };
            Ok(Box::pin(backend.read(&read, &call)).await?.secret.expose().to_vec())
        };
        let result = ask.await;
        self.asked(Phase::Read, result)
    }

    pub(super) async fn exists(&mut self, name: &str, fault: Option<(usize, Fault)>) -> Asked<bool> {
        let (backend, call) = self.call(fault);
        let result = Box::pin(backend.exists(name, &Options::default(), &call)).await;
        self.asked(Phase::Exists, result)
    }

    pub(super) async fn list(&mut self, listing: &Listing, fault: Option<(usize, Fault)>) -> Asked<Page> {
        let (backend, call) = self.call(fault);
        let result = Box::pin(backend.list(listing, &call)).await;
        self.asked(Phase::List, result)
    }

    pub(super) async fn ready(&mut self) -> Asked<Readiness> {
        let (backend, call) = self.call(None);
        let result = Box::pin(backend.check(&call)).await;
        self.asked(Phase::Check, result)
    }

    pub(super) async fn write(&mut self, name: &str, write: Write) -> Asked<()> {
        self.write_with(name, write, None).await
    }

    pub(super) async fn write_with(&mut self, name: &str, write: Write, fault: Option<(usize, Fault)>) -> Asked<()> {
        let (backend, call) = self.call(fault);
        // Whatever it says, it may have been written.
        self.written.insert(name.to_owned());
        let result = Box::pin(backend.write(name, &write, &call)).await.map(drop);
        self.asked(Phase::from(&write.mode), result)
    }

    pub(super) async fn delete(&mut self, name: &str, mode: DeleteMode, fault: Option<(usize, Fault)>) -> Asked<()> {
        let (backend, call) = self.call(fault);
        let result = Box::pin(backend.delete(name, mode, &Options::default(), &call)).await.map(drop);
        self.asked(Phase::from(mode), result)
    }

    fn call(&self, fault: Option<(usize, Fault)>) -> (Backend, Call) {
        self.stage.begin(fault);
        (self.backend.clone(), Call { fresh: true, listener: Some(self.stage.clone()), ..self.backend.call() })
    }

    /// Keeps what there is to know of a call.
    fn asked<T>(&mut self, phase: Phase, result: Result<T>) -> Asked<T> {
        let Scene { sent, lines, unanswered, was_faulty, .. } = self.stage.end();
        lines.iter().for_each(|line| self.told.said(self.check, "a log line", line.as_str()));
        if let Err(error) = &result {
            self.told.failed(self.check, error);
        }
        // A call that ended early says nothing of the requests that it needs otherwise.
        let early = [Kind::Unsupported, Kind::Invalid, Kind::Component, Kind::Refused];
        if result.as_ref().err().is_none_or(|error| !early.contains(&error.kind())) && unanswered.is_empty() {
            self.exercised.insert(phase);
        }
        self.used_rules.extend(sent.iter().filter_map(|sent| sent.rule));
        self.most_requests = self.most_requests.max(sent.len());
        for request in unanswered {
            if !self.unanswered.contains(&request) {
                self.unanswered.push(request);
            }
        }
        Asked { result, sent, was_faulty }
    }

    /// The version that is read, where the backend tells.
    pub(super) async fn version_of(&mut self, name: &str) -> Option<String> {
        let (backend, call) = self.call(None);
        let read = Read { name: backend.key(name).ok()?, version: None, options: Options::default() };
        let result = Box::pin(backend.read(&read, &call)).await;
        let version = result.as_ref().ok()?.secret.version().map(str::to_owned);
        self.asked(Phase::Read, result);
        version
    }

    /// Removes every secret that was written; answers how many are left.
    pub(super) async fn remove_written(&mut self) -> usize {
        let mut left = 0;
        for name in std::mem::take(&mut self.written) {
            let mut gone = false;
            for mode in [DeleteMode::Permanent, DeleteMode::Recoverable(None)] {
                gone = gone || matches!(self.delete(&name, mode, None).await.result, Ok(()));
            }
            // What was never there need not go; what can't be asked for counts as left.
            let absent = |error: Error| matches!(error.kind(), Kind::NotFound | Kind::Invalid);
            if !gone && !self.read(&name).await.result.err().is_some_and(absent) {
                left += 1;
            }
        }
        left
    }

    /// What the names of the secrets that were written begin with.
    pub(super) fn stem(&self) -> String {
        format!("{}{}", self.folder, self.spelling.of(&self.stem))
    }

    /// A write of this value, if this holds.
    pub(super) fn write_of(value: &[u8], mode: WriteMode) -> Write {
        Write { mode, ..Write::new(value) }
    }
}

/// How words are joined in a name.
#[derive(Clone, Copy)]
enum Spelling {
    Dashes,
    Underscores,
    Capitals,
    Together,
}

impl Spelling {
    const ALL: [Self; 4] = [Self::Dashes, Self::Underscores, Self::Capitals, Self::Together];

    fn of(self, words: &str) -> String {
        match self {
            Self::Dashes => words.to_owned(),
            Self::Underscores => words.replace('-', "_"),
            Self::Capitals => words.replace('-', "_").to_ascii_uppercase(),
            Self::Together => words.replace('-', ""),
        }
    }
}

impl<T> Asked<T> {
    /// The backend's own answer. What has a row of its own ends this check: a request that was refused, one that the
    /// script has no answer to, a component that broke.
    pub(super) fn settled(self, bench: &mut Bench) -> Result<Result<T>, Not> {
        let Err(error) = &self.result else { return Ok(self.result) };
        let told = format!("{}: {}", bench.check, error.reason());
        match error.kind() {
            Kind::Refused => {
                bench.refused.push(told);
                Not::skipped("a request was refused; see rules.covered")
            }
            Kind::Component => {
                bench.broken.push(told);
                Not::skipped("the component broke; see component.sound")
            }
            Kind::Unavailable if error.reason().starts_with(crate::egress::stand_in::NO_ANSWER) => {
                Not::skipped("the script has no answer to it; see script.answers")
            }
            _ => Ok(self.result),
        }
    }
}
