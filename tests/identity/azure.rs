//! Microsoft Entra: an application's secret, certificate and federated token, and the managed identities of machines.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use secret_runtime::Kind;
use test_support::{Azure, Reply, Upstream, azure::ClientCertificate};

use super::caller::Caller;
use crate::common::{Manifest, block_on, library};

/// The recipes of a backend for Azure, with the settings and credentials they need.
fn manifest(manifest: Manifest) -> Manifest {
    let application = |name: &str, key: &str, credential: &str| {
        format!(
            "[[recipe]]\nname = \"{name}\"\nneeds = [\"tenant\", \"client-id\"]\n\
             inject = {{ bearer = \"{{exchanged}}\" }}\n\
             identity = {{ kind = \"azure\", source = \"{name}\", authority = \"{{authority}}\", tenant = \"{{tenant}}\", \
             client-id = \"{{client-id}}\", {key} = \"{{{credential}}}\", resource = \"{{resource}}\" }}\n"
        )
    };
    let config = r#"[config]
        authority = { env = ["AZURE_AUTHORITY_HOST"], default = "https://login.microsoftonline.com" }
        resource = { default = "https://vault.azure.net" }
        tenant = { env = ["AZURE_TENANT_ID"] }
        client-id = { env = ["AZURE_CLIENT_ID"] }
"#;
    let credentials = r#"
        [credentials]
        client-secret = { env = ["AZURE_CLIENT_SECRET"] }
        assertion = { env-file = ["AZURE_FEDERATED_TOKEN_FILE"] }
        certificate = { env-file = ["AZURE_CLIENT_CERTIFICATE_PATH"] }
"#;
    let managed = "[[recipe]]\nname = \"managed\"\ninject = { bearer = \"{exchanged}\" }\nidentity = { kind = \"azure\", \
                   source = \"managed\", client-id = \"{client-id}\", resource = \"{resource}\" }";
    manifest
        .replace("[config]\n", config)
        .and(credentials)
        .and(&application("client-secret", "secret", "client-secret"))
        .and(&application("certificate", "certificate", "certificate"))
        .and(&application("workload", "assertion", "assertion"))
        .and(managed)
}

/// An application of this tenant, without a proof.
fn application(azure: &Azure) -> Caller {
    Caller::with(manifest(Manifest::typed()))
        .env("AZURE_AUTHORITY_HOST", azure.address())
        .env("AZURE_TENANT_ID", azure.tenant())
        .env("AZURE_CLIENT_ID", azure.client().id)
}

/// Something on a machine, without an identity.
fn machine() -> Caller {
    Caller::with(manifest(Manifest::typed()))
}

fn azure() -> Azure {
    Azure::start().unwrap()
}

#[test]
fn an_application_logs_in_with_its_secret() {
    let azure = azure();
    let caller = application(&azure).env("AZURE_CLIENT_SECRET", azure.client().secret);
    assert_eq!(shown(&azure, &caller), 1);
    let wrong = application(&azure).env("AZURE_CLIENT_SECRET", "canary-secret").fails();
    assert_eq!(wrong.kind(), Kind::Unauthenticated);
    assert!(!format!("{wrong:?}").contains("AADSTS"), "{wrong:?}");
    assert_eq!(azure.tokens_issued(), 1);
}

#[test]
fn an_application_logs_in_with_its_certificate() {
    let azure = azure();
    let certificate = ClientCertificate::shared().unwrap();
    let caller = application(&azure).file("AZURE_CLIENT_CERTIFICATE_PATH", certificate.pem());
    assert_eq!(caller.fails().kind(), Kind::Unauthenticated, "nobody has registered it yet");
    azure.trust_certificate(certificate);
    assert_eq!(shown(&azure, &caller), 1);

    let key_alone = certificate.pem().split_once("-----BEGIN CERTIFICATE").unwrap().0;
    let certificate_alone = certificate.pem().strip_prefix(key_alone).unwrap();
    for half in [key_alone, certificate_alone, "not PEM"] {
        let caller = application(&azure).file("AZURE_CLIENT_CERTIFICATE_PATH", half);
        let error = caller.fails();
        assert_eq!(error.kind(), Kind::Config, "{error}");
    }
}

#[test]
fn a_workloads_token_is_read_again_each_time() {
    let azure = azure();
    let caller = application(&azure).file("AZURE_FEDERATED_TOKEN_FILE", "not yet");
    let backend = caller.load().unwrap();
    assert_eq!(library::failure(&backend, "KEY").kind(), Kind::Unauthenticated);
    caller.home.file("credentials", azure.workload_token(Duration::from_secs(60)).unwrap());
    assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), b"v");
    assert_eq!(azure.tokens_issued(), 1);
}

#[test]
fn a_virtual_machine_vouches_for_us() {
    let azure = azure();
    let caller = machine().env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.address());
    assert_eq!(shown(&azure, &caller), 1);
    let named = caller.env("AZURE_CLIENT_ID", azure.client().id);
    assert_eq!(shown(&azure, &named), 2);
    let other = named.env("AZURE_CLIENT_ID", "00000000-0000-0000-0000-000000000000");
    assert_eq!(library::failure(&other.load().unwrap(), "KEY").kind(), Kind::Unauthenticated);
}

#[test]
fn an_app_service_vouches_for_us() {
    let azure = azure();
    let caller = azure.app_service().into_iter().fold(machine(), |caller, (name, value)| caller.env(name, value));
    assert_eq!(shown(&azure, &caller), 1);
    let wrong = caller.env("IDENTITY_HEADER", "canary");
    assert_eq!(library::failure(&wrong.load().unwrap(), "KEY").kind(), Kind::Unauthenticated);
}

#[test]
fn a_machine_under_arc_vouches_for_who_may_read_its_keys() {
    let azure = azure();
    let (environment, keys) = azure.arc();
    let caller = environment.into_iter().fold(machine(), |caller, (name, value)| caller.env(name, value));
    let refused = caller.fails();
    library::assert_refused(&refused, "arc-key");
    let allowed = caller.env("SECRET_RUNTIME_ARC_KEYS", keys.to_str().unwrap());
    assert_eq!(shown(&azure, &allowed), 1);
    let named = allowed.env("AZURE_CLIENT_ID", azure.client().id);
    assert_eq!(named.load().unwrap_err().kind(), Kind::Invalid, "there is one identity alone");
}

#[test]
fn a_service_that_asks_for_any_other_file_gets_nothing() {
    let home = crate::common::Home::new();
    let secret: PathBuf = home.file("secret.key", "canary");
    let realm = format!("Basic realm={}", secret.display());
    let server = Upstream::start(move |_| Reply::new(401, "").with_header("WWW-Authenticate", &realm)).unwrap();
    let caller = machine().env("IDENTITY_ENDPOINT", server.address()).env("IMDS_ENDPOINT", server.address());
    library::assert_refused(&caller.fails(), "arc-key");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn where_there_is_no_identity_it_says_where_it_looked() {
    let error = Caller::with(manifest(Manifest::typed())).env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "not a url").fails();
    assert_eq!(error.kind(), Kind::Invalid);
    let home = Caller::with(manifest(Manifest::typed()));
    let facts = home.builder().candidate().unwrap().facts().clone();
    let to = &facts.credentials.last().unwrap().to;
    assert!(to.contains(&"http://169.254.169.254".to_owned()), "{facts:?}");
}

#[test]
fn a_secret_never_goes_to_an_authority_in_the_clear() {
    let azure = azure();
    let caller = application(&azure).env("AZURE_CLIENT_SECRET", "canary");
    for authority in ["http://login.example", "http://user@127.0.0.1", "ftp://login.example"] {
        let error = library::load(caller.builder().set("authority", authority)).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{authority}");
    }
    for tenant in ["../x", "a/b", "..", "a?b"] {
        let error = library::load(caller.builder().set("tenant", tenant)).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{tenant}");
    }
    assert_eq!(azure.tokens_issued(), 0);
}

#[test]
fn a_token_goes_to_hosts_of_its_resource_alone_unless_the_operator_names_another() {
    let literal = |url: &str| {
        let azure = azure();
        let caller = Caller::with(manifest(Manifest::literal(url)));
        caller.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.address()).load()
    };
    for url in ["https://mine.vault.azure.net", "https://vault.azure.net"] {
        assert!(literal(url).is_ok(), "{url}");
    }
    for url in [
        "https://evilvault.azure.net",
        "https://vault.azure.net.evil.example",
        "https://mine.vault.azure.cn",
        "https://mine.vault.azure.net:8443",
        "http://mine.vault.azure.net",
    ] {
        library::assert_refused(&literal(url).unwrap_err(), "credential-audience");
    }
}

#[test]
fn what_two_readers_could_take_for_two_resources_is_none() {
    let azure = azure();
    let caller = machine().env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.address());
    for resource in [
        "https://evil.example/ https://vault.azure.net",
        "https://evil.example\\.vault.azure.net",
        "https://vault.azure.net@evil.example",
        "https://evil.example?x=https://vault.azure.net",
        "https://evil.example#https://vault.azure.net",
        "https://evil.exa\tmple",
        "https:evil.example",
        "https://*.vault.azure.net",
        "https://127.0.0.1",
        "http://vault.azure.net",
    ] {
        let error = library::load(caller.builder().set("resource", resource)).unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid, "{resource:?}");
    }
    assert!(library::load(caller.builder().set("resource", "https://vault.azure.net/")).is_ok());
}

#[test]
fn another_account_is_another_grant() {
    let azure = azure();
    let from = |caller: &Caller| {
        let facts = caller.builder().candidate().unwrap().facts().clone();
        facts.credentials.last().unwrap().from.to_string()
    };
    let machine = machine().env("AZURE_POD_IDENTITY_AUTHORITY_HOST", azure.address());
    let any = from(&machine);
    let one = from(&machine.env("AZURE_CLIENT_ID", "one"));
    assert!(one != any && one.contains("one"), "{one}");
    let caller = || application(&azure).env("AZURE_CLIENT_SECRET", "canary");
    let elsewhere = from(&caller().env("AZURE_TENANT_ID", "elsewhere"));
    assert!(elsewhere != from(&caller()) && elsewhere.contains("elsewhere"), "{elsewhere}");
}

#[test]
fn a_token_is_kept_and_renewed_before_it_ends() {
    let azure = azure();
    azure.token_lifetime(Duration::from_secs(2));
    let caller = application(&azure).env("AZURE_CLIENT_SECRET", azure.client().secret);
    let backend = caller.load().unwrap();
    let started = Instant::now();
    block_on(async {
        while azure.tokens_issued() < 2 {
            assert_eq!(backend.get("KEY").await.unwrap().secret.expose(), b"v");
            assert!(started.elapsed() < Duration::from_secs(30), "it was never renewed");
        }
    });
    assert!(started.elapsed() > Duration::from_millis(750), "it was renewed for every read");
}

/// Reads once with a token that the stand-in takes, and answers how many it has handed out.
#[track_caller]
fn shown(azure: &Azure, caller: &Caller) -> usize {
    assert!(azure.takes(&caller.shows()), "the service was shown something else");
    azure.tokens_issued()
}
