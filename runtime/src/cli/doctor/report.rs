//! What was looked at, what was found, and what to do.

use std::fmt::Write as _;

use secret_runtime::Shown;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Ok,
    Warn,
    Fail,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

struct Finding {
    level: Level,
    about: String,
    what: String,
    /// What to do, or to type.
    advice: String,
}

/// All findings, in the order in which things were looked at.
#[derive(Default)]
pub(super) struct Report(Vec<Finding>);

impl Report {
    pub(super) fn ok(&mut self, about: &str, what: impl Into<String>) {
        self.add(Level::Ok, about, what.into(), String::new());
    }

    pub(super) fn warn(&mut self, about: &str, what: impl Into<String>, advice: impl Into<String>) {
        self.add(Level::Warn, about, what.into(), advice.into());
    }

    pub(super) fn fail(&mut self, about: &str, what: impl Into<String>, advice: impl Into<String>) {
        self.add(Level::Fail, about, what.into(), advice.into());
    }

    fn add(&mut self, level: Level, about: &str, what: String, advice: String) {
        self.0.push(Finding { level, about: about.to_owned(), what, advice });
    }

    pub(super) fn tells_of(&self, about: &str) -> bool {
        self.0.iter().any(|finding| finding.about == about)
    }

    pub(super) fn fails(&self) -> bool {
        self.0.iter().any(|finding| finding.level == Level::Fail)
    }

    fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for finding in &self.0 {
            let _ =
                writeln!(text, "{:<4}  {}: {}", finding.level.as_str(), Shown(&finding.about), Shown(&finding.what));
            if !finding.advice.is_empty() {
                let _ = writeln!(text, "      -> {}", Shown(&finding.advice));
            }
        }
        let _ = match (self.count(Level::Fail), self.count(Level::Warn)) {
            (0, 0) => writeln!(text, "All is well."),
            (0, warnings) => writeln!(text, "Nothing fails; {warnings} to look at."),
            (failures, warnings) => writeln!(text, "{failures} failed; {warnings} more to look at."),
        };
        text
    }

    pub(super) fn json(&self) -> Value {
        let finding = |finding: &Finding| {
            json!({
                "level": finding.level.as_str(),
                "about": finding.about,
                "what": finding.what,
                "advice": (!finding.advice.is_empty()).then_some(&finding.advice),
            })
        };
        json!({ "ok": !self.fails(), "findings": self.0.iter().map(finding).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_alone_do_not_fail() {
        let mut report = Report::default();
        report.ok("a", "is there");
        report.warn("b", "is old", "renew it");
        assert!(!report.fails());
        assert_eq!(
            report.text(),
            "ok    a: is there\nwarn  b: is old\n      -> renew it\nNothing fails; 1 to look at.\n"
        );
        report.fail("c", "is gone\u{1b}[2J", "");
        assert!(report.fails());
        assert!(report.text().contains("fail  c: is gone\\u{1b}[2J\n"));
    }
}
