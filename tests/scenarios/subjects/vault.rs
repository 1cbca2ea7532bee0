//! vault, as the table sees it: a real OpenBao, with AppRole for whoever logs in.

use secret_runtime::Operation;
use test_support::{OpenBao, Seen};

use crate::{
    common::Component,
    scenarios::{
        access::Access,
        subject::{Attempt, Subject, Supports, Who},
    },
};

/// Everything in the key/value store.
const EVERYTHING: &str = r#"path "secret/*" { capabilities = ["create", "update", "read", "delete", "list"] } path "sys/internal/ui/mounts/*" { capabilities = ["read"] }"#;

pub(crate) struct Vault {
    server: OpenBao,
    /// Role id and secret id of everybody who logs in.
    logins: Vec<(Who, (String, String))>,
}

impl Subject for Vault {
    const COMPONENT: &'static str = "vault";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const SUPPORTS: Supports = Supports {
        versions: true,
        create_only: true,
        if_version: true,
        description: true,
        tags: true,
        permanent: true,

        ..Supports::NOTHING
    };
    const HEADERS: &'static [&'static str] = &["X-Vault-Namespace"];

    fn start() -> Self {
        let server = OpenBao::start().unwrap();
        server.policy("everything", EVERYTHING).unwrap();
        // A role of its own: too many wrong logins lock it.
        let (stranger, _) = server.approle("stranger", &["everything"], "1h").unwrap();
        let logins = vec![
            (Who::Stranger, (stranger, "wrong".into())),
            (Who::Owner, server.approle("owner", &["everything"], "1h").unwrap()),
            (Who::Outsider, server.approle("outsider", &["default"], "1h").unwrap()),
            (Who::ShortLived, server.approle("short-lived", &["everything"], "1h").unwrap()),
        ];
        Self { server, logins }
    }

    fn address(&self) -> Option<String> {
        Some(self.server.address().to_owned())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        let (_, (role_id, secret_id)) = self.logins.iter().find(|(known, _)| *known == who)?;
        let access = Access::new().env("VAULT_ADDR", address);
        Some(access.env("VAULT_ROLE_ID", role_id).env("VAULT_SECRET_ID", secret_id))
    }

    fn component(who: Who) -> Component {
        let component = Component::backend(Self::COMPONENT);
        match who {
            Who::ShortLived => component
                .with_manifest_text(r#"{ json = "/auth/lease_duration" }"#, "{ seconds = 2                   }"),
            _ => component,
        }
    }

    fn takes(value: &[u8]) -> bool {
        std::str::from_utf8(value).is_ok()
    }

    fn takes_name(name: &str) -> bool {
        !name.contains(char::is_control) && !name.split('/').any(str::is_empty)
    }

    const EXCHANGES: bool = true;

    fn is_exchange(seen: &Seen) -> bool {
        seen.target == "/v1/auth/approle/login"
    }

    fn is_verification(seen: &Seen) -> bool {
        seen.target == "/v1/auth/token/lookup-self"
    }

    fn forbidden() -> Vec<Attempt> {
        vec![
            Attempt::new("GET", "/v1/auth/token/lookup-self"),
            Attempt::new("POST", "/v1/auth/token/create").body("{}"),
            Attempt::new("POST", "/v1/auth/approle/login").body("{}"),
            Attempt::new("PUT", "/v1/sys/policies/acl/everything").body(r#"{"policy":""}"#),
            Attempt::new("GET", "/v1/sys/policies/acl/everything"),
            Attempt::new("POST", "/v1/sys/wrapping/wrap").body("{}"),
        ]
    }
}
