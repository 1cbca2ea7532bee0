//! An upstream that is written down in a small file, so that a backend can be tried and proven without its server.
//!
//! ```toml
//! # upstream.toml: what the upstream answers
//! [set]                                # settings while it is tried; --set counts more
//! address = "https://upstream.example"
//!
//! [secrets]                            # what it holds at first
//! GREETING = "hello"
//! KEY = { base64 = "AP8=" }
//!
//! [[route]]                            # the first that fits answers
//! method = "GET"
//! path = "/secret/{name}"
//! reply = { body = "{value}" }         # alone, {value} is the bytes as they are
//! absent = 404                         # where there is no such secret; this is what is replied if nothing is said
//! ```
//!
//! `runtime --stand-in upstream.toml get GREETING` reads from it, and `runtime conform --stand-in upstream.toml` tries
//! all that a backend has to do. Nothing goes out, and no credential is looked for.
//!
//! # What a route takes from a request
//!
//! The notation is that of a request rule, the other way round: a word in braces is taken from the request.
//!
//! | key | |
//! |---|---|
//! | `method`, `path` | In a path, `{name}` is within one segment and `{name*}` is several. Both are decoded. |
//! | `query`, `header` | `{ limit = "{limit}", list = "true", any = "*" }`. A query has no other keys. |
//! | `json` | Places in the body: `{ "/SecretId" = "{name}", "/Data" = "{value:base64}" }`. |
//! | `body` | The body as a whole: `"{value}"`. |
//!
//! `{name}` and `{value}` have to be there, or the request is for another route. The others may be left out:
//! `{version}`, `{prefix}`, `{folder}` (as a path of several segments: `{folder*}`), `{limit}`, `{cursor}`, `{offset}`.
//!
//! # What it does
//!
//! | `does` | | words in its replies |
//! |---|---|---|
//! | `"read"` | The secret, in this `{version}` if one is asked for. Also to ask whether there is one. | `{name}` `{value}` `{version}` |
//! | `"list"` | The names that begin with `{prefix}`, or what is in `{folder}`, a page at a time. `each` is the JSON of one of them. | `{names}` `{entries}` `{next}` `{total}` |
//! | `"write"` | A new version. If the request says a `{version}`, it has to be the current one, 0 for none. With `absent`, there has to be one. | `{name}` `{version}` |
//! | `"create"` | The same, if there is none yet. | `{name}` `{version}` |
//! | `"delete"` | Removes it. | `{name}` |
//! | `"nothing"` | Nothing, for requests whose reply is always the same. | `{name}` |
//!
//! Versions are counted from 1. A reply is a status, or `{ status, header, json | body }`; the status is 200 if it says
//! nothing. `reply` is the one when all is well, `absent` where there is no such secret, `conflict` where a write
//! meets another version. JSON is written as in a manifest's exchange: a leaf that is unset, such as `{next}` on the
//! last page, is left out, and `{value:base64}` is the value in base64.
//!
//! ```toml
//! [[route]]
//! method = "GET"
//! path = "/secrets"
//! query = { prefix = "{prefix}", size = "{limit}", after = "{cursor}" }
//! does = "list"
//! page = 50                            # the most in a page
//! each = { id = "{name}", version = "{version}" }
//! reply = { json = { items = "{entries}", next = "{next}" } }
//!
//! [untried]                            # request rules that can't be tried here, and why
//! "POST /secrets/{name}/replicate" = "needs a second region"
//! ```
//!
//! A request that no route is for is not answered: the call fails as `unavailable`.

mod held;
mod pattern;
mod reply;
mod route;

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};

use self::{held::Held, route::Route};
pub use crate::egress::stand_in::{StandIn, StandInFault, StandInReply, StandInRequest};
use crate::{
    error::{Error, Kind, Result},
    manifest::{
        ManifestError,
        fields::{Fields, Item},
    },
    store::SecretBytes,
};

/// An upstream that is written down, with the secrets it holds. See the [module](self) for how.
pub struct Script {
    written: Arc<Written>,
    held: Mutex<Held>,
}

/// What the file says.
struct Written {
    set: BTreeMap<String, String>,
    secrets: BTreeMap<String, SecretBytes>,
    routes: Vec<Route>,
    untried: BTreeMap<String, String>,
}

impl Script {
    /// Reads a script from a file.
    ///
    /// # Errors
    /// [`Kind::Config`] if it can't be read or is not right.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let wrong = |cause: &dyn fmt::Display| Error::new(Kind::Config, format!("{}: {cause}", path.display()));
        let text = fs::read_to_string(path)
            .map_err(|cause| wrong(&format_args!("it can't be read: {cause}")).caused_by(cause))?;
        Self::parse(&text).map_err(|cause| wrong(&cause).caused_by(cause))
    }

    /// Reads a script.
    ///
    /// # Errors
    /// [`ManifestError`] says where and what is wrong: not TOML, an unknown key, a value that can't be right.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut top = Fields::document(text)?;
        let texts = |entries: Vec<(String, Item)>| -> Result<BTreeMap<String, String>, ManifestError> {
            entries.into_iter().map(|(key, item)| Ok((key, item.text()?))).collect()
        };
        let written = Written {
            set: texts(top.entries("set")?)?,
            secrets: top
                .entries("secrets")?
                .into_iter()
                .map(|(name, item)| Ok((name, value(item)?)))
                .collect::<Result<_, ManifestError>>()?,
            untried: texts(top.entries("untried")?)?,
            routes: top.items("route")?.into_iter().map(Route::read).collect::<Result<_, _>>()?,
        };
        top.finish()?;
        let held = Mutex::new(Held::new(written.secrets.clone()));
        Ok(Self { written: Arc::new(written), held })
    }

    /// Settings of the backend while it is tried.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.written.set.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The secrets that it holds at first.
    pub(crate) fn secrets(&self) -> &BTreeMap<String, SecretBytes> {
        &self.written.secrets
    }

    /// The request rules that can't be tried with it, and why.
    pub(crate) fn untried(&self) -> &BTreeMap<String, String> {
        &self.written.untried
    }

    /// Whether what it replies has room for a value of these bytes.
    pub(crate) fn can_hold(&self, value: &[u8]) -> bool {
        self.written.routes.iter().all(|route| route.can_hold(value))
    }

    /// Forgets all that it holds, and holds these secrets instead.
    pub(crate) fn hold(&self, secrets: impl IntoIterator<Item = (String, SecretBytes)>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Held::new(secrets);
    }
}

impl StandIn for Script {
    fn answer(&self, request: &StandInRequest<'_>) -> Option<Result<StandInReply, StandInFault>> {
        let (route, said) = self.written.routes.iter().find_map(|route| Some((route, route.reads(request)?)))?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Ok(route.serve(&said, &mut held)))
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("routes", &self.written.routes.len()).finish_non_exhaustive()
    }
}

/// A value: text, or bytes in base64.
fn value(item: Item) -> Result<SecretBytes, ManifestError> {
    if item.value().is_str() {
        return Ok(SecretBytes::from(item.text()?.into_bytes()));
    }
    let mut fields = item.fields()?;
    let bytes = fields.need("base64")?.parse(|text| STANDARD.decode(text).map_err(|_| "is not base64"))?;
    fields.finish()?;
    Ok(SecretBytes::from(bytes))
}

#[cfg(test)]
mod tests;
