//! The whole process, from start to end, beside `curl` and `bao`.

use std::{
    env,
    ffi::OsStr,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use criterion::Criterion;
use tempfile::TempDir;
use test_support::{OpenBao, layout};
use wait4::Wait4 as _;

use crate::{
    table::{Row, Target, time},
    turns::{Turns, least},
    upstream::{KEY, VALUE, server},
};

/// Rounds of ours and `curl`.
const ROUNDS: usize = 60;
/// Every so many rounds `bao` runs too: it is slow.
const EVERY: usize = 4;
/// First runs.
const FIRSTS: usize = 15;
/// Runs whose memory is looked at.
const LOOKS: usize = 5;

/// The most memory that one run may have, in MB.
const MEMORY: f64 = 25.0;
/// The longest that a first run may take, in seconds.
const FIRST: f64 = 0.5;

/// The argument that makes this program [`peak_of`] another.
pub(crate) const PEAK_OF: &str = "--peak-of";

/// `runtime --trust --backend vault.wasm get KEY`, compiled before and for the first time.
///
/// # Errors
/// A server or a program can't be had, or fails.
pub(crate) fn process(_: &mut Criterion) -> Result<Vec<Row>> {
    let server = server()?;
    let home = Home::new()?;
    let ours = || home.runtime(&server, &home.0.path().join("cache"));
    for command in [ours()?, curl(&home, &server), bao(&home, &server)?] {
        says_the_value(command)?;
    }
    let (mut by_curl, mut by_bao) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let floor = seconds(&mut curl(&home, &server))?;
        let measured = seconds(&mut ours()?)?;
        by_curl.push((floor, measured));
        if round % EVERY == 0 {
            by_bao.push((seconds(&mut bao(&home, &server)?)?, measured));
        }
    }
    let memory = most(LOOKS, || peak(&ours()?))?;
    let first = |number: usize| home.runtime(&server, &home.0.path().join(format!("cache-{number}")));
    let firsts = (0..FIRSTS).map(|number| seconds(&mut first(number)?)).collect::<Result<Vec<_>>>()?;
    let first_memory = most(LOOKS, || peak(&first(FIRSTS + fs::read_dir(home.0.path())?.count())?))?;
    let slowest = firsts.iter().copied().fold(0.0, f64::max);
    let first_median = crate::turns::median(firsts.into_iter());
    Ok(vec![
        row("whole process, compiled before / curl", &by_curl, 1.0),
        row("the same / `bao kv get`", &by_bao, 0.1),
        Row::alone("its peak memory", megabytes(memory), format!("≤ {MEMORY} MB"), memory <= MEMORY),
        Row::alone(
            "first run ever, compiling (slowest)",
            format!("{} ({})", time(first_median), time(slowest)),
            format!("≤ {}", time(FIRST)),
            first_median <= FIRST,
        ),
        Row::figure("its peak memory", megabytes(first_memory)),
    ])
}

pub(crate) fn row(what: &str, pairs: &[(f64, f64)], target: f64) -> Row {
    let turns = Turns::of(pairs);
    let both = |median: f64, least: f64| format!("{} (min {})", time(median), time(least));
    let measured = both(turns.ours, least(pairs.iter().map(|(_, ours)| *ours)));
    let floor = both(turns.floor, least(pairs.iter().map(|(floor, _)| *floor)));
    Row::ratio(what, measured, floor, turns.ratio, Target::AtMost(target))
}

/// A home folder with nothing in it.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Result<Self> {
        // Not where everybody can write: such a folder holds no compiled code.
        let folder = layout::target().join("bench");
        fs::create_dir_all(&folder)?;
        Ok(Self(tempfile::Builder::new().prefix("home-").tempdir_in(folder)?))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A program with nothing in its environment but what it needs.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = env::var_os("PATH").unwrap_or_default();
        command.env_clear().env("PATH", path).env("HOME", self.0.path()).current_dir(self.0.path());
        command
    }

    fn runtime(&self, server: &OpenBao, cache: &Path) -> Result<Command> {
        let mut command = self.vault(server, cache)?;
        command.args(["get", KEY]);
        Ok(command)
    }

    /// The program with the vault backend, on this server.
    pub(crate) fn vault(&self, server: &OpenBao, cache: &Path) -> Result<Command> {
        fs::create_dir_all(cache)?;
        fs::set_permissions(cache, fs::Permissions::from_mode(0o700))?;
        let program = layout::runtime();
        if !program.is_file() {
            bail!("{} is missing: run `cargo xtask bench`", program.display());
        }
        let mut command = self.program(program);
        command
            .env("XDG_CACHE_HOME", cache)
            .env("VAULT_ADDR", server.address())
            .env("VAULT_TOKEN", server.token())
            .args(["--trust", "--backend"])
            .arg(layout::backend("vault"));
        Ok(command)
    }
}

fn curl(home: &Home, server: &OpenBao) -> Command {
    let mut command = home.program("curl");
    command
        .args(["--silent", "--fail", "--header"])
        .arg(format!("X-Vault-Token: {}", server.token()))
        .arg(format!("{}/v1/secret/data/{KEY}", server.address()));
    command
}

fn bao(home: &Home, server: &OpenBao) -> Result<Command> {
    let mut command = home.program(OpenBao::program()?);
    command.env("BAO_ADDR", server.address()).env("BAO_TOKEN", server.token()).args([
        "kv",
        "get",
        "-mount=secret",
        "-field=value",
        KEY,
    ]);
    Ok(command)
}

/// Runs it once, to see that it does what is to be measured.
fn says_the_value(mut command: Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output().with_context(|| missing(&command))?;
    if !output.status.success() || !String::from_utf8_lossy(&output.stdout).contains(VALUE) {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("{} did not read the secret: {}", command.get_program().display(), said.trim_end());
    }
    Ok(())
}

/// How long one run takes, from asking for the process to its end.
pub(crate) fn seconds(command: &mut Command) -> Result<f64> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().with_context(|| missing(command))?;
    let took = started.elapsed();
    if !status.success() {
        bail!("{} failed ({status})", command.get_program().display());
    }
    Ok(took.as_secs_f64())
}

fn missing(command: &Command) -> String {
    let program = command.get_program().display();
    format!("{program} can't be run; curl is in your system's package of that name, bao comes with the tests")
}

/// The memory that one run has at its peak, in MB.
///
/// What a child has inherited until it became another program counts as its own, and this program is large by now. So
/// a small one is started first: this same program, which then does nothing else.
fn peak(command: &Command) -> Result<f64> {
    let mut small = Command::new(env::current_exe()?);
    small.arg(PEAK_OF).arg(command.get_program()).args(command.get_args()).env_clear();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            small.env(name, value);
        }
    }
    let output = small.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().with_context(|| format!("no peak: {}", String::from_utf8_lossy(&output.stderr)))
}

/// Runs a program and prints the memory that it had at its peak, in MB.
///
/// # Errors
/// It can't be run, or fails.
pub(crate) fn peak_of(program: &str, arguments: &[String]) -> Result<()> {
    let mut child = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let ended = child.wait4()?;
    if !ended.status.success() {
        bail!("{program} failed ({})", ended.status);
    }
    println!("{}", ended.rusage.maxrss as f64 / 1e6);
    Ok(())
}

fn most(times: usize, look: impl Fn() -> Result<f64>) -> Result<f64> {
    (0..times).try_fold(0.0, |most: f64, _| Ok(most.max(look()?)))
}

fn megabytes(megabytes: f64) -> String {
    format!("{megabytes:.1} MB")
}
