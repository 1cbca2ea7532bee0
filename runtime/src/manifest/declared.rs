//! What a backend declares beside requests and recipes: settings, credentials, origins, storage.

use super::{
    error::ManifestError,
    fields::{Fields, Item},
    path::UrlTemplate,
    template::Template,
};
use crate::text::Shown;

/// Endings of environment names that say: this is a credential. A backend can't read such a variable as a setting.
const CREDENTIAL_ENDINGS: [&str; 13] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "API_KEY",
    "ACCESS_KEY",
    "CREDENTIALS",
    "DSN",
    "SECRET_ID",
    "SECRET_KEY",
    "PRIVATE_KEY",
    "PASSPHRASE",
    "JWT",
    "IDENTITY_HEADER",
];

/// A setting that the backend can see.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Environment variables it is read from; the first that is set counts.
    pub env: Vec<String>,
    /// What it is when nobody sets it, from other settings.
    pub default: Option<Template>,
    /// What the built-in identity can tell it from.
    pub identity: Option<IdentityFact>,
    /// Whether the backend can't do without it.
    pub required: bool,
    /// The author's explanation. Untrusted.
    pub help: Option<String>,
}

/// What a built-in identity knows beside its credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityFact {
    /// The region it is set up for.
    Region,
    /// The project it belongs to.
    Project,
}

/// A setting of a single call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionKey {
    /// What it is when neither the call nor a setting of the same name says.
    pub default: Option<String>,
    /// The author's explanation. Untrusted.
    pub help: Option<String>,
}

/// A credential: never visible to the backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Environment variables that hold it; the first that is set counts.
    pub env: Vec<String>,
    /// Environment variables that name a file which holds it.
    pub env_file: Vec<String>,
    /// The file that holds it when no variable does; `~/` is the home folder.
    pub file: Option<String>,
}

/// Where a backend may send requests.
#[derive(Clone, Debug, PartialEq)]
pub struct OriginTemplate {
    /// Its name, for rules, for recipes and for the backend.
    pub name: String,
    /// Its URL: the first whose placeholders are all set.
    pub urls: Vec<UrlTemplate>,
    /// Environment variables that name a file with certificate authorities of its own.
    pub ca: Vec<String>,
}

/// What a backend may do with granted storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Whether it may write.
    pub writes: bool,
    /// Whether a file will do.
    pub file: bool,
    /// Whether environment variables will do.
    pub environment: bool,
}

/// Which days of recovery the upstream can honour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteDays {
    /// When nobody says.
    pub default: Option<u32>,
    /// The fewest.
    pub min: u32,
    /// The most.
    pub max: u32,
}

impl Config {
    pub(super) fn read(item: Item) -> Result<Self, ManifestError> {
        let mut fields = item.fields()?;
        let config = Self {
            env: variables(&mut fields, "env", true)?,
            default: fields.take("default").map(|item| item.parse(Template::parse)).transpose()?,
            identity: fields.take("identity").map(IdentityFact::read).transpose()?,
            required: fields.flag("required")?,
            help: fields.text("help")?,
        };
        fields.finish()?;
        Ok(config)
    }
}

impl IdentityFact {
    fn read(item: Item) -> Result<Self, ManifestError> {
        match item.value().as_str() {
            Some("region") => Ok(Self::Region),
            Some("project") => Ok(Self::Project),
            _ => Err(item.wrong("must be \"region\" or \"project\"")),
        }
    }
}

impl OptionKey {
    pub(super) fn read(item: Item) -> Result<Self, ManifestError> {
        let mut fields = item.fields()?;
        let option = Self { default: fields.text("default")?, help: fields.text("help")? };
        fields.finish()?;
        Ok(option)
    }
}

impl Credential {
    pub(super) fn read(item: Item) -> Result<Self, ManifestError> {
        let mut fields = item.fields()?;
        let credential = Self {
            env: variables(&mut fields, "env", false)?,
            env_file: variables(&mut fields, "env-file", false)?,
            file: fields.text("file")?,
        };
        fields.finish()?;
        Ok(credential)
    }
}

impl OriginTemplate {
    pub(super) fn read(item: Item) -> Result<Self, ManifestError> {
        let mut fields = item.fields()?;
        let name = fields.need("name")?.parse(key)?;
        let url = fields.need("url")?;
        let urls = match url.value() {
            toml::Value::Array(urls) if urls.is_empty() => return Err(url.wrong("names no URL")),
            toml::Value::Array(_) => url.items()?,
            _ => vec![url],
        };
        let origin = Self {
            name,
            urls: urls.into_iter().map(|item| item.parse(UrlTemplate::parse)).collect::<Result<_, _>>()?,
            ca: variables(&mut fields, "ca", true)?,
        };
        fields.finish()?;
        Ok(origin)
    }
}

impl Storage {
    pub(super) fn read(mut fields: Fields) -> Result<Self, ManifestError> {
        let mode = fields.need("mode")?;
        let writes = match mode.value().as_str() {
            Some("read") => false,
            Some("read-write") => true,
            _ => return Err(mode.wrong("must be \"read\" or \"read-write\"")),
        };
        let mut storage = Self { writes, file: false, environment: false };
        let forms = fields.need("form")?;
        let empty = forms.wrong("must name \"file\", \"environment\" or both");
        for form in forms.items()? {
            match form.value().as_str() {
                Some("file") => storage.file = true,
                Some("environment") => storage.environment = true,
                _ => return Err(form.wrong("must be \"file\" or \"environment\"")),
            }
        }
        fields.finish()?;
        if storage.file || storage.environment { Ok(storage) } else { Err(empty) }
    }
}

impl DeleteDays {
    pub(super) fn read(mut fields: Fields) -> Result<Self, ManifestError> {
        let days = fields.need("days")?;
        let out_of_order = days.wrong("min may not be above max, and default lies between them");
        let mut days = days.fields()?;
        let read = Self {
            default: days.take("default").map(Item::integer).transpose()?,
            min: days.need("min")?.integer()?,
            max: days.need("max")?.integer()?,
        };
        days.finish()?;
        fields.finish()?;
        let ordered = read.min <= read.max && read.default.is_none_or(|days| (read.min..=read.max).contains(&days));
        if ordered { Ok(read) } else { Err(out_of_order) }
    }
}

/// A name of the manifest's own: of a backend, setting, credential, origin or recipe.
pub(super) fn key(text: &str) -> Result<String, &'static str> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    if (1..=64).contains(&text.len()) && text.bytes().all(plain) {
        Ok(text.to_owned())
    } else {
        Err("a name has 1 to 64 of a-z, 0-9 and -")
    }
}

/// Whether an environment variable of this name looks as if it held a credential.
pub(crate) fn looks_like_credential(variable: &str) -> bool {
    let upper = variable.to_ascii_uppercase();
    CREDENTIAL_ENDINGS.iter().any(|ending| upper.ends_with(ending))
}

/// Names of environment variables; `visible` ones are shown to the backend or in messages.
fn variables(fields: &mut Fields, field: &'static str, visible: bool) -> Result<Vec<String>, ManifestError> {
    let legal = |name: &str| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let mut names = Vec::new();
    for item in fields.items(field)? {
        match item.value().as_str() {
            Some(name) if visible && looks_like_credential(name) => {
                let reason = format!("{} looks like a credential; declare it under [credentials]", Shown(name));
                return Err(item.wrong(reason));
            }
            Some(name) if legal(name) => names.push(name.to_owned()),
            _ => return Err(item.wrong("must be the name of an environment variable")),
        }
    }
    Ok(names)
}
