//! Files that are no usable component: exit 7, saying what is wrong. Nothing of them runs.

use std::fs::File;

use secret_runtime::Kind;

use crate::common::{Component, Home, Manifest, library};

/// Both `get` and `inspect` refuse it, and say why.
#[track_caller]
fn refused_when_parsed(component: &Component, words: &[&str]) {
    let home = Home::new();
    let path = component.save(&home, "bad.wasm");
    home.runtime(["--trust", "--backend"]).arg(&path).args(["get", "KEY"]).run().blames_the_component(words);
    home.runtime(["inspect"]).arg(&path).run().blames_the_component(words);
}

/// It parses, but can't be used: `get` says why.
#[track_caller]
fn refused_when_loaded(component: &Component, words: &[&str]) {
    let home = Home::new();
    let path = component.save(&home, "bad.wasm");
    home.runtime(["--trust", "--backend"]).arg(&path).args(["get", "KEY"]).run().blames_the_component(words);
}

#[test]
fn what_is_no_webassembly_at_all() {
    for bytes in [b"".as_slice(), b"hello", b"#!/bin/sh\necho pwned\n", b"\x7fELF\x02\x01\x01", &[0; 4096]] {
        refused_when_parsed(&Component(bytes.to_vec()), &["not a WebAssembly component"]);
    }
}

#[test]
fn a_core_module() {
    let module = wat::parse_str(r#"(module (func (export "read")))"#).unwrap();
    refused_when_parsed(&Component(module), &["a core WebAssembly module, not a component"]);
}

#[test]
fn a_truncated_component() {
    let Component(whole) = Component::hostile();
    refused_when_parsed(&Component(whole[..whole.len() / 2].to_vec()), &["truncated", "ends inside a section"]);
    refused_when_parsed(&Component(whole[..9].to_vec()), &["the component can't be used"]);
}

#[test]
fn a_component_cut_anywhere() {
    let Component(whole) = Component::hostile();
    // A prime, so that no structure of the file is in step with it; and the last bytes one by one.
    for length in (0..whole.len()).step_by(397).chain(whole.len() - 40..whole.len()) {
        let error = Component(whole[..length].to_vec()).parse().expect_err(&format!("cut after {length} bytes"));
        assert_eq!(error.kind(), Kind::Component, "{error}");
    }
}

#[test]
fn a_hundred_megabytes_of_zeros() {
    let home = Home::new();
    let zeros = home.path().join("zeros.wasm");
    File::create(&zeros).unwrap().set_len(100_000_000).unwrap();
    let get = home.runtime(["--trust", "--backend"]).arg(&zeros).args(["get", "KEY"]).run();
    get.blames_the_component(&["larger than 64 MiB"]);
    home.runtime(["inspect"]).arg(&zeros).run().blames_the_component(&["larger than 64 MiB"]);

    File::create(&zeros).unwrap().set_len(50_000_000).unwrap();
    home.runtime(["inspect"]).arg(&zeros).run().blames_the_component(&["not a WebAssembly component"]);
}

#[test]
fn a_component_followed_by_garbage() {
    let Component(mut bytes) = Component::hostile();
    bytes.extend([0xff; 64]);
    refused_when_parsed(&Component(bytes), &["the component can't be used: malformed component at byte"]);
}

#[test]
fn one_that_does_not_export_read() {
    let component = Component::of_world(
        "interface exists { exists: func() -> bool; } world w { export exists; }",
        r#"(func (export "secret-runtime:backend/exists@0.1.0#exists") (result i32) i32.const 1)"#,
    );
    refused_when_parsed(&component, &["it does not export secret-runtime:backend/read@0.1.0"]);
}

#[test]
fn one_that_exports_read_of_another_contract() {
    let component = Component::text(r#"(instance $i) (export "secret-runtime:backend/read@0.2.0" (instance $i))"#);
    refused_when_parsed(
        &component,
        &["it does not export secret-runtime:backend/read@0.1.0; it exports secret-runtime:backend/read@0.2.0"],
    );
}

#[test]
fn one_whose_read_has_another_type() {
    let other_parameters = Component::of_world(
        "interface read { read: func() -> u32; } world w { export read; }",
        r#"(func (export "secret-runtime:backend/read@0.1.0#read") (result i32) i32.const 1)"#,
    );
    let no_function = Component::text(r#"(instance $i) (export "secret-runtime:backend/read@0.1.0" (instance $i))"#);
    for component in [other_parameters, no_function] {
        refused_when_loaded(&component, &["does not fit the contract", "read"]);
    }
}

#[test]
fn one_whose_list_has_another_type_does_not_count_as_one_without_list() {
    let component = Component::of_world(
        "interface read {
            use common.{secret, pair};
            variant error { not-found }
            read: func(name: string, version: option<string>, options: list<pair>) -> result<secret, error>;
        }
        interface listing { %list: func() -> u32; }
        world w { export read; export listing; }",
        r#"(memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 32768))
        (func (export "secret-runtime:backend/read@0.1.0#read") (param i32 i32 i32 i32 i32 i32 i32) (result i32) i32.const 0)
        (func (export "secret-runtime:backend/listing@0.1.0#list") (result i32) i32.const 1)"#,
    );
    let home = Home::new();
    let path = component.save(&home, "bad.wasm");
    let list = home.runtime(["--trust", "--backend"]).arg(&path).arg("list").run();
    list.blames_the_component(&["does not fit the contract", "listing"]);
}

#[test]
fn one_that_imports_what_is_not_offered() {
    for import in ["wasi:keyvalue/store@0.2.0", "wasi:cli/environment@0.3.0", "secret-runtime:backend/shell@0.1.0"] {
        let component = Component::text(&format!(r#"(import "{import}" (instance))"#));
        refused_when_parsed(&component, &[&format!("it imports {import}, which the runtime does not offer")]);
    }
}

#[test]
fn one_that_imports_a_function_that_http_does_not_have() {
    let component = Component::of_world(
        "interface http { connect: func(address: string) -> u32; }
         interface read { use common.{secret}; read: func() -> secret; }
         world w { import http; export read; }",
        r#"(import "secret-runtime:backend/http@0.1.0" "connect" (func (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 32768))
        (func (export "secret-runtime:backend/read@0.1.0#read") (result i32) i32.const 0)"#,
    );
    refused_when_loaded(&component, &["does not fit the contract"]);
}

#[test]
fn two_manifests() {
    let component = Component::hostile().manifest(Manifest::honest()).manifest(Manifest::honest());
    refused_when_parsed(&component, &["it holds more than one manifest section"]);
    // The SDK puts its manifest into the core module; one that is packed on top is the second.
    refused_when_parsed(&Component::backend("vault").manifest(Manifest::honest()), &["more than one manifest section"]);
}

#[test]
fn malformed_manifests() {
    let honest = Manifest::honest();
    for (manifest, words) in [
        (honest.clone().and("[config"), "not valid TOML: line"),
        (honest.clone().replace("manifest = 1", "manifest = 2"), "this runtime reads manifest = 1"),
        (honest.clone().replace("version = ", "versoin = "), r#"did you mean "version"?"#),
        (honest.clone().replace("method = \"GET\"", "methd = \"GET\""), r#"did you mean "method"?"#),
        (honest.clone().replace("method = \"GET\"", "method = \"CONNECT\""), "request[1]"),
        (honest.clone().replace("{/name*}", "{/nmae*}"), "nmae"),
        (honest.clone().replace("[\"HOSTILE_ADDR\"]", "\"HOSTILE_ADDR\""), "config.address"),
        (honest.clone().replace("\"{address}\"", "\"gopher://{address}\""), "origin[1]"),
        (honest.clone().replace("header = \"X-Token\"", "header = \"Host\""), "only the host writes"),
        (honest.replace("X-Token", "X-To\\r\\nken"), "recipe[1]"),
    ] {
        let component = Component::hostile().manifest(&manifest);
        refused_when_parsed(&component, &["the component can't be used", "manifest", words]);
    }
    refused_when_parsed(&Component::hostile().manifest([0xff, 0xfe]), &["the manifest is not UTF-8 text"]);
}

#[test]
fn a_manifest_of_ten_megabytes() {
    let huge = Manifest::honest().and(&"#".repeat(10 << 20));
    let length = huge.as_ref().len();
    let said = format!("the manifest has {length} bytes; at most 1048576 are read");
    refused_when_parsed(&Component::hostile().manifest(huge), &[&said]);
}

#[test]
fn nothing_runs_before_a_grant_covers_it() {
    // Its start function traps: whoever runs it would see that.
    let component = Component::reading("(func $start unreachable) (start $start)", "i32.const 0");
    let home = Home::new();
    let path = component.save(&home, "traps.wasm");
    home.runtime(["inspect"]).arg(&path).run().exits(0);
    home.runtime(["--backend"]).arg(&path).args(["get", "KEY"]).run().exits(3).prints("");
    let run = home.runtime(["--trust", "--backend"]).arg(&path).args(["get", "KEY"]).run();
    run.blames_the_component(&["trapped"]);
}

#[test]
fn a_pin_on_another_component_is_kept() {
    let parsed = Component::hostile().manifest(Manifest::honest()).parse().unwrap();
    let other = Component::hostile().parse().unwrap().digest();
    let error = library::runtime().backend(parsed).load_pinned(other).unwrap_err();
    assert_eq!(error.kind(), Kind::Untrusted);
}
