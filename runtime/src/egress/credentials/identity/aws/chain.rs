//! Which source of the official chain is used: decided without a request, so that a grant can name it.

use std::{collections::HashMap, path::Path};

use aws_types::os_shim_internal::Env;
use zeroize::Zeroizing;

use super::{
    files::Files,
    profile,
    source::{Base, Source, place},
};
use crate::{
    environment::Environment,
    error::{Error, Kind, Result},
};

/// The variables of the chain. None but these is read, and one that is empty counts as not set.
const VARIABLES: [&str; 24] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SSO",
    "AWS_ENDPOINT_URL_SSO_OIDC",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_REGION_NAME",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// Where a container's credentials are when the variable has only their path.
const CONTAINER: &str = "http://169.254.170.2";
/// Where a machine asks for its own credentials, by version of the internet protocol.
const INSTANCE: [&str; 2] = ["http://169.254.169.254", "http://[fd00:ec2::254]"];

/// The variables that are set. Secrets are among them, so they are not shown for debugging.
#[derive(Clone, Default)]
pub(super) struct Variables(HashMap<&'static str, Zeroizing<String>>);

impl Variables {
    /// Reads those of the chain.
    pub(super) fn read(environment: &dyn Environment) -> Self {
        let set = |name: &'static str| Some((name, environment.get(name).filter(|value| !value.is_empty())?));
        Self(VARIABLES.into_iter().filter_map(set).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str())
    }

    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.0.insert(name, Zeroizing::new(value.to_owned()));
    }

    /// What the vendor's crate sees as the environment.
    pub(super) fn env(&self) -> Env {
        self.0.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect::<HashMap<_, _>>().into()
    }

    fn has_keys(&self) -> Result<bool> {
        match ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| self.get(name).is_some()) {
            [true, true] => Ok(true),
            [false, false] => Ok(false),
            _ => Err(config("one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set and the other is not")),
        }
    }

    /// Hides what belongs to other sources, so that none of them is tried when this one fails.
    fn only_for(mut self, source: &Source) -> Self {
        let base = &source.base;
        self.0.retain(|name, _| match *name {
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_SESSION_TOKEN" => *base == Base::Environment,
            "AWS_WEB_IDENTITY_TOKEN_FILE" => matches!(base, Base::WebIdentity { .. }) && source.profile.is_none(),
            name if name.starts_with("AWS_CONTAINER_") => matches!(base, Base::Container(_)),
            _ => true,
        });
        if !matches!(base, Base::Instance(_)) {
            self.set("AWS_EC2_METADATA_DISABLED", "true");
        }
        self
    }

    pub(super) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }
}

/// What was found, and what it was found in.
pub(super) struct Look {
    pub(super) source: Source,
    pub(super) variables: Variables,
    pub(super) files: Files,
}

impl Look {
    /// Looks through the chain in its order.
    ///
    /// # Errors
    /// [`Kind::Config`] says what is incomplete, or where nothing was found.
    pub(super) fn around(environment: &dyn Environment, home: Option<&Path>) -> Result<Self> {
        let mut variables = Variables::read(environment);
        // Whoever has keys in the environment may have broken profiles.
        let keys = variables.has_keys()?;
        let mut files = if keys { Files::default() } else { Files::profiles(&mut variables, home)? };
        let source = if keys { Source::of(Base::Environment) } else { find(&variables, &files)? };
        match &source.base {
            Base::WebIdentity { token, .. } => files.add_token(token)?,
            Base::SignOn { .. } => files.add_sign_on()?,
            Base::Container(_) => {
                if let Some(token) = variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
                    files.add_token(token)?;
                }
            }
            Base::Program(_) => {
                if let Some(why) = files.foreign() {
                    return Err(config(format!(
                        "the profile names a program (credential_process), which is run only from your own \
                         ~/.aws/config and ~/.aws/credentials that nobody else can write; {why}"
                    )));
                }
            }
            Base::Environment | Base::Keys | Base::Instance(_) => {}
        }
        let variables = variables.only_for(&source);
        Ok(Self { source, variables, files })
    }
}

/// The region that the environment or the profile names.
pub(super) fn region(environment: &dyn Environment, home: Option<&Path>) -> Option<String> {
    let mut variables = Variables::read(environment);
    let named =
        ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_REGION_NAME"].into_iter().find_map(|name| variables.get(name));
    if let Some(named) = named {
        return Some(named.to_owned());
    }
    let profiles = Files::profiles(&mut variables, home).and_then(|files| files.parsed(&variables)).ok()?;
    profiles.get("region").map(str::to_owned)
}

fn find(variables: &Variables, files: &Files) -> Result<Source> {
    let set = |name: &str| variables.get(name);
    if let Some(source) = profile::source(&files.parsed(variables)?, variables)? {
        return Ok(source);
    }
    if let Some(token) = set("AWS_WEB_IDENTITY_TOKEN_FILE") {
        let role = set("AWS_ROLE_ARN");
        let role = role.ok_or_else(|| config("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not"))?;
        return Ok(Source::of(Base::WebIdentity { role: role.to_owned(), token: token.to_owned() }));
    }
    if let Some(container) = container(variables)? {
        return Ok(Source::of(container));
    }
    instance(variables)?.map(Source::of).ok_or_else(nothing)
}

/// Says where nothing was found.
pub(super) fn nothing() -> Error {
    config(
        "no credentials for AWS were found: looked for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile with \
         credentials (AWS_PROFILE, ~/.aws/config, ~/.aws/credentials), AWS_WEB_IDENTITY_TOKEN_FILE, \
         AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, and the instance metadata service",
    )
}

/// The container's credentials, if the environment says where they are.
pub(super) fn container(variables: &Variables) -> Result<Option<Base>> {
    let text = match (
        variables.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        variables.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ) {
        (Some(path), _) if path.starts_with('/') => format!("{CONTAINER}{path}"),
        (Some(_), _) => return Err(config("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with /")),
        (None, Some(url)) => url.to_owned(),
        (None, None) => return Ok(None),
    };
    place(&text, "AWS_CONTAINER_CREDENTIALS_FULL_URI").map(|url| Some(Base::Container(url)))
}

/// The machine's metadata service, unless it is switched off.
pub(super) fn instance(variables: &Variables) -> Result<Option<Base>> {
    if variables.is_true("AWS_EC2_METADATA_DISABLED") {
        return Ok(None);
    }
    let mode = variables.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
    let [v4, v6] = INSTANCE;
    let text = match variables.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        Some(endpoint) => endpoint,
        None if mode.is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6")) => v6,
        None => v4,
    };
    place(text, "AWS_EC2_METADATA_SERVICE_ENDPOINT").map(|url| Some(Base::Instance(url)))
}

fn config(reason: impl Into<String>) -> Error {
    Error::new(Kind::Config, reason)
}
