//! Tests of finding a manifest.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use wasm_encoder::{Component, CustomSection, Module, ModuleSection, NestedComponentSection};

use super::*;

fn section(data: &[u8]) -> CustomSection<'_> {
    CustomSection { name: SECTION.into(), data: data.into() }
}

fn module(data: &[u8]) -> Module {
    let mut module = Module::new();
    module.section(&section(data));
    module
}

fn component(manifests: &[&[u8]]) -> Vec<u8> {
    let mut component = Component::new();
    for data in manifests {
        component.section(&section(data));
    }
    component.finish()
}

fn find(bytes: &[u8]) -> Result<Option<String>, ManifestError> {
    Ok(inspect(bytes)?.manifest_toml)
}

#[test]
fn a_manifest_is_found_wherever_it_is() {
    let outside = component(&[b"a"]);
    let mut in_module = Component::new();
    in_module.section(&ModuleSection(&module(b"b")));
    let mut nested = Component::new();
    nested.section(&NestedComponentSection(&in_module));
    assert_eq!(find(&outside), Ok(Some("a".into())));
    assert_eq!(find(&in_module.finish()), Ok(Some("b".into())));
    assert_eq!(find(&nested.finish()), Ok(Some("b".into())));
    assert_eq!(find(&component(&[])), Ok(None));
}

#[test]
fn two_manifests_are_refused_wherever_they_are() {
    let mut apart = Component::new();
    apart.section(&section(b"a"));
    apart.section(&ModuleSection(&module(b"b")));
    assert_eq!(find(&component(&[b"a", b"a"])), Err(ManifestError::Several));
    assert_eq!(find(&apart.finish()), Err(ManifestError::Several));
}

#[test]
fn a_manifest_that_is_too_long_or_not_text_is_refused() {
    let long = vec![b' '; MANIFEST_BYTES + 1];
    assert_eq!(find(&component(&[&long])), Err(ManifestError::TooLong { length: long.len() as u64 }));
    assert_eq!(find(&component(&[b"\xff"])), Err(ManifestError::NotText));
}

#[test]
fn what_is_not_a_component_is_refused_by_name() {
    assert_eq!(inspect(b""), Err(ManifestError::NotWasm));
    assert_eq!(inspect(&[0; 4096]), Err(ManifestError::NotWasm));
    assert_eq!(inspect(b"#!/bin/sh"), Err(ManifestError::NotWasm));
    assert_eq!(inspect(&module(b"a").finish()), Err(ManifestError::CoreModule));
    assert!(matches!(inspect(b"\0asm\x99\0\x99\0"), Err(ManifestError::Damaged { .. })));
}

#[test]
fn every_cut_inside_a_section_is_seen() {
    let mut component = Component::new();
    component.section(&ModuleSection(&module(b"manifest")));
    let whole = component.finish();
    for length in 4..whole.len() {
        let found = inspect(&whole[..length]);
        if length == 8 {
            assert!(found.is_ok(), "a component without sections is whole");
        } else {
            assert!(matches!(found, Err(ManifestError::Truncated { .. })), "{length}: {found:?}");
        }
    }
}

#[test]
fn the_shape_is_that_of_the_outer_component() {
    use wasm_encoder::{ComponentBuilder, ComponentExportKind, ComponentTypeRef, InstanceType};
    let mut builder = ComponentBuilder::default();
    let ty = builder.type_instance(None, &InstanceType::new());
    let instance = builder.import("secret-runtime:backend/http@0.1.0", ComponentTypeRef::Instance(ty));
    builder.export("secret-runtime:backend/read@0.1.0", ComponentExportKind::Instance, instance, None);
    let shape = inspect(&builder.finish()).unwrap().shape;
    assert_eq!(shape.imports, ["secret-runtime:backend/http@0.1.0"]);
    assert_eq!(shape.exports, ["secret-runtime:backend/read@0.1.0"]);
}
