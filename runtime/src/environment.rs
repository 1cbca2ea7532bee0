//! Environment variables, which the library reads only where they are handed to it.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

/// Environment variables. The library reads none by itself: whoever embeds it hands them in.
pub trait Environment: Send + Sync {
    /// The value of a variable, if it is set and is text.
    fn get(&self, name: &str) -> Option<Zeroizing<String>>;
    /// The names of all variables.
    fn names(&self) -> Vec<String>;
}

/// The environment of this process, read each time it is asked. Variables that are not UTF-8 count as not set.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        std::env::var(name).ok().map(Zeroizing::new)
    }

    fn names(&self) -> Vec<String> {
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
    }
}

impl Environment for BTreeMap<String, String> {
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        BTreeMap::get(self, name).map(|value| Zeroizing::new(value.clone()))
    }

    fn names(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}
