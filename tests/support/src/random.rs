//! Words that nobody can guess, so that one test's server never takes another's credentials.

use anyhow::Result;

/// Makes words that share a random part and are never the same.
#[derive(Debug, Default)]
pub(crate) struct Words {
    chance: String,
    made: u32,
}

impl Words {
    /// # Errors
    /// The system has no randomness to give.
    pub(crate) fn new() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Self { chance: bytes.iter().map(|byte| format!("{byte:02x}")).collect(), made: 0 })
    }

    /// The next word.
    pub(crate) fn next(&mut self) -> String {
        self.made += 1;
        format!("{:04x}{}", self.made, self.chance)
    }
}
