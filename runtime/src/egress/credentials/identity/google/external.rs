//! Workload identity: another provider's token is exchanged for one of Google's.

use std::{collections::BTreeMap, path::PathBuf};

use zeroize::Zeroizing;

use super::{
    super::{
        endpoint::Endpoint,
        wire::{self, member, text},
    },
    file::{BadFile, endpoint, need},
    program::Program,
};
use crate::{
    egress::client::{Outgoing, Reply},
    error::{Error, Kind, Result},
    manifest::json::Json,
};

/// The security token service, for messages.
pub(super) const SERVICE: &str = "Google's token service";

/// How another provider's token is had, and where it is exchanged.
pub(super) struct External {
    audience: String,
    subject_type: String,
    /// The token service.
    pub(super) token: Endpoint,
    /// Where the other provider's token is.
    pub(super) subject: Subject,
    client: Option<(String, Zeroizing<String>)>,
    /// The project that a person of a workforce pool works for.
    user_project: Option<String>,
}

/// Where the token of the other provider is.
pub(super) enum Subject {
    /// In a file, read again each time.
    File(PathBuf, Format),
    /// In the reply to a request.
    Url(Endpoint, BTreeMap<String, Zeroizing<String>>, Format),
    /// A program prints it.
    Program(Program),
}

/// How the token of the other provider is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// It is the whole text.
    Text,
    /// It is in this member of a JSON object.
    Json(String),
}

impl External {
    pub(super) fn read(json: &Json) -> Result<Self, BadFile> {
        let client = match text(json, "client_id") {
            Some(id) => {
                let secret = text(json, "client_secret").unwrap_or_default();
                Some((id.to_owned(), Zeroizing::new(secret.to_owned())))
            }
            None => None,
        };
        let source = member(json, "credential_source").ok_or(BadFile::Lacks("credential_source"))?;
        Ok(Self {
            audience: need(json, "audience")?.to_owned(),
            subject_type: need(json, "subject_token_type")?.to_owned(),
            token: endpoint(json, "token_url")?,
            subject: Subject::read(source, json)?,
            client,
            user_project: text(json, "workforce_pool_user_project").map(str::to_owned),
        })
    }

    pub(super) fn endpoints(&self) -> Vec<&Endpoint> {
        let mut endpoints = vec![&self.token];
        if let Subject::Url(endpoint, ..) = &self.subject {
            endpoints.push(endpoint);
        }
        endpoints
    }

    /// The request that exchanges `subject`.
    pub(super) fn exchange(&self, subject: &str, scopes: &str) -> Outgoing {
        let options = match (&self.client, &self.user_project) {
            (None, Some(project)) => {
                let options = Json::Object(BTreeMap::from([("userProject".to_owned(), Json::text(project))]));
                options.to_bytes().and_then(|bytes| String::from_utf8(bytes.to_vec()).ok()).unwrap_or_default()
            }
            _ => String::new(),
        };
        let form = wire::form(
            &self.token.url,
            &[
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("audience", &self.audience),
                ("scope", scopes),
                ("subject_token_type", &self.subject_type),
                ("subject_token", subject),
                ("options", &options),
            ],
        );
        match &self.client {
            Some((id, secret)) => wire::with_basic(form, id, secret),
            None => form,
        }
    }
}

impl Subject {
    fn read(source: &Json, whole: &Json) -> Result<Self, BadFile> {
        if text(source, "environment_id").is_some() {
            return Err(BadFile::Unsupported("a workload that AWS vouches for"));
        }
        if member(source, "certificate").is_some() {
            return Err(BadFile::Unsupported("a workload that a client certificate vouches for"));
        }
        if let Some(program) = member(source, "executable") {
            return Program::read(program, whole).map(Self::Program);
        }
        let format = format(source)?;
        if let Some(file) = text(source, "file") {
            return Ok(Self::File(PathBuf::from(file), format));
        }
        let url = text(source, "url").ok_or(BadFile::Lacks("file or url in credential_source"))?;
        let bad = |reason| BadFile::Url { member: "credential_source", reason };
        // What is asked for is a token, so the place may also be a metadata service, as on other clouds.
        let endpoint = Endpoint::of_machine(url).map_err(bad)?;
        let mut headers = BTreeMap::new();
        if let Some(Json::Object(members)) = member(source, "headers") {
            for (name, value) in members {
                let value = value.as_text().ok_or(BadFile::Wrong("headers in credential_source"))?;
                headers.insert(name.to_ascii_lowercase(), Zeroizing::new(value.to_owned()));
            }
        }
        Ok(Self::Url(endpoint, headers, format))
    }
}

fn format(source: &Json) -> Result<Format, BadFile> {
    let Some(format) = member(source, "format") else { return Ok(Format::Text) };
    match text(format, "type") {
        None | Some("text") => Ok(Format::Text),
        Some("json") => need(format, "subject_token_field_name").map(|name| Format::Json(name.to_owned())),
        Some(_) => Err(BadFile::Wrong("format in credential_source")),
    }
}

impl Format {
    /// The token in what a file or a reply holds.
    pub(super) fn token(&self, bytes: &[u8]) -> Result<Zeroizing<String>> {
        let found = match self {
            Self::Text => {
                let text = std::str::from_utf8(bytes).ok();
                text.map(|token| Zeroizing::new(token.strip_suffix('\n').unwrap_or(token).to_owned()))
            }
            Self::Json(name) => {
                let json = Json::parse(bytes).ok();
                json.as_ref().and_then(|json| text(json, name)).map(|token| Zeroizing::new(token.to_owned()))
            }
        };
        found.filter(|token| !token.is_empty()).ok_or_else(|| {
            Error::new(Kind::Malformed, "the token of the other provider is not where the Google credential file says")
        })
    }
}

/// The request that asks the other provider for its token.
pub(super) fn ask(endpoint: &Endpoint, headers: &BTreeMap<String, Zeroizing<String>>) -> Outgoing {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    wire::get(&endpoint.url, &headers)
}

/// The token in its reply.
pub(super) fn answered(reply: &Reply, format: &Format) -> Result<Zeroizing<String>> {
    wire::succeeded(reply, "the other provider of the workload's identity")?;
    format.token(&reply.body)
}
