//! `compile`: the work of the first call, done ahead.

use std::{fs, os::unix::fs::PermissionsExt as _};

use crate::common::{Component, Home};

#[test]
fn what_is_compiled_ahead_is_loaded_by_the_first_call() {
    let home = Home::new();
    let component = Component::backend("env").save(&home, "env.wasm");
    let cache = home.path().join("cache");
    let run = |command: &[&str]| {
        let run = home.runtime(["--trust", "--storage", "env:KEY"]).env("KEY", "value").env("XDG_CACHE_HOME", &cache);
        run.arg("--backend").arg(&component).args(command).run()
    };
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o700)).unwrap();
    run(&["compile"]).exits(0).prints("").says(&["env is compiled; later runs on this machine load it"]);
    let compiled = || {
        let files = home.files().into_iter().map(|(path, _)| path);
        files.filter(|path| path.extension().is_some_and(|end| end == "cwasm")).collect::<Vec<_>>()
    };
    assert_eq!(compiled().len(), 1);
    let written = fs::metadata(&compiled()[0]).unwrap().modified().unwrap();
    run(&["get", "KEY"]).exits(0).prints("value");
    assert_eq!(fs::metadata(&compiled()[0]).unwrap().modified().unwrap(), written);
}

#[test]
fn what_is_not_trusted_is_not_compiled() {
    let home = Home::new();
    let component = Component::backend("env").save(&home, "env.wasm");
    let cache = home.path().join("cache");
    let run = home
        .runtime(["--storage", "env:KEY", "compile"])
        .arg(&component)
        .env("KEY", "value")
        .env("XDG_CACHE_HOME", &cache);
    run.run().exits(3).says(&["not trusted yet"]);
    assert!(home.files().iter().all(|(path, _)| path.extension().is_none_or(|end| end != "cwasm")));
}

#[test]
fn a_cache_that_others_could_write_keeps_nothing_which_is_said() {
    let home = Home::new();
    let component = Component::backend("env").save(&home, "env.wasm");
    let cache = home.path().join("cache");
    fs::create_dir(&cache).unwrap();
    fs::set_permissions(&cache, fs::Permissions::from_mode(0o777)).unwrap();
    let run = home
        .runtime(["--trust", "--storage", "env:KEY", "compile"])
        .arg(&component)
        .env("KEY", "value")
        .env("XDG_CACHE_HOME", &cache);
    run.run().exits(1).says(&["compiled code can't be kept"]);
}
