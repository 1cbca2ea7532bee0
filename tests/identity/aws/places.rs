//! Where signed requests, and requests for credentials, may go.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use secret_runtime::{Environment, Kind};
use test_support::{Reply, Upstream};
use zeroize::Zeroizing;

use super::{User, manifest};
use crate::common::{
    Manifest, Names,
    library::{assert_refused, failure, load, runtime, runtime_with},
};

/// A manifest whose author wrote the origin.
pub(super) fn written(url: &str) -> Manifest {
    manifest().replace("url = \"{address}\"", &format!("url = \"{url}\""))
}

fn user() -> User {
    User::new().env("AWS_ACCESS_KEY_ID", "AKENV").env("AWS_SECRET_ACCESS_KEY", "secret of the environment")
}

#[test]
fn the_host_is_the_one_of_the_service_in_the_partition_of_the_region() {
    for (region, host) in [
        ("eu-west-1", "https://demo.eu-west-1.amazonaws.com"),
        ("cn-north-1", "https://demo.cn-north-1.amazonaws.com.cn"),
        ("us-gov-east-1", "https://demo.us-gov-east-1.amazonaws.com"),
        ("us-iso-east-1", "https://demo.us-iso-east-1.c2s.ic.gov"),
        ("eusc-de-east-1", "https://demo.eusc-de-east-1.amazonaws.eu"),
    ] {
        let user = user().manifest(written("https://demo.{region}.{aws.suffix}")).env("AWS_REGION", region);
        assert_eq!(user.source().1, [host]);
        assert_eq!(user.facts().unwrap().origins[0].url, host);
    }
}

#[test]
fn no_other_host_that_an_author_writes_is_signed_for() {
    for url in [
        "https://evil.example",
        "https://other.{region}.{aws.suffix}",
        "https://demo.{region}.{aws.suffix}.evil.example",
        "https://demo.us-east-1.amazonaws.com",
        "https://demo.{region}.{aws.suffix}:8443",
        "http://demo.{region}.{aws.suffix}",
        "https://x.demo.{region}.{aws.suffix}",
    ] {
        let error = user().manifest(written(url)).facts().unwrap_err();
        assert_refused(&error, "credential-audience");
    }
}

#[test]
fn a_typed_endpoint_is_https_or_on_this_machine() {
    for url in ["http://10.0.0.1:4566", "http://localhost:4566", "http://demo.eu-west-1.amazonaws.com"] {
        let error = user().env("HOSTILE_ADDR", url).facts().unwrap_err();
        assert_refused(&error, "credential-audience");
    }
    assert!(user().env("HOSTILE_ADDR", "https://vpce-1.demo.eu-west-1.vpce.amazonaws.com").facts().is_ok());
}

#[test]
fn what_is_no_region_is_a_mistake() {
    for region in ["EU-WEST-1", "eu-west-1.evil.example", "eu west"] {
        let error = user().env("AWS_REGION", region).facts().unwrap_err();
        assert_eq!(error.kind(), Kind::Config, "{error}");
        assert!(error.reason().contains("region"), "{error}");
    }
}

/// Below a service there are hosts of its customers: `x.execute-api.eu-west-1.amazonaws.com` is anybody's.
#[test]
fn a_customers_host_is_no_service() {
    for (service, host) in [
        ("x.execute-api", "x.execute-api.{region}.{aws.suffix}"),
        ("ec2-192-0-2-1.eu-west-1", "ec2-192-0-2-1.eu-west-1.{region}.{aws.suffix}"),
    ] {
        let manifest =
            written(&format!("https://{host}")).replace("service = \"demo\"", &format!("service = \"{service}\""));
        for region in ["eu-west-1", "compute"] {
            let error = user().manifest(manifest.clone()).env("AWS_REGION", region).facts().unwrap_err();
            assert_eq!(error.kind(), Kind::Config, "{error}");
            assert!(error.reason().contains("service"), "{error}");
        }
    }
}

/// An environment that changes while a backend is loaded.
struct Changing(Mutex<BTreeMap<String, String>>);

impl Environment for Changing {
    fn get(&self, name: &str) -> Option<Zeroizing<String>> {
        Environment::get(&*self.0.lock().unwrap(), name)
    }

    fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().keys().cloned().collect()
    }
}

#[test]
fn a_place_that_is_named_after_the_grant_is_not_asked() {
    let [granted, later] = [(), ()].map(|()| Upstream::start(|_| Reply::new(403, "")).unwrap());
    let user = User::new().file("token", "canary");
    let token = user.path("token");
    let user = user.env("AWS_ENDPOINT_URL_STS", &granted.address()).env("AWS_ROLE_ARN", "arn:aws:iam::1:role/r");
    let user = user.env("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap());
    let environment = Arc::new(Changing(Mutex::new(user.environment.clone())));
    let backend = load(user.builder(&runtime()).environment(environment.clone())).unwrap();
    assert_eq!(failure(&backend, "KEY").kind(), Kind::Unauthenticated);
    environment.0.lock().unwrap().insert("AWS_ENDPOINT_URL_STS".to_owned(), later.address());
    assert_refused(&failure(&backend, "KEY"), "origin");
    assert_eq!((granted.connections(), later.connections()), (1, 0));
}

/// The vendor's crate has no way out but the runtime's: a name that it asks for is resolved here, judged, and refused.
#[test]
fn credentials_are_asked_for_through_the_runtimes_own_way_out() {
    let elsewhere = Upstream::start(|_| Reply::new(200, "")).unwrap();
    let names = Names::default().then("sts.eu-west-1.amazonaws.com", &["127.0.0.1"]);
    let config = "[profile prod]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\n\
                  [profile base]\naws_access_key_id = A\naws_secret_access_key = B\n";
    let user = User::new().file(".aws/config", config).env("AWS_PROFILE", "prod");
    assert!(user.source().1.contains(&"https://sts.eu-west-1.amazonaws.com".to_owned()));
    let backend = load(user.builder(&runtime_with(&names))).unwrap();
    assert_refused(&failure(&backend, "KEY"), "private-address");
    assert!(names.asked().iter().all(|host| host == "sts.eu-west-1.amazonaws.com"));
    assert_eq!((elsewhere.connections(), user.service.connections()), (0, 0));
}

#[test]
fn a_place_that_only_the_profile_names_is_not_asked() {
    let elsewhere = Upstream::start(|_| Reply::new(200, "")).unwrap();
    let config = format!(
        "[profile prod]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nendpoint_url = {}\n\
         [profile base]\naws_access_key_id = A\naws_secret_access_key = B\n",
        elsewhere.address()
    );
    let user = User::new().file(".aws/config", &config).env("AWS_PROFILE", "prod");
    let error = failure(&user.backend().unwrap(), "KEY");
    assert_refused(&error, "origin");
    assert!(error.reason().contains(&elsewhere.address()), "{error}");
    assert_eq!(elsewhere.connections(), 0);
}
