//! google-kms, as the table sees it: ciphertexts in a file, and a stand-in that has the key.

use secret_runtime::Operation;
use test_support::{Google, Reply, Seen};

use super::google_secret_manager::{google_says, logged_in};
use crate::{
    common::Home,
    scenarios::{
        access::Access,
        subject::{Attempt, CANARY, Says, Subject, Supports, Who},
    },
};

pub(crate) struct GoogleKms {
    server: Google,
    home: Home,
}

impl Subject for GoogleKms {
    const COMPONENT: &'static str = "google-kms";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const ASKS: &'static [Operation] = &[Operation::Read, Operation::Write, Operation::Check];
    const SUPPORTS: Supports = Supports { create_only: true, permanent: true, ..Supports::NOTHING };
    // One file: what one scenario writes, another would list.
    const SHARED: bool = false;

    fn start() -> Self {
        Self { server: Google::start().unwrap(), home: Home::new() }
    }

    fn address(&self) -> Option<String> {
        Some(self.server.address())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        let access = logged_in(&self.server, &self.home, who, address);
        let access = access.env("GOOGLE_KMS_RESOURCE_NAME", Google::KEY);
        // Without it, the ciphertexts of one file are all the same to a component that has turned bad.
        Some(access.set("bind-name", "yes").file(self.home.path().join("ciphertexts.json")))
    }

    fn takes(_: &[u8]) -> bool {
        true
    }

    fn takes_name(name: &str) -> bool {
        !name.contains(char::is_control)
    }

    const EXCHANGES: bool = true;

    fn is_exchange(seen: &Seen) -> bool {
        Google::is_exchange(seen)
    }

    fn says(what: Says) -> Reply {
        google_says(what)
    }

    fn wrong_shapes() -> Vec<String> {
        vec![
            format!(r#"{{"{CANARY}": "{CANARY}"}}"#),
            CANARY.to_owned(),
            String::new(),
            "{}".to_owned(),
            "null".to_owned(),
            format!(r#"{{"plaintext":"{CANARY}","plaintextCrc32c":"1"}}"#),
            r#"{"plaintext":"QQ==","plaintextCrc32c":"1"}"#.to_owned(),
            r#"{"plaintext":"QQ=="}"#.to_owned(),
        ]
    }

    fn forbidden() -> Vec<Attempt> {
        let key = format!("/v1/{}", Google::KEY);
        vec![
            Attempt::new("POST", "/token").body("{}"),
            Attempt::new("POST", &format!("/v1/{}:decrypt", Google::OTHER_KEY)).body(r#"{"ciphertext":"QQ=="}"#),
            Attempt::new("POST", &format!("{key}:encrypt")).body(r#"{"plaintext":"QQ=="}"#),
            Attempt::new("POST", &format!("{key}:setIamPolicy")).body(r#"{"policy":{}}"#),
            Attempt::new("POST", &format!("{key}/cryptoKeyVersions/1:destroy")).body("{}"),
        ]
    }
}
