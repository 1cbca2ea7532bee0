//! Manifests for the backend that attacks.

use test_support::layout;

/// Settings by which a test tells it what to do.
const CONFIG: &str = "act = {}\nthen = {}\nmethod = {}\nurl = {}\nheaders = {}\nbody = {}\nsize = {}\nask = {}\nonly = {}\nto = {}\nto-method = {}\nto-headers = {}\n";

/// A manifest that is changed line by line before it is used.
#[derive(Clone)]
pub(crate) struct Manifest(String);

impl Manifest {
    /// One origin, which the operator types; the secret's own path, and its folder; a token in the header `X-Token`.
    pub(crate) fn honest() -> Self {
        Self::with(
            "address = { env = [\"HOSTILE_ADDR\"] }",
            r#"
            [credentials]
            token = { env = ["HOSTILE_TOKEN"] }

            [[origin]]
            name = "upstream"
            url = "{address}"

            [[request]]
            for = ["read", "exists"]
            method = "GET"
            path = "/v1/secret{/name*}"

            [[request]]
            for = ["list"]
            method = "GET"
            path = "/v1/secret"

            [[recipe]]
            name = "token"
            inject = { header = "X-Token", value = "{token}" }"#,
        )
    }

    /// One origin, which the author of the backend writes; no credential.
    pub(crate) fn literal(url: &str) -> Self {
        let rest = format!(
            "[[origin]]\nname = \"upstream\"\nurl = \"{url}\"\n\
             [[request]]\nfor = [\"read\"]\nmethod = \"GET\"\npath = \"/v1/secret{{/name*}}\"\n"
        );
        Self::with("", &rest)
    }

    /// One origin, which the operator types; no credential.
    pub(crate) fn typed() -> Self {
        Self::with("address = { env = [\"HOSTILE_ADDR\"] }", &Self::literal("{address}").after("[[origin]]"))
    }

    /// The one of a real backend, as if its code had turned bad.
    pub(crate) fn of_backend(name: &str) -> Self {
        let path = layout::root().join("guests").join(name).join("backend.toml");
        let text = std::fs::read_to_string(path).unwrap();
        let config = format!("[config]\n{CONFIG}");
        Self(if text.contains("[config]\n") {
            text.replace("[config]\n", &config)
        } else {
            format!("{text}\n{config}")
        })
    }

    fn with(config: &str, rest: &str) -> Self {
        let head = "manifest = 1\nname = \"hostile\"\nversion = \"0.1.0\"\ncodes = [\"declared\"]\n";
        Self(format!("{head}[config]\n{CONFIG}{config}\n{rest}"))
    }

    /// Replaces a text that has to be there.
    pub(crate) fn replace(self, old: &str, new: &str) -> Self {
        assert!(self.0.contains(old), "the manifest has no {old:?}");
        Self(self.0.replace(old, new))
    }

    /// Adds lines at the end.
    pub(crate) fn and(self, lines: &str) -> Self {
        Self(format!("{}\n{lines}\n", self.0))
    }

    fn after(&self, mark: &str) -> String {
        self.0.get(self.0.find(mark).unwrap()..).unwrap().to_owned()
    }
}

impl AsRef<[u8]> for Manifest {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
