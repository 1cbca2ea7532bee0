#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

use test_support::{Reply as Answer, Upstream};
use url::Url;

use super::*;
use crate::{
    egress::{Caps, Resolver, SystemResolver},
    manifest::{IdentityKind, Template, settings::Resolved},
};

const MINUTE: Duration = Duration::from_secs(60);

/// A place that gives out credentials for an hour, each time others.
fn container() -> Upstream {
    let given = AtomicUsize::new(0);
    Upstream::start(move |_| {
        let key = format!("AK{}", given.fetch_add(1, Ordering::SeqCst) + 1);
        let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let keys = serde_json::json!({
            "AccessKeyId": key, "SecretAccessKey": "the secret", "Token": "the token", "Expiration": end.to_string(),
        });
        Answer::json(200, &keys)
    })
    .unwrap()
}

struct Stage {
    found: Found,
    http: Arc<HostHttp>,
}

impl Stage {
    fn on(container: &Upstream) -> Arc<Self> {
        let template = |text| vec![Template::parse(text).unwrap()];
        let settings =
            [("service", "demo"), ("region", "eu-west-1")].map(|(key, text)| (key.to_owned(), template(text)));
        let declared = recipe::Identity { kind: IdentityKind::AwsSigv4, settings: settings.into() };
        let name = "AWS_CONTAINER_CREDENTIALS_FULL_URI".to_owned();
        let environment: Arc<dyn Environment> = Arc::new(BTreeMap::from([(name, container.address())]));
        let around = Surroundings { environment: Some(&environment), home: None };
        let found = Aws::find(&declared, &Resolved::default(), around).unwrap();
        let resolver: Arc<dyn Resolver> = Arc::new(SystemResolver);
        Arc::new(Self { found, http: Arc::new(HostHttp::new(Vec::new(), &resolver, Caps::default())) })
    }

    /// Signs a request, and answers the name of the key it was signed with.
    async fn signs(&self) -> String {
        let url = Url::parse("https://demo.eu-west-1.amazonaws.com/").unwrap();
        let mut outgoing = Outgoing { method: "GET", url, headers: Vec::new(), body: None };
        let secrets = self.found.identity.sign(&self.http, &mut outgoing).await.unwrap();
        assert_eq!(
            secrets.iter().map(|secret| secret.as_slice()).collect::<Vec<_>>(),
            [&b"the secret"[..], b"the token"]
        );
        let (_, header) = outgoing.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        let (_, key) = header.split_once("Credential=").unwrap();
        key.split('/').next().unwrap().to_owned()
    }

    /// A hundred callers at a time.
    async fn all_sign(self: &Arc<Self>) -> Vec<String> {
        let callers: Vec<_> = (0..100)
            .map(|_| {
                tokio::spawn({
                    let stage = self.clone();
                    async move { stage.signs().await }
                })
            })
            .collect();
        let mut keys = Vec::new();
        for caller in callers {
            keys.push(caller.await.unwrap());
        }
        keys
    }

    async fn forgets(&self) -> bool {
        self.found.identity.forget_old(&Read::new()).await
    }
}

/// Lets time pass, and the clock run again afterwards: a paused one would end requests that take their time.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn credentials_are_loaded_once_for_all_who_wait_and_again_before_they_end() {
    let container = container();
    let stage = Stage::on(&container);
    assert!(stage.all_sign().await.iter().all(|key| key == "AK1"));
    pass(58 * MINUTE).await;
    assert_eq!(stage.signs().await, "AK1");
    pass(2 * MINUTE).await;
    assert!(stage.all_sign().await.iter().all(|key| key == "AK2"));
    assert_eq!(container.seen().len(), 2);
}

#[tokio::test]
async fn refused_credentials_are_loaded_again_unless_they_are_new() {
    let container = container();
    let stage = Stage::on(&container);
    assert_eq!(stage.signs().await, "AK1");
    assert!(!stage.forgets().await);
    pass(MINUTE).await;
    assert!(stage.forgets().await);
    assert_eq!(stage.signs().await, "AK2");
    assert!(!stage.forgets().await);
}

#[test]
fn only_a_word_that_credentials_have_ended_counts_as_their_refusal() {
    let reply = |status, header: &str, body: &str| Reply {
        status,
        headers: vec![("x-amzn-errortype".to_owned(), Zeroizing::new(header.to_owned()))],
        body: Zeroizing::new(body.as_bytes().to_vec()),
        ..Reply::default()
    };
    for (status, header, body, refused) in [
        (400, "", r#"{"__type":"ExpiredTokenException"}"#, true),
        (400, "", r#"{"__type":"com.amazonaws.demo#UnrecognizedClientException","message":"x"}"#, true),
        (403, "InvalidClientTokenId:http://internal.amazon.com/x", "", true),
        (401, "ExpiredToken", "not JSON", true),
        (400, "", r#"{"__type":"ResourceNotFoundException","message":"ExpiredTokenException"}"#, false),
        (403, "", r#"{"__type":"AccessDeniedException"}"#, false),
        (200, "", r#"{"__type":"ExpiredTokenException"}"#, false),
        (500, "ExpiredToken", "", false),
        (400, "", "", false),
    ] {
        assert_eq!(Aws::refused_by(&reply(status, header, body)), refused, "{status} {header} {body}");
    }
}
