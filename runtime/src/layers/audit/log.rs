//! The audit log itself: one JSON object a line, one write(2) a line, appended to a file of our own or to standard
//! error.

use std::{
    fmt::Write as _,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rustix::{
    fs::{FileType, Mode, OFlags, fstat, open},
    io::Errno,
};
use serde::Serialize;

use super::refusal;
use crate::{error::Result, store::NAME_BYTES, text::Shown};

/// What a line records. Trusting and revoking are lines too.
#[derive(Clone, Debug, Default)]
pub struct Event<'a> {
    /// What was asked for: an operation, `trust`, `revoke`, or what a daemon is asked for itself.
    pub operation: &'a str,
    /// The backend's name; empty where no backend is meant.
    pub backend: &'a str,
    /// The digest of its component, as `sha256:…`; empty where none is meant.
    pub digest: &'a str,
    /// The secret's name, the prefix of a listing, the accessor of a token, or the mount that a caller does not reach.
    pub name: Option<&'a str>,
    /// What a token allows.
    pub scopes: &'a [String],
    /// The caller's name.
    pub caller: Option<&'a str>,
    /// [`OK`](super::OK), [`CANCELLED`](super::CANCELLED) or the kind of the failure.
    pub outcome: &'a str,
    /// The upstream's error code, one of those the manifest declares.
    pub code: Option<&'a str>,
    /// Where the answer came from.
    pub source: Option<&'a str>,
    /// How long it took.
    pub duration: Duration,
}

/// A line as it is written; what is not known is left out.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    operation: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    backend: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    digest: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    scopes: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    outcome: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    duration_ms: u128,
}

/// An open audit log. Clones share it.
#[derive(Clone, Debug)]
pub struct AuditLog(Arc<Mutex<Sink>>);

#[derive(Debug)]
struct Sink {
    destination: Destination,
    /// Whether the last line failed, and may stand in the file in part.
    broken: bool,
}

#[derive(Debug)]
enum Destination {
    File(OwnedFd),
    StandardError,
}

impl AuditLog {
    /// Opens the log that an operator names: a path, or `-` for standard error.
    ///
    /// Fails as [`AuditLog::open`] does.
    pub fn named(destination: &str) -> Result<Self> {
        if destination == "-" { Ok(Self::standard_error()) } else { Self::open(Path::new(destination)) }
    }

    /// Writes to standard error.
    pub fn standard_error() -> Self {
        Self::to(Destination::StandardError)
    }

    /// Appends to this file, made with mode 0600 if it is not there.
    ///
    /// Refused, rule `audit`, if it can't be opened, is not a regular file, belongs to somebody else, or lets others
    /// read or write it.
    pub fn open(path: &Path) -> Result<Self> {
        let shown = path.to_string_lossy();
        let fails = |why: String| refusal(format!("the audit log `{}` can't be used: {why}", Shown(&shown)));
        // Not blocking: a FIFO without a reader would hold us for ever. It means nothing to a regular file.
        let flags = OFlags::WRONLY
            | OFlags::APPEND
            | OFlags::CREATE
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC
            | OFlags::NONBLOCK
            | OFlags::NOCTTY;
        let file = open(path, flags, Mode::RUSR | Mode::WUSR).map_err(|errno| match errno {
            Errno::LOOP => fails("it is a symbolic link".to_owned()),
            errno => fails(errno.to_string()).caused_by(std::io::Error::from(errno)),
        })?;
        let facts = fstat(&file).map_err(|errno| fails(errno.to_string()))?;
        if !FileType::from_raw_mode(facts.st_mode).is_file() {
            return Err(fails("it is not a regular file".to_owned()));
        }
        if facts.st_uid != rustix::process::geteuid().as_raw() {
            return Err(fails("it belongs to another user".to_owned()));
        }
        if facts.st_mode & 0o077 != 0 {
            return Err(fails(format!("its mode {:o} lets others at it; chmod it to 600", facts.st_mode & 0o777)));
        }
        Ok(Self::to(Destination::File(file)))
    }

    fn to(destination: Destination) -> Self {
        Self(Arc::new(Mutex::new(Sink { destination, broken: false })))
    }

    #[cfg(test)]
    pub(super) fn over(file: impl Into<OwnedFd>) -> Self {
        Self::to(Destination::File(file.into()))
    }

    fn sink(&self) -> MutexGuard<'_, Sink> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last line could not be written.
    pub fn is_broken(&self) -> bool {
        self.sink().broken
    }

    /// Appends a line now, with the time of now. It returns when the kernel has the line; it is not forced to disk.
    ///
    /// Refused, rule `audit`, if the line can't be written whole.
    pub fn record(&self, event: &Event<'_>) -> Result<()> {
        let line = render(event, jiff::Timestamp::now());
        let mut sink = self.sink();
        // A line that failed half-way must not swallow the next one.
        let text = if sink.broken { format!("\n{line}") } else { line };
        let written = match &sink.destination {
            Destination::File(file) => write_whole(file, text.as_bytes()),
            Destination::StandardError => write_whole(std::io::stderr(), text.as_bytes()),
        };
        sink.broken = written.is_err();
        written.map_err(|error| refusal(format!("the audit log can't be written: {error}")).caused_by(error))
    }
}

/// Writes in one write(2), so that lines of several processes do not mix.
fn write_whole(file: impl AsFd, bytes: &[u8]) -> std::io::Result<()> {
    let written = rustix::io::retry_on_intr(|| rustix::io::write(&file, bytes))?;
    if written == bytes.len() { Ok(()) } else { Err(std::io::ErrorKind::StorageFull.into()) }
}

/// The event as a line of JSON in plain ASCII: nothing in it can move a cursor, turn the reading direction, or look
/// like something else.
fn render(event: &Event<'_>, time: jiff::Timestamp) -> String {
    let line = Line {
        time: format!("{time:.3}"),
        operation: event.operation,
        backend: capped(event.backend),
        digest: event.digest,
        name: event.name.map(capped),
        scopes: event.scopes,
        caller: event.caller.map(capped),
        outcome: event.outcome,
        code: event.code.map(capped),
        source: event.source,
        duration_ms: event.duration.as_millis(),
    };
    // Only text and a number are in it, which can't fail; an empty object would still be a line that is missed.
    let json = serde_json::to_string(&line).unwrap_or_else(|_| "{}".to_owned());
    let mut ascii = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        if matches!(c, ' '..='~') {
            ascii.push(c);
        } else {
            // Outside printable ASCII there is only the inside of JSON strings.
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(ascii, "\\u{unit:04x}");
            }
        }
    }
    ascii.push('\n');
    ascii
}

/// As much of a foreign text as a name may be long, so that a caller can't flood the log.
fn capped(text: &str) -> &str {
    text.get(..text.floor_char_boundary(NAME_BYTES)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    const EVENT: Event<'_> = Event {
        operation: "read",
        backend: "prod",
        digest: "sha256:00ff",
        name: Some("KEY"),
        scopes: &[],
        caller: None,
        outcome: "ok",
        code: None,
        source: Some("cache"),
        duration: Duration::from_micros(2900),
    };

    #[test]
    fn a_line_is_one_json_object_with_a_utc_time_in_milliseconds() {
        let time = "2026-01-02T03:04:05.678912Z".parse().unwrap();
        assert_eq!(
            render(&EVENT, time),
            "{\"time\":\"2026-01-02T03:04:05.678Z\",\"operation\":\"read\",\"backend\":\"prod\",\
             \"digest\":\"sha256:00ff\",\"name\":\"KEY\",\"outcome\":\"ok\",\"source\":\"cache\",\"duration_ms\":2}\n"
        );
    }

    #[test]
    fn foreign_text_is_escaped_to_ascii_and_reads_back_as_it_was() {
        let foreign = "a\n\"\\\u{1b}[31m\u{7f}\u{85}\u{202e}é\u{1f511}";
        let line = render(&Event { name: Some(foreign), caller: Some(foreign), ..EVENT }, jiff::Timestamp::now());
        let (newline, rest) = line.as_bytes().split_last().unwrap();
        assert!(*newline == b'\n' && rest.iter().all(|byte| (b' '..=b'~').contains(byte)), "{line}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((value.get("name").unwrap(), value.get("caller").unwrap()), (&foreign.into(), &foreign.into()));
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(capped(&"€".repeat(NAME_BYTES)), "€".repeat(NAME_BYTES / 3));
        assert_eq!(capped("short"), "short");
    }

    #[test]
    fn lines_are_appended_to_a_file_that_only_its_owner_can_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        for _ in 0..2 {
            AuditLog::open(&path).unwrap().record(&EVENT).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_others_can_open_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        fs::write(&path, "").unwrap();
        for mode in [0o644, 0o620, 0o601] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let error = AuditLog::open(&path).unwrap_err();
            assert_eq!(error.rule(), Some("audit"));
            assert!(error.reason().contains(&format!("its mode {mode:o} ")), "{error}");
        }
    }

    #[test]
    fn a_link_a_folder_a_device_and_a_fifo_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink(at("elsewhere"), at("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, at("fifo"), Mode::RUSR | Mode::WUSR).unwrap();
        for (path, why) in [
            (at("link"), "symbolic link"),
            (folder.path().to_owned(), "directory"),
            ("/dev/null".into(), "not a regular file"),
            (at("fifo"), "No such device"),
            (at("missing/audit.jsonl"), "No such file"),
        ] {
            let error = AuditLog::open(&path).unwrap_err();
            assert_eq!((error.kind(), error.rule()), (crate::error::Kind::Refused, Some("audit")));
            assert!(error.reason().contains(why), "{error}");
        }
        assert!(!at("elsewhere").exists());
    }

    #[test]
    fn a_log_that_fails_says_so_and_mends_itself_on_a_new_line() {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        ours.set_nonblocking(true).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let log = AuditLog::over(ours);
        let mut written = 0;
        while log.record(&EVENT).is_ok() {
            assert!(!log.is_broken());
            written += 1;
        }
        assert!(written > 0 && log.is_broken());
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut &theirs, &mut text).unwrap_err();
        log.record(&EVENT).unwrap();
        assert!(!log.is_broken());
        drop(log);
        std::io::Read::read_to_end(&mut &theirs, &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().filter(|line| line.ends_with('}')).count(), written + 1);
        assert!(text.contains("\n\n{"));
    }
}
