//! What the component exports and imports.

use crate::{
    conform::report::{Not, Outcome},
    sandbox::{Component, interface},
    text::Shown,
};

/// Every export of this package is an interface that the runtime calls, in a version that it knows. Imports are known
/// already: a component with others can't be loaded.
pub(crate) fn versions(component: &Component) -> Outcome {
    let ours = |name: &&String| name.starts_with("secret-runtime:");
    let known = |name: &str| interface(name).is_some_and(|interface| INTERFACES.contains(&interface));
    if let Some(unknown) = component.exports().iter().filter(ours).find(|name| !known(name)) {
        return Not::failed(format!("this runtime does not know {}, and never calls it", Shown(unknown)));
    }
    let others = component.imports().iter().filter(|import| !ours(import)).count();
    match others {
        0 => Ok(String::new()),
        others => Ok(format!("it also imports {others} interfaces of WASI")),
    }
}

/// The interfaces of the contract that a backend may export.
const INTERFACES: [&str; 7] = ["common", "read", "exists", "listing", "write", "delete", "check"];
