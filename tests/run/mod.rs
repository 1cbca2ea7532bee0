//! Programs that are run with secrets: what they get, what they do not get, and how they end.

mod environment;
mod files;
mod masked;
mod process;
mod signals;

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use test_support::layout;

use crate::common::{
    Home,
    cli::{Run, Running},
    digest,
};

/// How long to wait for what should happen soon.
const PATIENCE: Duration = Duration::from_secs(60);

/// A home with secrets in a file.
fn home() -> Home {
    Home::with_dotenv("DB_URL=canary-db-0001\nAPI_KEY=canary-api-0002\nSHORT=tiny\n")
}

/// `runtime … run OPTIONS -- sh -c LINE` on the secrets of this home.
fn sh(home: &Home, options: &[&str], line: &str) -> Run {
    home.dotenv(["run"]).args(options).args(["--", "sh", "-c", line])
}

/// The same where the configuration declares these secrets.
fn declared(home: &Home, secrets: &str, options: &[&str], line: &str) -> Run {
    let component = layout::backend("dotenv");
    let file = home.file(
        "settings/mine.toml",
        format!(
            "default-backend = \"local\"\n[backends.local]\ncomponent = {component:?}\ndigest = \"{}\"\n\
             grant = {{ storage = {:?} }}\n{secrets}",
            digest(&component),
            home.dotenv_file(),
        ),
    );
    let run = home.runtime(["--config-file"]).arg(file).arg("run");
    run.args(options).args(["--", "sh", "-c", line])
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits until the program has written this file, and answers what is in it.
#[track_caller]
fn written(path: &Path) -> String {
    until("a file", || fs::read_to_string(path).is_ok_and(|text| text.ends_with('\n')));
    fs::read_to_string(path).unwrap().trim().to_owned()
}

/// Whether a run has ended, though nobody has waited for it yet.
fn ended(run: &Running) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", run.id())).unwrap();
    stat.rsplit(") ").next().unwrap().starts_with('Z')
}
