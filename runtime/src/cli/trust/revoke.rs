//! `trust revoke`: forgetting what is trusted.

use std::{collections::BTreeMap, process::ExitCode};

use secret_runtime::Shown;

use super::{
    super::{Failed, args::Options, configuration, load},
    select,
};

pub(super) fn revoke(options: &Options, what: Option<&str>) -> Result<ExitCode, Failed> {
    let mut store = load::trust_store()?;
    let selected = select::select(options, &store, what)?;
    let components: BTreeMap<_, _> = selected
        .components
        .iter()
        .map(|record| (record.grant.digest.to_string(), (record.grant.digest, record.name.clone())))
        .collect();
    let configurations: Vec<_> =
        selected.configurations.iter().map(|config| (config.path.clone(), config.digest)).collect();
    let config = configuration::read(options)?;
    let audit = load::audit_log(options, config.as_ref())?;
    for (digest, name) in components.into_values() {
        load::audit_trust(audit.as_ref(), "revoke", &name, digest.to_string())?;
        let gone = store.revoke(digest)?;
        say!("runtime: forgot {gone} grant{} of {}, {digest}", if gone == 1 { "" } else { "s" }, Shown(&name));
    }
    for (path, digest) in configurations {
        load::audit_trust(audit.as_ref(), "revoke", "runtime.toml", digest.to_string())?;
        store.revoke_config(&path)?;
        say!("runtime: {} is no longer trusted", Shown(&path.to_string_lossy()));
    }
    Ok(ExitCode::SUCCESS)
}
