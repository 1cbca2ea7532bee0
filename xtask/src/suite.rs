//! Every test, and the benchmarks.

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
    for made in [Venv::servers, Venv::aws, Venv::azure, Venv::conjur, Venv::google] {
        made()?;
    }
    for made in [Npm::agent_secret_store, Npm::oauth] {
        made()?;
    }
    guests::backends()?;
    guests::hostile()?;
    examples::build()?;
    run(cargo().args(["test", "--workspace"]).args(arguments))?;
    // What a backend decides without the runtime is tested natively.
    let mut native = cargo();
    native.current_dir(layout::root().join("guests"));
    run(native.args(["test", "--target", &examples::host()?]))
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
    examples::build()?;
    // The whole process is measured too.
    run(cargo().args(["build", "--release", "--package", "secret-runtime"]))?;
    run(cargo().args(["bench", "--package", "secret-runtime-bench", "--"]).args(arguments))
}
