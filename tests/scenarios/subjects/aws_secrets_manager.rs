//! aws-secrets-manager, as the table sees it: ministack, which checks signatures and permissions.

use secret_runtime::Operation;
use serde_json::json;
use test_support::aws::{AccessKey, Ministack, REGION};

use crate::scenarios::{
    access::Access,
    subject::{Attempt, Subject, Supports, Who},
};

/// The media type of AWS's protocol.
const JSON: &str = "application/x-amz-json-1.1";

pub(crate) struct SecretsManager {
    server: Ministack,
    outsider: AccessKey,
}

impl Subject for SecretsManager {
    const COMPONENT: &'static str = "aws-secrets-manager";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const SUPPORTS: Supports = Supports {
        versions: true,
        create_only: true,
        if_version: true,
        description: true,
        tags: true,
        days: Some(30),
        permanent: true,
        ..Supports::NOTHING
    };
    const HEADERS: &'static [&'static str] = &["X-Amz-Target"];

    fn start() -> Self {
        let server = Ministack::start().unwrap();
        let nothing = json!([{ "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*" }]);
        let outsider = server.user("outsider", &nothing).unwrap();
        Self { server, outsider }
    }

    fn address(&self) -> Option<String> {
        Some(self.server.address().to_owned())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        signed(who, self.server.owner(), &self.outsider, address)
    }

    fn takes(value: &[u8]) -> bool {
        (1..=65_536).contains(&value.len())
    }

    fn takes_name(name: &str) -> bool {
        (1..=512).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@!-".contains(&byte))
    }

    fn forbidden() -> Vec<Attempt> {
        let call = |target: &str, body: &str| {
            Attempt::new("POST", "/").header("X-Amz-Target", target).header("Content-Type", JSON).body(body)
        };
        vec![
            call("secretsmanager.BatchGetSecretValue", r#"{"Filters":[{"Key":"name","Values":["a"]}]}"#),
            call("secretsmanager.PutResourcePolicy", r#"{"SecretId":"a","ResourcePolicy":"{}"}"#),
            call("secretsmanager.RotateSecret", r#"{"SecretId":"a","RotationLambdaARN":"arn:aws:lambda:x"}"#),
            call("secretsmanager.GetRandomPassword", "{}"),
            call("AmazonSSM.GetParameter", r#"{"Name":"a","WithDecryption":true}"#),
            Attempt::new("POST", "/?Action=GetSessionToken&Version=2011-06-15"),
            Attempt::new("GET", "/latest/meta-data/iam/security-credentials/"),
        ]
    }
}

/// Settings and credentials of somebody at an AWS service: the stranger knows the owner's key id alone.
pub(super) fn signed(who: Who, owner: &AccessKey, outsider: &AccessKey, address: &str) -> Option<Access> {
    let key = match who {
        Who::Owner => owner.clone(),
        Who::Stranger => AccessKey { secret: "wrong".into(), ..owner.clone() },
        Who::Outsider => outsider.clone(),
        Who::ShortLived => return None,
    };
    let access = Access::new().env("AWS_ENDPOINT_URL", address).env("AWS_REGION", REGION);
    Some(access.env("AWS_ACCESS_KEY_ID", key.id).env("AWS_SECRET_ACCESS_KEY", key.secret))
}
