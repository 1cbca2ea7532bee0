//! Names as environment variables have them.

use std::collections::HashMap;

use clap::ValueEnum;
use secret_runtime::Shown;

use super::{Entry, Problems};

/// How a secret's name becomes one of an environment variable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvNames {
    /// It is one already, or is refused.
    #[default]
    Exact,
    /// In upper case, with _ for what a variable can't have: team/db-password becomes TEAM_DB_PASSWORD.
    Upper,
}

impl EnvNames {
    /// The entries under such names. `required` refuses what is no name of a variable.
    pub(crate) fn apply(self, entries: Vec<Entry>, required: bool) -> Result<Vec<Entry>, Problems> {
        let mut problems = Problems::default();
        let mut taken: HashMap<String, String> = HashMap::new();
        let mut named = Vec::new();
        for entry in entries {
            let name = match self {
                Self::Exact => entry.name.clone(),
                Self::Upper => upper(&entry.name),
            };
            if required && !is_variable(&name) {
                problems.of(
                    &entry.name,
                    "it is no name of an environment variable; --env-names upper makes one of it, and json, yaml and \
                     kubernetes keep it",
                );
            }
            if let Some(other) = taken.insert(name.clone(), entry.name.clone()) {
                problems.of(&entry.name, &format!("it would be {name}, and so would {}", Shown(&other)));
            }
            named.push(Entry { name, value: entry.value });
        }
        problems.or(named)
    }
}

fn upper(name: &str) -> String {
    let mut upper: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if upper.starts_with(|c: char| c.is_ascii_digit()) {
        upper.insert(0, '_');
    }
    upper
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
