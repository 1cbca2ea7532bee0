//! The formats that secrets are imported from and exported to: pure functions from bytes to entries, and back.
//!
//! What a format can't hold is refused by name, and nothing is read or written by halves. No problem shows a value.

mod dotenv;
mod env_names;
mod github;
mod json;
mod kubernetes;
pub(super) mod shell;
pub(super) mod yaml;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::Path};

use clap::ValueEnum;
use secret_runtime::{SecretBytes, Shown};
use zeroize::Zeroizing;

pub(crate) use self::{
    env_names::EnvNames,
    github::{GithubEnv, file as github_file},
    kubernetes::Manifest,
};

/// A secret on its way in or out.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) value: SecretBytes,
}

impl Entry {
    fn new(name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), value: SecretBytes::from(value.into()) }
    }

    /// The value as text, if it is UTF-8.
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(self.value.expose()).ok()
    }
}

/// What is wrong with a file, or with what should go into one: a line for each problem, with names and no values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Problems(pub(crate) Vec<String>);

impl Problems {
    fn one(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }

    fn of(&mut self, name: &str, problem: &str) {
        self.0.push(format!("{}: {problem}", Shown(name)));
    }

    /// The result, unless there is a problem.
    fn or<T>(self, result: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(result) } else { Err(self) }
    }
}

/// What a file says.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) entries: Vec<Entry>,
    /// What somebody should know of how it was read.
    pub(crate) notes: Vec<String>,
}

/// A format to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum From {
    /// KEY=value lines.
    #[value(alias = "env")]
    Dotenv,
    /// An object of names and texts.
    Json,
    /// A mapping of names and texts.
    #[value(alias = "yml")]
    Yaml,
}

impl From {
    /// The format of a file by the end of its name.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let extension = path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
        match extension.as_deref() {
            Some("json") => Some(Self::Json),
            Some("yaml" | "yml") => Some(Self::Yaml),
            Some("env") => Some(Self::Dotenv),
            // .env, .env.local
            _ => (name == ".env" || name.starts_with(".env.")).then_some(Self::Dotenv),
        }
    }

    /// Reads a whole file.
    pub(crate) fn read(self, bytes: &[u8]) -> Result<Parsed, Problems> {
        // Some editors begin a file with a mark of its encoding.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
            Problems::one(format!("line {line}: not UTF-8 text"))
        })?;
        match self {
            Self::Dotenv => dotenv::read(text),
            Self::Json => json::read(text),
            Self::Yaml => yaml::read(text),
        }
    }
}

/// A format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// KEY=value lines, as the dotenv backend and `import` read them.
    Dotenv,
    /// `export KEY='value'` lines, for `eval` or `.` in a POSIX shell.
    Shell,
    /// An object of names and texts.
    Json,
    /// A mapping of names and texts.
    Yaml,
    /// A manifest of a Secret; see --name.
    Kubernetes,
    /// Environment variables of the next steps, masked in the log.
    Github,
}

impl To {
    /// The format of a file by the end of its name.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        Some(match From::of(path)? {
            From::Dotenv => Self::Dotenv,
            From::Json => Self::Json,
            From::Yaml => Self::Yaml,
        })
    }

    /// Writes all of these. Of GitHub's it is the assignments alone: see [`GithubEnv`].
    pub(crate) fn write(self, entries: &[Entry], manifest: &Manifest) -> Result<Zeroizing<Vec<u8>>, Problems> {
        match self {
            Self::Dotenv => dotenv::write(entries),
            Self::Shell => shell::write(entries),
            Self::Json => Ok(json::write(entries)),
            Self::Yaml => Ok(yaml::write(entries)),
            Self::Kubernetes => kubernetes::write(entries, manifest),
            Self::Github => Ok(GithubEnv::of(entries)?.assignments),
        }
    }

    /// Whether whoever reads it makes its names environment variables, and nothing else with it.
    pub(crate) fn takes_effect(self) -> bool {
        matches!(self, Self::Shell | Self::Github)
    }

    /// Whether its names are those of environment variables.
    pub(crate) fn wants_env_names(self) -> bool {
        matches!(self, Self::Dotenv | Self::Shell | Self::Github)
    }
}

/// Entries whose names differ, or each name that is there twice.
fn unique(entries: Vec<Entry>, mut problems: Problems) -> Result<Parsed, Problems> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for entry in &entries {
        let times = times.entry(&entry.name).or_default();
        *times += 1;
        if *times == 2 {
            problems.of(&entry.name, "it is there more than once");
        }
    }
    problems.or(Parsed { entries, notes: Vec::new() })
}
