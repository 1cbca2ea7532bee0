//! What can be typed.

use std::{path::PathBuf, time::Duration};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use secret_runtime::{AccessMode, Digest};

/// Secrets out of sandboxed backends.
///
/// A backend is a WebAssembly component that knows how one secret manager speaks. It reaches only the hosts it is
/// granted, and never sees the credentials that are added to its requests.
#[derive(Debug, Parser)]
#[command(name = "runtime", version, max_term_width = 110)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every command takes.
#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct Options {
    /// The backend: a file if there is a / in it or it ends in .wasm, else a name from the configuration or from the
    /// folder of installed backends
    #[arg(long, global = true, value_name = "FILE|NAME")]
    pub(crate) backend: Option<String>,
    /// A setting of the backend
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// What it keeps its secrets in: a file, or environment variables by name or glob
    #[arg(long, global = true, value_name = "FILE|env:GLOB,…")]
    pub(crate) storage: Option<String>,
    /// Let this file answer the backend's requests in place of the network
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) stand_in: Option<PathBuf>,
    /// How it authenticates; otherwise the first recipe whose credentials are all there
    #[arg(long, global = true, value_name = "RECIPE")]
    pub(crate) auth: Option<String>,
    /// In which direction secrets may travel [default: read-only]
    #[arg(long, global = true, value_name = "MODE", value_parser = access_mode)]
    pub(crate) access_mode: Option<AccessMode>,
    /// The names it answers for: * stays in a segment, ** crosses
    #[arg(long, global = true, value_name = "GLOB,…", value_delimiter = ',')]
    pub(crate) hosted_keys: Vec<String>,
    /// Apply the backend's character map to names, such as _ to -
    #[arg(long, global = true)]
    pub(crate) map_names: bool,
    /// Grant for this run what the component declares; with a digest, only if it is that component
    #[arg(long, global = true, value_name = "sha256:…", num_args = 0..=1, require_equals = true)]
    #[expect(clippy::option_option, reason = "clap's shape for an option whose value may be left out")]
    pub(crate) trust: Option<Option<Digest>>,
    /// The configuration; otherwise a trusted runtime.toml here or in a folder above
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// The profile of the configuration, such as prod for its [profiles.prod]
    #[arg(short = 'P', long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// How long a call may take as a whole, such as 10s
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Write a line for every operation to this file, or to standard error
    #[arg(long, global = true, value_name = "FILE|-")]
    pub(crate) audit: Option<String>,
    /// Let environment variables answer for names that the backend does not have
    #[arg(long, global = true)]
    pub(crate) env_fallback: bool,
    /// How results are written
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
    /// Show each request that the backend makes, what it logs, and where in it a trap happened
    #[arg(long, global = true)]
    pub(crate) trace: bool,
    /// Say more on standard error; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
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

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read secrets
    Get(Get),
    /// Ask whether there is a secret: exit 0 for yes, 10 for no
    Exists(Exists),
    /// List names
    List(List),
    /// Write a secret, from standard input, a hidden prompt or a file
    Set(Set),
    /// Delete a secret
    Delete(Delete),
    /// Give a secret a new value, and prove it by reading it back
    Rotate(Rotate),
    /// Ask whether the upstream answers and accepts us
    Check,
    /// Try whether a backend does what callers rely on: exit 0 if nothing failed, else 7
    Conform(Conform),
    /// Show what a component declares, without running it
    Inspect(Inspect),
    /// Show what a component would be granted, and record your answer
    Trust(Trust),
    /// Begin a backend of your own: a folder with everything to build and test it
    New(New),
    /// Put a manifest into a component
    Pack(Pack),
    /// Compile a component ahead, so that its first call does not wait for it
    Compile(Compile),
    /// Show the backends that can be named
    Backends,
    /// Write a first runtime.toml, from three questions
    Init(super::init::Init),
    /// Show the configuration that counts, and where each value comes from
    Config(super::config::Config),
    /// Run a program with secrets as its environment variables, or as files
    Run(super::run::Run),
    /// Write the entries of a .env, JSON or YAML file into a backend
    Import(super::import::Import),
    /// Print secrets for another program: .env, shell, JSON, YAML, Kubernetes, GitHub Actions
    Export(super::export::Export),
    /// Fill the empty values of a .env file
    Fill(super::fill::Fill),
    /// Copy secrets from one backend to another
    Copy(super::copy::Copy),
    /// Replace the references in a template by what they stand for
    Inject(super::inject::Inject),
    /// Look for what is wrong here, and say what to do
    Doctor(super::doctor::Doctor),
    /// Browse backends, names and what is known of them, on the whole screen
    Ui(super::ui::Ui),
    /// Print what makes a shell complete commands, backends and names
    Completions(super::completions::Completions),
    /// Print the manual page, or write one for every command
    Man(super::man::Man),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Get {
    /// The names of the secrets
    #[arg(required = true, value_name = "KEY")]
    pub(crate) keys: Vec<String>,
    /// A version in the upstream's own notation
    #[arg(long, value_name = "V")]
    pub(crate) version: Option<String>,
    /// The member of a secret that has several; short for --opt field=F
    #[arg(long, value_name = "F")]
    pub(crate) field: Option<String>,
    #[command(flatten)]
    pub(crate) opt: Opt,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Opt {
    /// A setting of this call alone
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) opt: Vec<(String, String)>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Exists {
    /// The name of the secret
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) opt: Opt,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// Only names that begin with this
    #[arg(value_name = "PREFIX", default_value = "")]
    pub(crate) prefix: String,
    /// The most names to show
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Show versions and what else the backend says of each
    #[arg(long)]
    pub(crate) long: bool,
    #[command(flatten)]
    pub(crate) opt: Opt,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Set {
    /// The name of the secret
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) about: About,
    /// Fail if it exists
    #[arg(long, conflicts_with = "if_version")]
    pub(crate) create_only: bool,
    /// Fail unless this is its version
    #[arg(long, value_name = "V")]
    pub(crate) if_version: Option<String>,
    #[command(flatten)]
    pub(crate) opt: Opt,
}

/// Where a new value comes from: never the argument list, which other users can see.
#[derive(Debug, ClapArgs)]
pub(crate) struct Input {
    /// Take the value from a file, byte for byte
    #[arg(long, value_name = "FILE")]
    pub(crate) from_file: Option<PathBuf>,
    /// Take one newline off the end of the value
    #[arg(long)]
    pub(crate) trim_newline: bool,
}

/// What is written beside a secret.
#[derive(Debug, ClapArgs)]
pub(crate) struct About {
    /// A description
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// A tag
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    pub(crate) tag: Vec<(String, String)>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Delete {
    /// The name of the secret
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// Keep it recoverable for so many days
    #[arg(long, value_name = "N", conflicts_with = "force")]
    pub(crate) recovery_days: Option<u32>,
    /// Delete it for good, with all versions
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) opt: Opt,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Rotate {
    /// The name of the secret
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    /// Store it under another name, and delete the old one once the new one is proven
    #[arg(long, value_name = "NEW")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) input: Input,
    #[command(flatten)]
    pub(crate) about: About,
    #[command(flatten)]
    pub(crate) opt: Opt,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Inspect {
    /// The component; otherwise the one of --backend
    #[arg(value_name = "FILE|NAME")]
    pub(crate) file: Option<String>,
}

/// With --stand-in it is tried against that script, else against its upstream.
#[derive(Debug, ClapArgs)]
pub(crate) struct Conform {
    /// The component; otherwise the one of --backend
    #[arg(value_name = "FILE|NAME")]
    pub(crate) file: Option<String>,
    /// A secret that is there, to be read and not changed
    #[arg(long, value_name = "NAME")]
    pub(crate) secret: Option<String>,
    /// Write secrets of its own to the upstream, all named conform-…, and remove them
    #[arg(long)]
    pub(crate) writing: bool,
    /// A request rule that can't be tried there, as `inspect` shows it or how that begins
    #[arg(long, value_name = "RULE")]
    pub(crate) untried: Vec<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct New {
    /// The name of the backend, and of its folder
    #[arg(value_name = "NAME", value_parser = super::new::name)]
    pub(crate) name: String,
    /// The language to write it in
    #[arg(long, value_name = "LANGUAGE")]
    pub(crate) lang: Language,
}

/// A language to write backends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// 30 KB, and the least overhead.
    Rust,
    /// 18 MB; a Python class that you have can be used as it is.
    Python,
    /// JavaScript, with types for TypeScript.
    #[value(alias = "javascript", alias = "typescript", alias = "ts")]
    Js,
    /// 10 KB.
    C,
}

impl Language {
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Js => "JavaScript",
            Self::C => "C",
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Compile {
    /// The component; otherwise the one of --backend
    #[arg(value_name = "FILE|NAME")]
    pub(crate) file: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Trust {
    /// The component, or a runtime.toml; otherwise the component of --backend
    #[arg(value_name = "FILE|NAME")]
    pub(crate) file: Option<String>,
    /// Record it without asking, if it is the file of this digest
    #[arg(long, value_name = "sha256:…")]
    pub(crate) digest: Option<Digest>,
    /// Leave something out of the grant: exists, list, write, delete, check, credentials, storage
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',')]
    pub(crate) without: Vec<String>,
    /// Forget every grant of this component
    #[arg(long, conflicts_with_all = ["digest", "without"])]
    pub(crate) revoke: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Pack {
    /// The component without a manifest
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// The manifest
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: PathBuf,
    /// Where the packed component goes
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: PathBuf,
}

fn pair(text: &str) -> Result<(String, String), String> {
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
