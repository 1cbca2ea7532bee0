//! `doctor`: look for what is wrong here, and say what to do. Nothing that is not trusted takes effect, and no host is
//! spoken to but those that are granted.

mod backend;
mod here;
mod modes;
mod network;
mod report;

use std::{collections::BTreeSet, process::ExitCode};

use self::report::Report;
use super::{Failed, args::Options, load, output, paths};

/// Exit 0 if nothing fails, with warnings or without; else 1.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runtime doctor\n  runtime doctor --backend vault\n  runtime doctor --offline --output json"
)]
pub(crate) struct Doctor {
    /// Open no connection: do not ask whether the granted hosts can be reached
    #[arg(long)]
    offline: bool,
}

pub(crate) async fn run(options: &Options, command: Doctor) -> Result<ExitCode, Failed> {
    let mut report = Report::default();
    let store = here::trust_file(&mut report);
    let config = here::configuration(options, store.as_ref(), &mut report);
    here::audit_log(options, config.as_ref(), &mut report);
    here::code_cache(&mut report);
    let configured = config.iter().flat_map(|config| config.backends()).map(|(name, _)| name.to_owned());
    let installed = paths::installed().into_iter().filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()));
    let mut names: BTreeSet<String> = installed.chain(configured).collect();
    if let Some(asked) = &options.backend {
        names = BTreeSet::from([asked.clone()]);
    }
    if names.is_empty() {
        report.warn(
            "backends",
            "none is installed or configured",
            "a file works too: runtime --backend ./NAME.wasm get KEY",
        );
    }
    // No audit line is written: nothing is asked of a backend.
    let runtime = load::runtime(&Options { audit: None, ..options.clone() }, None)?;
    let (mut reached, mut idle) = (Vec::new(), Vec::new());
    for name in &names {
        let examined = backend::Examined { options, config: config.as_ref(), store: store.as_ref(), runtime: &runtime };
        match examined.is_idle(name) {
            true => idle.push(name.as_str()),
            false => examined.backend(name, &mut report, &mut reached),
        }
    }
    if !idle.is_empty() {
        let idle = idle.join(", ");
        report.ok("installed", format!("{idle}: not set up; `runtime doctor --backend NAME` says what one lacks"));
    }
    if !command.offline {
        network::reach(reached, options.timeout, &mut report).await;
    }
    output::either(options.output, &report.text(), &report.json())?;
    Ok(ExitCode::from(u8::from(report.fails())))
}
