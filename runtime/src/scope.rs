//! What one caller may ask of which backends: `read:prod/production/gemini/*`.
//!
//! A scope names operations, a mount, and names under it by a [glob](crate::Globs). A caller may do what any of its
//! scopes allows, and nothing else. The pure decisions are here; who a caller is and what it asks is not.

use std::{fmt, str::FromStr};

use crate::{
    glob::{GlobError, Globs},
    store::Operation,
    text::{Shown, nearest},
};

/// The operations that a scope can name; a check touches no secret.
const SCOPED: [Operation; 5] =
    [Operation::Read, Operation::Exists, Operation::List, Operation::Write, Operation::Delete];

/// Stands for all operations, or for all mounts.
const ALL: &str = "*";

/// A scope that can't be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadScope {
    /// It has not the shape.
    #[error("`{}` is no scope; one is written OPERATION:MOUNT/NAMES, such as read:prod/team/*", Shown(.0))]
    Shape(String),
    /// It names something that is no operation.
    #[error("`{}` is no operation{}; a scope allows read, exists, list, write, delete, or *", Shown(.0), hint(.1))]
    Operation(String, Option<&'static str>),
    /// The pattern for names can't be used.
    #[error(transparent)]
    Names(#[from] GlobError),
}

fn hint(near: &Option<&'static str>) -> String {
    near.map(|word| format!(", did you mean `{word}`?")).unwrap_or_default()
}

/// One permission: some operations, on some names of one mount or of all.
#[derive(Clone, PartialEq, Eq)]
pub struct Scope {
    operations: Vec<Operation>,
    /// `None` for every mount.
    mount: Option<Box<str>>,
    names: Globs,
}

impl Scope {
    /// Whether it allows the operation. Who may read a secret may also ask whether there is one.
    fn allows(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
            || (operation == Operation::Exists && self.operations.contains(&Operation::Read))
    }

    /// The mount it names; none if it is for every mount.
    pub fn mount(&self) -> Option<&str> {
        self.mount.as_deref()
    }

    fn covers(&self, mount: &str) -> bool {
        self.mount.as_deref().is_none_or(|own| own == mount)
    }
}

impl FromStr for Scope {
    type Err = BadScope;

    fn from_str(text: &str) -> Result<Self, BadScope> {
        let shape = || BadScope::Shape(text.to_owned());
        let (operations, place) = text.split_once(':').ok_or_else(shape)?;
        let (mount, names) = place.split_once('/').ok_or_else(shape)?;
        if mount.is_empty() || (mount != ALL && mount.contains('*')) {
            return Err(shape());
        }
        Ok(Self {
            operations: if operations == ALL { SCOPED.to_vec() } else { listed(operations)? },
            mount: (mount != ALL).then(|| mount.into()),
            names: Globs::new([names])?,
        })
    }
}

fn listed(words: &str) -> Result<Vec<Operation>, BadScope> {
    let known = |word: &str| SCOPED.into_iter().find(|operation| operation.as_str() == word);
    let unknown = |word: &str| BadScope::Operation(word.to_owned(), nearest(word, SCOPED.map(Operation::as_str)));
    words.split(',').map(|word| known(word).ok_or_else(|| unknown(word))).collect()
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if SCOPED.iter().all(|operation| self.operations.contains(operation)) {
            f.write_str(ALL)?;
        } else {
            let words: Vec<_> = self.operations.iter().map(|operation| operation.as_str()).collect();
            f.write_str(&words.join(","))?;
        }
        let names: Vec<_> = self.names.patterns().collect();
        write!(f, ":{}/{}", self.mount.as_deref().unwrap_or(ALL), names.join(","))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", Shown(&self.to_string()))
    }
}

/// All that one caller may do; the empty set allows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads scopes as they are written.
    ///
    /// # Errors
    /// The first of them that can't be meant.
    pub fn parse<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Result<Self, BadScope> {
        scopes.into_iter().map(|scope| scope.as_ref().parse()).collect::<Result<_, _>>().map(Self)
    }

    /// The scopes, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the operation on this canonical name is allowed.
    pub fn allow(&self, operation: Operation, mount: &str, name: &str) -> bool {
        self.on(operation, mount).any(|scope| scope.names.matches(name))
    }

    /// Whether a listing of what begins with this prefix could show anything that is allowed.
    pub fn allow_listing(&self, mount: &str, prefix: &str) -> bool {
        self.on(Operation::List, mount).any(|scope| scope.names.may_match_below(prefix))
    }

    /// Whether a listing of what begins with this prefix shows all that lies there.
    pub fn allow_whole_listing(&self, mount: &str, prefix: &str) -> bool {
        self.on(Operation::List, mount).any(|scope| scope.names.matches_all_below(prefix))
    }

    /// Whether a listing may show this entry: an allowed name, or a folder that one could lie in.
    pub fn show(&self, mount: &str, entry: &str) -> bool {
        if entry.ends_with('/') { self.allow_listing(mount, entry) } else { self.allow(Operation::List, mount, entry) }
    }

    /// Whether anything at all is allowed on this mount.
    pub fn reach(&self, mount: &str) -> bool {
        self.0.iter().any(|scope| scope.covers(mount))
    }

    fn on(&self, operation: Operation, mount: &str) -> impl Iterator<Item = &Scope> {
        self.0.iter().filter(move |scope| scope.covers(mount) && scope.allows(operation))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn a_scope_allows_its_operations_on_its_names_of_its_mount() {
        use Operation::{Delete, Exists, List, Read, Write};
        for (scope, operation, mount, name, allowed) in [
            ("read:prod/team/*", Read, "prod", "team/a", true),
            ("read:prod/team/*", Exists, "prod", "team/a", true),
            ("read:prod/team/*", List, "prod", "team/a", false),
            ("read:prod/team/*", Write, "prod", "team/a", false),
            ("read:prod/team/*", Read, "prod", "team/a/b", false),
            ("read:prod/team/*", Read, "prod", "teams/a", false),
            ("read:prod/team/*", Read, "other", "team/a", false),
            ("read:prod/**", Read, "prod", "a/b", true),
            ("read:*/a", Read, "other", "a", true),
            ("exists:prod/a", Read, "prod", "a", false),
            ("exists:prod/a", Exists, "prod", "a", true),
            ("*:prod/a", Delete, "prod", "a", true),
            ("read,write:prod/a", Write, "prod", "a", true),
            ("read,write:prod/a", Delete, "prod", "a", false),
            ("read:prod/a:b", Read, "prod", "a:b", true),
        ] {
            let scopes = Scopes::parse([scope]).unwrap();
            assert_eq!(scopes.allow(operation, mount, name), allowed, "{scope}: {operation} {mount}/{name}");
        }
    }

    #[test]
    fn without_scopes_nothing_is_allowed_or_seen() {
        let none = Scopes::default();
        assert!(!none.allow(Operation::Read, "prod", "a") && !none.allow_listing("prod", "") && !none.reach("prod"));
    }

    #[test]
    fn a_listing_shows_allowed_names_and_the_folders_towards_them() {
        let scopes = Scopes::parse(["list:prod/team/a/*", "read:prod/other"]).unwrap();
        for (entry, shown) in
            [("team/", true), ("team/a/", true), ("team/a/x", true), ("team/b/", false), ("x", false), ("other", false)]
        {
            assert_eq!(scopes.show("prod", entry), shown, "{entry}");
        }
        assert!(scopes.allow_listing("prod", "") && !scopes.allow_listing("prod", "x/") && scopes.reach("prod"));
        assert!(!scopes.allow_whole_listing("prod", "team/a/"));
        let scopes = Scopes::parse(["list:prod/team/**", "read:prod/**"]).unwrap();
        assert!(scopes.allow_whole_listing("prod", "team/") && !scopes.allow_whole_listing("prod", ""));
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_what_is_wrong() {
        for (scope, said) in [
            ("", "is no scope"),
            ("read", "is no scope"),
            ("read:prod", "is no scope"),
            ("read:/a", "is no scope"),
            ("read:pr*/a", "is no scope"),
            ("read:prod/", "can't be empty"),
            ("reed:prod/a", "did you mean `read`?"),
            (":prod/a", "is no operation"),
            ("check:prod/a", "is no operation"),
            ("read:prod/\u{1b}", "holds a control character"),
        ] {
            let error = scope.parse::<Scope>().unwrap_err().to_string();
            assert!(error.contains(said) && !error.contains('\u{1b}'), "{scope}: {error}");
        }
    }

    #[test]
    fn a_scope_is_shown_as_it_could_be_typed() {
        for text in ["read:prod/team/*", "*:*/**", "read,write:prod/a"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
    }
}
