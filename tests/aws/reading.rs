//! Reading from Secrets Manager, and asking for existence.

use serde_json::json;
use test_support::aws::Boto;

use super::{MINISTACK, SECRETS, both};
use crate::common::Home;

#[test]
fn what_the_vendors_client_wrote_comes_back_as_text_or_bytes() {
    let home = Home::new();
    for server in both() {
        let text = " p\u{e4}ss\nword\u{1f511} ";
        server.create("reading/text", text);
        server.run(&home, SECRETS, ["get", "reading/text"]).run().exits(0).prints(text);
        let bytes: Vec<u8> = (0..=255).collect();
        server
            .secret("create_secret", json!({ "Name": "reading/bytes", "SecretBinary": Boto::bytes(&bytes) }))
            .unwrap();
        server.run(&home, SECRETS, ["get", "reading/bytes"]).run().exits(0).prints(&bytes);
    }
}

#[test]
fn a_version_is_named_by_its_id_or_by_its_label() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let first = server.create("versions/KEY", "one");
    let put = json!({ "SecretId": "versions/KEY", "SecretString": "two" });
    server.secret("put_secret_value", put).unwrap();
    let get = |version: &str| server.run(&home, SECRETS, ["get", "versions/KEY", "--version", version]).run();
    for (version, value) in [(&*first, "one"), ("AWSPREVIOUS", "one"), ("AWSCURRENT", "two")] {
        get(version).exits(0).prints(value);
    }
    for missing in ["00000000-0000-4000-8000-000000000000", "NO-SUCH-LABEL"] {
        get(missing).exits(10).prints("");
    }
    let said = server.run(&home, SECRETS, ["--output", "json", "get", "versions/KEY", "--version", &first]).run();
    let said = said.exits(0).json();
    assert_eq!((&said["versions/KEY"]["version"], &said["versions/KEY"]["value"]), (&json!(first), &json!("one")));
    assert_eq!(said["versions/KEY"]["metadata"]["stages"], "AWSPREVIOUS");
}

#[test]
fn what_is_missing_and_what_is_about_to_be_deleted_both_answer_not_found() {
    let home = Home::new();
    for server in both() {
        server.create("gone/KEY", "v");
        server.run(&home, SECRETS, ["exists", "gone/KEY"]).run().exits(0).prints("yes\n");
        server.secret("delete_secret", json!({ "SecretId": "gone/KEY", "RecoveryWindowInDays": 7 })).unwrap();
        for name in ["gone/KEY", "gone/NEVER"] {
            server.run(&home, SECRETS, ["get", name]).run().exits(10).prints("");
            server.run(&home, SECRETS, ["exists", name]).run().exits(10).prints("no\n");
        }
    }
}

#[test]
fn an_arn_is_a_name_that_hosted_keys_and_write_prefixes_do_not_cover() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("arn/KEY", "v");
    let arn = server.description("arn/KEY")["ARN"].as_str().unwrap().to_owned();
    server.run(&home, SECRETS, ["get", &arn]).run().exits(0).prints("v");
    server.run(&home, SECRETS, ["set", &arn]).input("w").run().exits(0);
    assert_eq!(server.value("arn/KEY"), "w");
    server.run(&home, SECRETS, ["--hosted-keys", "**", "get", &arn]).run().exits(3).prints("");
    server.run(&home, SECRETS, ["--hosted-keys", "**", "set", &arn]).input("x").run().exits(3);
    let config = format!(
        "[backends.aws]\ncomponent = {:?}\nwrite-prefix = \"arn/\"\naccess-mode = \"read-write\"\n",
        test_support::layout::backend(SECRETS)
    );
    let config = home.file("runtime.toml", config);
    let prefixed = home.runtime(["--trust", "--backend", "aws", "--config-file"]).arg(config).args(["set", &arn]);
    let prefixed = prefixed.env("AWS_ENDPOINT_URL", &server.address).env("AWS_REGION", "eu-west-1");
    let prefixed = prefixed.env("AWS_ACCESS_KEY_ID", &server.owner.id);
    prefixed.env("AWS_SECRET_ACCESS_KEY", &server.owner.secret).input("x").run().exits(2);
    assert_eq!(server.value("arn/KEY"), "w");

    let never = arn.replace("arn/KEY", "arn/NEVER");
    server.run(&home, SECRETS, ["get", &never]).run().exits(10);
    server.run(&home, SECRETS, ["set", &never]).input("x").run().exits(2).prints("");
}

#[test]
fn every_name_that_aws_allows_is_read_and_signed_as_itself() {
    let home = Home::new();
    for server in both() {
        for name in ["/lead/ing", "a/b/c", "a_b+c=d.e@f!g-h", "A.B-C", "=+", "rds!db-1", "x@y.z/+/=", "0"] {
            let name = format!("names/{name}");
            server.create(&name, &format!("the value of {name}"));
            let get = server.run(&home, SECRETS, ["get", &name]).run();
            get.exits(0).prints(format!("the value of {name}"));
        }
        for name in ["two words", "a%2fb", "schl\u{fc}ssel", "a?b", "a*b", "\"a\""] {
            server.run(&home, SECRETS, ["get", name]).run().exits(2).prints("");
        }
    }
}
