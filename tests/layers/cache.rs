//! The cache, through the library: one command caches nothing.

use std::{sync::Arc, time::Duration};

use secret_runtime::{Backend, BackendBuilder, CacheSettings, Kind, Source, Write};
use test_support::{Gate, Reply, Upstream};

use crate::common::{Component, block_on, library};

fn builder(server: &Upstream) -> BackendBuilder {
    let token = secret_runtime::CredentialSource::Value(b"token-of-the-example".to_vec().into());
    let component = Component::backend("example-c").parse().unwrap();
    library::runtime().backend(component).set("address", server.address()).credential("token", token)
}

fn load(builder: BackendBuilder) -> Backend {
    let grant = builder.candidate().unwrap().grant();
    builder.load(&grant).unwrap()
}

#[test]
fn a_thousand_callers_who_miss_make_one_request() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Upstream::start(move |_| Reply::new(200, "v").after(&held)).unwrap();
    let backend = load(builder(&server));
    let sources = block_on(async {
        let callers: Vec<_> = (0..1000)
            .map(|_| {
                let backend = backend.clone();
                tokio::spawn(async move {
                    let answer = backend.get("KEY").await.unwrap();
                    assert_eq!(answer.secret.expose(), b"v");
                    answer.source
                })
            })
            .collect();
        // All of them have asked before the first is answered.
        while server.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        gate.open();
        let mut sources = Vec::new();
        for caller in callers {
            sources.push(caller.await.unwrap());
        }
        sources
    });
    assert_eq!(server.seen().len(), 1);
    let from_backend = sources.iter().filter(|source| **source == Source::Backend).count();
    assert_eq!((from_backend, sources.len()), (1, 1000));
    assert_eq!(block_on(backend.get("KEY")).unwrap().source, Source::Cache);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_failure_is_shared_by_those_who_wait_and_not_kept() {
    let server = Upstream::start(|seen| match seen.connection {
        _ if seen.target == "/secret/ABSENT" => Reply::new(404, ""),
        _ => Reply::new(500, ""),
    })
    .unwrap();
    let backend = load(builder(&server).retry(false));
    for (key, kind, asked) in [
        ("KEY", Kind::Unavailable, 1),
        ("KEY", Kind::Unavailable, 2),
        ("ABSENT", Kind::NotFound, 3),
        ("ABSENT", Kind::NotFound, 4),
    ] {
        assert_eq!(library::failure(&backend, key).kind(), kind);
        assert_eq!(server.seen().len(), asked);
    }
}

#[test]
fn a_caller_who_wants_it_fresh_gets_it_fresh() {
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    let backend = load(builder(&server));
    let read = secret_runtime::Read { name: backend.key("KEY").unwrap(), version: None, options: Default::default() };
    block_on(async {
        for fresh in [false, false, true] {
            let call = secret_runtime::Call { fresh, ..backend.call() };
            backend.read(&read, &call).await.unwrap();
        }
    });
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_value_is_kept_no_longer_than_its_time_to_live() {
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    let settings = CacheSettings { ttl: Duration::ZERO, ..CacheSettings::default() };
    let backend = load(builder(&server).cache(Some(settings)));
    for asked in 1..=3 {
        block_on(backend.get("KEY")).unwrap();
        assert_eq!(server.seen().len(), asked);
    }
}

#[test]
fn without_a_cache_every_read_asks() {
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    let backend = load(builder(&server).cache(None));
    for asked in 1..=3 {
        assert_eq!(block_on(backend.get("KEY")).unwrap().source, Source::Backend);
        assert_eq!(server.seen().len(), asked);
    }
}

#[test]
fn a_write_and_a_delete_make_the_cache_forget() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env");
    std::fs::write(&file, "KEY=one\n").unwrap();
    let component = Component::backend("dotenv").parse().unwrap();
    let backend = load(
        library::runtime()
            .backend(component)
            .storage(secret_runtime::StorageInput::File(file.clone()))
            .access_mode(secret_runtime::AccessMode::ReadWrite),
    );
    block_on(async {
        let get = async || backend.get("KEY").await.map(|answer| (answer.secret.expose().to_vec(), answer.source));
        assert_eq!(get().await.unwrap(), (b"one".to_vec(), Source::Backend));
        assert_eq!(get().await.unwrap(), (b"one".to_vec(), Source::Cache));
        // What somebody else does is not seen before the time to live is over.
        std::fs::write(&file, "KEY=theirs\n").unwrap();
        assert_eq!(get().await.unwrap(), (b"one".to_vec(), Source::Cache));
        backend.write("KEY", &Write::new("two"), &backend.call()).await.unwrap();
        assert_eq!(get().await.unwrap(), (b"two".to_vec(), Source::Backend));
        let rotated = backend.rotate("KEY", None, &Write::new("three"), &backend.call()).await.unwrap();
        assert_eq!(rotated.name.as_str(), "KEY");
        assert_eq!(get().await.unwrap().0, b"three");
        let mode = secret_runtime::DeleteMode::Recoverable(None);
        backend.delete("KEY", mode, &Default::default(), &backend.call()).await.unwrap();
        assert_eq!(get().await.unwrap_err().kind(), Kind::NotFound);
    });
}

#[test]
fn clones_share_a_cache_and_two_backends_do_not() {
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    let first = load(builder(&server));
    let clone = first.clone();
    block_on(first.get("KEY")).unwrap();
    block_on(clone.get("KEY")).unwrap();
    assert_eq!(server.seen().len(), 1);
    block_on(load(builder(&server)).get("KEY")).unwrap();
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn the_callers_of_different_keys_do_not_wait_for_each_other() {
    let gate = Gate::new();
    let held = gate.clone();
    let server = Upstream::start(move |seen| match seen.target.as_str() {
        "/secret/SLOW" => Reply::new(200, "slow").after(&held),
        _ => Reply::new(200, "quick"),
    })
    .unwrap();
    let backend = Arc::new(load(builder(&server)));
    block_on(async {
        let slow = tokio::spawn({
            let backend = Arc::clone(&backend);
            async move { backend.get("SLOW").await.unwrap().secret.expose().to_vec() }
        });
        while server.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(backend.get("QUICK").await.unwrap().secret.expose(), b"quick");
        gate.open();
        assert_eq!(slow.await.unwrap(), b"slow");
    });
}
