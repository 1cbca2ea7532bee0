//! The `[serve]` table: what the daemon offers, where, and to whom.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use crate::{
    manifest::{
        ManifestError,
        fields::{Fields, Item},
    },
    scope::Scopes,
    text::Shown,
};

type Read<T> = std::result::Result<T, ManifestError>;

/// The fields under which a single value appears in a reply of Vault's interface.
pub const FIELDS: [&str; 2] = ["value", "key"];

/// What the daemon offers, where, and to whom.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Serve {
    /// Its Unix socket; otherwise one in the user's runtime folder.
    pub socket: Option<PathBuf>,
    /// A TCP address beside the socket.
    pub listen: Option<SocketAddr>,
    /// What makes that address one of TLS. Addresses that are not loopback need it.
    pub tls: Option<ServerTls>,
    /// The names by which it is called over TCP, beside `localhost` and loopback addresses.
    pub hosts: Vec<String>,
    /// The web origins whose pages may call it.
    pub origins: Vec<String>,
    /// The folder of what it remembers: the hashes of tokens.
    pub state: Option<PathBuf>,
    /// What its own user may do over the socket without a token.
    pub owner: Scopes,
    /// The same for other users, by their number.
    pub users: BTreeMap<u32, Scopes>,
    /// Mounts by name; empty for one per backend, under the backend's name.
    pub mounts: BTreeMap<String, Mount>,
    /// What it tells those who watch it.
    pub telemetry: Telemetry,
}

/// Certificate and key of a server, as PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerTls {
    /// The chain, its own certificate first.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// A backend at a place of the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mount {
    /// The backend; none for the one of the mount's name.
    pub backend: Option<String>,
    /// The fields under which a single value appears ([`FIELDS`]).
    pub fields: Vec<String>,
    /// Whether secrets are objects that pass whole, as those of Vault are.
    pub objects: bool,
}

impl Default for Mount {
    fn default() -> Self {
        Self { backend: None, fields: FIELDS.map(str::to_owned).to_vec(), objects: false }
    }
}

/// What the daemon tells those who watch it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Telemetry {
    /// Where traces go: the base address of an OpenTelemetry collector (OTLP over HTTP).
    pub traces: Option<url::Url>,
    /// Whether names of secrets may be in traces.
    pub names: bool,
}

impl Serve {
    pub(super) fn read(mut fields: Fields, folder: &Path) -> Read<Self> {
        let path = |text: String| folder.join(text);
        let serve = Self {
            socket: fields.text("socket")?.map(path),
            listen: fields.take("listen").map(|item| item.parse(str::parse)).transpose()?,
            tls: fields.table("tls")?.map(|tls| server_tls(tls, folder)).transpose()?,
            hosts: fields.texts("hosts")?,
            origins: fields.texts("origins")?,
            state: fields.text("state")?.map(path),
            owner: fields.take("owner").map(scopes).transpose()?.unwrap_or_default(),
            users: fields.entries("users")?.into_iter().map(user).collect::<Read<_>>()?,
            mounts: fields.entries("mounts")?.into_iter().map(mount).collect::<Read<_>>()?,
            telemetry: fields.table("telemetry")?.map(telemetry).transpose()?.unwrap_or_default(),
        };
        let place = fields.path().to_owned();
        fields.finish()?;
        match (&serve.listen, &serve.tls) {
            (Some(address), None) if !address.ip().is_loopback() => {
                let reason = "an address that is not loopback needs tls = { certificate = \"…\", key = \"…\" }";
                Err(ManifestError::value(format!("{place}.listen"), reason.to_owned()))
            }
            (None, Some(_)) => {
                let reason = "is the TLS of an address; set listen = \"0.0.0.0:8200\", or the like";
                Err(ManifestError::value(format!("{place}.tls"), reason.to_owned()))
            }
            _ => Ok(serve),
        }
    }
}

impl Serve {
    /// What it lets whom do, and where it tells of it, one sentence a line.
    pub(super) fn describe(&self) -> Vec<String> {
        let path = |path: &Path| Shown(&path.to_string_lossy()).to_string();
        let allowed = |scopes: &Scopes| {
            let scopes: Vec<_> = scopes.iter().map(|scope| Shown(&scope.to_string()).to_string()).collect();
            if scopes.is_empty() { "nothing".to_owned() } else { scopes.join(", ") }
        };
        let mut lines = Vec::new();
        if let Some(socket) = &self.socket {
            lines.push(format!("The daemon listens on the socket {}.", path(socket)));
        }
        if let Some(address) = &self.listen {
            lines.push(format!("The daemon listens on {address}."));
        }
        if let Some(ServerTls { certificate, key }) = &self.tls {
            lines.push(format!("It shows the certificate {}, with the key {}.", path(certificate), path(key)));
        }
        for (what, names) in [("name", &self.hosts), ("web origin", &self.origins)] {
            lines.extend(names.iter().map(|name| format!("The daemon may be called by the {what} {}.", Shown(name))));
        }
        if let Some(state) = &self.state {
            lines.push(format!("The daemon keeps hashes of tokens in {}.", path(state)));
        }
        if !self.owner.is_empty() {
            lines.push(format!("Without a token, the daemon's own user may: {}.", allowed(&self.owner)));
        }
        for (user, scopes) in &self.users {
            lines.push(format!("Without a token, the user {user} may: {}.", allowed(scopes)));
        }
        for (name, Mount { backend, fields, objects }) in &self.mounts {
            let backend = backend.as_deref().unwrap_or(name);
            let shape = if *objects { "as objects" } else { "in the fields" };
            let fields: Vec<_> = fields.iter().map(|field| Shown(field).to_string()).collect();
            let fields = if *objects { String::new() } else { format!(" {}", fields.join(", ")) };
            lines.push(format!("The mount {} is the backend {}, {shape}{fields}.", Shown(name), Shown(backend)));
        }
        if let Some(traces) = &self.telemetry.traces {
            let names = if self.telemetry.names { "with" } else { "without" };
            lines.push(format!("Traces go to {}, {names} names of secrets.", Shown(traces.as_str())));
        }
        lines
    }
}

fn server_tls(mut fields: Fields, folder: &Path) -> Read<ServerTls> {
    let certificate = folder.join(fields.need("certificate")?.text()?);
    let key = folder.join(fields.need("key")?.text()?);
    fields.finish()?;
    Ok(ServerTls { certificate, key })
}

fn scopes(item: Item) -> Read<Scopes> {
    item.items()?.into_iter().map(|item| item.parse(str::parse)).collect()
}

fn user((name, item): (String, Item)) -> Read<(u32, Scopes)> {
    let number = name.parse().map_err(|_| item.wrong("a user is named by its number, which `id -u NAME` tells"))?;
    Ok((number, scopes(item)?))
}

fn mount((name, item): (String, Item)) -> Read<(String, Mount)> {
    if let Some(reason) = unfit(&name) {
        return Err(item.wrong(reason));
    }
    let mut fields = item.fields()?;
    let mut mount = Mount { backend: fields.text("backend")?, objects: fields.flag("objects")?, ..Mount::default() };
    if let Some(item) = fields.take("fields") {
        let none = item.wrong("needs a field at least");
        mount.fields = item.items()?.into_iter().map(Item::text).collect::<Read<_>>()?;
        if mount.fields.is_empty() {
            return Err(none);
        }
    }
    fields.finish()?;
    Ok((name, mount))
}

/// Why a mount can't have this name, if so: the interface has the place, or a path can't have it.
pub fn unfit(name: &str) -> Option<&'static str> {
    match name {
        "sys" | "auth" | "cubbyhole" | "identity" => Some("Vault's interface has this place for something else"),
        "" | "." | ".." | "*" => Some("is no name for a mount"),
        _ if name.contains(['/', '%']) || name.chars().any(char::is_control) => Some("is no name for a mount"),
        _ => None,
    }
}

fn telemetry(mut fields: Fields) -> Read<Telemetry> {
    let telemetry = Telemetry {
        traces: fields.take("traces").map(|item| item.parse(collector)).transpose()?,
        names: fields.flag("names")?,
    };
    fields.finish()?;
    Ok(telemetry)
}

/// The address of a collector. What lets us in there is no part of it: addresses are shown.
fn collector(text: &str) -> std::result::Result<url::Url, String> {
    let url: url::Url = text.parse().map_err(|cause| format!("is no address: {cause}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err("is no address of a collector; one looks like http://127.0.0.1:4318".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(
            "holds more than an address; what a collector wants to see is set as OTEL_EXPORTER_OTLP_HEADERS".to_owned()
        );
    }
    Ok(url)
}
