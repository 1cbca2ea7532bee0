//! Components made by hand: core modules in WAT, wrapped in whatever contract they claim to have.

use std::fs;

use test_support::layout;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::Component;

/// The words every contract of ours has.
const COMMON: &str = "
    interface common {
        type pair = tuple<string, string>;
        record secret { value: list<u8>, version: option<string>, expires-at: option<u64>, metadata: list<pair> }
    }";

impl Component {
    /// Wraps a core module that has `items` as a component of the world `w` that `wit` defines.
    pub(crate) fn of_world(wit: &str, items: &str) -> Self {
        let mut resolve = Resolve::default();
        let package = format!("package secret-runtime:backend@0.1.0; {COMMON} {wit}");
        let package = resolve.push_str("test.wit", &package).unwrap();
        Self::wrapped(&resolve, package, "w", items)
    }

    /// A backend of the true contract whose `read` runs `body` and answers a pointer to a result.
    ///
    /// Its memory has one page, all zeros: `i32.const 0` answers success with an empty value.
    pub(crate) fn reading(items: &str, body: &str) -> Self {
        Self::reading_of(&fs::read_to_string(layout::root().join("wit/backend.wit")).unwrap(), items, body)
    }

    /// The same of another text of the contract.
    pub(crate) fn reading_of(wit: &str, items: &str, body: &str) -> Self {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("backend.wit", wit).unwrap();
        let read = resolve.id_of(resolve.packages[package].interfaces["read"]).unwrap();
        let memory = if items.contains("(memory") { "" } else { r#"(memory (export "memory") 1)"# };
        let items = format!(
            r#"{items} {memory}
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 32768))
            (func (export "{read}#read") (param i32 i32 i32 i32 i32 i32 i32) (result i32)
                {body})"#
        );
        Self::wrapped(&resolve, package, "secret-manager", &items)
    }

    fn wrapped(resolve: &Resolve, package: wit_parser::PackageId, world: &str, items: &str) -> Self {
        let mut module = wat::parse_str(format!("(module {items})")).unwrap();
        let world = resolve.select_world(&[package], Some(world)).unwrap();
        embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).unwrap();
        Self(ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap())
    }

    /// A component in the text format, without the outer parentheses.
    pub(crate) fn text(items: &str) -> Self {
        Self(wat::parse_str(format!("(component {items})")).unwrap())
    }
}
