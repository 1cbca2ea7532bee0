//! What is said on the command line.

use std::time::Duration;

use anyhow::{Context, Result, bail};

const USAGE: &str = "usage: cargo xtask soak [--for TIME] [--rate REQUESTS-A-SECOND] [--reload-every TIME|never] \
                     (TIME: 90s, 5m, 1h)";

/// How a run is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// How long there is load.
    pub(crate) time: Duration,
    /// Requests a second, of all clients together.
    pub(crate) rate: u32,
    /// How often the daemon takes its configuration anew.
    pub(crate) reload: Option<Duration>,
}

impl Default for Options {
    fn default() -> Self {
        Self { time: Duration::from_secs(60), rate: 100, reload: Some(Duration::from_secs(45)) }
    }
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// One of them is not known, or can't be meant.
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self::default();
        while let Some(word) = words.next() {
            let value = words.next().with_context(|| format!("{word} needs a value\n{USAGE}"))?;
            match word.as_str() {
                "--for" => options.time = time(&value)?,
                "--rate" => {
                    let rate = value.parse().ok().filter(|rate| (1..=500).contains(rate));
                    options.rate = rate.with_context(|| format!("a rate is a number from 1 to 500\n{USAGE}"))?;
                }
                "--reload-every" if value == "never" => options.reload = None,
                "--reload-every" => options.reload = Some(time(&value)?),
                _ => bail!("{word} is not known\n{USAGE}"),
            }
        }
        Ok(options)
    }
}

fn time(text: &str) -> Result<Duration> {
    let unit = |end: &str, seconds: u64| text.strip_suffix(end)?.parse::<u64>().ok()?.checked_mul(seconds);
    let seconds = unit("s", 1).or_else(|| unit("m", 60)).or_else(|| unit("h", 3600)).filter(|seconds| *seconds > 0);
    seconds.map(Duration::from_secs).with_context(|| format!("`{text}` is no time\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn read(words: &[&str]) -> Result<Options> {
        Options::read(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn what_is_said_counts() {
        let said = read(&["--for", "1h", "--rate", "20", "--reload-every", "5m"]).unwrap();
        let (hour, five) = (Duration::from_secs(3600), Duration::from_secs(300));
        assert_eq!(said, Options { time: hour, rate: 20, reload: Some(five) });
        assert_eq!(read(&["--reload-every", "never"]).unwrap(), Options { reload: None, ..Options::default() });
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for words in [&["--for"][..], &["--for", "1"], &["--for", "0s"], &["--rate", "501"], &["--speed", "9"]] {
            assert!(read(words).is_err(), "{words:?}");
        }
    }
}
