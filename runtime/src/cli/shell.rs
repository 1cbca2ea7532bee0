//! Words that a person can copy into a shell.

use secret_runtime::Shown;

/// The text as one word: as it is where a shell leaves it alone, else in single quotes.
pub(crate) fn word(text: &str) -> String {
    let text = Shown(text).to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+:,@%=".contains(c);
    if !text.is_empty() && text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_back_what_was_meant() {
        for (text, shown) in [
            ("/opt/vault.wasm", "/opt/vault.wasm"),
            ("my vault.wasm", "'my vault.wasm'"),
            ("it's.wasm", r"'it'\''s.wasm'"),
            ("$(id);`id`", "'$(id);`id`'"),
            ("", "''"),
            ("a\nb", r"'a\u{a}b'"),
        ] {
            assert_eq!(word(text), shown);
        }
    }
}
