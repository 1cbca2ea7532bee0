//! Reading recipes.

use std::collections::BTreeMap;

use super::{
    declared::key,
    error::ManifestError,
    fields::{Fields, Item},
    json::{Json, Pointer},
    path::UrlTemplate,
    phase::Phase,
    recipe::{
        Exchange, HostBody, HostRequest, Identity, IdentityKind, Inject, Injection, Lifetime, Mtls, Outcome, Recipe,
        ScopeMatch, TokenPlace,
    },
    template::Template,
    tree::Tree,
};
use crate::{
    egress::rules::{Method, header},
    error::Kind,
};

type Result<T> = std::result::Result<T, ManifestError>;

/// What a reply to an exchange may be declared to mean.
const OUTCOMES: [Kind; 8] = [
    Kind::Denied,
    Kind::Unauthenticated,
    Kind::RateLimited,
    Kind::Unavailable,
    Kind::ApprovalRequired,
    Kind::Conflict,
    Kind::Invalid,
    Kind::Other,
];

impl Recipe {
    pub(super) fn read(item: Item) -> Result<Self> {
        let mut fields = item.fields()?;
        let recipe = Self {
            name: fields.need("name")?.parse(key)?,
            needs: fields.texts("needs")?,
            mtls: fields.table("mtls")?.map(mtls).transpose()?,
            inject: fields.table("inject")?.map(inject).transpose()?,
            renew_on: fields.take("renew-on").map_or(Ok(vec![401]), statuses)?,
            verify: fields.table("verify")?.map(verify).transpose()?,
            exchange: fields.table("exchange")?.map(exchange).transpose()?,
            identity: fields.take("identity").map(identity).transpose()?,
        };
        let path = fields.path().to_owned();
        fields.finish()?;
        let wrong = |reason: &str| Err(ManifestError::value(&path, reason));
        if recipe.inject.is_none() && recipe.mtls.is_none() && !recipe.makes_token() {
            return wrong("it does nothing: a recipe has inject, exchange, identity or mtls");
        }
        if recipe.exchange.is_some() && recipe.identity.is_some() {
            return wrong("it has both an exchange and an identity");
        }
        if recipe.exchange.is_some() && recipe.inject.is_none() {
            return wrong("it makes a token and injects nothing");
        }
        Ok(recipe)
    }
}

fn mtls(mut fields: Fields) -> Result<Mtls> {
    let mtls =
        Mtls { certificate: need_template(&mut fields, "certificate")?, key: need_template(&mut fields, "key")? };
    fields.finish()?;
    Ok(mtls)
}

fn inject(mut fields: Fields) -> Result<Inject> {
    let origin = fields.text("origin")?;
    let header = fields.take("header").map(|item| item.parse(header::injectable)).transpose()?;
    let bearer = template(&mut fields, "bearer")?;
    let basic = fields.table("basic")?;
    let query = fields.text("query")?;
    let value = template(&mut fields, "value")?;
    let path = fields.path().to_owned();
    fields.finish()?;
    let what = match (header, bearer, basic, query, value) {
        (Some(name), None, None, None, Some(value)) => Injection::Header { name, value },
        (None, Some(token), None, None, None) => Injection::Bearer(token),
        (None, None, Some(basic), None, None) => {
            let (user, password) = user_and_password(basic)?;
            Injection::Basic { user, password }
        }
        (None, None, None, Some(key), Some(value)) if !key.is_empty() => Injection::Query { key, value },
        _ => return Err(ManifestError::value(path, "has one of header and value, bearer, basic, or query and value")),
    };
    Ok(Inject { origin, what })
}

fn user_and_password(mut fields: Fields) -> Result<(Template, Template)> {
    let pair = (need_template(&mut fields, "user")?, need_template(&mut fields, "password")?);
    fields.finish()?;
    Ok(pair)
}

fn verify(mut fields: Fields) -> Result<HostRequest> {
    let request = request(&mut fields)?;
    fields.finish()?;
    Ok(request)
}

fn request(fields: &mut Fields) -> Result<HostRequest> {
    let method = fields.need("method")?.parse(|word| Method::named(word).ok_or(Method::WORDS))?;
    let url = fields.need("url")?.parse(UrlTemplate::parse)?;
    let mut headers = Vec::new();
    for (name, value) in fields.entries("header")? {
        let name = header::injectable(&name).map_err(|reason| value.wrong(reason))?;
        headers.push((name, value.parse(Template::parse)?));
    }
    let bearer = template(fields, "bearer")?;
    let basic = fields.table("basic")?.map(user_and_password).transpose()?;
    if bearer.is_some() && basic.is_some() {
        return Err(ManifestError::value(fields.path(), "has both bearer and basic"));
    }
    let query = pairs(fields, "query")?;
    let json = fields.take("json");
    let form = fields.take("form");
    let text = fields.take("text");
    let body = match (json, form, text) {
        (None, None, None) => HostBody::None,
        (Some(json), None, None) => HostBody::Json(Tree::read(json)?),
        (None, Some(form), None) => HostBody::Form(item_pairs(form)?),
        (None, None, Some(text)) => HostBody::Text(text.parse(Template::parse)?),
        _ => return Err(ManifestError::value(fields.path(), "has more than one of json, form and text")),
    };
    Ok(HostRequest { method, url, headers, bearer, basic, query, body })
}

fn exchange(mut fields: Fields) -> Result<Exchange> {
    let request = request(&mut fields)?;
    let token = fields.need("token")?;
    let (token, base64) = token_place(token)?;
    let lifetime = lifetime(fields.need("lifetime")?)?;
    let exchange = Exchange {
        request,
        token,
        base64,
        lifetime,
        refused: fields.take("refused").map_or(Ok(Vec::new()), statuses)?,
        scopes: scopes(fields.entries("scopes")?)?,
        scope_match: fields.take("scope-match").map_or(Ok(ScopeMatch::Exact), scope_match)?,
        outcomes: fields.items("outcome")?.into_iter().map(outcome).collect::<Result<_>>()?,
    };
    fields.finish()?;
    Ok(exchange)
}

fn token_place(item: Item) -> Result<(TokenPlace, bool)> {
    let wrong = item.wrong("has either json = \"/pointer\" or text = true");
    let mut fields = item.fields()?;
    let json = fields.take("json").map(|item| item.parse(Pointer::parse)).transpose()?;
    let text = fields.flag("text")?;
    let base64 = match fields.take("encode") {
        None => false,
        Some(item) if item.value().as_str() == Some("base64") => true,
        Some(item) => return Err(item.wrong("encode can only be \"base64\"")),
    };
    fields.finish()?;
    match (json, text) {
        (Some(pointer), false) => Ok((TokenPlace::Json(pointer), base64)),
        (None, true) => Ok((TokenPlace::Text, base64)),
        _ => Err(wrong),
    }
}

fn lifetime(item: Item) -> Result<Lifetime> {
    let wrong = item.wrong("has either json = \"/pointer\" or seconds = 300");
    let mut fields = item.fields()?;
    let pointer = fields.take("json").map(|item| item.parse(Pointer::parse)).transpose()?;
    let form = fields.take("as");
    let seconds: Option<u64> = fields.take("seconds").map(Item::integer).transpose()?;
    fields.finish()?;
    match (pointer, form, seconds) {
        (None, None, Some(seconds)) if seconds > 0 => Ok(Lifetime::Fixed(seconds)),
        (Some(pointer), None, None) => Ok(Lifetime::Seconds(pointer)),
        (Some(pointer), Some(form), None) => match form.value().as_str() {
            Some("seconds") => Ok(Lifetime::Seconds(pointer)),
            Some("rfc3339") => Ok(Lifetime::Until(pointer)),
            _ => Err(form.wrong("must be \"seconds\" or \"rfc3339\"")),
        },
        _ => Err(wrong),
    }
}

/// Scopes by phase. A word for one mode counts before the word for the whole operation.
fn scopes(mut entries: Vec<(String, Item)>) -> Result<BTreeMap<Phase, Vec<Template>>> {
    let mut scopes = BTreeMap::new();
    entries.sort_by_key(|(word, _)| word.contains('.'));
    for (word, item) in entries {
        let Some(phases) = Phase::named(&word) else {
            return Err(ManifestError::unknown_key(item.path(), &word, Phase::WORDS));
        };
        let templates = templates(item)?;
        scopes.extend(phases.iter().map(|phase| (*phase, templates.clone())));
    }
    Ok(scopes)
}

fn scope_match(item: Item) -> Result<ScopeMatch> {
    match item.value().as_str() {
        Some("exact") => Ok(ScopeMatch::Exact),
        Some("glob") => Ok(ScopeMatch::Glob),
        _ => Err(item.wrong("must be \"exact\" or \"glob\"")),
    }
}

fn outcome(item: Item) -> Result<Outcome> {
    let mut fields = item.fields()?;
    let mut json = Vec::new();
    for (pointer, value) in fields.entries("json")? {
        let pointer = Pointer::parse(&pointer).map_err(|reason| value.wrong(reason))?;
        let literal = match value.value() {
            toml::Value::String(text) => Json::text(text),
            toml::Value::Boolean(flag) => Json::Boolean(*flag),
            toml::Value::Integer(number) => Json::Number((*number).into()),
            _ => return Err(value.wrong("must be a string, a whole number, true or false")),
        };
        json.push((pointer, literal));
    }
    let outcome = Outcome {
        status: fields.take("status").map_or(Ok(Vec::new()), statuses)?,
        json,
        error: fields.need("error")?.parse(|word| {
            let kind = OUTCOMES.into_iter().find(|kind| kind.as_str() == word);
            kind.ok_or_else(|| format!("must be one of {}", OUTCOMES.map(Kind::as_str).join(", ")))
        })?,
        code: fields.text("code")?,
        id: fields.take("id").map(|item| item.parse(Pointer::parse)).transpose()?,
    };
    let path = fields.path().to_owned();
    fields.finish()?;
    if outcome.status.is_empty() && outcome.json.is_empty() {
        return Err(ManifestError::value(path, "matches every reply: it needs a status or json"));
    }
    Ok(outcome)
}

fn identity(item: Item) -> Result<Identity> {
    let mut fields = item.fields()?;
    let kind = fields.need("kind")?.parse(|word| {
        let known = IdentityKind::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or("must be \"aws-sigv4\", \"google\" or \"azure\"")
    })?;
    let known: &[&'static str] = match kind {
        IdentityKind::AwsSigv4 => &["service", "region"],
        IdentityKind::Google => &["scopes"],
        IdentityKind::Azure => {
            &["source", "authority", "tenant", "client-id", "secret", "certificate", "assertion", "resource"]
        }
    };
    let mut settings = BTreeMap::new();
    for key in known {
        if let Some(item) = fields.take(key) {
            settings.insert((*key).to_owned(), templates(item)?);
        }
    }
    fields.finish()?;
    Ok(Identity { kind, settings })
}

fn templates(item: Item) -> Result<Vec<Template>> {
    match item.value() {
        toml::Value::Array(_) => item.items()?.into_iter().map(|item| item.parse(Template::parse)).collect(),
        _ => Ok(vec![item.parse(Template::parse)?]),
    }
}

fn template(fields: &mut Fields, key: &'static str) -> Result<Option<Template>> {
    fields.take(key).map(|item| item.parse(Template::parse)).transpose()
}

fn need_template(fields: &mut Fields, key: &'static str) -> Result<Template> {
    fields.need(key)?.parse(Template::parse)
}

fn pairs(fields: &mut Fields, key: &'static str) -> Result<Vec<(String, Template)>> {
    fields.take(key).map_or_else(|| Ok(Vec::new()), item_pairs)
}

fn item_pairs(item: Item) -> Result<Vec<(String, Template)>> {
    item.entries()?.into_iter().map(|(key, value)| Ok((key, value.parse(Template::parse)?))).collect()
}

fn statuses(item: Item) -> Result<Vec<u16>> {
    item.items()?.into_iter().map(Item::status).collect()
}
