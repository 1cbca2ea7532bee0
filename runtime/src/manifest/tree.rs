//! JSON with templates as its leaves.

use std::collections::BTreeMap;

use super::{
    error::ManifestError,
    fields::Item,
    json::Json,
    template::Template,
    value::{Encoding, Scope},
};

/// A JSON value as a manifest writes it: strings are templates, everything else stands for itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A template. A placeholder that stands alone keeps its type: numbers stay numbers, lists become arrays.
    Leaf(Template),
    /// A number or a flag.
    Literal(Json),
    /// Values in order.
    Array(Vec<Self>),
    /// Members by key.
    Object(BTreeMap<String, Self>),
}

impl Tree {
    pub(crate) fn read(item: Item) -> Result<Self, ManifestError> {
        match item.value() {
            toml::Value::String(_) => item.parse(Template::parse_leaf).map(Self::Leaf),
            toml::Value::Boolean(flag) => Ok(Self::Literal(Json::Boolean(*flag))),
            toml::Value::Integer(number) => Ok(Self::Literal(Json::Number((*number).into()))),
            toml::Value::Array(_) => {
                item.items()?.into_iter().map(Self::read).collect::<Result<_, _>>().map(Self::Array)
            }
            toml::Value::Table(_) => item
                .entries()?
                .into_iter()
                .map(|(key, value)| Ok((key, Self::read(value)?)))
                .collect::<Result<_, _>>()
                .map(Self::Object),
            toml::Value::Float(_) | toml::Value::Datetime(_) => Err(item.wrong("JSON here has no floats and no dates")),
        }
    }

    /// The value with every leaf replaced. A leaf that is unset is left out; none if that is the whole.
    pub(crate) fn render(&self, scope: &dyn Scope) -> Option<Json> {
        match self {
            Self::Leaf(template) => match template.placeholder() {
                Some(placeholder) => placeholder.value(scope)?.to_json(placeholder.encoding.as_ref()),
                None => template.expand(scope).map(Json::Text),
            },
            Self::Literal(json) => Some(json.clone()),
            Self::Array(values) => Some(Json::Array(values.iter().filter_map(|value| value.render(scope)).collect())),
            Self::Object(members) => Some(Json::Object(
                members.iter().filter_map(|(key, value)| Some((key.clone(), value.render(scope)?))).collect(),
            )),
        }
    }

    /// The names it uses.
    pub fn placeholders(&self) -> Vec<&str> {
        self.leaves().into_iter().flat_map(Template::placeholders).collect()
    }

    /// The templates in it.
    pub(crate) fn leaves(&self) -> Vec<&Template> {
        match self {
            Self::Leaf(template) => vec![template],
            Self::Literal(_) => Vec::new(),
            Self::Array(values) => values.iter().flat_map(Self::leaves).collect(),
            Self::Object(members) => members.values().flat_map(Self::leaves).collect(),
        }
    }

    /// Whether it is a single placeholder that becomes an object of pairs.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self, Self::Leaf(template)
            if template.placeholder().is_some_and(|p| p.encoding == Some(Encoding::Map)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )]

    use super::*;
    use crate::manifest::{fields::Fields, value::Value};

    struct Words;

    impl Scope for Words {
        fn value(&self, name: &str) -> Option<Value<'_>> {
            Some(match name {
                "scopes" => Value::List(Box::leak(Box::new(["a".to_owned(), "b".to_owned()]))),
                "days" => Value::Integer(7),
                "flag" => Value::Boolean(true),
                "empty" => Value::from(""),
                "key" => Value::from("k\"1"),
                _ => return None,
            })
        }
    }

    fn render(toml: &str) -> String {
        let tree = Tree::read(Fields::document(toml).unwrap().need("json").unwrap()).unwrap();
        tree.render(&Words).unwrap().to_text().unwrap().to_string()
    }

    #[test]
    fn leaves_keep_their_types_and_unset_ones_are_left_out() {
        assert_eq!(
            render(
                r#"json = { s = "{scopes}", t = "{scopes} x", n = "{days}", f = "{flag}", e = "{empty}", u = "{unset}", k = "<{key}>", l = 3, b = false, o = {} }"#
            ),
            r#"{"b":false,"f":true,"k":"<k\"1>","l":3,"n":7,"o":{},"s":["a","b"],"t":"a b x"}"#,
        );
    }
}
