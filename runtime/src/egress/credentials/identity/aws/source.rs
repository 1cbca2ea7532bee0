//! Where credentials come from, in words, and whom they are asked for there.

use std::fmt;

use url::{Host, Url};

use super::{super::partition, chain::Variables};
use crate::{
    egress::{
        address::{self, Reach},
        origin::has_userinfo,
    },
    error::{Error, Kind, Result},
    text::Shown,
};

/// Where credentials come from: a base, and the roles that are assumed with it, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Source {
    /// The profile that names it, if one does.
    pub(super) profile: Option<String>,
    pub(super) base: Base,
    pub(super) roles: Vec<String>,
}

/// What needs no other credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// An access key in the environment.
    Environment,
    /// An access key in the profile.
    Keys,
    /// A role, for a token in a file.
    WebIdentity { role: String, token: String },
    /// A role in an account, for a session of single sign-on; such a session may be renewed.
    SignOn { role: String, account: String, start: String, region: String, renewed: bool },
    /// What a program prints.
    Program(String),
    /// The container's own role.
    Container(Url),
    /// The machine's own role.
    Instance(Url),
}

/// A place that is asked for credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Scheme, host and port.
    pub(super) origin: String,
    pub(super) reach: Reach,
}

impl Source {
    /// A source that no profile names.
    pub(super) fn of(base: Base) -> Self {
        Self { profile: None, base, roles: Vec::new() }
    }

    /// Whether files of the user's are read for them, or a program is run that one of these names.
    pub(super) fn is_in_files(&self) -> bool {
        let elsewhere = matches!(self.base, Base::Environment | Base::Container(_) | Base::Instance(_));
        self.profile.is_some() || !elsewhere
    }

    /// The places that are asked, when tokens are asked for in `region`.
    ///
    /// # Errors
    /// [`Kind::Config`] if one of them can't be: no such region, or an endpoint in the clear.
    pub(super) fn asks(&self, region: &str, variables: &Variables) -> Result<Vec<Asked>> {
        let service = |name: &str, variable: &str, region: &str| {
            let named = [variable, "AWS_ENDPOINT_URL"].map(|name| (name, variables.get(name)));
            let ignored = variables.is_true("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
            match named.into_iter().find_map(|(name, url)| Some((name, url?))).filter(|_| !ignored) {
                Some((variable, url)) => place(url, variable).map(|url| typed(&url)),
                None => {
                    let host = host(name, region)?;
                    Ok(Asked { origin: format!("https://{host}"), reach: Reach::Public })
                }
            }
        };
        let mut asked = Vec::new();
        match &self.base {
            Base::Environment | Base::Keys | Base::Program(_) => {}
            Base::WebIdentity { .. } => asked.push(service("sts", "AWS_ENDPOINT_URL_STS", region)?),
            Base::SignOn { region, renewed, .. } => {
                asked.push(service("portal.sso", "AWS_ENDPOINT_URL_SSO", region)?);
                if *renewed {
                    asked.push(service("oidc", "AWS_ENDPOINT_URL_SSO_OIDC", region)?);
                }
            }
            Base::Container(url) | Base::Instance(url) => asked.push(typed(url)),
        }
        if !self.roles.is_empty() {
            let sts = service("sts", "AWS_ENDPOINT_URL_STS", region)?;
            if !asked.contains(&sts) {
                asked.push(sts);
            }
        }
        Ok(asked)
    }
}

/// A place that hands out credentials: over TLS, at a cloud's own address, or on this machine. A name is no address:
/// whoever answers for it would be given the credentials of whoever asks.
pub(super) fn place(text: &str, variable: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| url.has_host() && !has_userinfo(text));
    let fits = |url: &Url| match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(v4))) => v4.is_loopback() || address::is_metadata(v4.into()),
        ("http", Some(Host::Ipv6(v6))) => v6.is_loopback() || address::is_metadata(v6.into()),
        _ => false,
    };
    url.filter(fits).ok_or_else(|| {
        config(format!("{variable} is neither https nor the address of this machine or of its metadata service"))
    })
}

/// The host of a service in a region.
pub(super) fn host(service: &str, region: &str) -> Result<String> {
    let suffix = partition::suffix(region);
    let suffix = suffix.ok_or_else(|| config(format!("{} is not a region of AWS", Shown(region))))?;
    Ok(format!("{service}.{region}.{suffix}"))
}

/// A place that the operator typed, or that stands for the machine itself.
fn typed(url: &Url) -> Asked {
    let metadata = match url.host() {
        Some(Host::Ipv4(v4)) => address::is_metadata(v4.into()),
        Some(Host::Ipv6(v6)) => address::is_metadata(v6.into()),
        _ => false,
    };
    let reach = if metadata { Reach::Metadata } else { Reach::Private };
    Asked { origin: url.origin().ascii_serialization(), reach }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(profile) = &self.profile {
            write!(f, "the AWS profile {}, which uses ", Shown(profile))?;
        }
        self.base.fmt(f)?;
        for role in &self.roles {
            write!(f, ", to assume the role {}", Shown(role))?;
        }
        Ok(())
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("the access key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
            Self::Keys => f.write_str("its access key"),
            Self::WebIdentity { role, token } => {
                write!(f, "the token in the file {}, for the role {}", Shown(token), Shown(role))
            }
            Self::SignOn { role, account, start, .. } => write!(
                f,
                "your sign-on at {}, for the role {} in the account {}",
                Shown(start),
                Shown(role),
                Shown(account)
            ),
            Self::Program(program) => write!(f, "what the program {} prints", Shown(program)),
            Self::Container(url) => write!(f, "the container's own role, from {}", Shown(url.as_str())),
            Self::Instance(url) => write!(f, "this machine's own role, from {}", Shown(url.as_str())),
        }
    }
}

fn config(reason: impl Into<String>) -> Error {
    Error::new(Kind::Config, reason)
}
