//! Tries whether a backend does what callers rely on: the conformance kit.
//!
//! A backend is tried against a [script](crate::stand_in) of its upstream, or against the upstream itself. Faults are
//! put between the two, requests and log lines are listened to, and each check becomes a row of the [`Report`].
//!
//! ```
//! use secret_runtime::{Component, Runtime, conform::Trial, stand_in::Script};
//!
//! # async fn prove() -> Result<(), Box<dyn std::error::Error>> {
//! let trial = Trial::with_script(Script::read("upstream.toml")?);
//! let builder = trial.prepare(Runtime::builder().build()?.backend(Component::from_file("mine.wasm")?));
//! let grant = builder.candidate()?.grant();
//! let report = trial.run(builder, &grant).await?;
//! assert!(report.conforms(), "{report:?}");
//! # Ok(())
//! # }
//! ```

mod bench;
mod checks;
mod leak;
mod report;
mod stage;

use std::{collections::BTreeMap, sync::Arc};

pub use self::report::{Counts, Report, Row, Verdict};
use self::{
    bench::Bench,
    checks::{absence, changes, contract, faults, listing, names, operations, overall, values},
    report::Not,
    stage::{Stage, shown},
};
use crate::{
    builder::BackendBuilder,
    error::{Kind, Result},
    grant::Grant,
    layers::AccessMode,
    listener::Listener,
    stand_in::Script,
};

/// The contract that is tried.
pub const CONTRACT: &str = "secret-runtime:backend@0.1.0";

/// How a backend is tried.
#[derive(Debug)]
pub struct Trial {
    stage: Arc<Stage>,
    secret: Option<String>,
    writing: bool,
    untried: BTreeMap<String, String>,
}

impl Trial {
    /// Against a script, which holds whatever a check needs. Nothing is sent.
    pub fn with_script(script: Script) -> Self {
        let untried = script.untried().clone();
        Self { stage: Arc::new(Stage::new(Some(script))), secret: None, writing: false, untried }
    }

    /// Against its upstream, with whatever the backend is given for that.
    pub fn with_upstream() -> Self {
        Self { stage: Arc::new(Stage::new(None)), secret: None, writing: false, untried: BTreeMap::new() }
    }

    /// Names a secret that is there. It is read, and nothing else. A script needs none.
    #[must_use]
    pub fn secret(mut self, name: impl Into<String>) -> Self {
        self.secret = Some(name.into());
        self
    }

    /// Lets the trial write secrets of its own upstream, beside the one that is there, and remove them.
    #[must_use]
    pub fn writing(mut self, writing: bool) -> Self {
        self.writing = writing;
        self
    }

    /// Names a request rule that can't be tried, as `inspect` shows it or how that begins, and why.
    #[must_use]
    pub fn untried(mut self, rule: impl Into<String>, why: impl Into<String>) -> Self {
        self.untried.insert(rule.into(), why.into());
        self
    }

    /// Lets somebody listen to what the backend does and says.
    #[must_use]
    pub fn heard_by(mut self, listener: Arc<dyn Listener>) -> Self {
        if let Some(stage) = Arc::get_mut(&mut self.stage) {
            stage.listener = Some(listener);
        }
        self
    }

    /// Prepares a backend for the trial: nothing is cached or tried again, and the script's settings count unless others
    /// are given.
    #[must_use]
    pub fn prepare(&self, mut builder: BackendBuilder) -> BackendBuilder {
        for (key, value) in self.stage.script.iter().flat_map(Script::settings) {
            builder = builder.set_unless_given(key, value);
        }
        let may_write = self.writing || self.stage.script.is_some();
        let mode = if may_write { AccessMode::ReadWrite } else { AccessMode::ReadOnly };
        builder.stand_in(self.stage.clone()).cache(None).retry(false).access_mode(mode)
    }

    /// Tries a backend that was [prepared](Trial::prepare), under a grant.
    ///
    /// # Errors
    /// [`Kind::Untrusted`] if the grant is for another component or other facts; [`Kind::Config`] for what is missing.
    /// That the component can't be used is a row of the report.
    pub async fn run(&self, builder: BackendBuilder, grant: &Grant) -> Result<Report> {
        let candidate = builder.candidate()?;
        let component = candidate.component().clone();
        let report = |rows| Report { backend: component.manifest().name.clone(), digest: component.digest(), rows };
        let versions = contract::versions(&component);
        let row = |id, tried, outcome: report::Outcome| Row { id, tried, verdict: outcome.into() };
        let first = row("contract.versions", "it exports what this runtime knows", versions);
        let backend = match builder.load(grant) {
            Ok(backend) => backend,
            Err(error) if error.kind() == Kind::Component => {
                let unusable = Not::failed(shown(&error));
                return Ok(report(vec![first, row("component.sound", "the component can be used", unusable)]));
            }
            Err(error) => return Err(error),
        };
        let mut bench = Bench::new(backend, self.stage.clone(), self.secret.as_deref(), self.writing);
        bench.rows.push(first);
        operations::all(&mut bench).await;
        absence::all(&mut bench).await;
        faults::all(&mut bench).await;
        values::all(&mut bench).await;
        names::all(&mut bench).await;
        listing::all(&mut bench).await;
        changes::all(&mut bench).await;
        overall::all(&mut bench, &candidate, &self.untried).await;
        Ok(report(bench.rows))
    }
}
