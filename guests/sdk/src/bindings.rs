//! What wit-bindgen makes of `wit/backend.wit`.
//!
//! Each capability has a world of its own, because a component exports what the macro of a world expands to: so
//! [`crate::export!`] exports exactly what the author names.
#![allow(missing_docs, unsafe_code, unreachable_pub, reason = "generated; the WIT holds the words")]

/// What a backend may call, and the words shared by all interfaces.
pub mod imports {
    wit_bindgen::generate!({
        path: "wit",
        world: "imports",
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

/// Generates the module of one capability's world, with the macro that exports it.
macro_rules! world {
    ($module:ident, $world:literal, $export:literal, $path:literal) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "wit",
                world: $world,
                pub_export_macro: true,
                export_macro_name: $export,
                default_bindings_module: $path,
                with: {
                    "secret-runtime:backend/common@0.1.0": crate::bindings::imports::secret_runtime::backend::common,
                },
            });
        }
    };
}

world!(read, "with-read", "export_read", "secret_runtime_guest::bindings::read");
world!(exists, "with-exists", "export_exists", "secret_runtime_guest::bindings::exists");
world!(listing, "with-listing", "export_listing", "secret_runtime_guest::bindings::listing");
world!(write, "with-write", "export_write", "secret_runtime_guest::bindings::write");
world!(delete, "with-delete", "export_delete", "secret_runtime_guest::bindings::delete");
world!(check, "with-check", "export_check", "secret_runtime_guest::bindings::check");
