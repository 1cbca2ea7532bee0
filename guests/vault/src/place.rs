//! Where a call's requests go: server, namespace, mount and path prefix.

use secret_runtime_guest::{
    Error, Options, Result, config,
    http::{Request, Url},
};

/// The place in which a call's secrets lie.
pub(crate) struct Place {
    address: String,
    namespace: Option<String>,
    mount: String,
    path_prefix: String,
}

impl Place {
    /// The place that the call's options name, else the settings.
    pub(crate) fn of(options: &Options) -> Result<Self> {
        let setting = |key| options.get(key).map(str::to_owned).or_else(|| config::get(key)).filter(|s| !s.is_empty());
        Ok(Self {
            address: config::require("address")?,
            namespace: setting("namespace"),
            mount: setting("mount").ok_or_else(|| Error::invalid("the setting `mount` is not set"))?,
            path_prefix: setting("path-prefix").unwrap_or_default(),
        })
    }

    /// Asks for a secret with its fields, in this version or the current one.
    pub(crate) fn get_data(&self, name: &str, version: Option<&str>) -> Request {
        self.inside(Request::get(self.data(name).maybe_query("version", version)))
    }

    /// Writes a new version of a secret.
    pub(crate) fn post_data(&self, name: &str) -> Request {
        self.inside(Request::post(self.data(name)))
    }

    /// Deletes the current version. It can be undeleted.
    pub(crate) fn delete_data(&self, name: &str) -> Request {
        self.inside(Request::delete(self.data(name)))
    }

    /// Asks what versions there are.
    pub(crate) fn get_metadata(&self, name: &str) -> Request {
        self.inside(Request::get(self.metadata(name)))
    }

    /// Writes what is kept beside a secret.
    pub(crate) fn post_metadata(&self, name: &str) -> Request {
        self.inside(Request::post(self.metadata(name)))
    }

    /// Deletes all versions and what is kept beside them, for good.
    pub(crate) fn delete_metadata(&self, name: &str) -> Request {
        self.inside(Request::delete(self.metadata(name)))
    }

    /// Lists one folder; an empty one is the topmost.
    pub(crate) fn list(&self, folder: &str) -> Request {
        self.inside(Request::list(self.metadata(folder)))
    }

    /// Asks whether the server serves. It has no namespace, and needs no token.
    pub(crate) fn health(&self) -> Request {
        Request::get(self.api().path("sys/health"))
    }

    /// Asks what kind of store is mounted here.
    pub(crate) fn mount_details(&self) -> Request {
        self.inside(Request::get(self.api().path("sys/internal/ui/mounts").path(&self.mount)))
    }

    fn api(&self) -> Url {
        Url::new(&self.address).segment("v1")
    }

    fn data(&self, name: &str) -> Url {
        self.api().path(&self.mount).segment("data").path(&self.path_prefix).path(name)
    }

    fn metadata(&self, name: &str) -> Url {
        self.api().path(&self.mount).segment("metadata").path(&self.path_prefix).path(name)
    }

    fn inside(&self, request: Request) -> Request {
        request.maybe_header("x-vault-namespace", self.namespace.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(namespace: Option<&str>, mount: &str, path_prefix: &str) -> Place {
        Place {
            address: "https://vault.example.com:8200/".into(),
            namespace: namespace.map(Into::into),
            mount: mount.into(),
            path_prefix: path_prefix.into(),
        }
    }

    #[test]
    fn each_request_goes_to_its_path() {
        let place = place(None, "kv/team", "app");
        let cases = [
            (place.get_data("a/b", None), "GET", "/v1/kv/team/data/app/a/b"),
            (place.get_data("a/b", Some("3")), "GET", "/v1/kv/team/data/app/a/b?version=3"),
            (place.post_data("a"), "POST", "/v1/kv/team/data/app/a"),
            (place.delete_data("a"), "DELETE", "/v1/kv/team/data/app/a"),
            (place.get_metadata("a"), "GET", "/v1/kv/team/metadata/app/a"),
            (place.post_metadata("a"), "POST", "/v1/kv/team/metadata/app/a"),
            (place.delete_metadata("a"), "DELETE", "/v1/kv/team/metadata/app/a"),
            (place.list(""), "LIST", "/v1/kv/team/metadata/app"),
            (place.list("x/y"), "LIST", "/v1/kv/team/metadata/app/x/y"),
            (place.health(), "GET", "/v1/sys/health"),
            (place.mount_details(), "GET", "/v1/sys/internal/ui/mounts/kv/team"),
        ];
        for (request, method, path) in cases {
            assert_eq!((request.method(), request.url()), (method, &*format!("https://vault.example.com:8200{path}")));
            assert!(request.headers().is_empty() && request.content().is_none());
        }
    }

    #[test]
    fn names_are_encoded_segment_by_segment_and_slashes_at_the_ends_of_a_mount_do_not_matter() {
        let request = place(None, "/secret/", "").get_data("a b/ü?#%2F", None);
        assert_eq!(request.url(), "https://vault.example.com:8200/v1/secret/data/a%20b/%C3%BC%3F%23%252F");
    }

    #[test]
    fn a_namespace_is_a_header_of_all_requests_but_health() {
        let place = place(Some("ns1/sub"), "secret", "");
        let namespace = [("x-vault-namespace".to_owned(), "ns1/sub".to_owned())];
        assert_eq!(place.get_data("a", None).headers(), namespace);
        assert_eq!(place.mount_details().headers(), namespace);
        assert_eq!(place.health().headers(), []);
    }
}
