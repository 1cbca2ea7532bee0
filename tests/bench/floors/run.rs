//! A program with fifty secrets, beside as many requests by `curl` at once.

use anyhow::Result;
use criterion::Criterion;
use serde_json::json;
use test_support::OpenBao;

use crate::{
    process::{Home, row, seconds},
    table::Row,
};

/// Secrets that the program gets.
const SECRETS: usize = 50;
/// Runs of each.
const ROUNDS: usize = 40;

/// `runtime run -- true` with fifty secrets from OpenBao.
///
/// # Errors
/// A server or a program can't be had, or fails.
pub(crate) fn run(_: &mut Criterion) -> Result<Vec<Row>> {
    let (server, home) = (OpenBao::start()?, Home::new()?);
    let names: Vec<String> = (0..SECRETS).map(|number| format!("SECRET_{number}")).collect();
    for name in &names {
        server.put(name, &json!({ "value": format!("value of {name}") }))?;
    }
    let ours = || {
        let mut command = home.vault(&server, &home.path().join("cache"))?;
        command.args(["run", "--only", &names.join(","), "--", "true"]);
        Ok::<_, anyhow::Error>(command)
    };
    let curl = || {
        let mut command = home.program("curl");
        command.args(["--silent", "--fail", "--parallel", "--parallel-immediate", "--parallel-max", "50", "--header"]);
        command.arg(format!("X-Vault-Token: {}", server.token()));
        let urls = names.iter().map(|name| format!("{}/v1/secret/data/{name}", server.address()));
        command.args(urls);
        command
    };
    // Once before, so that what is measured is compiled.
    seconds(&mut ours()?)?;
    let pairs = (0..ROUNDS).map(|_| Ok((seconds(&mut curl())?, seconds(&mut ours()?)?))).collect::<Result<Vec<_>>>()?;
    Ok(vec![row("`run -- true` with 50 secrets / 50 parallel requests by curl", &pairs, 2.0)])
}
