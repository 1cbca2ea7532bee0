//! What the server itself says it was asked.

use std::{fs, path::Path, sync::atomic::Ordering};

use anyhow::{Context, Result};
use serde_json::Value;

use super::OpenBao;

/// One request as the server's audit log has it. Refused ones are in there too, but neither health checks
/// nor what a sealed server or a quota turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRequest {
    /// The server's word for the method: `read`, `list`, `create`, `update`, `delete`, `patch`.
    pub operation: String,
    /// What came after `/v1/`, without the namespace, such as `secret/data/KEY`.
    pub path: String,
    /// The namespace, without a slash at its end; empty for the root.
    pub namespace: String,
}

impl OpenBao {
    /// The requests that reached the server since [`forget_requests`](Self::forget_requests), those of this value's own
    /// methods among them. The log is written before a request is answered, so nothing is missing.
    ///
    /// # Errors
    /// The server's audit log can't be read.
    pub fn requests(&self) -> Result<Vec<SeenRequest>> {
        let mut all = read(&log_file(self.folder.path()))?;
        let forgotten = self.forgotten.load(Ordering::Relaxed).min(all.len());
        Ok(all.split_off(forgotten))
    }

    /// Leaves everything up to now out of [`requests`](Self::requests).
    ///
    /// # Errors
    /// The server's audit log can't be read.
    pub fn forget_requests(&self) -> Result<()> {
        self.forgotten.store(read(&log_file(self.folder.path()))?.len(), Ordering::Relaxed);
        Ok(())
    }
}

pub(super) fn log_file(folder: &Path) -> std::path::PathBuf {
    folder.join("audit.log")
}

fn read(log: &Path) -> Result<Vec<SeenRequest>> {
    let text = fs::read_to_string(log).with_context(|| format!("can't read {}", log.display()))?;
    let lines = text.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    Ok(lines.iter().filter(|line| word(line, "/type") == "request").map(seen).collect())
}

fn seen(line: &Value) -> SeenRequest {
    SeenRequest {
        operation: word(line, "/request/operation").to_owned(),
        path: word(line, "/request/path").to_owned(),
        namespace: word(line, "/request/namespace/path").trim_end_matches('/').to_owned(),
    }
}

fn word<'a>(line: &'a Value, pointer: &str) -> &'a str {
    line.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
