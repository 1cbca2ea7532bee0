//! What AWS says when it does not do what it is asked, where no emulator says it.

use test_support::{Reply, Upstream, aws::AccessKey};

use super::{KMS, MINISTACK, SECRETS, run};
use crate::common::Home;

/// A server that answers every operation with this error.
fn refusing(code: &'static str) -> Upstream {
    Upstream::start(move |_| Reply::json(400, &serde_json::json!({ "__type": code, "message": "as AWS says it" })))
        .unwrap()
}

#[test]
fn errors_of_aws_are_told_by_their_type() {
    let home = Home::new();
    for (code, exit) in [
        ("ThrottlingException", 6),
        ("InternalServiceError", 6),
        ("com.amazonaws.secretsmanager#ResourceNotFoundException", 10),
        ("AccessDeniedException", 5),
        ("ExpiredTokenException", 5),
        ("DecryptionFailure", 1),
        ("InvalidRequestException", 1),
        ("InvalidParameterException", 2),
        ("SomethingNew", 1),
    ] {
        let server = refusing(code);
        run(&home, SECRETS, &server.address(), &AccessKey::admin(), ["get", "KEY"]).run().exits(exit).prints("");
    }
}

#[test]
fn errors_of_kms_are_never_an_absent_secret() {
    let home = Home::new();
    let file = home.file("c.json", r#"{"KEY":"QUJD"}"#);
    for (code, exit) in [
        ("IncorrectKeyException", 1),
        ("InvalidCiphertextException", 1),
        ("NotFoundException", 1),
        ("DisabledException", 1),
        ("KMSInvalidStateException", 1),
        ("AccessDeniedException", 5),
        ("ThrottlingException", 6),
        ("KMSInternalException", 6),
    ] {
        let server = refusing(code);
        let get = run(&home, KMS, &server.address(), &AccessKey::admin(), ["--storage"]).arg(&file);
        get.args(["get", "KEY"]).run().exits(exit).prints("").never_shows("QUJD");
    }
}

#[test]
fn what_may_be_read_and_not_described_is_read_with_one_request() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("least/KEY", "v");
    let reads = ["secretsmanager:GetSecretValue"];
    server.run_as(&home, SECRETS, "reader", &reads, ["get", "least/KEY"]).run().exits(0).prints("v");
    let puts = ["secretsmanager:PutSecretValue"];
    let put = server.run_as(&home, SECRETS, "putter", &puts, ["set", "least/KEY"]).input("w").run();
    put.exits(0);
    assert_eq!(server.value("least/KEY"), "w");
    let denied = server.run_as(&home, SECRETS, "other", &puts, ["get", "least/KEY"]).run().exits(5).prints("");
    denied.says(&["AccessDeniedException"]);
}
