//! Listings.

use secret_runtime::{Kind, Operation};

use super::{
    stage::{Stage, assert_kind},
    subject::Subject,
};

pub(super) fn a_list_of_250_names_has_each_of_them_once<S: Subject>(stage: &Stage<S>) {
    const MANY: usize = 250;
    const LIMIT: usize = 100;
    let prefix = stage.name("n");
    stage.put(&stage.name("other"), b"v").unwrap();
    if !S::OPERATIONS.contains(&Operation::List) {
        assert_kind(stage.caller().list(&prefix, LIMIT as u32), Kind::Unsupported);
        return;
    }
    let names: Vec<_> = (0..MANY).map(|number| format!("{prefix}{number:03}")).collect();
    for name in &names {
        stage.put(name, b"v").unwrap();
    }
    let caller = stage.caller();
    let prefix = caller.backend.key(&prefix).unwrap();
    let pages = caller.list(prefix.as_str(), LIMIT as u32).unwrap();
    let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
    assert!(sizes.iter().all(|size| *size <= LIMIT) && pages.len() >= MANY.div_ceil(LIMIT), "pages of {sizes:?}");

    let mut found: Vec<_> = pages.into_iter().flatten().map(|entry| entry.name).collect();
    found.sort_unstable();
    let expected: Vec<_> = names.iter().map(|name| caller.backend.key(name).unwrap().to_string()).collect();
    assert_eq!(found, expected);
}

pub(super) fn a_list_of_nothing_is_empty<S: Subject>(stage: &Stage<S>) {
    stage.put(&stage.name("other"), b"v").unwrap();
    let listed = stage.caller().list(&stage.name("nothing"), 100);
    if S::OPERATIONS.contains(&Operation::List) {
        assert_eq!(listed.unwrap().concat(), []);
    } else {
        assert_kind(listed, Kind::Unsupported);
    }
}
