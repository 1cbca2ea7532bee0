//! What a route replies: status, headers, and a body with words in braces.

use crate::{
    egress::stand_in::StandInReply,
    manifest::{
        Json, ManifestError, Scope, Template, Tree, Value,
        fields::{Fields, Item},
    },
    text::{Shown, nearest},
};

/// A reply with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(String, Template)>,
    body: Body,
}

#[derive(Clone, Debug, PartialEq)]
enum Body {
    Empty,
    Text(Template),
    Json(Tree),
}

/// What the placeholders of a reply stand for.
#[derive(Clone, Copy, Default)]
pub(super) struct Words<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) value: Option<&'a [u8]>,
    pub(super) version: Option<usize>,
    pub(super) names: Option<&'a [String]>,
    pub(super) entries: Option<&'a [Json]>,
    pub(super) next: Option<&'a str>,
    pub(super) total: Option<usize>,
}

impl Scope for Words<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        let number = |number: Option<usize>| number.and_then(|number| i64::try_from(number).ok()).map(Value::Integer);
        match name {
            "name" => self.name.map(Value::from),
            "value" => self.value.map(Value::Bytes),
            "version" => number(self.version),
            "names" => self.names.map(Value::List),
            "entries" => self.entries.map(Value::Json),
            "next" => self.next.map(Value::from),
            "total" => number(self.total),
            _ => None,
        }
    }

    fn keeps_empty(&self) -> bool {
        true
    }
}

impl Reply {
    /// A reply without a body.
    pub(super) fn bare(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Body::Empty }
    }

    /// Reads a reply, or a status alone; its placeholders are among `words`.
    pub(super) fn read(item: Item, words: &[&str]) -> Result<Self, ManifestError> {
        if item.value().is_integer() {
            return item.status().map(Self::bare);
        }
        let place = item.path().to_owned();
        let wrong = |reason: &str| ManifestError::value(&place, reason);
        let mut fields = item.fields()?;
        let status = fields.take("status").map(Item::status).transpose()?.unwrap_or(200);
        let headers = headers(&mut fields, words)?;
        let json = fields.take("json").map(|item| tree(item, words)).transpose()?;
        let text = fields.take("body").map(|item| template(item, words)).transpose()?;
        fields.finish()?;
        let body = match (json, text) {
            (None, None) => Body::Empty,
            (Some(json), None) => Body::Json(json),
            (None, Some(text)) => Body::Text(text),
            (Some(_), Some(_)) => return Err(wrong("a reply has json or body, not both")),
        };
        Ok(Self { status, headers, body })
    }

    /// Whether a value of these bytes can be written in it. JSON and text have no place for bytes that are no text,
    /// unless they are encoded.
    pub(super) fn can_hold(&self, value: &[u8]) -> bool {
        let templates = match &self.body {
            Body::Empty => Vec::new(),
            Body::Text(text) if text.is_only("value") => Vec::new(),
            Body::Text(text) => vec![text],
            Body::Json(tree) => tree.leaves(),
        };
        let alone = Words { value: Some(value), name: Some(""), version: Some(1), ..Words::default() };
        templates.iter().all(|text| !text.placeholders().any(|name| name == "value") || text.expand(&alone).is_some())
    }

    /// The reply with every placeholder replaced. What is unset is left out.
    pub(super) fn render(&self, words: &Words<'_>) -> StandInReply {
        let headers =
            self.headers.iter().filter_map(|(name, value)| Some((name.clone(), value.expand(words)?.to_string())));
        let mut headers: Vec<_> = headers.collect();
        let (media, body) = match &self.body {
            Body::Empty => (None, Vec::new()),
            Body::Text(text) if text.is_only("value") => {
                (Some("application/octet-stream"), words.value.unwrap_or_default().to_vec())
            }
            Body::Text(text) => {
                (Some("text/plain"), text.expand(words).map(|text| text.as_bytes().to_vec()).unwrap_or_default())
            }
            Body::Json(tree) => {
                let json = tree.render(words).and_then(|json| json.to_bytes());
                (Some("application/json"), json.map(|bytes| bytes.to_vec()).unwrap_or_default())
            }
        };
        if let Some(media) = media
            && !headers.iter().any(|(name, _)| name == "content-type")
        {
            headers.push(("content-type".to_owned(), media.to_owned()));
        }
        StandInReply { status: self.status, headers, body }
    }
}

fn headers(fields: &mut Fields, words: &[&str]) -> Result<Vec<(String, Template)>, ManifestError> {
    let headers = fields.entries("header")?.into_iter();
    headers.map(|(name, value)| Ok((name.to_ascii_lowercase(), template(value, words)?))).collect()
}

fn template(item: Item, words: &[&str]) -> Result<Template, ManifestError> {
    let place = item.path().to_owned();
    let template = item.parse(Template::parse)?;
    known(&place, template.placeholders(), words)?;
    Ok(template)
}

/// JSON with placeholders.
pub(super) fn tree(item: Item, words: &[&str]) -> Result<Tree, ManifestError> {
    let place = item.path().to_owned();
    let tree = Tree::read(item)?;
    known(&place, tree.placeholders(), words)?;
    Ok(tree)
}

fn known<'a>(place: &str, used: impl IntoIterator<Item = &'a str>, words: &[&str]) -> Result<(), ManifestError> {
    match used.into_iter().find(|name| !words.contains(name)) {
        None => Ok(()),
        Some(unknown) => {
            let near = nearest(unknown, words.iter().copied());
            let hint = near.map(|near| format!("; did you mean {{{near}}}?")).unwrap_or_default();
            Err(ManifestError::value(place, format!("there is no {{{}}} here{hint}", Shown(unknown))))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn reply(toml: &str) -> Result<Reply, ManifestError> {
        Reply::read(Fields::document(toml).unwrap().need("reply").unwrap(), &["name", "value", "version", "next"])
    }

    fn body(toml: &str, words: &Words<'_>) -> Vec<u8> {
        reply(toml).unwrap().render(words).body
    }

    #[test]
    fn a_value_alone_is_its_bytes_and_elsewhere_it_is_written_as_it_says() {
        let words = |value| Words { value: Some(value), version: Some(2), ..Words::default() };
        let bytes = [0, 0xff, b'\n'];
        assert_eq!(body("reply = { body = '{value}' }", &words(&bytes)), bytes);
        assert_eq!(body("reply = { body = '<{value}>' }", &words(b"v")), b"<v>");
        let json = "reply = { json = { v = '{value}', b = '{value:base64}', n = '{version}', next = '{next}' } }";
        assert_eq!(body(json, &words(b"v\"")), br#"{"b":"diI=","n":2,"v":"v\""}"#);
        assert_eq!(body(json, &words(b"")), br#"{"b":"","n":2,"v":""}"#);
    }

    #[test]
    fn bytes_that_are_no_text_fit_where_they_are_encoded() {
        for (toml, fits) in [
            ("reply = { body = '{value}' }", true),
            ("reply = { body = '<{value}>' }", false),
            ("reply = { json = { v = '{value}' } }", false),
            ("reply = { json = { v = '{value:base64}', name = '{name}' } }", true),
            ("reply = 204", true),
        ] {
            assert_eq!(reply(toml).unwrap().can_hold(b"\xff"), fits, "{toml}");
            assert!(reply(toml).unwrap().can_hold(b""), "{toml}");
        }
    }

    #[test]
    fn what_can_not_be_is_refused() {
        for (toml, why) in [
            ("reply = 99", "reply: must be an HTTP status, 100 to 599"),
            ("reply = { stauts = 404 }", "reply: unknown key \"stauts\"; did you mean \"status\"?"),
            ("reply = { json = {}, body = '' }", "reply: a reply has json or body, not both"),
            ("reply = { body = '{vlaue}' }", "reply.body: there is no {vlaue} here; did you mean {value}?"),
        ] {
            assert_eq!(reply(toml).unwrap_err().to_string(), why);
        }
    }
}
