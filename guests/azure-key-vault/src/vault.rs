//! The vault: where requests go, and what it means when it refuses one.

use secret_runtime_guest::{
    Error, Result, config,
    http::{Problem, Request, Response, Url},
    time,
};

/// The codes that decide something here.
pub(crate) mod code {
    pub(crate) const NOT_FOUND: &str = "SecretNotFound";
    pub(crate) const DELETED: &str = "ObjectIsDeletedButRecoverable";
    pub(crate) const BEING_DELETED: &str = "ObjectIsBeingDeleted";
    pub(crate) const BEING_RECOVERED: &str = "ObjectIsBeingRecovered";
    /// The caller is known and lacks a permission, by access policy or by role; the oldest vaults say the last one.
    pub(crate) const NO_PERMISSION: [&str; 3] = ["ForbiddenByPolicy", "ForbiddenByRbac", "AccessDenied"];
}

/// The most items that the vault puts on a page.
const PAGE: u32 = 25;

/// Between two tries while a secret is being deleted or recovered, in milliseconds: the first wait and the longest.
/// It takes Azure a few seconds.
const WAITS: (u32, u32) = (250, 2000);

/// One vault, and the settings by which tokens for it are got.
pub(crate) struct Vault {
    pub(crate) address: String,
    pub(crate) api_version: String,
    pub(crate) authority: String,
    pub(crate) tenant: Option<String>,
    pub(crate) resource: String,
}

impl Vault {
    /// The vault that the settings name.
    pub(crate) fn open() -> Result<Self> {
        Ok(Self {
            address: config::require("address")?,
            api_version: config::require("api-version")?,
            authority: config::require("authority")?,
            tenant: config::get("tenant"),
            resource: config::require("resource")?,
        })
    }

    pub(crate) fn get(&self, name: &str, version: Option<&str>) -> Request {
        let secret = self.at("secrets").segment(name);
        Request::get(self.versioned(version.into_iter().fold(secret, Url::segment)))
    }

    pub(crate) fn put(&self, name: &str) -> Request {
        Request::put(self.versioned(self.at("secrets").segment(name)))
    }

    pub(crate) fn delete(&self, name: &str) -> Request {
        Request::delete(self.versioned(self.at("secrets").segment(name)))
    }

    pub(crate) fn recover(&self, name: &str) -> Request {
        Request::post(self.versioned(self.at("deletedsecrets").segment(name).segment("recover")))
    }

    pub(crate) fn purge(&self, name: &str) -> Request {
        Request::delete(self.versioned(self.at("deletedsecrets").segment(name)))
    }

    /// Where a page of the list is.
    pub(crate) fn page(&self, cursor: Option<&str>, limit: u32) -> Url {
        let size = limit.clamp(1, PAGE).to_string();
        self.versioned(self.at("secrets")).query("maxresults", &size).maybe_query("$skiptoken", cursor)
    }

    pub(crate) fn list(&self, page: &Url) -> Request {
        Request::get(page.clone())
    }

    fn at(&self, kind: &str) -> Url {
        Url::new(&self.address).segment(kind)
    }

    fn versioned(&self, url: Url) -> Url {
        url.query("api-version", &self.api_version)
    }

    /// Sends a request; anything but success is an error.
    pub(crate) fn send(&self, request: &Request) -> Result<Response> {
        request.send()?.success(|response| self.failure(response))
    }

    /// The error that a refusal stands for.
    pub(crate) fn failure(&self, response: &Response) -> Error {
        let Problem { code, message } = response.problem().unwrap_or_default();
        let said = match (response.status, message) {
            (401, message) => self.with_challenge(message.unwrap_or_default(), response),
            (_, Some(message)) => message,
            _ => return response.error(),
        };
        match response.status {
            400 => Error::Invalid(said),
            401 => Error::unauthenticated(said).with_code(&code),
            403 => Error::denied(said).with_code(&code),
            404 if code == code::NOT_FOUND => Error::NotFound,
            409 => Error::conflict(said).with_code(&code),
            _ => response.error(),
        }
    }

    /// What the vault said, and whose tokens it wants if the settings name others. It is told to the operator alone:
    /// what a server says about where to log in is never followed.
    fn with_challenge(&self, said: String, response: &Response) -> String {
        let challenge = response.header("www-authenticate").unwrap_or_default();
        let parameter = |name: &str| challenge.split_once(&format!("{name}=\""))?.1.split('"').next();
        let (Some(authorization), Some(resource)) = (parameter("authorization"), parameter("resource")) else {
            return said;
        };
        // One endpoint under its name of today and that of old.
        let authorization = authorization.replace("https://login.windows.net/", "https://login.microsoftonline.com/");
        let ours = self.authority.trim_end_matches('/');
        let tenant = authorization.strip_prefix(ours).and_then(|rest| rest.strip_prefix('/'));
        // A tenant may also go by the name of a domain.
        let is_id = |tenant: &&String| tenant.len() == 36 && !tenant.contains('.');
        let same_tenant = self.tenant.as_ref().filter(is_id).is_none_or(|ours| Some(ours.as_str()) == tenant);
        if tenant.is_some() && same_tenant && resource.trim_end_matches('/') == self.resource.trim_end_matches('/') {
            return said;
        }
        format!(
            "{said} The vault wants tokens of {authorization} for {resource}, and the settings `authority`, `tenant` \
             and `resource` name others"
        )
    }
}

/// Longer and longer pauses; the call's deadline ends them.
pub(crate) struct Waiting(u32);

impl Default for Waiting {
    fn default() -> Self {
        Self(WAITS.0)
    }
}

impl Waiting {
    pub(crate) fn pause(&mut self) {
        time::sleep(self.0);
        self.0 = (self.0 * 2).min(WAITS.1);
    }
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
