//! `.env`: the dialect of the dotenv backend.

use std::collections::HashMap;

use dotenv_text::{File, definition};
use secret_runtime::Shown;
use zeroize::Zeroizing;

use super::{Entry, Parsed, Problems};

/// Reads a file. As for a shell, the last definition of a key is the one that counts, which is told.
pub(super) fn read(text: &str) -> Result<Parsed, Problems> {
    let file = File::parse(text).map_err(|malformed| Problems::one(malformed.to_string()))?;
    let mut last: HashMap<&str, usize> = HashMap::new();
    let mut parsed = Parsed::default();
    for (place, definition) in file.definitions().iter().enumerate() {
        if last.insert(definition.key, place).is_some() {
            parsed.notes.push(format!("{} is defined more than once; the last one counts", Shown(definition.key)));
        }
    }
    parsed.notes.dedup();
    let counts = |(place, key): (usize, &str)| last.get(key) == Some(&place);
    let definitions = file.definitions().iter().enumerate().filter(|(place, one)| counts((*place, one.key)));
    parsed.entries = definitions.map(|(_, one)| Entry::new(one.key, one.value.as_bytes())).collect();
    Ok(parsed)
}

/// Writes a line for each entry.
pub(super) fn write(entries: &[Entry]) -> Result<Zeroizing<Vec<u8>>, Problems> {
    let mut problems = Problems::default();
    let mut out = Zeroizing::new(Vec::new());
    for entry in entries {
        let Some(text) = entry.text() else {
            problems.of(&entry.name, "a .env file can't hold a value that is not UTF-8 text");
            continue;
        };
        match definition(&entry.name, text).map(Zeroizing::new) {
            Ok(line) => out.extend_from_slice(line.as_bytes()),
            Err(unfit) => problems.of(&entry.name, &unfit.to_string()),
        }
    }
    problems.or(out)
}
