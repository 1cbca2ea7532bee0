//! Which credentials are there, and which recipe uses them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{Inputs, config};
use crate::{
    egress::credentials::{
        CredentialSource,
        identity::{Found, Identity},
    },
    error::{Kind, Result},
    manifest::{Manifest, Recipe, settings::Resolved},
    store::SecretBytes,
    text::{Shown, nearest},
};

/// The declared credentials that are there.
pub(super) fn available(manifest: &Manifest, inputs: &Inputs) -> Result<BTreeMap<String, CredentialSource>> {
    if let Some(unknown) = inputs.credentials.keys().find(|name| !manifest.credentials.contains_key(*name)) {
        let near = nearest(unknown, manifest.credentials.keys().map(String::as_str));
        let hint = near.map(|near| format!("; did you mean {near:?}?")).unwrap_or_default();
        return Err(config(format!("the backend declares no credential {}{hint}", Shown(unknown))));
    }
    let mut found = BTreeMap::new();
    for (name, declared) in &manifest.credentials {
        let variable = |variable: &'_ String| {
            let value = inputs.environment.as_ref()?.get(variable)?;
            (!value.is_empty()).then(|| (variable.clone(), value))
        };
        let source = if let Some(given) = inputs.credentials.get(name) {
            Some(given.clone())
        } else if let Some((variable, value)) = declared.env.iter().find_map(variable) {
            let value = SecretBytes::from(value.as_bytes().to_vec());
            Some(CredentialSource::Environment { variable, value })
        } else if let Some((_, path)) = declared.env_file.iter().find_map(variable) {
            Some(CredentialSource::File(PathBuf::from(path.as_str())))
        } else {
            // A file is looked for only where the environment is: the library touches nothing it was not given.
            let home = inputs.environment.as_ref().and(inputs.home.as_deref());
            declared.file.as_deref().and_then(|file| existing(file, home)).map(CredentialSource::File)
        };
        if let Some(source) = source {
            found.insert(name.clone(), source);
        }
    }
    Ok(found)
}

fn existing(file: &str, home: Option<&Path>) -> Option<PathBuf> {
    let path = match file.strip_prefix("~/") {
        Some(below) => home?.join(below),
        None => {
            home?;
            PathBuf::from(file)
        }
    };
    path.is_file().then_some(path)
}

/// The recipe that is asked for, else the first whose credentials and settings are all there.
pub(super) fn choose(
    manifest: &Manifest,
    inputs: &Inputs,
    resolved: &Resolved,
    available: &BTreeMap<String, CredentialSource>,
) -> Result<Option<(Recipe, Option<Found>)>> {
    let lacks = |recipe: &Recipe| {
        let placeholders = recipe.placeholders();
        let credential = placeholders
            .iter()
            .find(|name| manifest.credentials.contains_key(**name) && !available.contains_key(**name))
            .map(|name| {
                let declared = manifest.credentials.get(*name);
                let variables = declared.into_iter().flat_map(|declared| declared.env.iter().chain(&declared.env_file));
                match variables.map(String::as_str).collect::<Vec<_>>().as_slice() {
                    [] => format!("the credential {name}"),
                    variables => format!("the credential {name} ({})", variables.join(" or ")),
                }
            });
        credential.or_else(|| {
            recipe.needs.iter().find(|key| !resolved.config.contains_key(*key)).map(|key| format!("the setting {key}"))
        })
    };
    let whole = |recipe: &Recipe| match lacks(recipe) {
        Some(lacking) => Err(config(format!("the recipe {} needs {lacking}, which is not set", recipe.name))),
        None => {
            let find = |declared| Identity::find(declared, resolved, inputs.surroundings());
            Ok((recipe.clone(), recipe.identity.as_ref().map(find).transpose()?))
        }
    };
    if let Some(asked) = inputs.recipe.as_deref() {
        let recipe = manifest.recipe(asked).ok_or_else(|| {
            let known: Vec<_> = manifest.recipes.iter().map(|recipe| recipe.name.as_str()).collect();
            config(format!("the backend has no recipe {}; it has: {}", Shown(asked), known.join(", ")))
        })?;
        return whole(recipe).map(Some);
    }
    let mut lacking = Vec::new();
    for recipe in &manifest.recipes {
        match whole(recipe) {
            Ok(chosen) => return Ok(Some(chosen)),
            Err(error) if matches!(error.kind(), Kind::Config | Kind::Unsupported) => {
                lacking.push(error.reason().to_owned())
            }
            Err(error) => return Err(error),
        }
    }
    if lacking.is_empty() {
        return Ok(None);
    }
    Err(config(format!("no credential is set to reach the upstream with: {}", lacking.join("; "))))
}
