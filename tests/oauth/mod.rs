//! Tokens from a real OAuth server, by client credentials.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use secret_runtime::{Backend, CredentialSource, Kind};
use test_support::{ClientAuthentication, OAuth, Reply, Upstream};

use crate::common::{Attack, Manifest, block_on, library};

/// How long a token lives.
const LIFETIME: Duration = Duration::from_secs(5);

/// The manifest of a service that takes bearer tokens, which it has an OAuth server give out.
fn manifest(authentication: ClientAuthentication) -> Manifest {
    let shown = match authentication {
        // OAuth has both halves encoded as in a form before they are joined.
        ClientAuthentication::Basic => {
            "basic = { user = \"{client-id:form}\", password = \"{client-secret:form}\" }\n\
             form = { grant_type = \"client_credentials\", scope = \"secrets\" }"
        }
        ClientAuthentication::Post => {
            "form = { grant_type = \"client_credentials\", scope = \"secrets\", client_id = \"{client-id}\", \
             client_secret = \"{client-secret}\" }"
        }
    };
    Manifest::typed()
        .replace("address = {", "token-url = {}\naddress = {")
        .and("[credentials]\nclient-id = {}\nclient-secret = {}")
        .and("[[recipe]]\nname = \"client-credentials\"\ninject = { bearer = \"{exchanged}\" }")
        .and("[recipe.exchange]\nmethod = \"POST\"\nurl = \"{token-url}\"")
        .and(shown)
        .and("token = { json = \"/access_token\" }\nlifetime = { json = \"/expires_in\" }\nrefused = [400]")
}

/// A service that gives its secret to whoever has a token that the OAuth server calls good.
fn service(oauth: &Arc<OAuth>) -> Upstream {
    let oauth = Arc::clone(oauth);
    Upstream::start(move |seen| {
        let token = seen.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        match token.map(|token| oauth.knows(token).unwrap()) {
            Some(true) => Reply::new(200, "s3cret"),
            _ => Reply::new(401, ""),
        }
    })
    .unwrap()
}

/// A backend of that service, which shows this secret for a token.
fn backend(authentication: ClientAuthentication, oauth: &OAuth, service: &Upstream, secret: &str) -> Backend {
    let component = Attack::with(manifest(authentication)).component().parse().unwrap();
    library::load(
        library::runtime()
            .backend(component)
            .set("address", service.address())
            .set("token-url", oauth.token_url())
            .set("act", "send")
            .set("only", "body")
            .set("method", "GET")
            .set("url", format!("{}/v1/secret/KEY", service.address()))
            .credential("client-id", CredentialSource::value(OAuth::CLIENT_ID))
            .credential("client-secret", CredentialSource::value(secret)),
    )
    .unwrap()
}

fn start(authentication: ClientAuthentication) -> (Arc<OAuth>, Upstream) {
    let oauth = Arc::new(OAuth::start(authentication, LIFETIME).unwrap());
    let service = service(&oauth);
    (oauth, service)
}

#[test]
fn both_ways_of_showing_a_client_secret_bring_a_token_that_the_service_accepts() {
    for authentication in [ClientAuthentication::Basic, ClientAuthentication::Post] {
        let (oauth, service) = start(authentication);
        let backend = backend(authentication, &oauth, &service, oauth.secret());
        assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), b"s3cret", "{authentication:?}");
        assert_eq!((oauth.granted().unwrap(), oauth.refused().unwrap()), (1, 0));
    }
}

#[test]
fn a_wrong_client_secret_is_refused_once_and_not_shown() {
    for authentication in [ClientAuthentication::Basic, ClientAuthentication::Post] {
        let (oauth, service) = start(authentication);
        let backend = backend(authentication, &oauth, &service, "canary-secret");
        let error = library::failure(&backend, "KEY");
        assert_eq!(error.kind(), Kind::Unauthenticated, "{error}");
        assert!(!format!("{error} {error:?}").contains("canary-secret"), "{error:?}");
        assert_eq!((oauth.refused().unwrap(), service.connections()), (1, 0));
    }
}

#[test]
fn a_token_serves_until_shortly_before_it_expires_and_is_then_renewed() {
    let (oauth, service) = start(ClientAuthentication::Basic);
    let backend = backend(ClientAuthentication::Basic, &oauth, &service, oauth.secret());
    let started = Instant::now();
    block_on(async {
        while oauth.granted().unwrap() < 3 {
            assert_eq!(backend.get("KEY").await.unwrap().secret.expose(), b"s3cret");
            assert!(started.elapsed() < 10 * LIFETIME, "the token was never renewed");
            // It is the server's clock that has to go on.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(started.elapsed() > LIFETIME, "tokens were renewed long before they expired");
    assert!(service.seen().len() > 10, "one token served few requests");
}

#[test]
fn a_hundred_callers_share_one_token() {
    let (oauth, service) = start(ClientAuthentication::Post);
    let backend = backend(ClientAuthentication::Post, &oauth, &service, oauth.secret());
    block_on(async {
        let callers: Vec<_> = (0..100)
            .map(|_| {
                let backend = backend.clone();
                tokio::spawn(async move { backend.get("KEY").await.unwrap().secret.expose().to_vec() })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), b"s3cret");
        }
    });
    assert_eq!(oauth.granted().unwrap(), 1);
}
