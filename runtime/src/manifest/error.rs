//! What can be wrong with a manifest, or with the component that should hold one.

use crate::text::Shown;

/// Why a component's manifest can't be read or used.
///
/// Array entries are counted from 1: `request[2]` is the second `[[request]]`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// The bytes are not WebAssembly at all.
    #[error("not a WebAssembly component: it does not begin as WebAssembly does")]
    NotWasm,
    /// A core module was given where a component is needed.
    #[error("a core WebAssembly module, not a component; build it with wasm-component-ld as its linker")]
    CoreModule,
    /// The component ends in the middle of a section.
    #[error("truncated: the component of {length} bytes ends inside a section that begins at byte {offset}")]
    Truncated {
        /// Where the part begins that is not whole, in bytes.
        offset: u64,
        /// How long the component is, in bytes.
        length: u64,
    },
    /// The bytes begin as a component does and then break the format.
    #[error("malformed component at byte {offset}: {reason}")]
    Damaged {
        /// Where, in bytes from its beginning.
        offset: u64,
        /// The parser's words.
        reason: String,
    },
    /// More than one manifest section was found.
    #[error("it holds more than one manifest section")]
    Several,
    /// One is to be put in where there is one.
    #[error("it has a manifest already: a component in Rust is built with it, and every other is packed once")]
    Packed,
    /// The manifest section is longer than [`MANIFEST_BYTES`](super::MANIFEST_BYTES).
    #[error("the manifest has {length} bytes; at most {} are read", super::section::MANIFEST_BYTES)]
    TooLong {
        /// Its length in bytes.
        length: u64,
    },
    /// The manifest section is not UTF-8.
    #[error("the manifest is not UTF-8 text")]
    NotText,
    /// It is not TOML.
    #[error("not valid TOML: line {line}: {reason}")]
    Toml {
        /// The line, counted from 1.
        line: usize,
        /// The parser's words, on one line.
        reason: String,
    },
    /// A key that the manifest language does not have.
    #[error("{}unknown key \"{key}\"{}", place(path), meant(nearest.as_deref()))]
    UnknownKey {
        /// The table it stands in; empty at the top.
        path: String,
        /// The key, made safe to show.
        key: String,
        /// The known key that was probably meant.
        nearest: Option<String>,
    },
    /// A value that can't be right where it stands.
    #[error("{}{}", place(path), Shown(reason))]
    Value {
        /// Where it stands.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ManifestError {
    /// A value at `path` that can't be right.
    pub(crate) fn value(path: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Value { path: path.into(), reason: reason.into() }
    }

    /// The same mistake, in a document that stands at `place` in a larger one.
    pub(crate) fn below(self, place: &str) -> Self {
        let join = |path: String| if path.is_empty() { place.to_owned() } else { format!("{place}.{path}") };
        match self {
            Self::UnknownKey { path, key, nearest } => Self::UnknownKey { path: join(path), key, nearest },
            Self::Value { path, reason } => Self::Value { path: join(path), reason },
            other => other,
        }
    }

    /// A key that is not among the known ones.
    pub(crate) fn unknown_key<'k>(path: &str, key: &str, known: impl IntoIterator<Item = &'k str>) -> Self {
        let nearest = crate::text::nearest(key, known).map(str::to_owned);
        Self::UnknownKey { path: path.to_owned(), key: Shown(key).to_string(), nearest }
    }
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|word| format!("; did you mean \"{word}\"?")).unwrap_or_default()
}
