//! Reading request rules from a manifest.

use super::{
    RequestRules, Rule,
    body::{Body, JsonPin},
    header,
    method::Method,
    pins::{Pin, Wanted},
};
use crate::manifest::{
    ManifestError, Phase, Template,
    fields::{Fields, Item},
    path::PathTemplate,
    tree::Tree,
};

type Result<T> = std::result::Result<T, ManifestError>;

impl RequestRules {
    /// Reads all `[[request]]` of a manifest.
    pub(crate) fn read(items: Vec<Item>) -> Result<Self> {
        items.into_iter().map(Rule::read).collect::<Result<_>>().map(Self)
    }
}

impl Rule {
    fn read(item: Item) -> Result<Self> {
        let mut fields = item.fields()?;
        let rule = Self {
            phases: phases(fields.need("for")?)?,
            unless: fields.texts("unless")?,
            origin: fields.text("origin")?,
            method: fields.need("method")?.parse(|word| Method::named(word).ok_or(Method::WORDS))?,
            path: fields.need("path")?.parse(PathTemplate::parse)?,
            query: pins(fields.entries("query")?, |key| Ok(key.to_owned()))?,
            headers: pins(fields.entries("header")?, header::nameable)?,
            body: body(&mut fields)?,
        };
        fields.finish()?;
        Ok(rule)
    }
}

fn phases(item: Item) -> Result<Vec<Phase>> {
    let empty = item.wrong("names no operation");
    let mut phases: Vec<Phase> = Vec::new();
    for word in item.items()? {
        match word.value().as_str().and_then(Phase::named) {
            Some(named) => phases.extend(named),
            None => return Err(word.wrong(format!("must be one of {}", Phase::WORDS.join(", ")))),
        }
    }
    phases.sort_unstable();
    phases.dedup();
    if phases.is_empty() { Err(empty) } else { Ok(phases) }
}

fn body(fields: &mut Fields) -> Result<Body> {
    let json = fields.take("json");
    let form = fields.take("form");
    let text = fields.take("text");
    let any = fields.take("body");
    match (json, form, text, any) {
        (None, None, None, None) => Ok(Body::None),
        (Some(json), None, None, None) => json_pins(json),
        (None, Some(form), None, None) => Ok(Body::Form(pins(form.entries()?, |key| Ok(key.to_owned()))?)),
        (None, None, Some(text), None) => Ok(Body::Text(text.parse(Template::parse)?)),
        (None, None, None, Some(any)) if any.value().as_str() == Some("*") => Ok(Body::Any),
        (None, None, None, Some(any)) => Err(any.wrong("can only be \"*\"; use json, form or text to say more")),
        _ => Err(ManifestError::value(fields.path(), "has more than one of json, form, text and body")),
    }
}

/// Pins by key. A key that ends in `?` may be left out.
fn pins(
    entries: Vec<(String, Item)>,
    legal: impl Fn(&str) -> std::result::Result<String, &'static str>,
) -> Result<Vec<Pin>> {
    let mut pins: Vec<Pin> = Vec::new();
    for (key, item) in entries {
        let (key, optional) = key.strip_suffix('?').map_or((key.as_str(), false), |key| (key, true));
        let key = legal(key).map_err(|reason| item.wrong(reason))?;
        if key.is_empty() || pins.iter().any(|other| other.key == key) {
            return Err(item.wrong("is empty or named twice"));
        }
        let wanted = match item.value() {
            toml::Value::String(any) if any == "*" => Wanted::Any,
            toml::Value::Integer(_) | toml::Value::Boolean(_) => {
                let text = item.value().to_string();
                Wanted::Text(Template::parse(&text).map_err(|error| item.wrong(error.to_string()))?)
            }
            _ => Wanted::Text(item.parse(Template::parse)?),
        };
        pins.push(Pin { key, optional, wanted });
    }
    Ok(pins)
}

fn json_pins(item: Item) -> Result<Body> {
    let mut pins: Vec<JsonPin> = Vec::new();
    for (key, item) in item.entries()? {
        let (pointer, optional) = key.strip_suffix('?').map_or((key.as_str(), false), |key| (key, true));
        let path = item.path().to_owned();
        let wanted = match item.value().as_str() {
            Some("*") => None,
            _ => Some(Tree::read(item)?),
        };
        let pin = JsonPin::new(pointer, optional, wanted).map_err(|reason| ManifestError::value(&path, reason))?;
        if pins.iter().any(|other| other.covers(&pin) || pin.covers(other)) {
            return Err(ManifestError::value(path, "overlaps with another pointer"));
        }
        pins.push(pin);
    }
    Ok(Body::Json(pins))
}
