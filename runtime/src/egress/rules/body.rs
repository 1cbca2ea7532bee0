//! Bodies: closed down to what a rule pins.

use zeroize::Zeroizing;

use super::pins::{self, Pin};
use crate::manifest::{
    Scope, Template,
    json::{Json, split_pointer, unescape},
    tree::Tree,
};

/// What the body of a request must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// There is none.
    None,
    /// A JSON object with these members and no others.
    Json(Vec<JsonPin>),
    /// A form with these keys and no others.
    Form(Vec<Pin>),
    /// This text, to the byte.
    Text(Template),
    /// Anything.
    Any,
}

/// A place in a JSON body, and what must be there.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPin {
    /// The keys that lead there. Where one has a placeholder that is unset, there is no such place.
    tokens: Vec<Template>,
    /// The pointer, as its author wrote it.
    pub pointer: String,
    /// Whether it may be left out although it is set.
    pub optional: bool,
    /// What must be there; none for anything.
    pub wanted: Option<Tree>,
}

/// A pin with the values of one call: where, whether it must be there, and what. `None` for anything.
struct Place<'p> {
    tokens: Vec<String>,
    pin: &'p JsonPin,
    required: bool,
    wanted: Option<Json>,
}

impl Body {
    /// Whether a body is what the rule asks for, and how it is written when it is sent.
    pub(super) fn check(&self, body: Option<&[u8]>, scope: &dyn Scope) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
        let body = body.filter(|bytes| !bytes.is_empty());
        match (self, body) {
            (Self::None, None) | (Self::Any, None) => Ok(None),
            (Self::None, Some(_)) => Err("there must be none".into()),
            (Self::Any, Some(bytes)) => Ok(Some(Zeroizing::new(bytes.to_vec()))),
            (Self::Text(template), bytes) => {
                let wanted = template.expand(scope).ok_or("the rule needs a value that is not set")?;
                match bytes {
                    Some(bytes) if bytes == wanted.as_bytes() => Ok(Some(Zeroizing::new(bytes.to_vec()))),
                    _ => Err("the text is another".into()),
                }
            }
            (Self::Form(wanted), bytes) => {
                let text = std::str::from_utf8(bytes.unwrap_or_default()).map_err(|_| "it is not text")?;
                let pairs = pins::decode_pairs(text)?;
                pins::check(wanted, &pairs, scope)?;
                let mut text = pins::encode_pairs(&pairs);
                let bytes = Zeroizing::new(std::mem::take(&mut *text).into_bytes());
                Ok((!bytes.is_empty()).then_some(bytes))
            }
            (Self::Json(_), None) => Err("there is none".into()),
            (Self::Json(pins), Some(bytes)) => {
                let json = Json::parse(bytes).map_err(|error| error.to_string())?;
                if !matches!(json, Json::Object(_)) {
                    return Err("it is not a JSON object".into());
                }
                check_json(&json, pins, scope)?;
                json.to_bytes().map(Some).ok_or_else(|| "it can't be written".into())
            }
        }
    }

    /// What the body is, where that follows from the rule.
    pub(super) fn media_type(&self) -> Option<&'static str> {
        match self {
            Self::Json(_) => Some("application/json"),
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::None | Self::Text(_) | Self::Any => None,
        }
    }

    /// The names that its templates use.
    pub fn placeholders(&self) -> Vec<&str> {
        match self {
            Self::None | Self::Any => Vec::new(),
            Self::Text(template) => template.placeholders().collect(),
            Self::Form(pins) => pins.iter().flat_map(Pin::placeholders).collect(),
            Self::Json(pins) => {
                let keys = pins.iter().flat_map(|pin| pin.tokens.iter().flat_map(Template::placeholders));
                keys.chain(pins.iter().flat_map(|pin| &pin.wanted).flat_map(Tree::placeholders)).collect()
            }
        }
    }
}

impl JsonPin {
    /// A pin at a pointer, whose keys may be templates.
    pub(super) fn new(pointer: &str, optional: bool, wanted: Option<Tree>) -> Result<Self, String> {
        let tokens = split_pointer(pointer)?
            .map(|token| match unescape(token)? {
                token if token == "*" => Err("* is no key; pin the whole object with {x:map}".to_owned()),
                token => Template::parse(&token).map_err(|error| error.to_string()),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { tokens, pointer: pointer.to_owned(), optional, wanted })
    }

    /// Whether nothing else may be pinned below it.
    pub(super) fn covers(&self, other: &Self) -> bool {
        !self.is_map() && other.tokens.len() > self.tokens.len() && other.tokens.starts_with(&self.tokens)
            || other.tokens == self.tokens
    }

    /// Whether it stands for one pin for each pair of a map.
    fn is_map(&self) -> bool {
        self.wanted.as_ref().is_some_and(Tree::is_map)
    }

    /// The places it pins in this call; none where what it needs is unset and it must therefore be absent.
    fn places(&self, scope: &dyn Scope) -> Vec<Place<'_>> {
        let Some(tokens) = self.tokens.iter().map(|token| Some(token.expand(scope)?.to_string())).collect() else {
            return Vec::new();
        };
        let place = |tokens, wanted| Place { tokens, pin: self, required: !self.optional, wanted };
        let Some(wanted) = &self.wanted else {
            return vec![place(tokens, None)];
        };
        match wanted.render(scope) {
            None => Vec::new(),
            Some(Json::Object(members)) if self.is_map() => {
                let below = |key: String| tokens.iter().cloned().chain([key]).collect();
                members.into_iter().map(|(key, value)| place(below(key), Some(value))).collect()
            }
            Some(json) => vec![place(tokens, Some(json))],
        }
    }
}

/// Whether an object has what the pins ask for, and nothing beside.
fn check_json(json: &Json, pins: &[JsonPin], scope: &dyn Scope) -> Result<(), String> {
    let places: Vec<Place<'_>> = pins.iter().flat_map(|pin| pin.places(scope)).collect();
    for place in &places {
        let found = place.tokens.iter().try_fold(json, |value, key| match value {
            Json::Object(members) => members.get(key),
            _ => None,
        });
        match (found, &place.wanted) {
            (Some(value), Some(wanted)) if value != wanted => {
                return Err(format!("{} has another value", place.pin.pointer));
            }
            (None, _) if place.required => return Err(format!("{} is missing", place.pin.pointer)),
            _ => {}
        }
    }
    closed(json, &mut Vec::new(), &places)
}

/// Every member leads to a pin.
fn closed<'j>(json: &'j Json, path: &mut Vec<&'j str>, places: &[Place<'_>]) -> Result<(), String> {
    if places.iter().any(|place| place.tokens == *path) {
        return Ok(());
    }
    let leads =
        |place: &Place<'_>| place.tokens.len() > path.len() && path.iter().zip(&place.tokens).all(|(a, b)| a == b);
    match json {
        Json::Object(members) if path.is_empty() || places.iter().any(leads) => {
            for (key, value) in members {
                path.push(key);
                closed(value, path, places)?;
                path.pop();
            }
            Ok(())
        }
        _ => Err("it has a member that must be absent or that the rule does not name".into()),
    }
}
