//! The end of the audit log, as it grows.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::PathBuf,
    time::SystemTime,
};

use secret_runtime::Shown;

/// Bytes at the end of the log that are looked at: more lines than any screen has.
const END: u64 = 64 << 10;

/// An operation on record, in words that can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) time: String,
    pub(super) operation: String,
    pub(super) backend: String,
    pub(super) name: String,
    pub(super) outcome: String,
}

/// Follows an audit log.
#[derive(Debug)]
pub(super) struct Tail {
    path: PathBuf,
    seen: Option<(u64, SystemTime)>,
}

impl Tail {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// Its last lines, if it has changed since they were last asked for.
    pub(super) fn news(&mut self) -> io::Result<Option<Vec<Line>>> {
        // Opening what is no file could wait for ever.
        if !self.path.metadata()?.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut file = File::open(&self.path)?;
        let facts = file.metadata()?;
        let state = (facts.len(), facts.modified()?);
        if self.seen == Some(state) {
            return Ok(None);
        }
        let start = facts.len().saturating_sub(END);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        file.take(END).read_to_end(&mut bytes)?;
        self.seen = Some(state);
        let text = String::from_utf8_lossy(&bytes);
        // Where the beginning is left out, the first line is one in part.
        Ok(Some(text.lines().skip(usize::from(start > 0)).filter_map(line).collect()))
    }

    /// Forgets what was seen, so that it is answered again.
    pub(super) fn again(&mut self) {
        self.seen = None;
    }
}

/// A line of the log; none if it is not one.
fn line(text: &str) -> Option<Line> {
    let object: serde_json::Value = serde_json::from_str(text).ok()?;
    let word = |key: &str| {
        object.get(key).and_then(serde_json::Value::as_str).map(|word| Shown(word).to_string()).unwrap_or_default()
    };
    let time = word("time");
    // From 2026-01-31T12:34:56.789Z, the day and the time.
    let time = time.get(5..19).map_or(time.clone(), |time| time.replace('T', " "));
    Some(Line {
        time,
        operation: word("operation"),
        backend: word("backend"),
        name: word("name"),
        outcome: word("outcome"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Write as _;

    use super::*;

    #[test]
    fn lines_are_told_as_they_come_and_not_twice() {
        let mut log = tempfile::NamedTempFile::new().unwrap();
        let mut tail = Tail::new(log.path().to_owned());
        assert_eq!(tail.news().unwrap(), Some(Vec::new()));
        assert_eq!(tail.news().unwrap(), None);
        let text =
            r#"{"time":"2026-01-31T12:34:56.789Z","operation":"read","backend":"b","name":"K\u001b","outcome":"ok"}"#;
        writeln!(log, "{text}\nno line").unwrap();
        let expected = Line {
            time: "01-31 12:34:56".into(),
            operation: "read".into(),
            backend: "b".into(),
            name: r"K\u{1b}".into(),
            outcome: "ok".into(),
        };
        assert_eq!(tail.news().unwrap(), Some(vec![expected.clone()]));
        assert_eq!(tail.news().unwrap(), None);
        tail.again();
        assert_eq!(tail.news().unwrap(), Some(vec![expected]));
    }

    #[test]
    fn of_a_long_log_the_end_is_told_in_whole_lines() {
        let mut log = tempfile::NamedTempFile::new().unwrap();
        for count in 0..5000 {
            writeln!(log, r#"{{"operation":"list","name":"{count}"}}"#).unwrap();
        }
        let lines = Tail::new(log.path().to_owned()).news().unwrap().unwrap();
        assert!(lines.len() > 1000 && lines.len() < 5000, "{}", lines.len());
        assert_eq!(lines.last().unwrap().name, "4999");
        assert!(lines.iter().all(|line| line.operation == "list"));
    }

    #[test]
    fn a_log_that_is_gone_is_an_error_and_not_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Tail::new(folder.path().join("missing")).news().is_err());
        assert!(Tail::new(folder.path().to_owned()).news().is_err());
    }
}
