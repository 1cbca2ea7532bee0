//! The example backend in the languages that have no SDK of ours yet.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use test_support::{Venv, layout};

use crate::{
    guests,
    shell::{ask, cargo, in_root, run},
};

/// Builds all of them, packs their manifests into them and puts them beside the backends, as `example-LANGUAGE.wasm`.
///
/// # Errors
/// A compiler can't be had, or a build fails.
pub(crate) fn build() -> Result<()> {
    let compilers = Venv::guests()?;
    // Packing is the runtime's work: what it packs, it reads.
    run(cargo().args(["build", "--package", "secret-runtime"]))?;
    pack("python", &python(&compilers)?)?;
    pack("c", &c(&compilers)?)
}

fn python(compilers: &Venv) -> Result<PathBuf> {
    let component = work_folder("python")?.join("example.wasm");
    run(in_root(compilers.program("componentize-py"))
        .args(["--wit-path", "wit", "--world", "secret-manager", "componentize"])
        .args(["--python-path", "guests/python", "--stub-wasi", "--output"])
        .arg(&component)
        .arg("app"))?;
    Ok(component)
}

/// Zig brings a C compiler for wasm; Rust brings the linker that makes components.
fn c(compilers: &Venv) -> Result<PathBuf> {
    let folder = work_folder("c")?;
    let zig = compilers.packages()?.join("ziglang/zig");
    let mut objects = vec![layout::root().join("guests/c/bindings/secret_manager_component_type.o")];
    for source in ["backend", "libc", "bindings/secret_manager"] {
        let object = folder.join(source.replace('/', "-")).with_extension("o");
        run(in_root(&zig)
            .env("ZIG_GLOBAL_CACHE_DIR", folder.join("cache"))
            .env("ZIG_LOCAL_CACHE_DIR", folder.join("cache"))
            .args([
                "cc",
                "--target=wasm32-wasi",
                "-std=c17",
                "-Oz",
                "-ffreestanding",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-c",
            ])
            .arg(format!("guests/c/{source}.c"))
            .arg("-o")
            .arg(&object))?;
        objects.push(object);
    }
    let component = folder.join("example.wasm");
    let tools = rust_tools()?;
    run(in_root(tools.join("wasm-component-ld"))
        .arg("--wasm-ld-path")
        .arg(tools.join("gcc-ld/wasm-ld"))
        .args(["--no-entry", "--gc-sections", "--strip-debug", "-o"])
        .arg(&component)
        .args(objects))?;
    Ok(component)
}

/// Where Rust keeps the programs that its own wasm targets are linked with.
fn rust_tools() -> Result<PathBuf> {
    let sysroot = ask(in_root("rustc").args(["--print", "sysroot"]))?;
    Ok([&sysroot, "lib/rustlib", &host()?, "bin"].iter().collect())
}

/// The machine that all this runs on, such as `x86_64-unknown-linux-gnu`.
///
/// # Errors
/// The compiler can't be asked.
pub(crate) fn host() -> Result<String> {
    ask(in_root("rustc").args(["--print", "host-tuple"]))
}

fn work_folder(language: &str) -> Result<PathBuf> {
    let folder = layout::target().join("examples").join(language);
    fs::create_dir_all(&folder).with_context(|| format!("can't create {}", folder.display()))?;
    Ok(folder)
}

fn pack(language: &str, component: &Path) -> Result<()> {
    let packed = component.with_extension("packed");
    run(in_root(layout::runtime())
        .arg("pack")
        .arg(component)
        .arg("--manifest")
        .arg(format!("guests/{language}/backend.toml"))
        .arg("-o")
        .arg(&packed))?;
    guests::place(&packed, &layout::backend(&format!("example-{language}")))
}
