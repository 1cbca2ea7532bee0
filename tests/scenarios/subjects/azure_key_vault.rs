//! azure-key-vault, as the table sees it: a stand-in for Azure, with a client secret for whoever logs in.

use std::time::Duration;

use secret_runtime::Operation;
use test_support::{Azure, Seen};

use crate::scenarios::{
    access::Access,
    subject::{Attempt, CANARY, Subject, Supports, Who},
};

/// The most bytes of a value.
const VALUE_BYTES: usize = 25_600;

pub(crate) struct AzureKeyVault(Azure);

impl Subject for AzureKeyVault {
    const COMPONENT: &'static str = "azure-key-vault";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const SUPPORTS: Supports =
        Supports { versions: true, description: true, tags: true, expiry: true, permanent: true, ..Supports::NOTHING };

    const EXCHANGES: bool = true;

    fn start() -> Self {
        let azure = Azure::start().unwrap();
        // The table is not about how long Azure takes; a deleted secret is one.
        azure.lag(0);
        Self(azure)
    }

    fn address(&self) -> Option<String> {
        Some(self.0.address())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        let mut client = self.0.client();
        match who {
            Who::Owner => {}
            Who::Stranger => client.secret = "wrong".into(),
            Who::Outsider => client = self.0.add_client(&[]).unwrap(),
            Who::ShortLived => {
                client = self.0.add_client(&["get", "list", "set", "delete", "recover", "purge"]).unwrap();
                self.0.limit_tokens(&client, Duration::from_secs(2));
            }
        }
        let access = Access::new().env("AZURE_KEY_VAULT_URL", address).env("AZURE_AUTHORITY_HOST", address);
        let access = access.env("AZURE_TENANT_ID", self.0.tenant()).env("AZURE_CLIENT_ID", client.id);
        Some(access.env("AZURE_CLIENT_SECRET", client.secret))
    }

    fn takes(value: &[u8]) -> bool {
        std::str::from_utf8(value).is_ok() && value.len() <= VALUE_BYTES
    }

    fn takes_name(name: &str) -> bool {
        (1..=127).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    }

    fn is_exchange(seen: &Seen) -> bool {
        seen.target.ends_with("/oauth2/v2.0/token")
    }

    fn wrong_shapes() -> Vec<String> {
        vec![
            format!("{{\"value\": \"{CANARY}\"}}"),
            format!("{{\"value\": \"{CANARY}\", \"id\": \"https://v.vault.azure.net/secrets/another/1\"}}"),
            CANARY.to_owned(),
            String::new(),
            "{}".to_owned(),
            "null".to_owned(),
            "[]".to_owned(),
        ]
    }

    fn wrong_pages() -> Vec<String> {
        vec![
            format!("{{\"value\": [{{\"name\": \"{CANARY}\"}}]}}"),
            format!("{{\"value\": \"{CANARY}\"}}"),
            r#"{"value": [], "nextLink": "https://evil.example/secrets?$skiptoken=x"}"#.to_owned(),
            String::new(),
            "{}".to_owned(),
            "null".to_owned(),
        ]
    }

    fn forbidden() -> Vec<Attempt> {
        let form = "grant_type=client_credentials";
        vec![
            Attempt::new("POST", "/tenant/oauth2/v2.0/token").body(form),
            Attempt::new("GET", "/metadata/identity/oauth2/token?api-version=2018-02-01").header("Metadata", "true"),
            Attempt::new("GET", "/deletedsecrets?api-version=7.4"),
            Attempt::new("POST", "/secrets/restore?api-version=7.4").body("{}"),
            Attempt::new("GET", "/keys?api-version=7.4"),
            Attempt::new("GET", "/certificates?api-version=7.4"),
        ]
    }
}
