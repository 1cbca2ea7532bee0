//! What a call is about, as the values that request rules and recipes name.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{
    manifest::{Phase, Scope, Value},
    store::{Delete, DeleteMode, Listing, Name, NewSecret, Options, Read, SecretBytes, WriteMode},
};

/// The settings of a backend and the defaults of its options, by name.
pub(crate) type Config = Arc<BTreeMap<String, String>>;

/// The values of one call.
pub(crate) struct CallValues {
    pub(crate) phase: Phase,
    config: Config,
    options: Options,
    name: Option<Name>,
    version: Option<Arc<str>>,
    prefix: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
    value: Option<SecretBytes>,
    description: Option<String>,
    tags: Vec<(String, String)>,
    expires_at: Option<SystemTime>,
    days: Option<u32>,
    /// What storage keeps under this name, where each name has a place of its own.
    pub(crate) stored: Option<SecretBytes>,
}

impl CallValues {
    fn new(phase: Phase, config: &Config, options: &Options) -> Self {
        Self {
            phase,
            config: config.clone(),
            options: options.clone(),
            name: None,
            version: None,
            prefix: None,
            cursor: None,
            limit: None,
            value: None,
            description: None,
            tags: Vec::new(),
            expires_at: None,
            days: None,
            stored: None,
        }
    }

    pub(crate) fn read(read: &Read, config: &Config) -> Self {
        Self {
            name: Some(read.name.clone()),
            version: read.version.clone(),
            ..Self::new(Phase::Read, config, &read.options)
        }
    }

    pub(crate) fn exists(name: &Name, options: &Options, config: &Config) -> Self {
        Self { name: Some(name.clone()), ..Self::new(Phase::Exists, config, options) }
    }

    pub(crate) fn list(listing: &Listing, config: &Config) -> Self {
        Self {
            prefix: Some(listing.prefix.clone()),
            cursor: listing.cursor.clone(),
            limit: Some(listing.limit),
            ..Self::new(Phase::List, config, &listing.options)
        }
    }

    pub(crate) fn write(new: &NewSecret, config: &Config) -> Self {
        let (phase, version) = match &new.mode {
            WriteMode::Upsert => (Phase::WriteUpsert, None),
            WriteMode::CreateOnly => (Phase::WriteCreateOnly, None),
            WriteMode::IfVersion(version) => (Phase::WriteIfVersion, Some(version.as_str().into())),
        };
        Self {
            name: Some(new.name.clone()),
            version,
            value: Some(new.value.clone()),
            description: new.description.clone(),
            tags: new.tags.clone(),
            expires_at: new.expires_at.map(whole_milliseconds),
            ..Self::new(phase, config, &new.options)
        }
    }

    pub(crate) fn delete(delete: &Delete, config: &Config) -> Self {
        let (phase, days) = match delete.mode {
            DeleteMode::Recoverable(days) => (Phase::DeleteRecoverable, days),
            DeleteMode::Permanent => (Phase::DeletePermanent, None),
        };
        Self { name: Some(delete.name.clone()), days, ..Self::new(phase, config, &delete.options) }
    }

    pub(crate) fn check(config: &Config) -> Self {
        Self::new(Phase::Check, config, &Options::default())
    }

    /// The name that the call is about, if it is about one.
    pub(crate) fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
}

/// A moment as finely as the backend is told of it: what it writes has to be what the rules ask for.
fn whole_milliseconds(moment: SystemTime) -> SystemTime {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let finer = Duration::from_nanos((since.subsec_nanos() % 1_000_000).into());
    moment.checked_sub(finer).unwrap_or(moment)
}

impl Scope for CallValues {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        let text = |text: &'_ str| Value::Text(Cow::Owned(text.to_owned()));
        match name {
            "name" => self.name.as_ref().map(|name| Value::Text(Cow::Borrowed(name.as_str()))),
            "folder" => self.prefix.as_ref().and_then(|prefix| prefix.rsplit_once('/')).map(|(folder, _)| text(folder)),
            "prefix" => self.prefix.as_deref().map(|prefix| Value::Text(Cow::Borrowed(prefix))),
            "version" => self.version.as_deref().map(|version| Value::Text(Cow::Borrowed(version))),
            "cursor" => self.cursor.as_deref().map(|cursor| Value::Text(Cow::Borrowed(cursor))),
            "limit" => self.limit.map(|limit| Value::Integer(limit.into())),
            "value" => self.value.as_ref().map(|value| Value::Bytes(value.expose())),
            "stored" => self.stored.as_ref().map(|stored| Value::Bytes(stored.expose())),
            "description" => self.description.as_deref().map(|description| Value::Text(Cow::Borrowed(description))),
            "tags" => Some(Value::Pairs(&self.tags)),
            "expires-at" => self.expires_at.map(Value::Time),
            "days" => self.days.map(|days| Value::Integer(days.into())),
            "permanent" => (self.phase == Phase::DeletePermanent).then_some(Value::Boolean(true)),
            setting => self
                .options
                .get(setting)
                .or_else(|| self.config.get(setting).map(String::as_str))
                .map(|value| Value::Text(Cow::Borrowed(value))),
        }
    }
}
