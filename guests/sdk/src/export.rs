//! The macro that makes a component of a backend.

/// Exports a backend's capabilities, exactly those named, and embeds its manifest.
///
/// `export!(Vault: Read, List)` exports reading and listing of the type `Vault`, which implements [`Read`] and
/// [`List`]. The words are the names of the traits: `Read` (always first), `Exists`, `List`, `Write`, `Delete`,
/// `Check`. The manifest is the file `backend.toml` beside the crate's `Cargo.toml`.
///
/// Write it once, in a crate that does not *forbid* unsafe code: the functions at the component's border need it.
///
/// A word that is no capability does not compile:
///
/// ```compile_fail
/// # use secret_runtime_guest::{Options, Read, Result, Secret};
/// struct Backend;
/// # impl Read for Backend {
/// #     fn read(_: &str, _: Option<&str>, _: &Options) -> Result<Secret> { Ok(Secret::new("x")) }
/// # }
/// secret_runtime_guest::export!(Backend: Read, Rotate);
/// ```
///
/// Nor does one that the backend does not implement:
///
/// ```compile_fail
/// # use secret_runtime_guest::{Options, Read, Result, Secret};
/// struct Backend;
/// # impl Read for Backend {
/// #     fn read(_: &str, _: Option<&str>, _: &Options) -> Result<Secret> { Ok(Secret::new("x")) }
/// # }
/// secret_runtime_guest::export!(Backend: Read, List);
/// ```
///
/// [`Read`]: crate::Read
/// [`List`]: crate::List
#[macro_export]
macro_rules! export {
    ($backend:ident: Read $(, $capability:ident)* $(,)?) => {
        $crate::__export_capability!($backend Read);
        $($crate::__export_capability!($backend $capability);)*

        #[cfg(target_family = "wasm")]
        const _: () = {
            const MANIFEST: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/backend.toml"));
            #[allow(unsafe_code)]
            #[used]
            #[unsafe(link_section = "secret-runtime:manifest")]
            static SECTION: [u8; MANIFEST.len()] =
                *include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/backend.toml"));
        };
    };
    ($($other:tt)*) => {
        compile_error!("write `export!(Backend: Read, …)`: the type, then its capabilities, `Read` first");
    };
}

/// Exports one capability: the words that [`export!`] knows.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_capability {
    ($backend:ident Read) => {
        $crate::__export_world!($backend, Read, read, export_read);
    };
    ($backend:ident Exists) => {
        $crate::__export_world!($backend, Exists, exists, export_exists);
    };
    ($backend:ident List) => {
        $crate::__export_world!($backend, List, listing, export_listing);
    };
    ($backend:ident Write) => {
        $crate::__export_world!($backend, Write, write, export_write);
    };
    ($backend:ident Delete) => {
        $crate::__export_world!($backend, Delete, delete, export_delete);
    };
    ($backend:ident Check) => {
        $crate::__export_world!($backend, Check, check, export_check);
    };
    ($backend:ident $other:ident) => {
        compile_error!(concat!(
            "`",
            stringify!($other),
            "` is no capability: they are Read, Exists, List, Write, Delete and Check"
        ));
    };
}

/// Checks that the type has the trait, in the author's words, then expands the world's own macro.
#[doc(hidden)]
#[macro_export]
macro_rules! __export_world {
    ($backend:ident, $capability:ident, $world:ident, $export:ident) => {
        const _: fn() = || {
            fn implements<T: $crate::$capability>() {}
            implements::<$backend>();
        };
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code)]
        const _: () = {
    $crate::bindings::$world::$export!($backend with_types_in $crate::bindings::$world);
        };
    };
}
