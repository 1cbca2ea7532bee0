//! `token`: what lets a caller read through the daemon is minted, listed and revoked.

use std::{fmt::Write as _, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use http::Method;
use secret_runtime::{Scope, Shown};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    Failed,
    args::{Options, Output},
    daemon::{self, Place, segment},
    output,
};

/// Where tokens are minted, listed and revoked.
const ROUTE: &str = "/runtime/v1/tokens";

#[derive(Debug, ClapArgs)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  runtime token --scope 'read:prod/production/gemini/*' --ttl 1h\n  \
                  runtime token --scope 'read,list:prod/**' --ttl 720h --note 'the mail server'\n  \
                  runtime token list\n  runtime token revoke --all"
)]
pub(crate) struct Token {
    #[command(subcommand)]
    action: Option<Action>,
    /// What it allows, such as read:prod/team/*; may be given several times
    ///
    /// It is written OPERATIONS:MOUNT/NAMES. Operations are read, exists, list, write and delete, with commas between
    /// several, or * for all; * is also all mounts; in names, * stays in a segment and ** crosses.
    #[arg(long = "scope", value_name = "SCOPE", required_unless_present = "metrics")]
    scopes: Vec<Scope>,
    /// How long it holds, such as 15m, 1h or 720h; a year at most
    #[arg(long, value_name = "DURATION", required = true, value_parser = ttl)]
    ttl: Option<String>,
    /// What it is for, in your words; shown by list
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Let it see all figures of the daemon
    #[arg(long)]
    metrics: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the tokens that hold, without the tokens themselves
    #[command(after_help = "Examples:\n  runtime token list\n  runtime token list --output json")]
    List(List),
    /// Let a token hold no longer, from now on
    #[command(
        after_help = "Examples:\n  runtime token revoke 6f1c0b5be6d949a7a3a7a2c1d1b0a9e8\n  runtime token revoke --all"
    )]
    Revoke(Revoke),
}

#[derive(Debug, ClapArgs)]
struct List {
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, ClapArgs)]
struct Revoke {
    /// The accessor, which `list` shows
    #[arg(value_name = "ACCESSOR", required_unless_present = "all", conflicts_with = "all")]
    accessor: Option<String>,
    /// Revoke all tokens
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: Place,
}

/// What the daemon says of a token.
#[derive(Deserialize)]
struct Known {
    accessor: String,
    scopes: Vec<String>,
    #[serde(default)]
    metrics: bool,
    expires: String,
    note: Option<String>,
    #[serde(default)]
    missing_mounts: Vec<String>,
}

pub(crate) async fn run(options: &Options, command: Token) -> Result<ExitCode, Failed> {
    match &command.action {
        None => mint(options, &command).await,
        Some(Action::List(list)) => self::list(options, &list.place).await,
        Some(Action::Revoke(revoke)) => self::revoke(options, revoke).await,
    }
}

async fn mint(options: &Options, command: &Token) -> Result<ExitCode, Failed> {
    let scopes: Vec<_> = command.scopes.iter().map(ToString::to_string).collect();
    let mut asked = json!({ "scopes": scopes, "ttl": command.ttl, "metrics": command.metrics });
    if let (Some(note), Some(asked)) = (&command.note, asked.as_object_mut()) {
        asked.insert("note".to_owned(), note.as_str().into());
    }
    let mut minted = command.place.daemon(options)?.ask(Method::POST, ROUTE, Some(&asked)).await?;
    if options.output == Output::Json {
        return output::json(&minted);
    }
    let token = match minted.get_mut("token").map(Value::take) {
        Some(Value::String(token)) => Zeroizing::new(token),
        _ => return Err(daemon::no_sense()),
    };
    let known: Known = serde_json::from_value(minted).map_err(|_| daemon::no_sense())?;
    say!(
        "runtime: until {} this token allows {}; `runtime token revoke {}` ends it before",
        Shown(&known.expires),
        allowed(&known),
        Shown(&known.accessor)
    );
    for mount in &known.missing_mounts {
        say!("runtime: nothing is mounted as {} now, so a scope of it allows nothing yet", Shown(mount));
    }
    output::exact(token.as_bytes())
}

async fn list(options: &Options, place: &Place) -> Result<ExitCode, Failed> {
    let answer = place.daemon(options)?.ask(Method::GET, ROUTE, None).await?;
    let tokens = answer.get("tokens").cloned().unwrap_or_default();
    let tokens: Vec<Known> = serde_json::from_value(tokens).map_err(|_| daemon::no_sense())?;
    let mut text = String::new();
    for known in &tokens {
        let note = known.note.as_deref().map(|note| format!("  ({})", Shown(note))).unwrap_or_default();
        let (accessor, expires) = (Shown(&known.accessor), Shown(&known.expires));
        let _ = writeln!(text, "{accessor} until {expires}  {}{note}", allowed(known));
    }
    if tokens.is_empty() {
        say!("runtime: no token holds");
    }
    output::either(options.output, &text, &answer)
}

async fn revoke(options: &Options, command: &Revoke) -> Result<ExitCode, Failed> {
    let target = command.accessor.as_deref().map(|accessor| format!("{ROUTE}/{}", segment(accessor)));
    let target = target.as_deref().unwrap_or(ROUTE);
    let answer = command.place.daemon(options)?.ask(Method::DELETE, target, None).await?;
    let revoked = answer.get("revoked").and_then(Value::as_u64).ok_or_else(daemon::no_sense)?;
    say!("runtime: {revoked} token{} revoked", if revoked == 1 { "" } else { "s" });
    output::either(options.output, "", &answer)
}

/// What it allows, in a line.
fn allowed(known: &Known) -> String {
    let metrics = known.metrics.then(|| "the daemon's figures".to_owned());
    let words: Vec<_> = known.scopes.iter().map(|scope| Shown(scope).to_string()).chain(metrics).collect();
    words.join(" and ")
}

fn ttl(text: &str) -> Result<String, String> {
    secret_runtime::config::duration(text).map(|_| text.to_owned()).map_err(|cause| cause.to_string())
}
