//! Tests of resolving settings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use super::*;

const MANIFEST: &str = r#"
manifest = 1
name = "x"
version = "0.1.0"
[config]
address = { env = ["X_ADDR", "OLD_X_ADDR"], required = true }
namespace = { env = ["X_NAMESPACE"] }
login-namespace = { default = "{namespace}" }
region = {}
endpoint = {}
mount = { default = "secret" }
proxy = { default = "{address}" }
[options]
mount = {}
field = { default = "value" }
[credentials]
password = {}
[[origin]]
name = "main"
url = "{address}"
ca = ["X_CACERT", "SSL_CERT_FILE"]
[[origin]]
name = "api"
url = ["{endpoint}/v1", "https://api.{region}.example.com"]
[[origin]]
name = "side"
url = "{proxy}"
[[recipe]]
name = "basic"
inject = { basic = { user = "u", password = "{password}" }, origin = "main" }
"#;

fn resolve(set: &[(&str, &str)], env: &[(&str, &str)]) -> Result<Resolved, SettingsError> {
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let (set, env): (BTreeMap<String, String>, BTreeMap<String, String>) = (owned(set), owned(env));
    Manifest::parse(MANIFEST).unwrap().resolve(&Given {
        set: &set,
        env: &|name| env.get(name).cloned(),
        identity: &|_| None,
    })
}

fn origin(resolved: &Resolved, name: &str) -> Option<(String, bool)> {
    resolved.origins.iter().find(|origin| origin.name == name).map(|origin| (origin.url(), origin.typed))
}

#[test]
fn what_is_set_comes_before_the_environment_and_that_before_the_default() {
    let resolved = resolve(
        &[("address", "https://a.example"), ("mount", "")],
        &[("X_ADDR", "https://b.example"), ("X_NAMESPACE", "team")],
    )
    .unwrap();
    let shown: Vec<_> = resolved.config.iter().map(|(k, c)| (k.as_str(), c.value.as_str(), c.from.clone())).collect();
    assert_eq!(
        shown,
        [
            ("address", "https://a.example", Provenance::Set),
            ("login-namespace", "team", Provenance::Default),
            ("mount", "secret", Provenance::Default),
            ("namespace", "team", Provenance::Environment("X_NAMESPACE".into())),
            ("proxy", "https://a.example", Provenance::Default),
        ],
    );
}

#[test]
fn the_first_variable_that_is_set_counts() {
    let resolved = resolve(&[], &[("X_ADDR", ""), ("OLD_X_ADDR", "http://127.0.0.1:1")]).unwrap();
    assert_eq!(resolved.config["address"].from, Provenance::Environment("OLD_X_ADDR".into()));
}

#[test]
fn a_missing_setting_says_how_to_give_it() {
    let error = resolve(&[], &[]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the setting \"address\" is missing: set one of the environment variables X_ADDR, OLD_X_ADDR, or give \
         --set address=…",
    );
}

#[test]
fn a_setting_that_is_not_declared_is_refused_with_the_nearest() {
    for (key, hint) in [
        ("adress", "did you mean \"address\"?"),
        ("password", "it is a credential"),
        ("field", "it is an option of a single call"),
        ("zebra", "no setting \"zebra\""),
    ] {
        let error = resolve(&[(key, "x")], &[]).unwrap_err().to_string();
        assert!(error.contains(hint), "{error}");
    }
}

#[test]
fn the_first_url_whose_placeholders_are_set_counts() {
    let address = ("address", "https://a.example");
    let api = |set: &[(&str, &str)]| origin(&resolve(&[set, &[address]].concat(), &[]).unwrap(), "api");
    assert_eq!(api(&[]), None);
    assert_eq!(api(&[("region", "eu")]), Some(("https://api.eu.example.com".into(), false)));
    assert_eq!(
        api(&[("region", "eu"), ("endpoint", "http://localhost:1/base/")]),
        Some(("http://localhost:1/base/v1".into(), true)),
    );
}

#[test]
fn a_host_is_typed_only_where_the_operator_wrote_all_of_it() {
    let resolved = resolve(&[], &[("X_ADDR", "https://A.example:8200/v/")]).unwrap();
    assert_eq!(origin(&resolved, "main"), Some(("https://a.example:8200/v".into(), true)));
    // The address came here by way of the author's default.
    assert_eq!(origin(&resolved, "side"), Some(("https://a.example:8200/v".into(), false)));
}

#[test]
fn a_private_authority_is_read_from_the_first_variable_that_is_set() {
    let resolved =
        resolve(&[("address", "https://a.example")], &[("X_CACERT", ""), ("SSL_CERT_FILE", "/etc/ca.pem")]).unwrap();
    assert_eq!(resolved.origins[0].ca.as_deref(), Some(std::path::Path::new("/etc/ca.pem")));
}

#[test]
fn an_address_that_can_not_be_one_is_refused_without_showing_it() {
    for (set, problem) in [
        (("address", "https://user:hunter2@a.example"), OriginProblem::Origin(OriginError::Userinfo)),
        (("address", "a.example"), OriginProblem::Origin(OriginError::NotUrl)),
        (("address", "https://*.a.example"), OriginProblem::Wildcard),
        (("region", "evil.example/"), OriginProblem::Part),
        (("region", "x@evil"), OriginProblem::Part),
    ] {
        let error = resolve(&[("address", "https://ok.example"), set], &[]).unwrap_err();
        assert!(matches!(&error, SettingsError::Origin { reason, .. } if *reason == problem), "{error}");
        assert!(!error.to_string().contains("hunter2"));
    }
}
