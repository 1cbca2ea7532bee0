//! What a backend declares about itself: the manifest.
//!
//! It is found by parsing the component, read strictly ([`Manifest::parse`]) and joined with what the operator sets.
//! Everything here is a pure decision: nothing is compiled, opened or sent.

use std::collections::BTreeMap;

mod check;
pub(crate) mod declared;
mod error;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod names;
mod pack;
pub(crate) mod path;
pub(crate) mod percent;
pub(crate) mod phase;
pub(crate) mod recipe;
mod recipe_read;
pub(crate) mod section;
pub(crate) mod settings;
pub(crate) mod template;
pub(crate) mod tree;
pub(crate) mod value;

pub(crate) use self::value::{Scope, Value};
pub use self::{
    declared::{Config, Credential, DeleteDays, IdentityFact, OptionKey, OriginTemplate, Storage},
    error::ManifestError,
    json::{Json, NotStrict, Pointer},
    names::{NameError, NameRules},
    pack::pack,
    path::{PathTemplate, UrlTemplate},
    phase::Phase,
    recipe::{
        Exchange, HostBody, HostRequest, Identity, IdentityKind, Inject, Injection, Lifetime, Mtls, Outcome, Recipe,
        ScopeMatch, TokenPlace,
    },
    section::{MANIFEST_BYTES, SECTION},
    settings::{OriginProblem, SettingsError},
    template::{Template, TemplateError},
    tree::Tree,
};

use self::fields::{Fields, Item};
use crate::egress::rules::RequestRules;

/// The manifest language that this runtime reads.
pub const LANGUAGE: i64 = 1;

/// What a backend declares. Whatever is not declared can't be granted.
#[derive(Clone, Debug, Default)]
pub struct Manifest {
    /// The backend's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The author's words on it. Untrusted.
    pub description: String,
    /// The error codes it may report.
    pub codes: Vec<String>,
    /// Settings that it can see.
    pub config: BTreeMap<String, Config>,
    /// Settings of a single call.
    pub options: BTreeMap<String, OptionKey>,
    /// Credentials, which it can't see.
    pub credentials: BTreeMap<String, Credential>,
    /// What names may be.
    pub names: NameRules,
    /// Days of recovery after a delete, where the upstream can honour them.
    pub delete_days: Option<DeleteDays>,
    /// What it does with granted storage.
    pub storage: Option<Storage>,
    /// Where it may send requests.
    pub origins: Vec<OriginTemplate>,
    /// Which requests it may send.
    pub rules: RequestRules,
    /// How credentials are used, in order of preference.
    pub recipes: Vec<Recipe>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`ManifestError`] says where and what is wrong: not TOML, an unknown key, a value that can't be right.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut top = Fields::document(text)?;
        let language = top.need("manifest")?;
        if language.value().as_integer() != Some(LANGUAGE) {
            return Err(language.wrong(format!("this runtime reads manifest = {LANGUAGE}")));
        }
        let mut manifest = Self {
            name: top.need("name")?.parse(declared::key)?,
            version: top.need("version")?.parse(version)?,
            description: top.text("description")?.unwrap_or_default(),
            codes: top.items("codes")?.into_iter().map(|item| item.parse(code)).collect::<Result<_, _>>()?,
            config: named(&mut top, "config", Config::read)?,
            options: named(&mut top, "options", OptionKey::read)?,
            credentials: named(&mut top, "credentials", Credential::read)?,
            names: top.table("names")?.map_or_else(|| Ok(NameRules::default()), NameRules::read)?,
            delete_days: top.table("delete")?.map(DeleteDays::read).transpose()?,
            storage: top.table("storage")?.map(Storage::read).transpose()?,
            origins: each(&mut top, "origin", OriginTemplate::read)?,
            rules: RequestRules::default(),
            recipes: Vec::new(),
        };
        manifest.rules = RequestRules::read(top.items("request")?)?;
        manifest.recipes = each(&mut top, "recipe", Recipe::read)?;
        top.finish()?;
        check::check(&manifest)?;
        Ok(manifest)
    }

    /// The options that steer *where* a call goes: those that a request rule or a scope uses.
    pub fn place_options(&self) -> Vec<&str> {
        let scopes =
            self.recipes.iter().flat_map(|recipe| &recipe.exchange).flat_map(|exchange| exchange.scopes.values());
        let scoped: Vec<&str> = scopes.flatten().flat_map(Template::placeholders).collect();
        let used: Vec<&str> = self.rules.iter().flat_map(|rule| rule.placeholders()).chain(scoped).collect();
        self.options.keys().map(String::as_str).filter(|option| used.contains(option)).collect()
    }

    /// The recipe of this name.
    pub fn recipe(&self, name: &str) -> Option<&Recipe> {
        self.recipes.iter().find(|recipe| recipe.name == name)
    }
}

/// A table of named declarations.
fn named<T>(
    top: &mut Fields,
    field: &'static str,
    read: impl Fn(Item) -> Result<T, ManifestError>,
) -> Result<BTreeMap<String, T>, ManifestError> {
    top.entries(field)?
        .into_iter()
        .map(|(name, item)| {
            declared::key(&name).map_err(|reason| item.wrong(reason))?;
            Ok((name, read(item)?))
        })
        .collect()
}

/// An array of declarations.
fn each<T>(
    top: &mut Fields,
    field: &'static str,
    read: impl Fn(Item) -> Result<T, ManifestError>,
) -> Result<Vec<T>, ManifestError> {
    top.items(field)?.into_iter().map(read).collect()
}

fn version(text: &str) -> Result<String, &'static str> {
    let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
    let number = |part: &str| !part.is_empty() && part.len() < 10 && part.bytes().all(|b| b.is_ascii_digit());
    let plain = rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b));
    if numbers.split('.').count() == 3 && numbers.split('.').all(number) && plain && text.len() <= 64 {
        Ok(text.to_owned())
    } else {
        Err("must be a version such as 1.2.3")
    }
}

fn code(text: &str) -> Result<String, &'static str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a code has 1 to 64 letters, digits, -, _ and .")
    }
}

#[cfg(test)]
#[path = "manifest_tests.rs"]
mod tests;
