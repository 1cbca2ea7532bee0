//! Client certificates: shown where they were granted, in a handshake and nowhere else.

mod files;
mod places;

use test_support::{Authority, Clients, Identity, Reply, Upstream};

use crate::common::{Attack, Manifest};

/// A recipe that shows a certificate and adds nothing to requests.
const RECIPE: &str = "[[recipe]]\nname = \"certificate\"\nmtls = { certificate = \"{certificate}\", key = \"{key}\" }";

/// A server that lets `clients` in, and answers with a secret.
fn server(authority: &Authority, clients: Clients<'_>) -> Upstream {
    Upstream::start_tls(authority, clients, |_| Reply::new(200, "s3cret")).unwrap()
}

/// The honest manifest, with a certificate in place of the token, and a CA of its own.
fn manifest() -> Manifest {
    let token =
        "[[recipe]]\n            name = \"token\"\n            inject = { header = \"X-Token\", value = \"{token}\" }";
    Manifest::honest()
        .replace(token, RECIPE)
        .replace(
            "token = { env = [\"HOSTILE_TOKEN\"] }",
            "certificate = { env-file = [\"HOSTILE_CERTIFICATE\"] }\nkey = { env-file = [\"HOSTILE_KEY\"] }",
        )
        .replace("url = \"{address}\"", "url = \"{address}\"\nca = [\"HOSTILE_CA\"]")
}

/// A backend with this manifest that asks the server for its secret.
fn client_with(manifest: Manifest, server: &Upstream, trusting: &Authority) -> Attack {
    Attack::with(manifest)
        .env("HOSTILE_ADDR", &server.address())
        .env("HOSTILE_CA", trusting.ca_file().to_str().unwrap())
        .sends("GET", &format!("{}/v1/secret/KEY", server.address()))
        .set("only", "body")
}

/// The same, showing this certificate.
fn client(server: &Upstream, trusting: &Authority, identity: &Identity) -> Attack {
    client_with(manifest(), server, trusting)
        .env("HOSTILE_CERTIFICATE", identity.certificate_file().to_str().unwrap())
        .env("HOSTILE_KEY", identity.key_file().to_str().unwrap())
}
