//! Joining what a manifest declares with what the operator sets: the resolved facts that a grant holds.

use std::{cell::RefCell, collections::BTreeMap, path::PathBuf};

use super::{
    Manifest,
    check::AWS_SUFFIX,
    declared::{Config, IdentityFact, OriginTemplate},
    recipe::{Identity, IdentityKind},
    value::{Scope, Value},
};
use crate::{
    egress::{
        credentials::identity::partition,
        origin::{Origin, OriginError},
    },
    text::{Shown, nearest},
};

/// What the operator gives.
pub(crate) struct Given<'a> {
    /// Settings given by name.
    pub set: &'a BTreeMap<String, String>,
    /// Reads an environment variable. Only declared ones are asked for.
    pub env: &'a dyn Fn(&str) -> Option<String>,
    /// Asks the identities of the manifest's recipes.
    pub identity: &'a dyn Fn(IdentityFact) -> Option<String>,
}

/// What the backend will see, and where it will be allowed to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The settings that have a value.
    pub config: BTreeMap<String, ConfigValue>,
    /// The origins that could be resolved.
    pub origins: Vec<Origin>,
}

/// The value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfigValue {
    /// The value; never empty.
    pub value: String,
    /// Where it is from.
    pub from: Provenance,
}

/// Where the value of a setting is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Provenance {
    /// The operator gave it by name.
    Set,
    /// From this environment variable.
    Environment(String),
    /// A built-in identity knows it.
    Identity,
    /// From the manifest.
    Default,
}

/// Why settings can't be resolved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A setting that the backend does not have.
    #[error("the backend has no setting \"{key}\"{hint}")]
    Unknown {
        /// What was given, made safe to show.
        key: String,
        /// What to do, ready to follow the sentence.
        hint: String,
    },
    /// A setting that the backend can't do without.
    #[error("the setting \"{key}\" is missing: {remedy}")]
    Missing {
        /// Its name.
        key: String,
        /// What to do.
        remedy: String,
    },
    /// An origin's URL can't be one.
    #[error("the address of the origin \"{origin}\" can't be used: {reason}")]
    Origin {
        /// Its name.
        origin: String,
        /// What is wrong with it.
        reason: OriginProblem,
    },
}

/// Why an origin's URL can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginProblem {
    /// It is not an origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A setting that became part of it has characters that can't stand there.
    #[error("a setting in it has characters that a host or path can't have")]
    Part,
    /// The region in it is none.
    #[error("the region is not one of AWS")]
    Region,
    /// A credential would go to many hosts.
    #[error("it is a wildcard, and a credential goes to exact origins only")]
    Wildcard,
}

impl Manifest {
    /// Resolves settings and origins from what the operator gives.
    ///
    /// # Errors
    /// [`SettingsError`] names the setting or the origin and what to do.
    pub(crate) fn resolve(&self, given: &Given<'_>) -> Result<Resolved, SettingsError> {
        if let Some(key) = given.set.keys().find(|key| !self.config.contains_key(*key)) {
            return Err(self.unknown(key));
        }
        let settings = Settings { manifest: self, given, found: RefCell::default() };
        let mut resolved = Resolved::default();
        for (key, declared) in &self.config {
            match settings.find(key) {
                Some(value) => {
                    resolved.config.insert(key.clone(), value);
                }
                None if declared.required => return Err(missing(key, declared)),
                None => {}
            }
        }
        for origin in &self.origins {
            resolved.origins.extend(self.origin(origin, &resolved, given.env)?);
        }
        Ok(resolved)
    }

    /// The first URL whose placeholders are all set, as an origin. None if there is no such URL.
    fn origin(
        &self,
        declared: &OriginTemplate,
        resolved: &Resolved,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Origin>, SettingsError> {
        let failed = |reason: OriginProblem| SettingsError::Origin { origin: declared.name.clone(), reason };
        let suffix = self.aws_suffix(resolved).map_err(|()| failed(OriginProblem::Region))?;
        let scope = WithSuffix { resolved, suffix };
        let set = |name: &str| scope.value(name).is_some();
        let Some(template) = declared.urls.iter().find(|url| url.is_set(&set)) else {
            return Ok(None);
        };
        let url = template.expand(&scope).ok_or_else(|| failed(OriginProblem::Part))?;
        let mut origin = Origin::parse(&url).map_err(|error| failed(error.into()))?;
        if !origin.is_exact() && self.recipes.iter().any(|recipe| recipe.reaches(&declared.name)) {
            return Err(failed(OriginProblem::Wildcard));
        }
        let whole = template.whole_host(resolved).and_then(|name| resolved.config.get(name));
        origin.typed =
            whole.is_some_and(|config| config.from != Provenance::Default && same_place(&config.value, &origin));
        origin.name.clone_from(&declared.name);
        origin.ca =
            declared.ca.iter().find_map(|variable| env(variable).filter(|path| !path.is_empty())).map(PathBuf::from);
        Ok(Some(origin))
    }

    /// The domain of the region that requests are signed for, if they are.
    fn aws_suffix(&self, resolved: &Resolved) -> Result<Option<&'static str>, ()> {
        let signing = |identity: &&Identity| identity.kind == IdentityKind::AwsSigv4;
        let mut identities = self.recipes.iter().filter_map(|recipe| recipe.identity.as_ref()).filter(signing);
        let region = identities.find_map(|identity| identity.settings.get("region")?.first()?.expand(resolved));
        region.map(|region| partition::suffix(&region).ok_or(())).transpose()
    }

    fn unknown(&self, key: &str) -> SettingsError {
        let hint = if self.credentials.contains_key(key) {
            ": it is a credential, and those are not settings".to_owned()
        } else if self.options.contains_key(key) {
            ": it is an option of a single call".to_owned()
        } else {
            let near = nearest(key, self.config.keys().map(String::as_str));
            near.map(|word| format!("; did you mean \"{word}\"?")).unwrap_or_default()
        };
        SettingsError::Unknown { key: Shown(key).to_string(), hint }
    }
}

impl Scope for Resolved {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        self.config.get(name).map(|config| Value::from(config.value.as_str()))
    }
}

/// Settings, and the domain that AWS has where they say.
struct WithSuffix<'a> {
    resolved: &'a Resolved,
    suffix: Option<&'static str>,
}

impl Scope for WithSuffix<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        match name {
            AWS_SUFFIX => self.suffix.map(Value::from),
            _ => self.resolved.value(name),
        }
    }
}

/// Settings on their way to being resolved: a default may need another setting first.
struct Settings<'a> {
    manifest: &'a Manifest,
    given: &'a Given<'a>,
    found: RefCell<BTreeMap<String, Option<ConfigValue>>>,
}

impl Settings<'_> {
    fn find(&self, key: &str) -> Option<ConfigValue> {
        if let Some(found) = self.found.borrow().get(key) {
            return found.clone();
        }
        let value = self.look_up(key, self.manifest.config.get(key)?);
        self.found.borrow_mut().insert(key.to_owned(), value.clone());
        value
    }

    fn look_up(&self, key: &str, declared: &Config) -> Option<ConfigValue> {
        if let Some(value) = self.given.set.get(key).filter(|value| !value.is_empty()) {
            return Some(ConfigValue { value: value.clone(), from: Provenance::Set });
        }
        for variable in &declared.env {
            if let Some(value) = (self.given.env)(variable).filter(|value| !value.is_empty()) {
                return Some(ConfigValue { value, from: Provenance::Environment(variable.clone()) });
            }
        }
        if let Some(value) = declared.identity.and_then(self.given.identity).filter(|value| !value.is_empty()) {
            return Some(ConfigValue { value, from: Provenance::Identity });
        }
        // The manifest was checked: no chain of defaults is a circle.
        let value = declared.default.as_ref()?.expand(self)?.to_string();
        (!value.is_empty()).then_some(ConfigValue { value, from: Provenance::Default })
    }
}

impl Scope for Settings<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        self.find(name).map(|config| Value::Text(config.value.into()))
    }
}

fn missing(key: &str, declared: &Config) -> SettingsError {
    let remedy = match declared.env.as_slice() {
        [] => format!("give --set {key}=…"),
        [variable] => format!("set the environment variable {variable}, or give --set {key}=…"),
        variables => format!("set one of the environment variables {}, or give --set {key}=…", variables.join(", ")),
    };
    SettingsError::Missing { key: key.to_owned(), remedy }
}

/// Whether a URL has the scheme, host and port of an origin.
fn same_place(url: &str, origin: &Origin) -> bool {
    Origin::parse(url)
        .is_ok_and(|typed| (typed.scheme, &typed.host, typed.port) == (origin.scheme, &origin.host, origin.port))
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
