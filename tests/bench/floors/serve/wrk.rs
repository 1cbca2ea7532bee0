//! `wrk`, and what it measured.

use std::{cell::Cell, fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::PathBuf, process::Stdio};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use test_support::Load;

use super::peers::ask;
use crate::upstream::VALUE;

/// How long one run takes, as `wrk` reads it.
const TIME: &str = "3s";

/// What a run came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    pub(super) requests: f64,
    /// Requests a second.
    pub(super) rate: f64,
    /// In seconds, as p99 is.
    pub(super) p50: f64,
    pub(super) p99: f64,
}

/// The program.
pub(super) struct Wrk<'a> {
    load: &'a Load,
    folder: TempDir,
    scripts: Cell<usize>,
}

/// What one side of a comparison is asked.
pub(super) struct Target<'a> {
    wrk: &'a Wrk<'a>,
    url: String,
    token: Option<String>,
    script: PathBuf,
}

impl<'a> Wrk<'a> {
    pub(super) fn new(load: &'a Load) -> Result<Self> {
        Ok(Self { load, folder: tempfile::tempdir()?, scripts: Cell::new(0) })
    }

    /// Requests for this address, or for so many secrets below it, one after the other.
    pub(super) fn target(&'a self, url: &str, token: Option<&str>, keys: Option<usize>) -> Result<Target<'a>> {
        let script = self.folder.path().join(format!("{}.lua", self.scripts.replace(self.scripts.get() + 1)));
        // In a file: everybody can read what is on a command line.
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&script)?;
        if let Some(token) = token {
            writeln!(file, "wrk.headers['X-Vault-Token'] = '{token}'")?;
        }
        if let Some(keys) = keys {
            writeln!(
                file,
                "local started, count = 0, 0\n\
                 function setup(thread) thread:set('number', started); started = started + 1 end\n\
                 function init(args) count = number * {keys} / 2 end\n\
                 function request()\n  count = (count + 1) % {keys}\n  \
                 return wrk.format('GET', wrk.path .. '/many/' .. math.floor(count))\nend"
            )?;
        }
        writeln!(
            file,
            "function done(summary, latency)\n  local e = summary.errors\n  \
             io.write(string.format('figures %d %d %d %d %d\\n', summary.requests, summary.duration, \
             latency:percentile(50), latency:percentile(99), \
             e.connect + e.read + e.write + e.status + e.timeout))\nend"
        )?;
        Ok(Target { wrk: self, url: url.to_owned(), token: token.map(str::to_owned), script })
    }
}

impl Target<'_> {
    /// What it answers, once.
    pub(super) fn body(&self) -> Result<Vec<u8>> {
        let rest = self.url.strip_prefix("http://").context("wrk is used without TLS here")?;
        let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
        let token = self.token.as_ref().map(|token| format!("X-Vault-Token: {token}\r\n")).unwrap_or_default();
        let request = format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\n{token}Connection: close\r\n\r\n");
        let body = ask(address.parse()?, &request)?;
        ensure!(String::from_utf8_lossy(&body).contains(VALUE), "{} does not answer with the secret", self.url);
        Ok(body)
    }

    /// Asks over so many connections for a while.
    pub(super) fn run(&self, connections: usize) -> Result<Figures> {
        let threads = connections.min(std::thread::available_parallelism().map_or(1, usize::from));
        let mut command = self.wrk.load.command("wrk")?;
        command.args(["--duration", TIME, "--timeout", "10s"]);
        command.args(["--threads", &threads.to_string(), "--connections", &connections.to_string()]);
        let output = command.arg("--script").arg(&self.script).arg(&self.url).stdin(Stdio::null()).output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let line = printed.lines().find_map(|line| line.strip_prefix("figures "));
        let line = line.with_context(|| format!("wrk failed: {printed}{}", String::from_utf8_lossy(&output.stderr)))?;
        let figures: Vec<f64> = line.split(' ').filter_map(|figure| figure.parse().ok()).collect();
        let [requests, microseconds, p50, p99, errors] = figures.as_slice() else { bail!("wrk printed {line}") };
        ensure!(*errors == 0.0, "{errors} of {requests} requests to {} failed", self.url);
        Ok(Figures { requests: *requests, rate: requests / microseconds * 1e6, p50: p50 / 1e6, p99: p99 / 1e6 })
    }
}
