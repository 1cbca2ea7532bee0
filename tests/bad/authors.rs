//! What authors of backends get wrong, and what the tools say: `pack`, `inspect` and `new`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};

use crate::common::{Component, Home, Manifest, Outcome};

/// The smallest backend: it reads, and does nothing else.
fn reader() -> Component {
    Component::reading("", "i32.const 0")
}

/// `runtime pack` of this component with this manifest.
#[track_caller]
fn pack(home: &Home, component: &Component, manifest: impl AsRef<[u8]>) -> Outcome {
    let (input, manifest) = (component.save(home, "bare.wasm"), home.file("backend.toml", manifest));
    home.runtime(["pack"]).arg(input).arg("--manifest").arg(manifest).args(["-o", "packed.wasm"]).run()
}

/// Refused for these reasons, and nothing is written.
#[track_caller]
fn is_not_packed(component: &Component, manifest: impl AsRef<[u8]>, words: &[&str]) {
    let home = Home::new();
    pack(&home, component, manifest).exits(7).prints("").says(words);
    assert!(!home.path().join("packed.wasm").exists());
}

#[test]
fn what_was_built_without_an_sdk_or_for_another_contract_is_told_what_it_has_and_what_it_needs() {
    let exporting = |names: &[&str]| {
        let exports: String = names.iter().map(|name| format!("(export \"{name}\" (instance $i))")).collect();
        Component::text(&format!("(instance $i) {exports}"))
    };
    let wanted = "it does not export secret-runtime:backend/read@0.1.0; it exports ";
    for (component, found) in [
        (Component::text(""), "nothing"),
        (exporting(&["wasi:cli/run@0.2.0"]), "wasi:cli/run@0.2.0"),
        (exporting(&["wasi:cli/run@0.2.0", "acme:vault/read@0.1.0"]), "acme:vault/read@0.1.0\n"),
        (exporting(&["secret-runtime:backend/read@0.2.0"]), "secret-runtime:backend/read@0.2.0"),
        (exporting(&["secret-runtime:backend/read@0.1.0-rc.1"]), "secret-runtime:backend/read@0.1.0-rc.1"),
        (exporting(&["secret-runtime:backend/read"]), "secret-runtime:backend/read\n"),
        (exporting(&["secret-runtime:backend/exists@0.1.0"]), "secret-runtime:backend/exists@0.1.0"),
        (exporting(&["a:a/a", "b:b/b", "c:c/c", "d:d/d"]), "a:a/a, b:b/b, c:c/c\n"),
    ] {
        let home = Home::new();
        let path = component.save(&home, "bad.wasm");
        let words = format!("{wanted}{found}");
        home.runtime(["inspect"]).arg(&path).run().blames_the_component(&[&words]);
        is_not_packed(&component, Manifest::honest(), &[&words]);
    }
}

#[test]
fn imports_of_another_version_are_named_beside_those_there_are() {
    let component = Component::text(r#"(import "secret-runtime:backend/http@0.2.0" (instance))"#);
    let words = [
        "it imports secret-runtime:backend/http@0.2.0, which the runtime does not offer",
        "secret-runtime:backend/{common,http,config,storage,clock,random,log}@0.1.0",
    ];
    is_not_packed(&component, Manifest::honest(), &words);
}

#[test]
fn a_core_module_is_told_from_a_component() {
    let module = Component(wat::parse_str(r#"(module (func (export "read")))"#).unwrap());
    is_not_packed(
        &module,
        Manifest::honest(),
        &["bare.wasm: a core WebAssembly module, not a component", "wasm-component-ld"],
    );
    is_not_packed(&Component(b"print('hello')".to_vec()), Manifest::honest(), &["not a WebAssembly component"]);
}

#[test]
fn a_mistake_in_a_manifest_is_named_with_its_place() {
    let honest = Manifest::honest();
    let read_rule = "for = [\"read\", \"exists\"]";
    let inject = "inject = { header = \"X-Token\", value = \"{token}\" }";
    for (manifest, words) in [
        (honest.clone().and("[config"), &["backend.toml: not valid TOML: line 40: "][..]),
        (honest.clone().and("colour = 1"), &["recipe[1]: unknown key \"colour\""]),
        (honest.clone().replace("version = ", "versoin = "), &["unknown key \"versoin\"; did you mean \"version\"?"]),
        (honest.clone().replace("method = \"GET\"", "methd = \"GET\""), &["request[1]", "did you mean \"method\"?"]),
        (
            honest.clone().replace("[[request]]", "[[requests]]"),
            &["unknown key \"requests\"", "did you mean \"request\"?"],
        ),
        (honest.clone().replace(read_rule, ""), &["request[1]: \"for\" is missing"]),
        (honest.clone().replace(read_rule, "for = []"), &["request[1].for: names no operation"]),
        (honest.clone().replace(read_rule, "for = [\"raed\"]"), &["request[1].for[1]: must be one of read, exists"]),
        (honest.clone().replace(read_rule, "for = \"read\""), &["request[1].for"]),
        (
            honest.clone().replace(read_rule, &format!("{read_rule}\norigin = \"upsteam\"")),
            &["request[1].origin: unknown key \"upsteam\"; did you mean \"upstream\"?"],
        ),
        (
            honest
                .clone()
                .replace(inject, "inject = { header = \"X-Token\", value = \"{token}\", origin = \"other\" }"),
            &["recipe[1].inject.origin: unknown key \"other\""],
        ),
        (
            honest.clone().replace("value = \"{token}\"", "value = \"{tokn}\""),
            &["recipe[1].inject: {tokn} is not known; did you mean {token}?"],
        ),
        (
            honest.clone().replace("/v1/secret{/name*}", "/v1/secret/{token}"),
            &["request[1]: {token} is a credential, which only a recipe may use"],
        ),
        (honest.clone().replace("name = \"hostile\"\n", ""), &["\"name\" is missing"]),
        (honest.replace("manifest = 1", "manifest = 2"), &["manifest: this runtime reads manifest = 1"]),
    ] {
        is_not_packed(&Component::hostile(), manifest, words);
    }
    is_not_packed(&Component::hostile(), "", &["\"manifest\" is missing"]);
}

#[test]
fn a_rule_for_what_the_component_does_not_export_is_pointed_out() {
    let home = Home::new();
    let outcome = pack(&home, &reader(), Manifest::honest()).exits(0).prints("");
    outcome.says(&[
        "backend.toml: request[1] is for exists, which the component does not export",
        "backend.toml: request[2] is for list, which the component does not export",
        "wrote packed.wasm",
    ]);
    let outcome = pack(&home, &Component::hostile(), Manifest::honest()).exits(0);
    assert!(!outcome.stderr.contains("does not export"), "{outcome:?}");
}

#[test]
fn a_second_manifest_is_refused() {
    is_not_packed(&reader().manifest(Manifest::honest()), Manifest::honest(), &["it has a manifest already"]);
}

#[test]
fn a_component_can_be_packed_in_place() {
    let home = Home::new();
    let (path, manifest) =
        (Component::hostile().save(&home, "mine.wasm"), home.file("backend.toml", Manifest::honest()));
    home.runtime(["pack"]).arg(&path).arg("--manifest").arg(manifest).arg("-o").arg(&path).run().exits(0);
    home.runtime(["inspect"]).arg(&path).run().exits(0).contains("hostile");
}

/// `runtime new` with these arguments.
#[track_caller]
fn new(home: &Home, arguments: &[&str]) -> Outcome {
    home.runtime(["new"]).args(arguments).run()
}

/// The same where no programs are found but those in the folder `bin` of this home.
#[track_caller]
fn new_among_few_programs(home: &Home, arguments: &[&str]) -> Outcome {
    let folder = home.path().join("bin");
    fs::create_dir_all(&folder).unwrap();
    // The test itself needs two.
    let needed = ["setsid", "env"];
    needed.iter().for_each(|name| symlink(Path::new("/usr/bin").join(name), folder.join(name)).unwrap());
    let outcome = home.runtime(["new"]).args(arguments).env("PATH", &folder).run();
    needed.iter().for_each(|name| fs::remove_file(folder.join(name)).unwrap());
    outcome
}

#[test]
fn a_name_that_is_none_is_refused_and_nothing_is_written() {
    let home = Home::new();
    let long = "a".repeat(41);
    for name in [
        "",
        "Keeper",
        "-keeper",
        "keeper-",
        "a--b",
        "1st",
        "my_keeper",
        "kee per",
        "../keeper",
        "a/b",
        ".",
        &long,
        "k\u{e9}",
    ] {
        let outcome = new(&home, &["--lang", "c", "--", name]).exits(2).prints("");
        outcome.says(&["small letters, digits and single dashes"]).shows_plainly();
    }
    new(&home, &["keeper", "--lang", "cobol"]).exits(2).says(&["rust", "python", "js"]);
    new(&home, &["keeper"]).exits(2);
    assert_eq!(home.files(), []);
}

#[test]
fn what_is_there_already_is_left_as_it_is() {
    let home = Home::new();
    home.file("keeper/notes.txt", "mine");
    home.file("other", "a file");
    symlink("nowhere", home.path().join("dangling")).unwrap();
    for name in ["keeper", "other", "dangling"] {
        let outcome = new(&home, &[name, "--lang", "js"]).exits(2).prints("");
        outcome.says(&[&format!("{name} is there already; nothing was changed")]);
    }
    let names: Vec<_> = home.files().into_iter().map(|(path, _)| path).collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(!home.path().join("nowhere").exists());
}

#[test]
fn a_folder_that_can_not_be_written_is_named() {
    // Not even root may make a folder there.
    let outcome = Home::new().runtime(["new", "keeper", "--lang", "c"]).within(Path::new("/proc")).run();
    outcome.exits(1).prints("").says(&["keeper can't be written: "]);
}

#[test]
fn a_toolchain_that_is_missing_is_named_with_how_to_get_it() {
    let home = Home::new();
    for (language, words) in [
        ("rust", &["Rust is missing", "https://rustup.rs"][..]),
        ("python", &["Python 3.10 or later with venv is missing", "apt-get install python3 python3-venv"]),
        ("js", &["Node.js 20 or later with npm is missing", "apt-get install nodejs npm"]),
        ("c", &["Python 3.10 or later with venv is missing", "Rust is missing"]),
    ] {
        let outcome = new_among_few_programs(&home, &[&format!("in-{language}"), "--lang", language]);
        // It is written all the same: what is missing can be had later.
        outcome.exits(0).prints("").says(words).says(&["Next:"]);
        assert!(home.path().join(format!("in-{language}/backend.toml")).is_file());
    }
}

#[test]
fn a_toolchain_that_is_too_old_is_missing_too() {
    let home = Home::new();
    let old = home.file("bin/node", "#!/bin/sh\necho v18.19.0\n");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).unwrap();
    let outcome = new_among_few_programs(&home, &["keeper", "--lang", "js"]).exits(0);
    outcome.says(&["Node.js 20 or later with npm is missing"]);
}

#[test]
fn rustup_that_has_installed_nothing_yet_is_told_from_none() {
    let home = Home::new();
    let rustup = home.file("bin/rustup", "#!/bin/sh\nexit 0\n");
    fs::set_permissions(&rustup, fs::Permissions::from_mode(0o755)).unwrap();
    for language in ["rust", "c"] {
        let outcome = new_among_few_programs(&home, &[&format!("in-{language}"), "--lang", language]).exits(0);
        let outcome = outcome.says(&["rustup default stable"]);
        assert!(!outcome.stderr.contains("Rust is missing"), "{outcome:?}");
    }
}
