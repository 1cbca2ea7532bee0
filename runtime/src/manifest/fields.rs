//! Reading TOML tables key by key.
//!
//! A table remembers which keys were asked for. What is left when it is finished is unknown, and the keys that were
//! asked for are the known ones: there is no second list that could fall behind.

use std::fmt::Display;

use toml::{Table, Value};

use super::error::ManifestError;
use crate::text::Shown;

type Result<T> = std::result::Result<T, ManifestError>;

/// A table that is being read.
#[derive(Debug)]
pub(crate) struct Fields {
    path: String,
    table: Table,
    known: Vec<&'static str>,
}

/// One value, and where it stands.
#[derive(Debug)]
pub(crate) struct Item {
    path: String,
    value: Value,
}

impl Fields {
    /// Parses a whole document.
    pub(crate) fn document(text: &str) -> Result<Self> {
        let table = text.parse::<Table>().map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            ManifestError::Toml { line, reason: Shown(&error.message().replace('\n', " ")).to_string() }
        })?;
        Ok(Self { path: String::new(), table, known: Vec::new() })
    }

    /// Reads a whole document that has been parsed.
    pub(crate) fn table_of(table: Table) -> Self {
        Self { path: String::new(), table, known: Vec::new() }
    }

    /// What has not been asked for yet.
    pub(crate) fn into_table(self) -> Table {
        self.table
    }

    /// Where this table stands; empty for the document.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The value of this key, if it is there.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Item> {
        self.known.push(key);
        self.table.remove(key).map(|value| Item { path: join(&self.path, key), value })
    }

    /// The value of this key, which must be there.
    pub(crate) fn need(&mut self, key: &'static str) -> Result<Item> {
        if let Some(item) = self.take(key) {
            return Ok(item);
        }
        // A misspelt key is what its author should hear of, not that the right one is missing.
        match crate::text::nearest(key, self.table.keys().map(String::as_str)) {
            Some(misspelt) => Err(ManifestError::unknown_key(&self.path, misspelt, [key])),
            None => Err(ManifestError::value(&self.path, format!("\"{key}\" is missing"))),
        }
    }

    /// The text of this key, if it is there.
    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        self.take(key).map(Item::text).transpose()
    }

    /// The texts of this key; none if it is not there.
    pub(crate) fn texts(&mut self, key: &'static str) -> Result<Vec<String>> {
        self.items(key)?.into_iter().map(Item::text).collect()
    }

    /// The flag of this key; false if it is not there.
    pub(crate) fn flag(&mut self, key: &'static str) -> Result<bool> {
        self.take(key).map_or(Ok(false), Item::flag)
    }

    /// The elements of this array; none if it is not there.
    pub(crate) fn items(&mut self, key: &'static str) -> Result<Vec<Item>> {
        self.take(key).map_or_else(|| Ok(Vec::new()), Item::items)
    }

    /// The table of this key, if it is there.
    pub(crate) fn table(&mut self, key: &'static str) -> Result<Option<Self>> {
        self.take(key).map(Item::fields).transpose()
    }

    /// The entries of a table whose keys are the author's own; none if it is not there.
    pub(crate) fn entries(&mut self, key: &'static str) -> Result<Vec<(String, Item)>> {
        self.take(key).map_or_else(|| Ok(Vec::new()), Item::entries)
    }

    /// Ends the reading: whatever was not asked for is unknown.
    pub(crate) fn finish(self) -> Result<()> {
        match self.table.keys().next() {
            Some(key) => Err(ManifestError::unknown_key(&self.path, key, self.known.iter().copied())),
            None => Ok(()),
        }
    }
}

impl Item {
    /// Where it stands.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The value as TOML has it.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// An error about this value.
    pub(crate) fn wrong(&self, reason: impl Into<String>) -> ManifestError {
        ManifestError::value(&self.path, reason)
    }

    fn unexpected(&self, wanted: &str) -> ManifestError {
        self.wrong(format!("must be {wanted}, not {}", self.value.type_str()))
    }

    /// As text.
    pub(crate) fn text(self) -> Result<String> {
        match self.value {
            Value::String(text) => Ok(text),
            _ => Err(self.unexpected("a string")),
        }
    }

    /// As text that this parser understands; its error becomes one about this value.
    pub(crate) fn parse<T, E: Display>(self, parser: impl FnOnce(&str) -> std::result::Result<T, E>) -> Result<T> {
        let path = self.path.clone();
        parser(&self.text()?).map_err(|error| ManifestError::value(path, error.to_string()))
    }

    /// As a flag.
    pub(crate) fn flag(self) -> Result<bool> {
        self.value.as_bool().ok_or_else(|| self.unexpected("true or false"))
    }

    /// As a whole number that fits.
    pub(crate) fn integer<T: TryFrom<i64>>(self) -> Result<T> {
        let number = self.value.as_integer().ok_or_else(|| self.unexpected("a whole number"))?;
        T::try_from(number).map_err(|_| self.wrong("is out of range"))
    }

    /// As a status code of an HTTP reply.
    pub(crate) fn status(self) -> Result<u16> {
        match self.value.as_integer() {
            Some(status @ 100..=599) => u16::try_from(status).map_err(|_| self.wrong("is out of range")),
            _ => Err(self.wrong("must be an HTTP status, 100 to 599")),
        }
    }

    /// As an array.
    pub(crate) fn items(self) -> Result<Vec<Self>> {
        match self.value {
            Value::Array(values) => Ok(values
                .into_iter()
                .enumerate()
                .map(|(index, value)| Self { path: format!("{}[{}]", self.path, index + 1), value })
                .collect()),
            _ => Err(self.unexpected("an array")),
        }
    }

    /// As a table with keys that are known beforehand.
    pub(crate) fn fields(self) -> Result<Fields> {
        match self.value {
            Value::Table(table) => Ok(Fields { path: self.path, table, known: Vec::new() }),
            _ => Err(self.unexpected("a table")),
        }
    }

    /// As a table whose keys are the author's own.
    pub(crate) fn entries(self) -> Result<Vec<(String, Self)>> {
        let Fields { path, table, .. } = self.fields()?;
        Ok(table
            .into_iter()
            .map(|(key, value)| {
                let item = Self { path: join(&path, &Shown(&key).to_string()), value };
                (key, item)
            })
            .collect())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
