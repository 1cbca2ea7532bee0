//! Many secrets through the command line, several at once beside one after the other.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use criterion::Criterion;
use tempfile::TempDir;
use test_support::{OpenBao, layout};

use crate::table::{Row, Target, time};

/// How many secrets.
const SECRETS: usize = 1000;
/// How long it takes to the upstream and back: as to a server in the same region, through a gateway.
const DISTANCE: Duration = Duration::from_millis(10);
/// How much sooner it has to be done.
const TARGET: f64 = 0.2;

/// `runtime import` and `runtime export` of a thousand secrets, against an OpenBao at some distance.
///
/// # Errors
/// The server can't be had, or a command fails.
pub(crate) fn cli(_: &mut Criterion) -> Result<Vec<Row>> {
    let bench = Bench::new()?;
    let (mut import, mut export) = (Vec::new(), Vec::new());
    for at_once in [None, Some("1")] {
        // A folder of its own, so that each import creates everything.
        let prefix = format!("{}/", at_once.unwrap_or("many"));
        import
            .push(bench.took(&["--access-mode", "read-write", "import", "in.env", "--name-prefix", &prefix], at_once)?);
        let only = format!("{prefix}*");
        export.push(bench.took(&["export", "--format", "json", "--only", &only], at_once)?);
    }
    let row = |what: &str, took: &[f64]| match took {
        [ours, floor] => Row::ratio(what, time(*ours), time(*floor), ours / floor, Target::AtMost(TARGET)),
        _ => Row::figure(what, String::new()),
    };
    Ok(vec![
        row("`runtime import` of 1,000 / one after the other", &import),
        row("`runtime export` of 1,000 / one after the other", &export),
    ])
}

struct Bench {
    server: OpenBao,
    address: String,
    home: TempDir,
}

impl Bench {
    fn new() -> Result<Self> {
        let folder = layout::target().join("bench");
        fs::create_dir_all(&folder)?;
        // Not where everybody can write: such a folder holds no compiled code.
        let home = tempfile::Builder::new().prefix("home-").tempdir_in(folder)?;
        fs::create_dir(home.path().join("cache"))?;
        fs::set_permissions(home.path().join("cache"), fs::Permissions::from_mode(0o700))?;
        let lines: String = (0..SECRETS).map(|number| format!("KEY_{number}=the-value-{number}\n")).collect();
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(home.path().join("in.env"))?;
        file.write_all(lines.as_bytes())?;
        let server = OpenBao::start()?;
        let address = far_from(server.address())?;
        let bench = Self { server, address, home };
        // Compiled before anything is measured.
        bench.took(&["check"], None)?;
        Ok(bench)
    }

    /// How many seconds a command takes.
    fn took(&self, arguments: &[&str], at_once: Option<&str>) -> Result<f64> {
        let mut command = Command::new(layout::runtime());
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CACHE_HOME", self.home.path().join("cache"))
            .env("VAULT_ADDR", &self.address)
            .env("VAULT_TOKEN", self.server.token())
            .current_dir(self.home.path())
            .args(["--trust", "--backend"])
            .arg(layout::backend("vault"))
            .args(arguments)
            .args(at_once.into_iter().flat_map(|number| ["--at-once", number]))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let begun = Instant::now();
        let output = command.output()?;
        let took = begun.elapsed();
        if !output.status.success() {
            bail!("{arguments:?} failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(took.as_secs_f64())
    }
}

/// An address from which everything reaches the server, and comes back, only after a while.
fn far_from(address: &str) -> Result<String> {
    let server = address.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let near = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for here in listener.incoming().flatten() {
            let Ok(there) = TcpStream::connect(&server) else { continue };
            let ways = here.try_clone().and_then(|back| Ok((back, there.try_clone()?)));
            if let Ok((back, forth)) = ways {
                carry(here, forth);
                carry(there, back);
            }
        }
    });
    Ok(near)
}

/// Carries what comes from one to the other, each piece after half the way there and back. Pieces do not wait for each
/// other.
fn carry(mut from: TcpStream, mut to: TcpStream) {
    let _ = to.set_nodelay(true);
    let (sent, arrives) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            let piece = bytes.get(..length).unwrap_or_default().to_vec();
            if sent.send((Instant::now() + DISTANCE / 2, piece)).is_err() {
                break;
            }
        }
    });
    thread::spawn(move || {
        for (when, piece) in arrives {
            thread::sleep(when.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}
