//! One kind of request that a stand-in answers: how it is known, what it does, what is replied.

use super::{
    held::{Held, cursor_after, entries_before},
    pattern::{At, PathPattern, Pattern, Said, Word},
    reply::{self, Reply, Words},
};
use crate::{
    egress::{
        Method,
        stand_in::{StandInReply, StandInRequest},
    },
    manifest::{
        Json, ManifestError, Tree,
        fields::{Fields, Item},
        json::Pointer,
    },
    store::LISTING_LIMIT,
};

/// A kind of request, and the answer to it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    method: Method,
    path: PathPattern,
    query: Vec<(String, Pattern)>,
    headers: Vec<(String, Pattern)>,
    json: Vec<At>,
    body: Option<Pattern>,
    does: Does,
    reply: Reply,
    absent: Option<Reply>,
    conflict: Reply,
}

/// What a request does to the secrets.
#[derive(Clone, Debug, PartialEq)]
enum Does {
    /// Reads one, or asks whether there is one.
    Read,
    /// Lists names, at most so many in a page.
    List { each: Option<Tree>, page: usize },
    /// Writes one that is not there yet.
    Create,
    /// Writes one.
    Write,
    /// Removes one.
    Delete,
    /// Nothing.
    Nothing,
}

impl Does {
    const WORDS: &'static str = "must be read, list, create, write, delete or nothing";

    /// The words that its replies may use.
    fn words(&self) -> &'static [&'static str] {
        match self {
            Self::Read => &["name", "value", "version"],
            Self::List { .. } => &["names", "entries", "next", "total"],
            Self::Create | Self::Write => &["name", "version"],
            Self::Delete | Self::Nothing => &["name"],
        }
    }

    /// The words that its requests have to say.
    fn needs(&self) -> &'static [Word] {
        match self {
            Self::Read | Self::Delete => &[Word::Name],
            Self::Create | Self::Write => &[Word::Name, Word::Value],
            Self::List { .. } | Self::Nothing => &[],
        }
    }
}

impl Route {
    pub(super) fn read(item: Item) -> Result<Self, ManifestError> {
        let place = item.path().to_owned();
        let mut fields = item.fields()?;
        let method = fields.need("method")?.parse(|word| Method::named(word).ok_or(Method::WORDS))?;
        let path = fields.need("path")?.parse(PathPattern::parse)?;
        let (query, headers) = (patterns(&mut fields, "query")?, patterns(&mut fields, "header")?);
        let json = fields.entries("json")?.into_iter().map(at).collect::<Result<_, _>>()?;
        let body = fields.take("body").map(|item| item.parse(Pattern::parse)).transpose()?;
        let does = does(&mut fields)?;
        let words = does.words();
        let reply = match &does {
            Does::Read | Does::List { .. } => fields.need("reply").map(Some)?,
            _ => fields.take("reply"),
        };
        let told = fields.take("absent").map(|item| Reply::read(item, &["name"])).transpose()?;
        let route = Self {
            method,
            path,
            query,
            headers: headers.into_iter().map(|(name, pattern)| (name.to_ascii_lowercase(), pattern)).collect(),
            json,
            body,
            reply: reply.map_or(Ok(Reply::bare(204)), |item| Reply::read(item, words))?,
            absent: told.or_else(|| matches!(does, Does::Read | Does::Delete).then(|| Reply::bare(404))),
            conflict: fields
                .take("conflict")
                .map_or(Ok(Reply::bare(409)), |item| Reply::read(item, &["name", "version"]))?,
            does,
        };
        fields.finish()?;
        match route.does.needs().iter().find(|needed| !route.words().any(|word| word == **needed)) {
            None => Ok(route),
            Some(word) => Err(ManifestError::value(
                place,
                format!("{{{}}} is nowhere in path, query, header, json or body", word.as_str()),
            )),
        }
    }

    fn words(&self) -> impl Iterator<Item = Word> {
        let pairs = self.query.iter().chain(&self.headers).map(|(_, pattern)| pattern);
        let patterns = pairs.chain(self.json.iter().map(|at| &at.pattern)).chain(&self.body);
        self.path.words().chain(patterns.filter_map(Pattern::word))
    }

    /// Whether the values of secrets can be these bytes, as far as this route replies them.
    pub(super) fn can_hold(&self, value: &[u8]) -> bool {
        self.does != Does::Read || self.reply.can_hold(value)
    }

    /// What the request says, if it is one of this kind. Its query holds nothing that the route does not name.
    pub(super) fn reads(&self, request: &StandInRequest<'_>) -> Option<Said> {
        let mut said = Said::default();
        let query: Vec<_> = request.url.query_pairs().collect();
        let known = query.iter().all(|(key, _)| self.query.iter().any(|(name, _)| name == key));
        if !known || self.method.as_str() != request.method || !self.path.reads(request.url.path(), &mut said) {
            return None;
        }
        let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_bytes());
        let header =
            |name: &str| request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_bytes());
        let fits = self.query.iter().all(|(key, pattern)| pattern.reads(asked(key), &mut said))
            && self.headers.iter().all(|(name, pattern)| pattern.reads(header(name), &mut said))
            && self.body.iter().all(|pattern| pattern.reads(Some(request.body.unwrap_or_default()), &mut said))
            && self.reads_json(request.body, &mut said);
        fits.then_some(said)
    }

    fn reads_json(&self, body: Option<&[u8]>, said: &mut Said) -> bool {
        if self.json.is_empty() {
            return true;
        }
        let Some(json) = body.and_then(|body| Json::parse(body).ok()) else { return false };
        self.json.iter().all(|at| at.pattern.reads_json(json.at(&at.pointer), said))
    }

    /// Does what it does, and answers.
    pub(super) fn serve(&self, said: &Said, held: &mut Held) -> StandInReply {
        let name = said.text(Word::Name);
        let words = Words { name, ..Words::default() };
        let absent = || self.absent.as_ref().unwrap_or(&self.reply).render(&words);
        let named = name.unwrap_or_default();
        match &self.does {
            Does::Nothing => self.reply.render(&words),
            Does::Read => match held.read(named, said.text(Word::Version)) {
                Some((version, value)) => {
                    self.reply.render(&Words { value: Some(value.expose()), version: Some(version), ..words })
                }
                None => absent(),
            },
            Does::Create | Does::Write => {
                let version = held.version(named);
                let other = said.number(Word::Version).is_some_and(|wanted| wanted != version);
                if other || (self.does == Does::Create && version > 0) {
                    return self.conflict.render(&Words { version: Some(version), ..words });
                }
                // Where a reply is given for it, only what is there already can be written.
                if version == 0 && self.absent.is_some() {
                    return absent();
                }
                let version = held.write(named, said.bytes(Word::Value).unwrap_or_default());
                self.reply.render(&Words { version: Some(version), ..words })
            }
            Does::Delete => match held.delete(named) {
                true => self.reply.render(&words),
                false => absent(),
            },
            Does::List { each, page } => self.list(said, held, each.as_ref(), *page),
        }
    }

    fn list(&self, said: &Said, held: &Held, each: Option<&Tree>, page: usize) -> StandInReply {
        let all = match said.text(Word::Folder) {
            Some(folder) => held.inside(folder),
            None => held.beginning(said.text(Word::Prefix).unwrap_or_default()),
        };
        let skipped = match (said.text(Word::Cursor), said.number(Word::Offset)) {
            (Some(cursor), _) => match entries_before(cursor) {
                Some(entries) => entries,
                None => return Reply::bare(400).render(&Words::default()),
            },
            (None, offset) => offset.unwrap_or_default(),
        };
        let limit = said.number(Word::Limit).map_or(page, |limit| limit.min(page));
        let names: Vec<String> = all.iter().skip(skipped).take(limit).cloned().collect();
        if let (true, Some(absent)) = (all.is_empty(), &self.absent) {
            return absent.render(&Words::default());
        }
        let entry = |name: &String| {
            let version = Some(held.version(name)).filter(|version| *version > 0);
            each?.render(&Words { name: Some(name), version, ..Words::default() })
        };
        let entries: Vec<Json> = names.iter().filter_map(entry).collect();
        let next =
            (skipped + names.len() < all.len() && !names.is_empty()).then(|| cursor_after(skipped + names.len()));
        self.reply.render(&Words {
            names: Some(&names),
            entries: Some(&entries),
            next: next.as_deref(),
            total: Some(all.len()),
            ..Words::default()
        })
    }
}

fn does(fields: &mut Fields) -> Result<Does, ManifestError> {
    let Some(item) = fields.take("does") else { return Ok(Does::Read) };
    let wrong = item.wrong(Does::WORDS);
    Ok(match item.text()?.as_str() {
        "read" => Does::Read,
        "create" => Does::Create,
        "write" => Does::Write,
        "delete" => Does::Delete,
        "nothing" => Does::Nothing,
        "list" => Does::List {
            each: fields.take("each").map(|item| reply::tree(item, &["name", "version"])).transpose()?,
            page: match fields.take("page") {
                None => usize::try_from(LISTING_LIMIT).unwrap_or(usize::MAX),
                Some(item) => {
                    let wrong = item.wrong("a page has one entry at least");
                    Some(item.integer::<u16>()?).filter(|page| *page > 0).ok_or(wrong)?.into()
                }
            },
        },
        _ => return Err(wrong),
    })
}

fn patterns(fields: &mut Fields, key: &'static str) -> Result<Vec<(String, Pattern)>, ManifestError> {
    fields.entries(key)?.into_iter().map(|(name, item)| Ok((name, item.parse(Pattern::parse)?))).collect()
}

fn at((pointer, item): (String, Item)) -> Result<At, ManifestError> {
    let pointer = Pointer::parse(&pointer).map_err(|reason| item.wrong(reason))?;
    let pattern = match item.value() {
        toml::Value::Boolean(flag) => Pattern::Is(Json::Boolean(*flag)),
        toml::Value::Integer(number) => Pattern::Is(Json::Number((*number).into())),
        _ => item.parse(Pattern::parse)?,
    };
    Ok(At { pointer, pattern })
}
