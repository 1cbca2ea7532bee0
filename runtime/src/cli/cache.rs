//! `cache`: what the daemon keeps is listed and forgotten.

use std::{fmt::Write as _, process::ExitCode};

use clap::{Args as ClapArgs, Subcommand};
use http::Method;
use secret_runtime::Shown;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Failed,
    args::Options,
    daemon::{self, Place, segment},
    output,
};

/// Where the caches are asked about.
const ROUTE: &str = "/runtime/v1/cache";

#[derive(Debug, ClapArgs)]
#[command(
    disable_help_subcommand = true,
    after_help = "Examples:\n  runtime cache list --mount prod\n  runtime cache clear\n  \
                  runtime cache clear --mount prod team/db"
)]
pub(crate) struct Cache {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show what is kept: names and for how long, never a value
    #[command(after_help = "Examples:\n  runtime cache list\n  runtime cache list --mount prod --output json")]
    List(List),
    /// Forget what is kept, so that the next read asks the upstream
    #[command(
        after_help = "Examples:\n  runtime cache clear\n  runtime cache clear --mount prod\n  runtime cache clear \
                            --mount prod team/db"
    )]
    Clear(Clear),
}

#[derive(Debug, ClapArgs)]
struct List {
    /// Only what is kept of this mount
    #[arg(long, value_name = "MOUNT")]
    mount: Option<String>,
    #[command(flatten)]
    place: Place,
}

#[derive(Debug, ClapArgs)]
struct Clear {
    /// Only what is kept of this mount
    #[arg(long, value_name = "MOUNT")]
    mount: Option<String>,
    /// Only this secret, in all its versions
    #[arg(value_name = "NAME", requires = "mount")]
    name: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// What the daemon says of something it keeps.
#[derive(Deserialize)]
struct Kept {
    mount: String,
    name: String,
    version: Option<String>,
    age_seconds: u64,
    left_seconds: u64,
    stale: bool,
    absent: bool,
}

pub(crate) async fn run(options: &Options, command: Cache) -> Result<ExitCode, Failed> {
    match &command.action {
        Action::List(list) => self::list(options, list).await,
        Action::Clear(clear) => self::clear(options, clear).await,
    }
}

async fn list(options: &Options, command: &List) -> Result<ExitCode, Failed> {
    let target = target(command.mount.as_deref(), None);
    let answer = command.place.daemon(options)?.ask(Method::GET, &target, None).await?;
    let entries = answer.get("entries").cloned().unwrap_or_default();
    let entries: Vec<Kept> = serde_json::from_value(entries).map_err(|_| daemon::no_sense())?;
    let mut text = String::new();
    for kept in &entries {
        let version = kept.version.as_deref().map(|version| format!(" (version {})", Shown(version)));
        let what = match (kept.absent, kept.stale) {
            (true, _) => "that there is none, ",
            (false, true) => "too old, ",
            (false, false) => "",
        };
        let _ = writeln!(
            text,
            "{}/{}{}  {what}{} s old, {} s left",
            Shown(&kept.mount),
            Shown(&kept.name),
            version.unwrap_or_default(),
            kept.age_seconds,
            kept.left_seconds
        );
    }
    if entries.is_empty() {
        say!("runtime: nothing is kept");
    }
    output::either(options.output, &text, &answer)
}

async fn clear(options: &Options, command: &Clear) -> Result<ExitCode, Failed> {
    let target = target(command.mount.as_deref(), command.name.as_deref());
    let answer = command.place.daemon(options)?.ask(Method::DELETE, &target, None).await?;
    let cleared = answer.get("cleared").and_then(Value::as_u64).ok_or_else(daemon::no_sense)?;
    say!("runtime: {cleared} kept value{} forgotten", if cleared == 1 { "" } else { "s" });
    output::either(options.output, "", &answer)
}

/// The path and the query that name this much of all that is kept.
fn target(mount: Option<&str>, name: Option<&str>) -> String {
    let given = [("mount", mount), ("name", name)].into_iter().filter_map(|(key, value)| Some((key, value?)));
    let query: Vec<_> = given.map(|(key, value)| format!("{key}={}", segment(value))).collect();
    if query.is_empty() { ROUTE.to_owned() } else { format!("{ROUTE}?{}", query.join("&")) }
}
