//! `new`: a folder to begin in.

use crate::common::Home;

#[test]
fn it_says_what_to_type_next_and_nothing_of_the_folder_at_hand_runs() {
    let home = Home::new();
    // Python looks for modules where it is started; a stranger's folder may hold some.
    for module in ["venv.py", "ensurepip.py", "sys.py"] {
        home.file(module, "open('ran', 'w').close()");
    }
    for language in ["rust", "python", "js", "c"] {
        let name = format!("keeper-{language}");
        let run = home.runtime(["new", &name, "--lang", language]).env("PATH", std::env::var_os("PATH").unwrap());
        run.run().exits(0).prints("").says(&["runtime: wrote keeper-", "Next:\n  cd keeper-", "conform"]);
        assert!(home.path().join(name).join("README.md").is_file());
    }
    assert!(!home.path().join("ran").exists());
}

#[test]
fn a_toolchain_that_is_missing_is_named_with_the_way_to_get_it() {
    for (language, words) in [
        ("rust", "Rust is missing: install it with rustup"),
        ("python", "Python 3.10 or later with venv is missing"),
        ("js", "Node.js 20 or later with npm is missing"),
        ("c", "Rust is missing"),
    ] {
        let home = Home::new();
        let line = format!("found=$(command -v runtime); PATH=/nowhere; \"$found\" new keeper --lang {language}");
        home.shell(&line).run().exits(0).says(&[words]);
        assert!(home.path().join("keeper/backend.toml").is_file());
    }
}
