//! The values that placeholders stand for, and the forms a template can give them.

use std::{borrow::Cow, collections::BTreeMap, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::json::Json;

/// What a placeholder stands for during one call.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    /// Text.
    Text(Cow<'a, str>),
    /// Bytes that may not be text.
    Bytes(&'a [u8]),
    /// Names and values, in order.
    Pairs(&'a [(String, String)]),
    /// Texts, in order.
    List(&'a [String]),
    /// A whole number.
    Integer(i64),
    /// A flag.
    Boolean(bool),
    /// A moment; without an encoding, its whole seconds since 1970.
    Time(SystemTime),
    /// JSON values in order, which only JSON can hold.
    Json(&'a [Json]),
}

/// Where templates find their values.
pub(crate) trait Scope {
    /// The value of this name, if there is one. Empty text, bytes, lists and pairs count as none.
    fn value(&self, name: &str) -> Option<Value<'_>>;

    /// Whether they count as values all the same: a setting that is empty is not set, and an upstream's reply is empty
    /// where the value is.
    fn keeps_empty(&self) -> bool {
        false
    }
}

impl Scope for BTreeMap<String, String> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        self.get(name).map(|text| Value::from(text.as_str()))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

/// A form that a value is given: the part of a placeholder after its colon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// A JSON string literal, with its quotes.
    Json,
    /// Standard base64 with padding.
    Base64,
    /// As a value in a form: `+` for a space, `%` before the hexadecimal of what has a meaning there.
    Form,
    /// A JSON object of pairs; text is read as `a=b,c=d`.
    Map,
    /// A JSON array of one object per pair, with these one or two keys; text is read as `a,b` or `a=b,c=d`.
    Rows(String, Option<String>),
    /// A moment as RFC 3339 in UTC.
    Rfc3339,
}

impl Encoding {
    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "json" => Some(Self::Json),
            "base64" => Some(Self::Base64),
            "form" => Some(Self::Form),
            "map" => Some(Self::Map),
            "rfc3339" => Some(Self::Rfc3339),
            _ => {
                let columns = word.strip_prefix("rows(")?.strip_suffix(')')?;
                let (first, second) = match columns.split_once(',') {
                    Some((first, second)) => (first, Some(second)),
                    None => (columns, None),
                };
                let plain = |column: &str| !column.is_empty() && !column.contains([',', '(', ')', '|']);
                (plain(first) && second.is_none_or(plain))
                    .then(|| Self::Rows(first.to_owned(), second.map(str::to_owned)))
            }
        }
    }

    /// Whether it makes an object or an array, which only JSON can hold.
    pub(super) fn is_structured(&self) -> bool {
        matches!(self, Self::Map | Self::Rows(..))
    }
}

impl Value<'_> {
    /// Whether it counts as unset.
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Pairs(pairs) => pairs.is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Json(values) => values.is_empty(),
            Self::Integer(_) | Self::Boolean(_) | Self::Time(_) => false,
        }
    }

    /// The value as text; none if it has no such form.
    pub(super) fn to_text(&self, encoding: Option<&Encoding>) -> Option<Zeroizing<String>> {
        match encoding {
            None => self.plain(),
            Some(Encoding::Json) => Json::Text(self.plain()?).to_text(),
            Some(Encoding::Base64) => match self {
                Self::Bytes(bytes) => Some(STANDARD.encode(bytes).into()),
                _ => Some(STANDARD.encode(self.plain()?.as_bytes()).into()),
            },
            Some(Encoding::Form) => {
                Some(Zeroizing::new(url::form_urlencoded::byte_serialize(self.plain()?.as_bytes()).collect()))
            }
            Some(Encoding::Rfc3339) => match self {
                Self::Time(time) => Some(jiff::Timestamp::try_from(*time).ok()?.to_string().into()),
                _ => None,
            },
            Some(Encoding::Map | Encoding::Rows(..)) => None,
        }
    }

    /// The value as JSON, typed where it stands alone; none if it has no such form.
    pub(super) fn to_json(&self, encoding: Option<&Encoding>) -> Option<Json> {
        match (encoding, self) {
            (Some(Encoding::Map), _) => {
                let members = self.pairs()?.into_iter().map(|(key, value)| Some((key, Json::text(&value?))));
                Some(Json::Object(members.collect::<Option<_>>()?))
            }
            (Some(Encoding::Rows(first, second)), _) => {
                let rows = self.pairs()?.into_iter().map(|(key, value)| row(first, second.as_deref(), key, value));
                Some(Json::Array(rows.collect::<Option<_>>()?))
            }
            (None, Self::Integer(number)) => Some(Json::Number((*number).into())),
            (None, Self::Boolean(flag)) => Some(Json::Boolean(*flag)),
            (None, Self::Time(time)) => Some(Json::Number(seconds(*time)?.into())),
            (None, Self::List(list)) => Some(Json::Array(list.iter().map(|text| Json::text(text)).collect())),
            (None, Self::Json(values)) => Some(Json::Array(values.to_vec())),
            _ => Some(Json::Text(self.to_text(encoding)?)),
        }
    }

    /// The pairs of a map; none if it is not one.
    pub(super) fn pairs(&self) -> Option<Vec<(String, Option<String>)>> {
        match self {
            Self::Pairs(pairs) => Some(pairs.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()),
            Self::List(list) => Some(list.iter().map(|text| (text.clone(), None)).collect()),
            Self::Text(text) => Some(
                text.split(',')
                    .map(str::trim)
                    .filter(|item| !item.is_empty())
                    .map(|item| match item.split_once('=') {
                        Some((key, value)) => (key.trim().to_owned(), Some(value.trim().to_owned())),
                        None => (item.to_owned(), None),
                    })
                    .collect(),
            ),
            _ => None,
        }
    }

    fn plain(&self) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new(match self {
            Self::Text(text) => text.clone().into_owned(),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.to_owned(),
            Self::List(list) => list.join(" "),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(flag) => flag.to_string(),
            Self::Time(time) => seconds(*time)?.to_string(),
            Self::Pairs(_) | Self::Json(_) => return None,
        }))
    }
}

fn row(first: &str, second: Option<&str>, key: String, value: Option<String>) -> Option<Json> {
    let mut members = BTreeMap::from([(first.to_owned(), Json::text(&key))]);
    match (second, value) {
        (Some(second), Some(value)) => {
            members.insert(second.to_owned(), Json::text(&value));
        }
        (None, None) => {}
        _ => return None,
    }
    Some(Json::Object(members))
}

fn seconds(time: SystemTime) -> Option<i64> {
    i64::try_from(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok()
}
