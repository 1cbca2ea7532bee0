//! Every test, the benchmarks, and the soak.

use std::process::Command;

use anyhow::Result;
use test_support::{Npm, Venv, layout};

use crate::{
    examples, guests, needs,
    shell::{cargo, run},
};

/// `cargo xtask test`.
///
/// # Errors
/// A prerequisite is missing, a build fails or a test fails.
pub(crate) fn test(arguments: &[&str]) -> Result<()> {
    needs::to_test()?;
    // Here rather than in the tests, which would hide that something is being installed.
    for made in
        [Venv::servers, Venv::aws, Venv::azure, Venv::clients, Venv::conjur, Venv::deploy, Venv::google, Venv::guests]
    {
        made()?;
    }
    for made in [Npm::agent_secret_store, Npm::oauth] {
        made()?;
    }
    guests::backends()?;
    guests::hostile()?;
    // The command with what the tests need of its libraries: they are built once, rather than twice.
    run(cargo().args(["build", "--workspace", "--bins", "--tests"]))?;
    examples::build(&layout::runtime())?;
    run(cargo().args(["test", "--workspace"]).args(arguments))?;
    // What a backend decides without the runtime is tested natively.
    let mut native = cargo();
    native.current_dir(layout::root().join("guests"));
    run(native.args(["test", "--target", &examples::host()?]))?;
    sdks()
}

/// The tests of the SDKs in other languages, natively.
fn sdks() -> Result<()> {
    let guests = layout::root().join("guests");
    let python = Venv::guests()?.program("python");
    run(Command::new(python).current_dir(guests.join("python")).args(["-m", "unittest", "discover", "-s", "tests"]))?;
    run(Command::new("npm").current_dir(guests.join("js/sdk")).args(["test", "--silent"]))?;
    let program = layout::target().join("examples/test_sdk");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run(Command::new(compiler)
        .current_dir(guests.join("c"))
        .args(["-fsanitize=address,undefined", "test_sdk.c", "sdk/secret_runtime_guest.c", "sdk/mock_host.c", "-o"])
        .arg(&program))?;
    // Nothing is ever freed there, so leaks say nothing.
    run(Command::new(&program).env("ASAN_OPTIONS", "detect_leaks=0"))
}

/// `cargo xtask bench`.
///
/// # Errors
/// A prerequisite is missing, a build fails or a benchmark fails.
pub(crate) fn bench(arguments: &[&str]) -> Result<()> {
    needs::to_build_examples()?;
    Venv::servers()?;
    guests::backends()?;
    guests::noop()?;
    // The whole process is measured too.
    run(cargo().args(["build", "--release", "--package", "secret-runtime"]))?;
    examples::build(&layout::target().join("release/runtime"))?;
    run(cargo().args(["bench", "--package", "secret-runtime-bench", "--"]).args(arguments))
}

/// `cargo xtask soak`.
///
/// # Errors
/// A prerequisite is missing, a build fails, or something went wrong under load.
pub(crate) fn soak(arguments: &[&str]) -> Result<()> {
    needs::to_build_and_serve()?;
    Venv::servers()?;
    Venv::aws()?;
    guests::backends()?;
    run(cargo().args(["build", "--release", "--package", "secret-runtime"]))?;
    run(cargo().args(["run", "--release", "--package", "secret-runtime-soak", "--"]).args(arguments))
}
