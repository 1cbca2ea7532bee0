//! What one backend may do, in resolved facts: what trust is recorded for and compared with.

use std::{collections::BTreeSet, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{sandbox::digest::Digest, store::Operation};

/// Everything about a backend that depends on the machine it runs on. If one of these changes, the backend has to be
/// trusted again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Facts {
    /// Where it may send requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<GrantedOrigin>,
    /// The recipe by which credentials are added to its requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// The credentials that recipe uses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<GrantedCredential>,
    /// Environment variables it reads as settings.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub variables: BTreeSet<String>,
    /// The storage it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<GrantedStorage>,
}

/// An origin that a backend may send requests to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GrantedOrigin {
    /// Scheme, host, port and base path.
    pub url: String,
    /// Whether the operator typed the host, so that its address may be private or loopback.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub private: bool,
    /// A file with certificate authorities of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
}

/// A credential, where it comes from and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GrantedCredential {
    /// Its name in the manifest.
    pub name: String,
    /// Where the host takes it from.
    pub from: CredentialOrigin,
    /// The origins it is sent to.
    pub to: Vec<String>,
    /// The origins it is shown to when we connect: it is a client certificate.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<String>,
    /// The origins to which it proves that the client certificate is ours: it is a key, and is not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proves: Vec<String>,
}

/// Where a credential comes from. Never the credential itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialOrigin {
    /// This environment variable.
    Env(String),
    /// This file, read again for each use.
    File(PathBuf),
    /// The program that embeds the runtime gave it.
    Given,
    /// A secret of another backend, by reference.
    Reference(String),
    /// A built-in identity found it there.
    Identity(String),
}

impl fmt::Display for CredentialOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(variable) => write!(f, "the environment variable {variable}"),
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Given => f.write_str("the embedding program"),
            Self::Reference(reference) => write!(f, "the secret {reference}"),
            Self::Identity(source) => f.write_str(source),
        }
    }
}

/// Storage that a backend is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GrantedStorage {
    /// This file, for reading.
    Read(PathBuf),
    /// This file, for reading and writing.
    ReadWrite(PathBuf),
    /// These environment variables: names, or globs of them.
    Environment(Vec<String>),
}

/// What was granted to one component: facts, less what the operator held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Grant {
    /// The component.
    pub digest: Digest,
    /// What the operator left out of what the component declares.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<Withheld>,
    /// The facts that were granted.
    pub facts: Facts,
}

/// Something declared that an operator can leave out of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// Asking whether a secret is there.
    Exists,
    /// Listing names.
    List,
    /// Writing.
    Write,
    /// Deleting.
    Delete,
    /// The check.
    Check,
    /// The credentials: requests go without.
    Credentials,
    /// The storage.
    Storage,
}

impl Withheld {
    /// All of them, for help and errors.
    pub const ALL: [(&'static str, Self); 7] = [
        ("exists", Self::Exists),
        ("list", Self::List),
        ("write", Self::Write),
        ("delete", Self::Delete),
        ("check", Self::Check),
        ("credentials", Self::Credentials),
        ("storage", Self::Storage),
    ];

    /// The one of this name.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, withheld)| withheld)
    }

    const fn of(operation: Operation) -> Option<Self> {
        match operation {
            Operation::Read => None,
            Operation::Exists => Some(Self::Exists),
            Operation::List => Some(Self::List),
            Operation::Write => Some(Self::Write),
            Operation::Delete => Some(Self::Delete),
            Operation::Check => Some(Self::Check),
        }
    }
}

impl Grant {
    /// Whether the operator held this operation back.
    pub fn withholds(&self, operation: Operation) -> bool {
        Withheld::of(operation).is_some_and(|withheld| self.without.contains(&withheld))
    }
}

impl Facts {
    /// What differs from `granted`, one line each, in words a person can weigh.
    pub fn differences(&self, granted: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut compare = |what: &str, before: Vec<String>, now: Vec<String>| {
            for gone in before.iter().filter(|item| !now.contains(item)) {
                lines.push(format!("- {what} {gone}"));
            }
            for new in now.iter().filter(|item| !before.contains(item)) {
                lines.push(format!("+ {what} {new}"));
            }
        };
        let origins = |facts: &Self| {
            facts
                .origins
                .iter()
                .map(|origin| {
                    let ca =
                        origin.ca.as_ref().map(|ca| format!(" with the CA file {}", ca.display())).unwrap_or_default();
                    let private = if origin.private { ", may be private" } else { "" };
                    format!("{}{private}{ca}", origin.url)
                })
                .collect()
        };
        compare("origin", origins(granted), origins(self));
        let recipe = |facts: &Self| facts.recipe.iter().cloned().collect();
        compare("recipe", recipe(granted), recipe(self));
        let credentials = |facts: &Self| {
            facts
                .credentials
                .iter()
                .map(|credential| {
                    let uses = [
                        ("sent to", &credential.to),
                        ("shown as a client certificate to", &credential.shown),
                        ("never sent, the key of a client certificate for", &credential.proves),
                    ];
                    let uses = uses.iter().filter(|(_, origins)| !origins.is_empty());
                    let uses = uses.map(|(how, origins)| format!(", {how} {}", origins.join(" and ")));
                    format!("{} from {}{}", credential.name, credential.from, uses.collect::<String>())
                })
                .collect()
        };
        compare("credential", credentials(granted), credentials(self));
        let variables = |facts: &Self| facts.variables.iter().cloned().collect();
        compare("environment variable", variables(granted), variables(self));
        let storage = |facts: &Self| facts.storage.iter().map(ToString::to_string).collect();
        compare("storage", storage(granted), storage(self));
        lines
    }
}

impl fmt::Display for GrantedStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path) => write!(f, "the file {}, for reading", path.display()),
            Self::ReadWrite(path) => write!(f, "the file {}, for reading and writing", path.display()),
            Self::Environment(variables) => write!(f, "the environment variables {}", variables.join(", ")),
        }
    }
}
