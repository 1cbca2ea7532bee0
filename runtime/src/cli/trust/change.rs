//! What a component or a configuration newly asks for since it was trusted, and what it no longer asks for.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use secret_runtime::{
    Candidate, Digest, Error, Kind, Shown,
    config::{self, Config},
    trust::{Declared, Record, TrustStore},
};
use serde_json::{Value, json};

use super::{
    super::{
        Failed,
        args::Options,
        configuration,
        load::{self, Found},
        output, shell,
    },
    is_configuration, left_out,
    recorded::{date, short},
};

/// Bytes of a configuration's lines on record; what is longer is compared by its digest alone.
const LINES: usize = 16 << 10;

/// Between the version that is trusted and the one at hand.
pub(crate) struct Change {
    before: Digest,
    now: Digest,
    /// When it was trusted, as a date; empty if that is not on record.
    when: String,
    /// What the version before is called.
    version: String,
    /// What was left out of the grant before.
    without: String,
    /// What it newly asks for.
    new: Vec<String>,
    /// What it no longer asks for.
    gone: Vec<String>,
    /// How much could be compared.
    compared: Compared,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Compared {
    Whole,
    /// The record says what was granted, and not what the component declared.
    FactsAlone,
    /// The record holds a digest and nothing else.
    DigestAlone,
}

impl Change {
    /// Since the latest grant of this component, or of another under its path or name.
    pub(crate) fn of(store: &TrustStore, candidate: &Candidate, found: &Found) -> Option<Self> {
        let (component, facts) = (candidate.component(), candidate.facts());
        let (digest, name) = (component.digest(), component.manifest().name.as_str());
        let same = store.of(digest).find(|record| record.grant.facts == *facts);
        let path = found.path.canonicalize().ok();
        let record = same.or_else(|| store.latest(digest, name, path.as_deref()))?;
        let mut lines = facts.differences(&record.grant.facts);
        let mut compared = Compared::Whole;
        if record.grant.digest != digest {
            match (&record.declared, Declared::of(component)) {
                (Some(before), Some(now)) => lines.extend(now.differences(before)),
                _ => compared = Compared::FactsAlone,
            }
        }
        Some(Self::between(record, digest, lines, compared))
    }

    fn between(record: &Record, now: Digest, lines: Vec<String>, compared: Compared) -> Self {
        let (new, gone) = sorted(lines);
        Self {
            before: record.grant.digest,
            now,
            when: date(&record.granted_at).to_owned(),
            version: record.declared.as_ref().map(|declared| declared.version.clone()).unwrap_or_default(),
            without: left_out(&record.grant),
            new,
            gone,
            compared,
        }
    }

    /// Whether it is the one that is trusted, asking for what it was granted.
    pub(crate) fn is_same(&self) -> bool {
        self.before == self.now && self.new.is_empty() && self.gone.is_empty()
    }

    /// In plain words, a line each.
    pub(crate) fn words(&self) -> String {
        let mut text = String::new();
        let since = if self.when.is_empty() { String::new() } else { format!(" on {}", self.when) };
        let _ = if self.is_same() {
            writeln!(text, "It is trusted as it is{}.", since.replace(" on ", ", since "))
        } else if self.before == self.now {
            writeln!(text, "It was trusted{since}, with other facts:")
        } else {
            let version = if self.version.is_empty() { String::new() } else { format!("{}, ", Shown(&self.version)) };
            writeln!(text, "Another version of it was trusted{since}: {version}{}", short(self.before))
        };
        for (words, items) in [("It newly asks for:", &self.new), ("It no longer asks for:", &self.gone)] {
            if !items.is_empty() {
                let _ = writeln!(text, "  {words}");
                items.iter().for_each(|item| text.push_str(&format!("    {}\n", Shown(item))));
            }
        }
        if self.before != self.now {
            let _ = match self.compared {
                Compared::Whole if self.new.is_empty() && self.gone.is_empty() => {
                    writeln!(text, "  It asks for the same in these words; what it does with it may differ.")
                }
                Compared::Whole => Ok(()),
                Compared::FactsAlone => {
                    writeln!(text, "  What it declared then is not on record: only what it was granted is compared.")
                }
                Compared::DigestAlone => {
                    writeln!(text, "  What it said then is not on record: only that it has changed can be told.")
                }
            };
        }
        if !self.without.is_empty() {
            let _ = writeln!(text, "  Left out then: {}.", self.without);
        }
        text
    }

    fn json(&self) -> Value {
        json!({
            "same": self.is_same(),
            "trusted": self.before.to_string(),
            "now": self.now.to_string(),
            "new": self.new,
            "gone": self.gone,
            "compared": match self.compared {
                Compared::Whole => "all",
                Compared::FactsAlone => "facts",
                Compared::DigestAlone => "digest",
            },
        })
    }

    /// The lines of both directions, for a message of one line.
    pub(crate) fn brief(&self) -> String {
        let new = self.new.iter().map(|item| format!("+ {item}"));
        let lines: Vec<_> = self.gone.iter().map(|item| format!("- {item}")).chain(new).collect();
        lines.join("; ")
    }

    /// Whether the component itself is the one that was trusted.
    pub(crate) fn is_of_same_component(&self) -> bool {
        self.before == self.now
    }
}

/// Lines that begin with `+` or `-`, apart.
fn sorted(lines: Vec<String>) -> (Vec<String>, Vec<String>) {
    let (new, gone): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.starts_with('+'));
    let bare = |lines: Vec<String>| lines.iter().map(|line| line.chars().skip(2).collect()).collect();
    (bare(new), bare(gone))
}

/// A configuration's description, each line with what it is about; none if that is too long to be kept.
pub(super) fn lines(config: &Config) -> Option<Vec<String>> {
    let text = config.describe();
    let mut about = String::new();
    let lines = text.lines().filter(|line| !line.is_empty()).map(|line| match line.strip_prefix("  ") {
        Some(line) => format!("{about}: {line}"),
        None => {
            about = line.split(" is ").next().unwrap_or_default().to_owned();
            line.to_owned()
        }
    });
    let lines: Vec<_> = lines.collect();
    (lines.iter().map(String::len).sum::<usize>() <= LINES).then_some(lines)
}

/// What differs in a configuration since it was trusted.
pub(super) fn of_configuration(store: &TrustStore, path: &Path, now: Digest, config: &Config) -> Option<Change> {
    let record = store.configurations().find(|known| known.path == path)?;
    let (mut new, mut gone, mut compared) = (Vec::new(), Vec::new(), Compared::Whole);
    match (&record.described, lines(config)) {
        _ if record.digest == now => {}
        (Some(before), Some(now)) => {
            new = now.iter().filter(|line| !before.contains(line)).cloned().collect();
            gone = before.iter().filter(|line| !now.contains(line)).cloned().collect();
        }
        _ => compared = Compared::DigestAlone,
    }
    let when = record.trusted_at.as_deref().map(date).unwrap_or_default().to_owned();
    Some(Change {
        before: record.digest,
        now,
        when,
        version: String::new(),
        without: String::new(),
        new,
        gone,
        compared,
    })
}

/// `trust diff`.
pub(super) fn diff(options: &Options, file: Option<&str>) -> Result<ExitCode, Failed> {
    let (word, change) = match file.filter(|file| is_configuration(file)) {
        Some(file) => {
            let (path, digest) = config::identity(Path::new(file))?;
            let config = Config::read_pinned(&path, digest)?;
            (file.to_owned(), of_configuration(&load::trust_store()?, &path, digest, &config))
        }
        None => {
            let config = configuration::read(options)?;
            let found = load::find(file.or(options.backend.as_deref()), config.as_ref())?;
            let runtime = load::runtime(options, config.as_ref())?;
            let candidate =
                load::builder(options, config.as_ref(), &runtime, &found, load::unread(config.as_ref(), &found))?
                    .candidate()?;
            (found.path.to_string_lossy().into_owned(), Change::of(&load::trust_store()?, &candidate, &found))
        }
    };
    let Some(change) = change else {
        let word = shell::word(&word);
        let reason = format!("no version of {word} is trusted; `runtime trust {word}` shows and trusts it");
        return Err(Error::new(Kind::Untrusted, reason).into());
    };
    output::either(options.output, &change.words(), &change.json())?;
    Ok(ExitCode::from(u8::from(!change.is_same())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_are_told_apart_by_their_first_character() {
        let lines = ["- origin a", "+ origin b", "- option + x"].map(str::to_owned).to_vec();
        assert_eq!(sorted(lines), (vec!["origin b".to_owned()], vec!["origin a".to_owned(), "option + x".to_owned()]));
    }
}
