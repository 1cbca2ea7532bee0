//! Options that every command takes.

use std::{path::PathBuf, time::Duration};

use clap::{Args as ClapArgs, ValueEnum};
use secret_runtime::{AccessMode, Digest};

/// Options that every command takes.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Options {
    /// The backend: a file if there is a / in it or it ends in .wasm, else a name from the configuration or from the
    /// folder of installed backends
    #[arg(long, global = true, value_name = "FILE|NAME", help_heading = "Backend")]
    pub(crate) backend: Option<String>,
    /// A setting of the backend
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = pair, help_heading = "Backend")]
    pub(crate) set: Vec<(String, String)>,
    /// What it keeps its secrets in: a file, or environment variables by name or glob
    #[arg(long, global = true, value_name = "FILE|env:GLOB,…", help_heading = "Backend")]
    pub(crate) storage: Option<String>,
    /// Let this file answer the backend's requests in place of the network
    #[arg(long, global = true, value_name = "FILE", help_heading = "Backend")]
    pub(crate) stand_in: Option<PathBuf>,
    /// How it authenticates; otherwise the first recipe whose credentials are all there
    #[arg(long, global = true, value_name = "RECIPE", help_heading = "Backend")]
    pub(crate) auth: Option<String>,
    /// In which direction secrets may travel [default: read-only]
    #[arg(long, global = true, value_name = "MODE", value_parser = access_mode, help_heading = "Policy")]
    pub(crate) access_mode: Option<AccessMode>,
    /// The names it answers for: * stays in a segment, ** crosses
    #[arg(long, global = true, value_name = "GLOB,…", value_delimiter = ',', help_heading = "Policy")]
    pub(crate) hosted_keys: Vec<String>,
    /// Apply the backend's character map to names, such as _ to -
    #[arg(long, global = true, help_heading = "Policy")]
    pub(crate) map_names: bool,
    /// Grant for this run what the component declares; with a digest, only if it is that component
    #[arg(
        long,
        global = true,
        value_name = "sha256:…",
        num_args = 0..=1,
        require_equals = true,
        help_heading = "Backend"
    )]
    #[expect(clippy::option_option, reason = "clap's shape for an option whose value may be left out")]
    pub(crate) trust: Option<Option<Digest>>,
    /// The configuration; otherwise a trusted runtime.toml here or in a folder above
    #[arg(long, global = true, value_name = "FILE", help_heading = "Backend")]
    pub(crate) config_file: Option<PathBuf>,
    /// The profile of the configuration, such as prod for its [profiles.prod]
    #[arg(short = 'P', long, global = true, value_name = "NAME", help_heading = "Backend")]
    pub(crate) profile: Option<String>,
    /// How long a call may take as a whole, such as 10s
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration, help_heading = "Policy")]
    pub(crate) timeout: Option<Duration>,
    /// Write a line for every operation to this file, or to standard error
    #[arg(long, global = true, value_name = "FILE|-", help_heading = "Policy")]
    pub(crate) audit: Option<String>,
    /// Let environment variables answer for names that the backend does not have
    #[arg(long, global = true, help_heading = "Policy")]
    pub(crate) env_fallback: bool,
    /// How results are written
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text", help_heading = "Output")]
    pub(crate) output: Output,
    /// Show each request that the backend makes, what it logs, and where in it a trap happened
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) trace: bool,
    /// Tell what each layer decides, and log more; twice and thrice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
}

impl Options {
    /// What holds for backends that the command line does not name: it says nothing of their settings or their policy.
    pub(crate) fn for_others(&self) -> Self {
        Self {
            backend: None,
            set: Vec::new(),
            storage: None,
            stand_in: None,
            auth: None,
            access_mode: None,
            hosted_keys: Vec::new(),
            map_names: false,
            trust: self.trust.filter(Option::is_none),
            env_fallback: false,
            ..self.clone()
        }
    }
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people and shells.
    Text,
    /// For programs.
    Json,
}

pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        // What was typed is not repeated: it may be a value on its own.
        _ => Err("it is written KEY=VALUE".to_owned()),
    }
}

fn access_mode(text: &str) -> Result<AccessMode, String> {
    text.parse::<AccessMode>().map_err(|cause| cause.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    secret_runtime::config::duration(text).map_err(|cause| cause.to_string())
}
