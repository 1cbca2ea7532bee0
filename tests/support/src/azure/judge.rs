//! Microsoft's clients, run against a stand-in.

use std::{collections::BTreeMap, process::Command};

use anyhow::{Result, bail};

use super::Azure;
use crate::{Venv, layout};

impl Azure {
    /// Runs `tests/azure/judge.py` with these arguments, as the first application and with these variables besides.
    /// Answers what it prints.
    ///
    /// # Errors
    /// The packages can't be had, or the judge does not agree; what it says is in the error.
    pub fn judge(&self, arguments: &[&str], environment: &[(&str, String)]) -> Result<String> {
        let client = self.client();
        let mut variables = BTreeMap::from([
            ("JUDGE_ADDRESS", self.tls_address()),
            ("JUDGE_CA", self.ca_file().display().to_string()),
            ("JUDGE_TENANT", self.tenant()),
            ("JUDGE_CLIENT_ID", client.id),
            ("JUDGE_SECRET", client.secret),
            // Their HTTP client has a list of its own.
            ("REQUESTS_CA_BUNDLE", self.ca_file().display().to_string()),
        ]);
        variables.extend(environment.iter().cloned());
        let judged = Command::new(Venv::azure()?.program("python"))
            .arg(layout::root().join("tests/azure/judge.py"))
            .args(arguments)
            .env_clear()
            .envs(variables)
            .output()?;
        if !judged.status.success() {
            bail!("the judge does not agree ({arguments:?}):\n{}", String::from_utf8_lossy(&judged.stderr));
        }
        Ok(String::from_utf8(judged.stdout)?.trim_end().to_owned())
    }
}
