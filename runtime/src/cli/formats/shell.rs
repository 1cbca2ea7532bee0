//! Lines for a POSIX shell.

use zeroize::Zeroizing;

use super::{Entry, Problems};

/// Writes `export NAME='value'` for each entry: in single quotes everything is itself, line breaks included.
pub(super) fn write(entries: &[Entry]) -> Result<Zeroizing<Vec<u8>>, Problems> {
    let mut problems = Problems::default();
    let mut out = Zeroizing::new(Vec::new());
    for entry in entries {
        if entry.value.expose().contains(&0) {
            problems.of(&entry.name, "a shell can't hold a value with a NUL byte");
            continue;
        }
        out.extend_from_slice(format!("export {}=", entry.name).as_bytes());
        quote(&mut out, entry.value.expose());
        out.push(b'\n');
    }
    problems.or(out)
}

/// One word in single quotes. A NUL byte has no place in it, and is refused before.
pub(in crate::cli) fn quote(out: &mut Vec<u8>, value: &[u8]) {
    out.push(b'\'');
    for byte in value {
        match byte {
            b'\'' => out.extend_from_slice(br"'\''"),
            byte => out.push(*byte),
        }
    }
    out.push(b'\'');
}
