//! A manifest of a Kubernetes Secret.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::{Entry, Problems, yaml::quote};

/// Bytes that the values of a Secret may have together.
const SECRET_BYTES: usize = 1 << 20;
/// Characters of a key or a name.
const CHARACTERS: usize = 253;

/// What a manifest says beside its values.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Manifest {
    /// The name of the Secret, for --format kubernetes
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Its namespace; otherwise the one it is applied in
    #[arg(long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,
}

impl Manifest {
    /// Whether its names can be.
    pub(crate) fn check(&self) -> Result<(), Problems> {
        self.problems().or(())
    }

    fn problems(&self) -> Problems {
        let mut problems = Problems::default();
        match self.name.as_deref() {
            None => problems.0.push("a Secret has a name; give --name".to_owned()),
            Some(name) if is_subdomain(name) => {}
            Some(name) => problems.of(name, "the name of a Secret is made of lowercase letters, digits, - and ."),
        }
        if let Some(namespace) = self.namespace.as_deref().filter(|name| !is_label(name)) {
            problems.of(namespace, "a namespace is made of lowercase letters, digits and -, 63 at most");
        }
        problems
    }
}

fn is_label(name: &str) -> bool {
    let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len()) && name.chars().all(within) && !name.starts_with('-') && !name.ends_with('-')
}

fn is_subdomain(name: &str) -> bool {
    let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_part =
        |part: &str| !part.is_empty() && part.chars().all(within) && !part.starts_with('-') && !part.ends_with('-');
    name.len() <= CHARACTERS && name.split('.').all(is_part)
}

/// Writes the manifest.
pub(super) fn write(entries: &[Entry], manifest: &Manifest) -> Result<Zeroizing<Vec<u8>>, Problems> {
    let mut problems = manifest.problems();
    for entry in entries {
        let within = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let fits = (1..=CHARACTERS).contains(&entry.name.len()) && entry.name.chars().all(within);
        if !fits || entry.name == "." || entry.name.starts_with("..") {
            problems.of(&entry.name, "a key of a Secret is made of letters, digits, -, _ and .");
        }
    }
    if entries.iter().map(|entry| entry.value.expose().len()).sum::<usize>() > SECRET_BYTES {
        problems.0.push("a Secret holds 1 MiB, and these are more; choose fewer with --only".to_owned());
    }
    let mut out = Zeroizing::new(b"apiVersion: v1\nkind: Secret\nmetadata:\n  name: ".to_vec());
    quote(&mut out, manifest.name.as_deref().unwrap_or_default());
    if let Some(namespace) = &manifest.namespace {
        out.extend_from_slice(b"\n  namespace: ");
        quote(&mut out, namespace);
    }
    out.extend_from_slice(b"\ntype: Opaque\ndata:");
    for entry in entries {
        out.extend_from_slice(b"\n  ");
        quote(&mut out, &entry.name);
        out.extend_from_slice(b": \"");
        out.extend_from_slice(Zeroizing::new(STANDARD.encode(entry.value.expose())).as_bytes());
        out.push(b'"');
    }
    out.extend_from_slice(if entries.is_empty() { b" {}\n" } else { b"\n" });
    problems.or(out)
}
