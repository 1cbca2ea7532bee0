//! Paths and URLs with placeholders.
//!
//! ```text
//! /v1{/mount*}/data{/name*}    {/x} one optional segment, {/x*} any number of them
//! /secrets/{name}              one segment, in which the value's / is written %2F
//! /v1/things/*                 one segment, whatever it is; /** at the end: any number of them
//! ```

use std::fmt;

use zeroize::Zeroizing;

use super::{
    percent,
    template::{Piece, Placeholder, Template, TemplateError, Token, expand, names, tokens},
    value::{Scope, Value},
};

/// A path with placeholders, split into segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate {
    source: String,
    parts: Vec<Part>,
    /// Whether it ends in `/**`.
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// One segment.
    One(Vec<Piece>),
    /// `{/x}` or `{/x*}`, and what is glued to its last segment.
    Optional { value: Placeholder, many: bool, suffix: Vec<Piece> },
    /// `*`
    Any,
}

/// A segment that a path must have, as decoded text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Segment {
    /// Exactly this.
    Is(String),
    /// Anything without `/` and `%`.
    Any,
}

impl Segment {
    /// The text it must be, if that is known.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Is(text) => Some(text),
            Self::Any => None,
        }
    }
}

/// The segments that a path must have, and whether more may follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segments {
    pub(crate) segments: Vec<Segment>,
    pub(crate) open: bool,
}

impl PathTemplate {
    /// Parses a path template.
    ///
    /// # Errors
    /// What is wrong with it: no leading `/`, an empty segment, `**` before the end, an encoding.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let wrong = |reason: &str| Err(TemplateError(reason.to_owned()));
        let mut parts: Vec<Part> = Vec::new();
        for token in tokens(source)? {
            match token {
                Token::Literal(text) if text.contains(['?', '#', '%', '\\']) || text.chars().any(char::is_control) => {
                    return wrong("a path is written without ?, #, %, \\ and control characters");
                }
                Token::Literal(text) => {
                    let mut segments = text.split('/');
                    // What stands before the first / belongs to the segment that is already begun.
                    let begun = segments.next().unwrap_or_default();
                    if !begun.is_empty() {
                        glue(&mut parts, Piece::Literal(begun.to_owned()))?;
                    }
                    parts.extend(segments.map(|segment| match segment {
                        "" => Part::One(Vec::new()),
                        literal => Part::One(vec![Piece::Literal(literal.to_owned())]),
                    }));
                }
                Token::Braced(inner) => match inner.strip_prefix('/') {
                    Some(name) => {
                        let (name, many) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
                        parts.push(Part::Optional { value: plain(name)?, many, suffix: Vec::new() });
                    }
                    None => glue(&mut parts, Piece::Placeholder(plain(&inner)?))?,
                },
            }
        }
        if matches!(parts.as_slice(), [Part::One(pieces)] if pieces.is_empty()) {
            parts.clear(); // the path /
        } else if parts.is_empty() {
            return wrong("a path begins with /");
        }
        let is = |part: &Part, text: &str| {
            matches!(part, Part::One(pieces)
            if matches!(pieces.as_slice(), [Piece::Literal(literal)] if literal == text))
        };
        let open = parts.pop_if(|last| is(last, "**")).is_some();
        for part in &mut parts {
            if is(part, "*") {
                *part = Part::Any;
            }
            if is(part, ".") || is(part, "..") {
                return wrong("a path has no segments . and ..");
            }
            match part {
                Part::One(pieces) if pieces.is_empty() => return wrong("a path has no empty segments"),
                Part::One(suffix) | Part::Optional { suffix, .. }
                    if suffix.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains('*'))) =>
                {
                    return wrong("* is a whole segment, and ** the last one");
                }
                _ => {}
            }
        }
        Ok(Self { source: source.to_owned(), parts, open })
    }

    /// The names it uses.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| match part {
            Part::One(pieces) => names(pieces).collect::<Vec<_>>(),
            Part::Optional { value, suffix, .. } => value.names().chain(names(suffix)).collect(),
            Part::Any => Vec::new(),
        })
    }

    /// Whether it names every segment.
    pub(super) fn is_exact(&self) -> bool {
        !self.open && !self.parts.contains(&Part::Any)
    }

    /// The segments that stand in it as they are.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::One(pieces) => match pieces.as_slice() {
                [Piece::Literal(text)] => Some(text.as_str()),
                _ => None,
            },
            _ => None,
        })
    }

    /// The segments it stands for; none if a required placeholder is unset.
    pub(crate) fn segments(&self, scope: &dyn Scope) -> Option<Segments> {
        let mut segments = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            match part {
                Part::Any => segments.push(Segment::Any),
                Part::One(pieces) => segments.push(Segment::Is(expand(pieces, scope)?.to_string())),
                Part::Optional { value, many, suffix } => {
                    let Some(text) = value.expand(scope) else {
                        if suffix.is_empty() {
                            continue;
                        }
                        return None;
                    };
                    let mut all: Vec<String> = match (many, value.is_only("name")) {
                        (false, _) => vec![text.to_string()],
                        (true, true) => text.split('/').map(str::to_owned).collect(),
                        // Operators write `secret/` for `secret`; a name is the same bytes everywhere.
                        (true, false) => text.trim_matches('/').split('/').map(str::to_owned).collect(),
                    };
                    if let Some(last) = all.last_mut() {
                        last.push_str(&expand(suffix, scope)?);
                    }
                    segments.extend(all.into_iter().map(Segment::Is));
                }
            }
        }
        Some(Segments { segments, open: self.open })
    }

    /// The path as it is sent; none if a required placeholder is unset.
    fn expand(&self, scope: &dyn Scope) -> Option<String> {
        let mut path = String::new();
        for segment in self.segments(scope)?.segments {
            match segment {
                Segment::Is(text) if percent::is_safe_segment(&text) => {
                    path.push('/');
                    path.push_str(&percent::encode_segment(&text));
                }
                _ => return None,
            }
        }
        Some(path)
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::Shown(&self.source).fmt(f)
    }
}

/// A placeholder in a path: its values are percent-encoded, and nothing else.
fn plain(inner: &str) -> Result<Placeholder, TemplateError> {
    let placeholder = Placeholder::parse(inner)?;
    match placeholder.encoding {
        None => Ok(placeholder),
        Some(_) => Err(TemplateError("a placeholder in a path has no encoding".into())),
    }
}

/// Adds to the segment that was begun last.
fn glue(parts: &mut [Part], piece: Piece) -> Result<(), TemplateError> {
    match parts.last_mut() {
        Some(Part::One(pieces)) => pieces.push(piece),
        Some(Part::Optional { suffix, .. }) => suffix.push(piece),
        _ => return Err(TemplateError("a path begins with /".into())),
    }
    Ok(())
}

/// A URL with placeholders: scheme and host from one template, then a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlTemplate {
    source: String,
    base: Template,
    path: Option<PathTemplate>,
}

impl UrlTemplate {
    /// Parses a URL template: `{address}/path`, or `https://host/path` with placeholders in host and path.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let end = if source.starts_with('{') {
            source.find('}').map(|at| at + 1)
        } else if let Some(scheme) = ["https://", "http://"].into_iter().find(|scheme| source.starts_with(scheme)) {
            let host = source.get(scheme.len()..).unwrap_or_default();
            // The path may begin with a placeholder of its own: {/x}
            host.find("{/").into_iter().chain(host.find('/')).min().map(|at| scheme.len() + at)
        } else {
            return Err(TemplateError("a URL begins with https://, http:// or one placeholder".into()));
        };
        let (base, path) = end.and_then(|end| source.split_at_checked(end)).unwrap_or((source, ""));
        let path = match path {
            "" | "/" => None,
            path => Some(PathTemplate::parse(path)?),
        };
        if path.as_ref().is_some_and(|path| !path.is_exact()) {
            return Err(TemplateError("a URL names every segment of its path".into()));
        }
        Ok(Self { source: source.to_owned(), base: Template::parse(base)?, path })
    }

    /// The URL as it is sent; none if a required placeholder is unset or can't stand where it does.
    pub(crate) fn expand(&self, scope: &dyn Scope) -> Option<Zeroizing<String>> {
        let mut url = self.expand_base(scope)?;
        if let Some(path) = &self.path {
            let path = path.expand(scope)?;
            let end = url.trim_end_matches('/').len();
            url.truncate(end);
            url.push_str(&path);
        }
        Some(url)
    }

    fn expand_base(&self, scope: &dyn Scope) -> Option<Zeroizing<String>> {
        if self.base.placeholder().is_none() {
            // Inside a host a value may not end it, nor begin a port or user.
            let host = |value: &str| value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
            for name in self.base.pieces().iter().filter_map(|piece| match piece {
                Piece::Placeholder(placeholder) => placeholder.expand(scope),
                Piece::Literal(_) => None,
            }) {
                if !host(&name) {
                    return None;
                }
            }
        }
        self.base.expand(scope)
    }

    /// The names it uses.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        self.base.placeholders().chain(self.path.iter().flat_map(PathTemplate::placeholders))
    }

    /// Whether all its placeholders are set; `set` answers for one name.
    pub(super) fn is_set(&self, set: &dyn Fn(&str) -> bool) -> bool {
        struct Set<'a>(&'a dyn Fn(&str) -> bool);
        impl Scope for Set<'_> {
            fn value(&self, name: &str) -> Option<Value<'_>> {
                (self.0)(name).then_some(Value::Boolean(true))
            }
        }
        self.expand(&Set(set)).is_some()
    }

    /// The name from which scheme and host come as a whole, if they come from one.
    pub(crate) fn whole_host<'s>(&'s self, scope: &dyn Scope) -> Option<&'s str> {
        self.base.placeholder()?.source(scope)
    }

    /// Whether the host that its author wrote is a wildcard.
    pub(super) fn has_wildcard(&self) -> bool {
        self.base.pieces().iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains('*')))
    }
}

impl fmt::Display for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::Shown(&self.source).fmt(f)
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
