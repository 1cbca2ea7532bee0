//! What can be typed.

use std::path::PathBuf;

pub(crate) use super::options::{Options, Output, pair};
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

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
    #[command(after_help = "Examples:
  runtime check
  runtime --backend vault check --output json")]
    Check,
    /// Try whether a backend does what callers rely on: exit 0 if nothing failed, else 7
    Conform(Conform),
    /// Show what a component declares, without running it
    Inspect(Inspect),
    /// Show what a component would be granted, and record your answer
    Trust(super::trust::Trust),
    /// Begin a backend of your own: a folder with everything to build and test it
    New(New),
    /// Put a manifest into a component
    Pack(Pack),
    /// Compile a component ahead, so that its first call does not wait for it
    Compile(Compile),
    /// Show the backends that can be named
    #[command(after_help = "Examples:
  runtime backends
  runtime backends --output json")]
    Backends,
    /// Write a first runtime.toml, from three questions
    Init(super::init::Init),
    /// Show the configuration that counts, and where each value comes from
    Config(super::config::Config),
    /// Run a program with secrets as its environment variables, or as files
    #[command(visible_alias = "exec")]
    Run(super::run::Run),
    /// Let clients of Vault, Dapr and others read through your backends
    #[command(after_help = "Examples:
  runtime serve
  runtime --backend dotenv.wasm --storage .env serve --socket /tmp/me/runtime.sock")]
    Serve(super::serve::Command),
    /// Mint a token that lets a caller read through the daemon; list and revoke them
    Token(super::token::Token),
    /// Show what the daemon keeps in memory, and make it forget
    Cache(super::cache::Cache),
    /// Let the daemon read its configuration again
    Reload(super::reload::Reload),
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
#[command(after_help = "Examples:
  runtime get OPENAI_API_KEY
  runtime get DB_URL DB_PASSWORD
  runtime --backend vault get team/db --field password
  runtime get OPENAI_API_KEY --output json")]
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
#[command(after_help = "Examples:
  runtime exists OPENAI_API_KEY
  if runtime exists DB_URL > /dev/null; then echo yes; fi")]
pub(crate) struct Exists {
    /// The name of the secret
    #[arg(value_name = "KEY")]
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) opt: Opt,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  runtime list
  runtime list team/ --long
  runtime list --limit 20 --output json")]
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
#[command(after_help = "Examples:
  runtime --access-mode read-write set DB_PASSWORD
  pass db | runtime --access-mode read-write set DB_PASSWORD --trim-newline
  runtime --access-mode read-write set TLS_KEY --from-file key.pem")]
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
#[command(after_help = "Examples:
  runtime --access-mode read-write delete DB_PASSWORD
  runtime --access-mode read-write delete DB_PASSWORD --recovery-days 7")]
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
#[command(after_help = "Examples:
  openssl rand -hex 32 | runtime --access-mode read-write rotate API_KEY
  runtime --access-mode read-write rotate API_KEY --to API_KEY_2")]
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
#[command(after_help = "Examples:
  runtime inspect vault
  runtime inspect ./vault.wasm --output json")]
pub(crate) struct Inspect {
    /// The component; otherwise the one of --backend
    #[arg(value_name = "FILE|NAME")]
    pub(crate) file: Option<String>,
}

/// With --stand-in it is tried against that script, else against its upstream.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  runtime conform ./mine.wasm --stand-in upstream.toml
  runtime --backend mine conform --secret KEY --writing")]
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
#[command(after_help = "Examples:
  runtime new keeper --lang rust
  runtime new keeper --lang python")]
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
    /// 36 KB, and the least overhead.
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
#[command(after_help = "Examples:
  runtime compile vault
  runtime compile ./vault.wasm")]
pub(crate) struct Compile {
    /// The component; otherwise the one of --backend
    #[arg(value_name = "FILE|NAME")]
    pub(crate) file: Option<String>,
}

#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  runtime pack keeper.wasm --manifest backend.toml -o packed.wasm")]
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
