//! What each backend is given, so that it reads the same value from an upstream that is a constant.

use std::{collections::BTreeMap, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secret_runtime::{BackendBuilder, StorageInput};
use serde_json::json;
use test_support::{Reply, Seen};

use super::offline::World;
use crate::upstream::VALUE;

/// CRC-32C of the value, which Google's services send beside it.
const VALUE_CRC32C: &str = "3678125298";

/// A backend, its settings and the reply that holds the value.
pub(super) struct Canned {
    /// The component.
    pub(super) name: &'static str,
    /// The secret that is read.
    pub(super) key: &'static str,
    /// Whether it makes a request at all.
    pub(super) asks: bool,
    /// What the upstream answers.
    pub(super) reply: Vec<u8>,
    /// Settings; `UPSTREAM` in one stands for the upstream's address.
    settings: &'static [(&'static str, &'static str)],
    /// Environment variables, in the same way.
    environment: &'static [(&'static str, &'static str)],
    /// Options that have a default.
    options: &'static [(&'static str, &'static str)],
    /// What it keeps in variables that it is granted.
    stored: Option<String>,
}

/// Every backend but the one that needs a file.
pub(super) fn all() -> Vec<Canned> {
    let canned = |name, settings, environment, reply: Vec<u8>| Canned {
        name,
        key: "OPENAI-API-KEY",
        asks: true,
        reply,
        settings,
        environment,
        options: &[],
        stored: None,
    };
    let json = |reply: serde_json::Value| reply.to_string().into_bytes();
    let encoded = STANDARD.encode(VALUE);
    let aws: &[_] = &[("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "of-no-account")];
    let google: &[_] = &[("GCE_METADATA_HOST", "UPSTREAM")];
    let version = "11111111-2222-4333-8444-555555555555";
    vec![
        Canned {
            key: "prod/OPENAI_API_KEY",
            ..canned(
                "agent-secret-store",
                &[("address", "UPSTREAM")],
                &[("ASS_AGENT_KEY", "of-no-agent")],
                json(json!({
                    "value": VALUE, "secret_type": "api_key", "access_tier": "standard", "metadata": null, "version": 1,
                })),
            )
        },
        Canned {
            stored: Some(STANDARD.encode("a ciphertext")),
            ..canned(
                "aws-kms",
                &[("endpoint", "UPSTREAM"), ("region", "eu-west-1")],
                aws,
                json(json!({ "KeyId": "arn:aws:kms:eu-west-1:000000000000:key/k", "Plaintext": encoded })),
            )
        },
        canned(
            "aws-secrets-manager",
            &[("endpoint", "UPSTREAM"), ("region", "eu-west-1")],
            aws,
            json(json!({
                "ARN": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:OPENAI-API-KEY-a1b2c3",
                "Name": "OPENAI-API-KEY", "SecretString": VALUE, "VersionId": version,
                "VersionStages": ["AWSCURRENT"], "CreatedDate": 1_700_000_000.0,
            })),
        ),
        canned(
            "azure-key-vault",
            &[("address", "UPSTREAM"), ("authority", "UPSTREAM"), ("tenant", "t"), ("client-id", "c")],
            &[("AZURE_CLIENT_SECRET", "of-no-client")],
            json(json!({
                "value": VALUE, "id": "https://v.vault.azure.net/secrets/openai-api-key/0123456789abcdef0123456789abcdef",
                "attributes": { "enabled": true, "created": 1_700_000_000, "updated": 1_700_000_000 },
            })),
        ),
        canned("conjur", &[("address", "UPSTREAM")], &[("CYBERARK_API_KEY", "of-no-user")], VALUE.into()),
        Canned { asks: false, stored: Some(VALUE.to_owned()), ..canned("env", &[], &[], Vec::new()) },
        Canned {
            stored: Some(STANDARD.encode("a ciphertext")),
            ..canned(
                "google-kms",
                &[("endpoint", "UPSTREAM"), ("key", "projects/p/locations/l/keyRings/r/cryptoKeys/k")],
                google,
                json(json!({ "plaintext": encoded, "plaintextCrc32c": VALUE_CRC32C })),
            )
        },
        canned(
            "google-secret-manager",
            &[("endpoint", "UPSTREAM"), ("project", "p")],
            google,
            json(json!({
                "name": "projects/p/secrets/OPENAI-API-KEY/versions/1",
                "payload": { "data": encoded, "dataCrc32c": VALUE_CRC32C },
            })),
        ),
        Canned {
            options: &[("field", "value")],
            ..canned(
                "vault",
                &[("address", "UPSTREAM")],
                &[("VAULT_TOKEN", "of-no-server")],
                json(json!({
                    "data": {
                        "data": { "value": VALUE },
                        "metadata": { "version": 1, "created_time": "2026-01-01T00:00:00Z", "destroyed": false },
                    },
                })),
            )
        },
    ]
}

impl Canned {
    /// What it is told where there is no runtime.
    pub(super) fn world(&self) -> World {
        let filled = |(key, value): &(&str, &str)| ((*key).to_owned(), value.replace("UPSTREAM", "http://127.0.0.1:9"));
        let mut settings: BTreeMap<_, _> = self.settings.iter().map(filled).collect();
        // Defaults of the manifests, and the names of their origins, which stand for the origins' URLs.
        for (key, value) in [
            ("mount", "secret"),
            ("account", "default"),
            ("api-version", "7.4"),
            ("resource", "https://vault.azure.net"),
            ("api", "http://127.0.0.1:9"),
            ("conjur", "http://127.0.0.1:9"),
            ("vault", "http://127.0.0.1:9"),
        ] {
            settings.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
        let stored = self.stored.iter().map(|stored| (self.key.to_owned(), stored.clone().into_bytes())).collect();
        let options = self.options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        World { settings, options, stored, reply: self.reply.clone() }
    }

    /// Gives it all that to a backend.
    pub(super) fn give(&self, mut builder: BackendBuilder, upstream: &str) -> BackendBuilder {
        for (key, value) in self.settings {
            builder = builder.set(*key, value.replace("UPSTREAM", upstream));
        }
        let host = upstream.trim_start_matches("http://");
        let variables =
            self.environment.iter().map(|(name, value)| ((*name).to_owned(), value.replace("UPSTREAM", host)));
        let stored = self.stored.iter().map(|stored| (self.key.to_owned(), stored.clone()));
        let environment: BTreeMap<String, String> = variables.chain(stored).collect();
        if self.stored.is_some() {
            builder = builder.storage(StorageInput::Environment(vec![self.key.to_owned()]));
        }
        builder.environment(Arc::new(environment))
    }
}

/// What a request for a token is answered, as each of the vendors does it; none for any other request.
pub(super) fn token(seen: &Seen) -> Option<Reply> {
    if seen.target.ends_with("/authenticate") {
        return Some(Reply::new(200, "a token"));
    }
    let asks = seen.target.contains("/token");
    let token = json!({
        "access_token": "a-token", "token_type": "Bearer", "expires_in": 3600,
        "token": "a-token", "token_id": "1", "expires_at": "2099-01-01T00:00:00Z",
    });
    asks.then(|| Reply::json(200, &token).with_header("Metadata-Flavor", "Google"))
}
