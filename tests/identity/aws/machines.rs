//! Roles of containers and machines.

use secret_runtime::Kind;
use test_support::{Reply, Seen, Upstream};

use super::{LATER, User};

fn credentials(key: &str) -> Reply {
    Reply::json(
        200,
        &serde_json::json!({
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": format!("secret of {key}"),
            "Token": format!("token of {key}"), "Expiration": LATER, "LastUpdated": "2020-01-01T00:00:00Z",
        }),
    )
}

fn container(wanted: &'static str) -> Upstream {
    Upstream::start(move |seen: &Seen| match seen.header("authorization") {
        Some(token) if token == wanted => credentials("ASIATASK"),
        _ => Reply::new(403, "who are you?"),
    })
    .unwrap()
}

#[test]
fn a_container_asks_where_its_environment_says_with_its_token() {
    let task = container("task token");
    let user = User::new().env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/role?id=1", task.address()));
    let user = user.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "task token");
    user.reads_as("ASIATASK", "secret of ASIATASK", Some("token of ASIATASK"));
    assert_eq!(task.seen()[0].target, "/role?id=1");
    let (from, to) = user.source();
    assert_eq!(from, format!("the container's own role, from {}/role?id=1", task.address()));
    assert!(to.contains(&task.address()));

    let error = user.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "another").fails();
    assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
}

#[test]
fn the_containers_token_may_lie_in_a_file() {
    let task = container("pod token");
    let user = User::new().file("token", "pod token\n");
    let path = user.path("token").display().to_string();
    let user = user.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/v1/credentials", task.address()));
    user.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", &path).reads_as(
        "ASIATASK",
        "secret of ASIATASK",
        Some("token of ASIATASK"),
    );
}

#[test]
fn a_relative_place_is_on_the_clouds_own_address() {
    let user = User::new().env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/1");
    let (from, to) = user.source();
    assert_eq!(from, "the container's own role, from http://169.254.170.2/v2/credentials/1");
    assert!(to.contains(&"http://169.254.170.2".to_owned()));
}

#[test]
fn a_containers_credentials_are_not_asked_for_in_the_clear_elsewhere() {
    for url in ["http://10.0.0.1/", "http://localhost/", "http://metadata.example/", "ftp://127.0.0.1/", "x"] {
        let error = User::new().env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url).fails();
        assert_eq!(error.kind(), Kind::Config, "{url}");
        assert!(error.reason().contains("AWS_CONTAINER_CREDENTIALS_FULL_URI"), "{error}");
    }
}

fn metadata() -> Upstream {
    Upstream::start(|seen: &Seen| {
        let session = seen.header("x-aws-ec2-metadata-token");
        match (seen.method.as_str(), seen.target.as_str()) {
            ("PUT", "/latest/api/token") => {
                Reply::new(200, "session").with_header("x-aws-ec2-metadata-token-ttl-seconds", "21600")
            }
            ("GET", _) if session != Some("session") => Reply::new(401, ""),
            ("GET", path) if path.ends_with("/iam/security-credentials/") => Reply::new(200, "the-role"),
            ("GET", path) if path.ends_with("/security-credentials/the-role") => credentials("ASIAMACHINE"),
            ("GET", path) if path.ends_with("/security-credentials-extended/") => Reply::new(200, "the-role"),
            ("GET", path) if path.ends_with("/security-credentials-extended/the-role") => credentials("ASIAMACHINE"),
            _ => Reply::new(404, ""),
        }
    })
    .unwrap()
}

#[test]
fn a_machine_asks_its_metadata_service_in_a_session() {
    let metadata = metadata();
    let user = User::new().without("AWS_EC2_METADATA_DISABLED");
    let user = user.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.address());
    user.reads_as("ASIAMACHINE", "secret of ASIAMACHINE", Some("token of ASIAMACHINE"));
    assert_eq!(metadata.seen()[0].method, "PUT");
    let (from, to) = user.source();
    assert_eq!(from, format!("this machine's own role, from {}/", metadata.address()));
    assert!(to.contains(&metadata.address()));
}

#[test]
fn a_profile_may_use_the_machines_role() {
    let (metadata, sts) = (metadata(), Upstream::start(|_| super::assumed("AssumeRole", "ASIAROLE")).unwrap());
    let config = "[default]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Ec2InstanceMetadata\n";
    let user = User::new().without("AWS_EC2_METADATA_DISABLED").file(".aws/config", config);
    let user = user.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.address());
    let user = user.env("AWS_ENDPOINT_URL_STS", &sts.address());
    user.reads_as("ASIAROLE", "secret of ASIAROLE", Some("token of ASIAROLE"));
    assert!(sts.seen()[0].header("authorization").unwrap().contains("ASIAMACHINE"));
}

#[test]
fn a_metadata_service_that_is_switched_off_is_not_asked() {
    let metadata = metadata();
    let error = User::new().env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata.address()).fails();
    assert_eq!(error.kind(), Kind::Config);
    assert_eq!(metadata.connections(), 0);
}

#[test]
fn a_machine_without_a_metadata_service_has_no_credentials() {
    let port = Upstream::start(|_| Reply::new(200, "")).unwrap().port();
    let user = User::new().without("AWS_EC2_METADATA_DISABLED");
    let error = user.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &format!("http://127.0.0.1:{port}")).fails();
    assert_eq!(error.kind(), Kind::Config, "{error}");
    assert!(error.reason().contains("looked for"), "{error}");
}
