//! This process's environment, which the library never reads by itself.

use secret_runtime::Environment;
use zeroize::Zeroizing;

/// The environment of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process;

impl Environment for Process {
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        std::env::var(name).ok().map(Zeroizing::new)
    }

    fn names(&self) -> Vec<String> {
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
    }
}
