//! Who asks, and what the vault says to them.

use std::time::{Duration, Instant};

use serde_json::json;
use test_support::{Azure, azure::ClientCertificate};

use crate::common::Home;

fn vault() -> Azure {
    let azure = Azure::start().unwrap();
    azure.put("key", &json!({ "value": "v" }));
    azure
}

#[test]
fn a_secret_is_read_with_every_kind_of_credential() {
    let (home, azure) = (Home::new(), vault());
    let certificate = ClientCertificate::shared().unwrap();
    azure.trust_certificate(certificate);
    let pem = home.file("client.pem", certificate.pem());
    let token = home.file("token", azure.workload_token(Duration::from_secs(60)).unwrap());
    let get = || home.azure_nobody(&azure.address(), ["get", "key"]);
    let application = || {
        let get = get().env("AZURE_AUTHORITY_HOST", format!("{}/", azure.address()));
        get.env("AZURE_TENANT_ID", azure.tenant()).env("AZURE_CLIENT_ID", azure.client().id)
    };
    application().env("AZURE_CLIENT_SECRET", azure.client().secret).run().exits(0).prints("v");
    application().env("AZURE_CLIENT_CERTIFICATE_PATH", &pem).run().exits(0).prints("v");
    application().env("AZURE_CERTIFICATE_PATH", &pem).run().exits(0).prints("v");
    application().env("AZURE_FEDERATED_TOKEN_FILE", &token).run().exits(0).prints("v");
    let service = || azure.app_service().into_iter().fold(get(), |get, (name, value)| get.env(name, value));
    service().run().exits(0).prints("v");
    service().env("MANAGED_IDENTITY_CLIENT_ID", azure.client().id).run().exits(0).prints("v");
    service().env("MANAGED_IDENTITY_CLIENT_ID", "somebody-else").run().exits(5).prints("");
    get().env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.address()).run().exits(0).prints("v");
    assert_eq!(azure.tokens_issued(), 7);
}

#[test]
fn the_address_goes_by_two_names() {
    let (home, azure) = (Home::new(), vault());
    let get = home.azure(&azure, ["get", "key"]).env("AZURE_KEY_VAULT_URL", "");
    get.env("AZURE_KEY_VAULT_URI", format!("{}/", azure.address())).run().exits(0).prints("v");
    home.azure(&azure, ["get", "key"]).env("AZURE_KEY_VAULT_URL", "").run().exits(2).says(&["AZURE_KEY_VAULT_URL"]);
}

#[test]
fn who_may_not_is_denied_and_who_is_unknown_is_unauthenticated() {
    let (home, azure) = (Home::new(), vault());
    let lister = azure.add_client(&["list"]).unwrap();
    let denied = home.azure_as(&azure, &lister, ["get", "key"]).run().exits(5).prints("");
    denied.says(&["[ForbiddenByPolicy]"]).never_shows(&lister.secret);
    let mut stranger = azure.client();
    stranger.secret = "canary-secret".into();
    let refused = home.azure_as(&azure, &stranger, ["get", "key"]).run().exits(5).prints("");
    refused.says(&["credentials"]).never_shows("canary-secret").never_shows("AADSTS");
}

#[test]
fn a_vault_that_wants_tokens_of_others_is_told_and_not_followed() {
    let (home, azure) = (Home::new(), vault());
    let get = home.azure(&azure, ["--set", "resource=https://management.azure.com", "get", "key"]);
    let get = get.run().exits(5).prints("");
    get.says(&["Invalid audience", "wants tokens of", "for https://vault.azure.net", "`resource`"]);

    let other = vault();
    let get = home.azure(&azure, ["get", "key"]).env("AZURE_KEY_VAULT_URL", other.address()).run().exits(5);
    get.prints("").says(&[&format!("wants tokens of {}/{}", other.address(), other.tenant()), "`tenant`"]);
    assert_eq!((azure.tokens_issued(), other.tokens_issued()), (2, 0));
}

#[test]
fn a_vault_with_a_ca_of_its_own_is_trusted_only_with_that_ca() {
    let (home, azure) = (Home::new(), vault());
    let get = || home.azure(&azure, ["get", "key"]).env("AZURE_KEY_VAULT_URL", azure.tls_address());
    get().run().exits(6).prints("");
    assert_eq!(azure.requests().len(), 0, "a request was sent to a vault that is not who it says");
    get().env("AZURE_KEY_VAULT_CACERT", azure.ca_file()).run().exits(0).prints("v");
    get().env("AZURE_KEY_VAULT_CACERT", Azure::start().unwrap().ca_file()).run().exits(6).prints("");
}

#[test]
fn a_vault_that_is_busy_is_asked_again_after_the_wait_it_asks_for() {
    let (home, azure) = (Home::new(), vault());
    azure.throttle(1, 1);
    let started = Instant::now();
    home.azure(&azure, ["get", "key"]).run().exits(0).prints("v");
    assert!(started.elapsed() >= Duration::from_secs(1) && azure.requests().len() == 2);
    azure.throttle(1, 3600);
    home.azure(&azure, ["get", "key"]).run().exits(6).prints("").says(&["it asks to wait 3600 s"]);
}

#[test]
fn a_token_that_the_vault_no_longer_takes_does_not_stay() {
    let (home, azure) = (Home::new(), vault());
    azure.token_lifetime(Duration::ZERO);
    home.azure(&azure, ["get", "key"]).run().exits(5).prints("");
    azure.token_lifetime(Duration::from_secs(60));
    home.azure(&azure, ["get", "key"]).run().exits(0).prints("v");
}

#[test]
fn a_credential_does_not_go_to_another_machine_in_the_clear() {
    let (home, azure) = (Home::new(), vault());
    for address in ["http://key.vault.azure.net", "http://vault.example.com"] {
        let get = home.azure(&azure, ["get", "key"]).env("AZURE_KEY_VAULT_URL", address).run();
        get.is_refused("credential-audience");
    }
    assert_eq!(azure.tokens_issued(), 0);
}
