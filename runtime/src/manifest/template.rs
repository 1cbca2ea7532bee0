//! Templates: text with placeholders.
//!
//! ```text
//! {x}  {a|b}  {x|"literal"}  {x:json}  {x:base64}  {x:form}  {x:rfc3339}  {x:map}  {x:rows(Key,Value)}
//! ```
//!
//! `{{` and `}}` stand for the braces themselves.

use std::fmt;

use zeroize::Zeroizing;

use super::value::{Encoding, Scope, Value};

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TemplateError(pub(super) String);

impl TemplateError {
    fn new<T>(reason: impl Into<String>) -> Result<T, Self> {
        Err(Self(reason.into()))
    }
}

/// Text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    source: String,
    pieces: Vec<Piece>,
}

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Literal(String),
    Placeholder(Placeholder),
}

/// What stands between braces: names or literals, of which the first that is set counts, and the form it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placeholder {
    alternatives: Vec<Alternative>,
    pub(super) encoding: Option<Encoding>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Alternative {
    Name(String),
    Literal(String),
}

impl Template {
    /// Parses a template that becomes text.
    ///
    /// # Errors
    /// Braces that don't match, a name that can't be one, an unknown encoding, or one that only JSON can hold.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let template = Self::parse_leaf(source)?;
        if template.placeholder().and_then(|p| p.encoding.as_ref()).is_some_and(Encoding::is_structured) {
            return TemplateError::new("map and rows make JSON, which can't stand here");
        }
        Ok(template)
    }

    /// Parses a template that becomes a leaf of JSON, where `map` and `rows` may stand alone.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse_leaf(source: &str) -> Result<Self, TemplateError> {
        let pieces = tokens(source)?
            .into_iter()
            .map(|token| match token {
                Token::Literal(text) => Ok(Piece::Literal(text)),
                Token::Braced(inner) => Placeholder::parse(&inner).map(Piece::Placeholder),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let structured = |piece: &Piece| matches!(piece, Piece::Placeholder(Placeholder { encoding: Some(form), .. }) if form.is_structured());
        if pieces.len() > 1 && pieces.iter().any(structured) {
            return TemplateError::new("map and rows make JSON, which can't stand inside text");
        }
        Ok(Self { source: source.to_owned(), pieces })
    }

    /// The text with every placeholder replaced; none if one of them is unset or has no such form.
    pub(crate) fn expand(&self, scope: &dyn Scope) -> Option<Zeroizing<String>> {
        expand(&self.pieces, scope)
    }

    /// The names it uses.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        names(&self.pieces)
    }

    /// The placeholder, if the template is nothing else.
    pub(super) fn placeholder(&self) -> Option<&Placeholder> {
        match self.pieces.as_slice() {
            [Piece::Placeholder(placeholder)] => Some(placeholder),
            _ => None,
        }
    }

    /// Whether it is this name as it is, and nothing else.
    pub(crate) fn is_only(&self, name: &str) -> bool {
        self.placeholder().is_some_and(|placeholder| placeholder.encoding.is_none() && placeholder.is_only(name))
    }

    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::Shown(&self.source).fmt(f)
    }
}

/// Pieces as text; none if a placeholder is unset or has no such form.
pub(super) fn expand(pieces: &[Piece], scope: &dyn Scope) -> Option<Zeroizing<String>> {
    let parts = pieces.iter().map(|piece| piece.expand(scope)).collect::<Option<Vec<_>>>()?;
    // One allocation of the right size: a buffer that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| text.push_str(part));
    Some(text)
}

/// The names that pieces use.
pub(super) fn names(pieces: &[Piece]) -> impl Iterator<Item = &str> {
    pieces
        .iter()
        .filter_map(|piece| match piece {
            Piece::Placeholder(placeholder) => Some(placeholder),
            Piece::Literal(_) => None,
        })
        .flat_map(Placeholder::names)
}

impl Piece {
    fn expand(&self, scope: &dyn Scope) -> Option<Zeroizing<String>> {
        match self {
            Self::Literal(text) => Some(Zeroizing::new(text.clone())),
            Self::Placeholder(placeholder) => placeholder.expand(scope),
        }
    }
}

impl Placeholder {
    pub(super) fn parse(inner: &str) -> Result<Self, TemplateError> {
        let mut alternatives = Vec::new();
        let mut rest = inner;
        loop {
            let (alternative, after) = Alternative::parse(rest, inner)?;
            alternatives.push(alternative);
            let mut following = after.chars();
            match following.next() {
                None => return Ok(Self { alternatives, encoding: None }),
                Some('|') => rest = following.as_str(),
                Some(':') => {
                    return match Encoding::parse(following.as_str()) {
                        Some(encoding) => Ok(Self { alternatives, encoding: Some(encoding) }),
                        None => TemplateError::new(format!(
                            "unknown encoding in {{{inner}}}: it may be json, base64, form, map, rows(…) or rfc3339"
                        )),
                    };
                }
                Some(_) => return TemplateError::new(format!("{{{inner}}} is not a placeholder")),
            }
        }
    }

    /// The first alternative that is set.
    pub(super) fn value<'s>(&'s self, scope: &'s dyn Scope) -> Option<Value<'s>> {
        self.alternatives
            .iter()
            .filter_map(|alternative| match alternative {
                Alternative::Name(name) => scope.value(name),
                Alternative::Literal(text) => Some(Value::from(text.as_str())),
            })
            .find(|value| scope.keeps_empty() || !value.is_empty())
    }

    pub(super) fn expand(&self, scope: &dyn Scope) -> Option<Zeroizing<String>> {
        self.value(scope)?.to_text(self.encoding.as_ref())
    }

    /// The names among its alternatives.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.alternatives.iter().filter_map(|alternative| match alternative {
            Alternative::Name(name) => Some(name.as_str()),
            Alternative::Literal(_) => None,
        })
    }

    /// Whether this name is what it takes its value from.
    pub(super) fn is_only(&self, name: &str) -> bool {
        matches!(self.alternatives.as_slice(), [Alternative::Name(only)] if only == name)
    }

    /// The name it takes its value from: that of the first alternative that is set.
    pub(super) fn source<'s>(&'s self, scope: &dyn Scope) -> Option<&'s str> {
        self.alternatives.iter().find_map(|alternative| match alternative {
            Alternative::Name(name) => scope.value(name).filter(|value| !value.is_empty()).map(|_| Some(name.as_str())),
            Alternative::Literal(_) => Some(None),
        })?
    }
}

impl Alternative {
    /// One alternative, and what follows it.
    fn parse<'t>(text: &'t str, inner: &str) -> Result<(Self, &'t str), TemplateError> {
        if let Some(quoted) = text.strip_prefix('"') {
            return match quoted.split_once('"') {
                Some((literal, after)) => Ok((Self::Literal(literal.to_owned()), after)),
                None => TemplateError::new(format!("a quote is not closed in {{{inner}}}")),
            };
        }
        let end = text.find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '.')).unwrap_or(text.len());
        match text.split_at_checked(end) {
            Some((name, after)) if !name.is_empty() => Ok((Self::Name(name.to_owned()), after)),
            _ => TemplateError::new(format!("{{{inner}}} is not a placeholder")),
        }
    }
}

/// What the scanner sees: literal text, or the inside of braces.
pub(super) enum Token {
    Literal(String),
    Braced(String),
}

/// Splits a template at its braces.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, TemplateError> {
    let mut tokens = Vec::new();
    let mut literal = String::new();
    let mut rest = source;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        literal.push_str(before);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            literal.extend(from.chars().next());
            rest = after;
            continue;
        }
        let Some(inside) = from.strip_prefix('{') else {
            return TemplateError::new("a } without its {; the character itself is written }}");
        };
        let Some(end) = closing(inside) else {
            return TemplateError::new("a { without its }; the character itself is written {{");
        };
        if !literal.is_empty() {
            tokens.push(Token::Literal(std::mem::take(&mut literal)));
        }
        let (braced, after) = inside.split_at(end);
        tokens.push(Token::Braced(braced.to_owned()));
        rest = after.strip_prefix('}').unwrap_or(after);
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        tokens.push(Token::Literal(literal));
    }
    Ok(tokens)
}

/// Where the brace closes that was opened before this text, quotes considered.
fn closing(inside: &str) -> Option<usize> {
    let mut quoted = false;
    inside.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '}' && !quoted).then_some(at)
    })
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
