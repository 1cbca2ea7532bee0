//! What can only be seen with the whole manifest at hand: that every name used is known, and legal where it is used.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    Manifest,
    error::ManifestError,
    path::UrlTemplate,
    recipe::{IdentityKind, Injection, Recipe},
};
use crate::egress::rules::Rule;

type Result = std::result::Result<(), ManifestError>;

/// Names that only the host gives, everywhere.
const HOST_WORDS: [&str; 15] = [
    "name",
    "prefix",
    "folder",
    "version",
    "limit",
    "cursor",
    "value",
    "description",
    "tags",
    "expires-at",
    "days",
    "permanent",
    "stored",
    "exchanged",
    "scopes",
];

/// Part of the host name of an AWS endpoint, from the host's own table.
pub(super) const AWS_SUFFIX: &str = "aws.suffix";

/// Checks a manifest as a whole.
pub(super) fn check(manifest: &Manifest) -> Result {
    one_name_space(manifest)?;
    variables_apart(manifest)?;
    config(manifest)?;
    origins(manifest)?;
    for (index, rule) in manifest.rules.iter().enumerate() {
        request(manifest, rule, &format!("request[{}]", index + 1))?;
    }
    for (index, recipe) in manifest.recipes.iter().enumerate() {
        self::recipe(manifest, recipe, &format!("recipe[{}]", index + 1))?;
    }
    Ok(())
}

/// A placeholder means one thing wherever it stands, and so does a key that the backend asks for.
fn one_name_space(manifest: &Manifest) -> Result {
    let mut taken: BTreeMap<&str, &str> = HOST_WORDS.iter().map(|word| (*word, "a word of the host")).collect();
    let config = manifest.config.keys().map(|name| ("config", "a setting", name));
    // An option may be called as a setting is, which then is its default.
    let options = manifest.options.keys().filter(|name| !manifest.config.contains_key(*name));
    let options = options.map(|name| ("options", "an option", name));
    let credentials = manifest.credentials.keys().map(|name| ("credentials", "a credential", name));
    let origins = manifest.origins.iter().map(|origin| ("origin", "an origin", &origin.name));
    for (place, what, name) in config.chain(options).chain(credentials).chain(origins) {
        match taken.entry(name) {
            Entry::Vacant(free) => {
                free.insert(what);
            }
            Entry::Occupied(other) => {
                return Err(ManifestError::value(
                    format!("{place}.{name}"),
                    format!("{} is called that already", other.get()),
                ));
            }
        }
    }
    let mut recipes: Vec<&str> = manifest.recipes.iter().map(|recipe| recipe.name.as_str()).collect();
    recipes.sort_unstable();
    match recipes.windows(2).find(|pair| pair.first() == pair.last()).and_then(<[_]>::first) {
        Some(name) => Err(ManifestError::value("recipe", format!("two are called {name}"))),
        None => Ok(()),
    }
}

/// A variable that holds a credential is not also a setting.
fn variables_apart(manifest: &Manifest) -> Result {
    for (name, config) in &manifest.config {
        for (credential, sources) in &manifest.credentials {
            if config.env.iter().any(|variable| sources.env.contains(variable)) {
                let reason = format!("reads a variable of the credential {credential}");
                return Err(ManifestError::value(format!("config.{name}.env"), reason));
            }
        }
    }
    Ok(())
}

fn config(manifest: &Manifest) -> Result {
    for (name, config) in &manifest.config {
        let path = format!("config.{name}.default");
        let used = || config.default.iter().flat_map(|default| default.placeholders());
        known(&path, used(), |word| manifest.config.contains_key(word), manifest)?;
        // Followed further than there are settings, a chain of defaults is a circle.
        let mut reached: Vec<&str> = used().collect();
        for _ in 0..manifest.config.len() {
            let next = |word: &&str| manifest.config.get(*word).and_then(|config| config.default.as_ref());
            reached = reached.iter().filter_map(next).flat_map(|default| default.placeholders()).collect();
            reached.sort_unstable();
            reached.dedup();
        }
        if !reached.is_empty() {
            return Err(ManifestError::value(path, "leads in a circle"));
        }
    }
    Ok(())
}

fn origins(manifest: &Manifest) -> Result {
    let is_aws = |recipe: &Recipe| recipe.identity.as_ref().is_some_and(|id| id.kind == IdentityKind::AwsSigv4);
    let aws = manifest.recipes.iter().any(is_aws);
    for (index, origin) in manifest.origins.iter().enumerate() {
        let path = format!("origin[{}].url", index + 1);
        let legal = |word: &str| manifest.config.contains_key(word) || (aws && word == AWS_SUFFIX);
        known(&path, origin.urls.iter().flat_map(UrlTemplate::placeholders), legal, manifest)?;
        let credential = manifest.recipes.iter().any(|recipe| recipe.reaches(&origin.name));
        if credential && origin.urls.iter().any(UrlTemplate::has_wildcard) {
            return Err(ManifestError::value(path, "is a wildcard, and a credential goes to exact origins only"));
        }
    }
    Ok(())
}

fn request(manifest: &Manifest, rule: &Rule, path: &str) -> Result {
    match &rule.origin {
        Some(name) if !manifest.origins.iter().any(|origin| origin.name == *name) => {
            let known = manifest.origins.iter().map(|origin| origin.name.as_str());
            return Err(ManifestError::unknown_key(&format!("{path}.origin"), name, known));
        }
        None if manifest.origins.is_empty() => {
            return Err(ManifestError::value(path, "there is no [[origin]] it could go to"));
        }
        None if manifest.origins.len() > 1 => {
            return Err(ManifestError::value(path, "must name its origin: there are several"));
        }
        _ => {}
    }
    let of_call = |word: &str| rule.phases.iter().any(|phase| phase.call_words().contains(&word));
    let legal = |word: &str| manifest.config.contains_key(word) || manifest.options.contains_key(word) || of_call(word);
    known(path, rule.placeholders(), legal, manifest)?;
    known(&format!("{path}.unless"), rule.unless.iter().map(String::as_str), legal, manifest)?;
    for recipe in &manifest.recipes {
        if let Some(Injection::Header { name, .. }) = recipe.inject.as_ref().map(|inject| &inject.what)
            && rule.headers.iter().any(|pin| pin.key == *name)
        {
            let reason = format!("pins the header {name}, which the recipe {} injects", recipe.name);
            return Err(ManifestError::value(format!("{path}.header"), reason));
        }
    }
    Ok(())
}

fn recipe(manifest: &Manifest, recipe: &Recipe, path: &str) -> Result {
    for need in &recipe.needs {
        if !manifest.config.contains_key(need) {
            let known = manifest.config.keys().map(String::as_str);
            return Err(ManifestError::unknown_key(&format!("{path}.needs"), need, known));
        }
    }
    if let Some(name) = recipe.inject.as_ref().and_then(|inject| inject.origin.as_ref())
        && !manifest.origins.iter().any(|origin| origin.name == *name)
    {
        let known = manifest.origins.iter().map(|origin| origin.name.as_str());
        return Err(ManifestError::unknown_key(&format!("{path}.inject.origin"), name, known));
    }
    let own = |word: &str| manifest.config.contains_key(word) || manifest.credentials.contains_key(word);
    let token = |word: &str| own(word) || (recipe.makes_token() && word == "exchanged");
    known(&format!("{path}.inject"), recipe.injected(), token, manifest)?;
    if let Some(mtls) = &recipe.mtls {
        known(&format!("{path}.mtls"), mtls.placeholders(), |word| manifest.credentials.contains_key(word), manifest)?;
    }
    if let Some(verify) = &recipe.verify {
        known(&format!("{path}.verify"), verify.placeholders(), token, manifest)?;
    }
    if let Some(identity) = &recipe.identity {
        known(&format!("{path}.identity"), identity.placeholders(), own, manifest)?;
    }
    if let Some(exchange) = &recipe.exchange {
        let place = format!("{path}.exchange");
        let legal = |word: &str| own(word) || (word == "scopes" && !exchange.scopes.is_empty());
        known(&place, exchange.request.placeholders(), legal, manifest)?;
        for (phase, scopes) in &exchange.scopes {
            let used = scopes.iter().flat_map(|scope| scope.placeholders());
            let of_call = |word: &str| matches!(word, "name" | "folder") && phase.call_words().contains(&word);
            let legal = |word: &str| manifest.config.contains_key(word) || of_call(word);
            known(&format!("{place}.scopes.{phase}"), used, legal, manifest)?;
        }
        for code in exchange.outcomes.iter().filter_map(|outcome| outcome.code.as_ref()) {
            if !manifest.codes.contains(code) {
                let known = manifest.codes.iter().map(String::as_str);
                return Err(ManifestError::unknown_key(&format!("{place}.outcome"), code, known));
            }
        }
    }
    Ok(())
}

/// Every name is known, and legal at this place.
fn known<'n>(
    path: &str,
    used: impl IntoIterator<Item = &'n str>,
    legal: impl Fn(&str) -> bool,
    manifest: &Manifest,
) -> Result {
    let declared = || {
        let keys = manifest.config.keys().chain(manifest.options.keys()).chain(manifest.credentials.keys());
        keys.map(String::as_str).chain(HOST_WORDS).chain([AWS_SUFFIX])
    };
    for word in used {
        if legal(word) {
            continue;
        }
        let reason = if manifest.credentials.contains_key(word) {
            format!("{{{word}}} is a credential, which only a recipe may use")
        } else if declared().any(|known| known == word) {
            format!("{{{word}}} has no meaning here")
        } else {
            match crate::text::nearest(word, declared().filter(|word| legal(word))) {
                Some(near) => format!("{{{word}}} is not known; did you mean {{{near}}}?"),
                None => format!("{{{word}}} is not known"),
            }
        };
        return Err(ManifestError::value(path, reason));
    }
    Ok(())
}
