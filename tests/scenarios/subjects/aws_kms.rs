//! aws-kms, as the table sees it: a file of ciphertexts, bound to their names, and ministack with the key.

use std::path::PathBuf;

use secret_runtime::Operation;
use serde_json::json;
use test_support::aws::{AccessKey, Ministack};

use super::aws_secrets_manager::signed;
use crate::{
    aws::create_key,
    common::Home,
    scenarios::{
        access::Access,
        subject::{Attempt, Subject, Supports, Who},
    },
};

pub(crate) struct Kms {
    server: Ministack,
    outsider: AccessKey,
    key: String,
    home: Home,
}

impl Kms {
    fn file(&self) -> PathBuf {
        self.home.path().join("ciphertexts.json")
    }
}

impl Subject for Kms {
    const COMPONENT: &'static str = "aws-kms";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const ASKS: &'static [Operation] = &[Operation::Read, Operation::Write, Operation::Check];
    const SUPPORTS: Supports = Supports { create_only: true, permanent: true, ..Supports::NOTHING };
    const HEADERS: &'static [&'static str] = &["X-Amz-Target"];

    fn start() -> Self {
        let server = Ministack::start().unwrap();
        let nothing = json!([{ "Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*" }]);
        let outsider = server.user("outsider", &nothing).unwrap();
        let key = create_key(&server.boto().unwrap());
        Self { server, outsider, key, home: Home::new() }
    }

    fn address(&self) -> Option<String> {
        Some(self.server.address().to_owned())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        let access = signed(who, self.server.owner(), &self.outsider, address)?;
        Some(access.set("key", &*self.key).set("bind-name", "secret").file(self.file()))
    }

    fn takes(value: &[u8]) -> bool {
        (1..=4096).contains(&value.len())
    }

    fn takes_name(_: &str) -> bool {
        true
    }

    fn forbidden() -> Vec<Attempt> {
        let call = |operation: &str, body: &str| {
            let call = Attempt::new("POST", "/").header("X-Amz-Target", &format!("TrentService.{operation}"));
            call.header("Content-Type", "application/x-amz-json-1.1").body(body)
        };
        vec![
            call("CreateGrant", r#"{"KeyId":"a","GranteePrincipal":"b","Operations":["Decrypt"]}"#),
            call("PutKeyPolicy", r#"{"KeyId":"a","PolicyName":"default","Policy":"{}"}"#),
            call("ReEncrypt", r#"{"CiphertextBlob":"AA==","DestinationKeyId":"a"}"#),
            call("GenerateDataKey", r#"{"KeyId":"a","KeySpec":"AES_256"}"#),
            call("DisableKey", r#"{"KeyId":"a"}"#),
            Attempt::new("POST", "/?Action=GetSessionToken&Version=2011-06-15"),
        ]
    }
}
