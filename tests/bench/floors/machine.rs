//! What it ran on, and the file that says so.

use std::{fs, process::Command};

use anyhow::{Context, Result};
use test_support::layout;

/// What a run replaces in the file lies between these two; the rest is written by people.
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --write` -->\n";
const END: &str = "<!-- end of figures -->";

/// The machine in one paragraph.
pub(crate) fn describe() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&meminfo, "MemTotal").and_then(|size| size.strip_suffix(" kB")?.parse::<f64>().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{date}. {cores} cores of {cpu}, {memory}, {os}, {kernel}, {rustc}, {curl}, wasmtime {wasmtime}, load {load}.\n",
        date = said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        cpu = field(&cpuinfo, "model name").unwrap_or("an unknown processor"),
        memory = memory.map_or("unknown memory".into(), |kb| format!("{:.0} GiB", kb / f64::from(1 << 20))),
        os = field(&fs::read_to_string("/etc/os-release").unwrap_or_default().replace('=', ":"), "PRETTY_NAME")
            .unwrap_or(std::env::consts::OS)
            .trim_matches('"'),
        kernel = said("uname", &["-sr"]),
        rustc = said("rustc", &["--version"]),
        curl = said("curl", &["--version"]).split_whitespace().take(2).collect::<Vec<_>>().join(" "),
        wasmtime = locked("wasmtime").unwrap_or_default(),
        load = fs::read_to_string("/proc/loadavg").unwrap_or_default().split(' ').next().unwrap_or("unknown"),
    )
}

/// Puts the figures of this run into `runtime/BENCHMARKS.md`.
///
/// # Errors
/// The file can't be read or written, or has lost the marks between which figures stand.
pub(crate) fn write(figures: &str) -> Result<()> {
    let path = layout::root().join("runtime/BENCHMARKS.md");
    let old = fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
    let lost = || format!("{} has no place for figures: {BEGIN}…{END}", path.display());
    let (before, rest) = old.split_once(BEGIN).with_context(lost)?;
    let (_, after) = rest.split_once(END).with_context(lost)?;
    fs::write(&path, format!("{before}{BEGIN}\n{figures}\n{END}{after}"))
        .with_context(|| format!("can't write {}", path.display()))
}

/// The first line of what a program prints; empty if there is no such program.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
}

/// The value of the first line `name: value`.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start().strip_prefix(':')?.trim()))
}

/// The version that `Cargo.lock` has of a package.
fn locked(package: &str) -> Option<String> {
    let lock = fs::read_to_string(layout::root().join("Cargo.lock")).ok()?;
    let (_, after) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    Some(after.split_once('"')?.0.to_owned())
}
