//! Google: how a token is had, kept and renewed, where it may go, and what is said when there is none.

use std::time::{Duration, Instant};

use secret_runtime::Kind;
use test_support::{GoogleIdentity, Reply, Upstream};

use super::caller::Caller;
use crate::common::{Component, Manifest, Names, block_on, library};

const FILE: &str = "GOOGLE_APPLICATION_CREDENTIALS";

fn google() -> GoogleIdentity {
    GoogleIdentity::start().unwrap()
}

fn of_machine(google: &GoogleIdentity) -> Caller {
    Caller::google().env("GCE_METADATA_HOST", google.host())
}

#[test]
fn the_machine_vouches_for_us() {
    let google = google();
    assert_eq!([of_machine(&google).shows()], google.issued()[..]);
    let asked = &google.seen()[0];
    assert_eq!(asked.header("metadata-flavor"), Some("Google"));
    let scopes = "?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform";
    assert_eq!(asked.target, format!("/computeMetadata/v1/instance/service-accounts/default/token{scopes}"));
}

#[test]
fn a_server_that_does_not_say_it_is_googles_is_not_believed() {
    let token = serde_json::json!({ "access_token": "canary", "expires_in": 3600 });
    let server = Upstream::start(move |_| Reply::json(200, &token)).unwrap();
    let host = format!("127.0.0.1:{}", server.port());
    let error = Caller::google().env("GCE_METADATA_HOST", host).fails();
    assert_eq!(error.kind(), Kind::Malformed, "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn where_there_is_nothing_it_says_where_it_looked() {
    let error = Caller::google().fails();
    assert_eq!(error.kind(), Kind::Config);
    for place in [FILE, "metadata.google.internal"] {
        assert!(error.to_string().contains(place), "{error}");
    }
    let error = Caller::google().env("NO_GCE_CHECK", "true").fails();
    assert_eq!(error.kind(), Kind::Config);
    let error = Caller::google().env(FILE, "/nowhere/key.json").fails();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.to_string().contains("/nowhere/key.json"), "{error}");
}

#[test]
fn a_machine_that_is_named_and_does_not_answer_is_unavailable() {
    let google = google();
    let caller = of_machine(&google);
    drop(google);
    assert_eq!(caller.fails().kind(), Kind::Unavailable);
}

#[test]
fn callers_who_wait_share_one_token() {
    let google = google();
    let caller = of_machine(&google);
    let backend = std::sync::Arc::new(caller.load().unwrap());
    block_on(async {
        let callers: Vec<_> = (0..20)
            .map(|_| {
                let backend = std::sync::Arc::clone(&backend);
                tokio::spawn(async move { backend.get("KEY").await.unwrap().secret.expose().to_vec() })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.unwrap(), b"v");
        }
    });
    assert_eq!(google.issued().len(), 1);
}

#[test]
fn a_token_is_renewed_before_it_ends() {
    let google = google();
    google.token_lifetime(Duration::from_secs(2));
    let caller = of_machine(&google);
    let backend = caller.load().unwrap();
    let started = Instant::now();
    block_on(async {
        while google.issued().len() < 2 {
            assert_eq!(backend.get("KEY").await.unwrap().secret.expose(), b"v");
            assert!(started.elapsed() < Duration::from_secs(30), "it was never renewed");
        }
    });
    assert!(started.elapsed() > Duration::from_millis(750), "it was renewed for every read");
}

#[test]
fn a_young_token_is_not_thrown_away_for_a_refusal() {
    let google = google();
    let refusing = Upstream::start(|_| Reply::new(401, "no")).unwrap();
    let url = format!("{}/v1/secret/KEY", refusing.address());
    let caller = of_machine(&google).env("HOSTILE_ADDR", refusing.address()).set("url", &url);
    let backend = caller.load().unwrap();
    for _ in 0..3 {
        assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), b"no");
    }
    assert_eq!((google.issued().len(), refusing.seen().len()), (1, 3));
}

#[test]
fn what_google_says_no_with_has_one_meaning_and_is_not_shown() {
    for (status, kind) in [
        (400, Kind::Unauthenticated),
        (401, Kind::Unauthenticated),
        (403, Kind::Unauthenticated),
        (429, Kind::RateLimited),
        (503, Kind::Unavailable),
    ] {
        let google = google();
        google.fail(status);
        let error = Caller::google().file(FILE, google.account_file().to_string()).fails();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!format!("{error} {error:?} {:?}", error.guest_message()).contains("canary"), "{error:?}");
    }
}

/// A backend whose author writes where the token goes.
fn literal(url: &str) -> Caller {
    let recipe =
        "[[recipe]]\nname = \"google\"\ninject = { bearer = \"{exchanged}\" }\nidentity = { kind = \"google\" }";
    Caller::with(Manifest::literal(url).and(recipe)).env("GCE_METADATA_HOST", "127.0.0.1:1")
}

#[test]
fn a_token_goes_to_googles_own_services_alone_unless_the_operator_names_another_host() {
    for url in [
        "https://secretmanager.googleapis.com",
        "https://cloudkms.googleapis.com",
        "https://secretmanager.europe-west3.rep.googleapis.com",
    ] {
        assert!(literal(url).load().is_ok(), "{url}");
    }
    for url in [
        "https://googleapis.com",
        "https://evilgoogleapis.com",
        "https://googleapis.com.evil.example",
        "https://secretmanager.googleapis.com:8443",
        "https://evil.example",
    ] {
        library::assert_refused(&literal(url).load().unwrap_err(), "credential-audience");
    }
    library::assert_refused(&literal("http://secretmanager.googleapis.com").load().unwrap_err(), "credential-audience");
}

#[test]
fn a_backend_reaches_no_metadata_server_although_its_identity_does() {
    let google = google();
    let there = format!("http://{}/computeMetadata/v1/instance/service-accounts/default/token", google.host());
    let error = of_machine(&google).set("url", &there).fails();
    library::assert_refused(&error, "origin");
    assert_eq!(google.seen(), []);
}

#[test]
fn the_question_says_where_the_identity_is_from_and_where_it_goes() {
    let google = google();
    let caller = Caller::google().file(FILE, google.acting_file(&google.account_file()).to_string());
    let facts = caller.builder().candidate().unwrap().facts().clone();
    let [credential] = facts.credentials.as_slice() else { panic!("{facts:?}") };
    assert!(credential.from.to_string().contains("credentials"), "{credential:?}");
    let mut to = [google.address(), caller.service.address()];
    to.sort();
    assert_eq!(credential.to, to);
    assert_eq!(google.seen(), [], "something was asked before the grant");
}

#[test]
fn the_project_is_that_of_the_credentials_unless_it_is_set() {
    let google = google();
    let project = |variables: &[(&str, &str)], file: &str| {
        let manifest = Manifest::typed().and(
            "[[recipe]]\nname = \"google\"\ninject = { bearer = \"{exchanged}\" }\nidentity = { kind = \"google\" }",
        );
        let manifest =
            manifest.replace("[config]\n", "[config]\nproject = { env = [\"PROJECT\"], identity = \"project\" }\n");
        let manifest = manifest.replace("/v1/secret{/name*}", "/v1/projects/{project}");
        let caller = Caller::with(manifest).file(FILE, file);
        let caller = variables.iter().fold(caller, |caller, (name, value)| caller.env(name, *value));
        let url = |project: &str| format!("{}/v1/projects/{project}", caller.service.address());
        let reads = |project: &str| {
            let backend = library::load(caller.builder().set("url", url(project))).unwrap();
            block_on(backend.get("KEY")).is_ok()
        };
        ["test-project", "mine"].into_iter().find(|project| reads(project))
    };
    let (account, person) = (google.account_file().to_string(), google.person_file().to_string());
    assert_eq!(project(&[], &account), Some("test-project"));
    assert_eq!(project(&[], &person), Some("test-project"));
    assert_eq!(project(&[("PROJECT", "mine")], &account), Some("mine"));
}

#[test]
fn requests_are_counted_to_the_project_that_a_person_names() {
    let google = google();
    let person = google.person_file().to_string();
    for (caller, project) in [
        (Caller::google().file(FILE, &person), Some("test-project")),
        (Caller::google().file(FILE, &person).env("GOOGLE_CLOUD_QUOTA_PROJECT", "mine"), Some("mine")),
        (Caller::google().file(FILE, google.account_file().to_string()), None),
        (of_machine(&google), None),
    ] {
        caller.shows();
        assert_eq!(caller.service.seen()[0].header("x-goog-user-project"), project);
    }
    let error = Caller::google().file(FILE, person.replace("test-project", "a\nb")).fails();
    assert_eq!(error.kind(), Kind::Config);
}

#[test]
fn without_an_environment_nothing_is_looked_for() {
    let google = google();
    let caller = Caller::google().gcloud(google.account_file().to_string());
    let component =
        Component::hostile().manifest(Manifest::typed().and(
            "[[recipe]]\nname = \"google\"\ninject = { bearer = \"{exchanged}\" }\nidentity = { kind = \"google\" }",
        ));
    let builder = library::runtime_with(&Names::default()).backend(component.parse().unwrap());
    let builder = builder.home(caller.home.path()).set("address", caller.service.address());
    assert_eq!(library::load(builder).unwrap_err().kind(), Kind::Config);
}
