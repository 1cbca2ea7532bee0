//! Where requests go: the region's own endpoint in every partition, or the one that is typed.

use std::{collections::BTreeMap, sync::Arc};

use secret_runtime::StorageInput;
use serde_json::json;
use test_support::{Reply, Upstream};

use super::{KMS, MINISTACK, SECRETS};
use crate::common::{Component, Home, library};

/// The URL that a backend would be granted in this environment.
fn origin(backend: &str, environment: &[(&str, &str)]) -> String {
    let known = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "any"), ("APP_KEY", "QUJD")];
    let variables = known.iter().chain(environment).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: BTreeMap<_, _> = variables.collect();
    let builder = library::runtime().backend(Component::backend(backend).parse().unwrap());
    let builder = builder.environment(Arc::new(environment));
    let builder = match backend {
        KMS => builder.storage(StorageInput::Environment(vec!["APP_*".into()])),
        _ => builder,
    };
    let candidate = builder.candidate().unwrap();
    assert_eq!(candidate.origins().len(), 1);
    candidate.origins()[0].to_string()
}

#[test]
fn every_partition_has_its_own_suffix() {
    for (region, suffix) in [
        ("eu-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("us-gov-west-1", "amazonaws.com"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("us-isof-south-1", "csp.hci.ic.gov"),
        ("eu-isoe-west-1", "cloud.adc-e.uk"),
    ] {
        let at = |backend| origin(backend, &[("AWS_REGION", region)]);
        assert_eq!(at(SECRETS), format!("https://secretsmanager.{region}.{suffix}"));
        assert_eq!(at(KMS), format!("https://kms.{region}.{suffix}"));
    }
}

#[test]
fn the_region_is_read_from_all_the_variables_that_people_have() {
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_REGION_NAME"] {
        assert_eq!(origin(KMS, &[(variable, "ap-south-1")]), "https://kms.ap-south-1.amazonaws.com");
    }
    let first = [("AWS_REGION_NAME", "us-east-2"), ("AWS_REGION", "us-east-1")];
    assert_eq!(origin(KMS, &first), "https://kms.us-east-1.amazonaws.com");
}

#[test]
fn a_typed_endpoint_goes_before_the_regions_and_a_services_own_before_the_common_one() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("endpoints/KEY", "v");
    let nobody = Upstream::start(|_| Reply::json(400, &json!({ "__type": "AccessDeniedException" }))).unwrap();
    let get = server.run(&home, SECRETS, ["get", "endpoints/KEY"]);
    get.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", nobody.address()).run().exits(5);
    assert_eq!(nobody.seen().len(), 1);
    let get = server.run(&home, SECRETS, ["get", "endpoints/KEY"]).env("AWS_ENDPOINT_URL", nobody.address());
    get.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &server.address).run().exits(0).prints("v");
    let other = server.run(&home, SECRETS, ["get", "endpoints/KEY"]);
    other.env("AWS_ENDPOINT_URL_KMS", nobody.address()).run().exits(0).prints("v");
    assert_eq!(nobody.seen().len(), 1);
}
