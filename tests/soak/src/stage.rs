//! The servers behind the daemon, and the daemon.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, Result, bail};
use serde_json::json;
use test_support::{
    Daemon, OpenBao, Reply, Seen, Upstream,
    aws::{Ministack, REGION},
    layout,
};

/// OpenBao, through the cache.
pub(crate) const BAO: &str = "bao";
/// The same, where nothing stays in the cache.
pub(crate) const FRESH: &str = "fresh";
/// ministack's secrets.
pub(crate) const AWS: &str = "aws";
/// A .env file.
pub(crate) const FILE: &str = "file";
/// The stand-in.
pub(crate) const SICK: &str = "sick";

/// In every value that is stored, so that one that is where it should not be is found.
pub(crate) const MARK: &str = "soak-value";

/// What a token begins with.
const TOKEN_MARK: &str = "srt_";

/// The file of audit lines, in the daemon's home.
const AUDIT: &str = "audit.jsonl";

/// A token of the stand-in's.
const STAND_IN_TOKEN: &str = "token-of-the-stand-in";

/// How long a call of a backend may take; a hung upstream is told of after that.
const TIMEOUT: &str = "2s";

/// All servers.
#[derive(Debug)]
pub(crate) struct Stage {
    // The daemon goes before what is behind it.
    pub(crate) daemon: Daemon,
    pub(crate) openbao: OpenBao,
    pub(crate) stand_in: StandIn,
    _ministack: Ministack,
    /// What the daemon was started with.
    pub(crate) config: String,
}

impl Stage {
    /// Starts them.
    ///
    /// # Errors
    /// One can't be had, or does not start.
    pub(crate) fn build() -> Result<Self> {
        let (openbao, ministack, stand_in) = (OpenBao::start()?, Ministack::start()?, StandIn::start()?);
        for place in ["shared/read", "narrow/mine", "narrow/other"] {
            openbao.put(place, &json!({ "value": value_of(place) }))?;
        }
        let key = ministack.owner();
        let environment = [
            ("BAO_ADMIN_TOKEN", openbao.token()),
            ("STAND_IN_TOKEN", STAND_IN_TOKEN),
            ("AWS_ACCESS_KEY_ID", &key.id),
            ("AWS_SECRET_ACCESS_KEY", &key.secret),
        ];
        let mut written = String::new();
        let config = |home: &Path| {
            written = config(home, openbao.address(), ministack.address(), &stand_in.upstream.address())?;
            Ok(written.clone())
        };
        let daemon = Daemon::start(config, &environment)?;
        Ok(Self { daemon, openbao, stand_in, _ministack: ministack, config: written })
    }

    /// Lines of what the daemon printed or recorded that hold a value, a token, or word of a panic.
    pub(crate) fn leaks(&self) -> Vec<String> {
        let mut found = Vec::new();
        for line in self.daemon.log().lines().map(str::to_owned).map(Ok).chain(lines(&self.daemon.file(AUDIT))) {
            let Ok(line) = line else {
                found.push("a file can't be read".to_owned());
                break;
            };
            let secrets = [MARK, TOKEN_MARK, STAND_IN_TOKEN, self.openbao.token()];
            if secrets.iter().any(|secret| line.contains(secret)) {
                found.push("a value or a token was recorded".to_owned());
            } else if line.contains("panicked") {
                found.push(line);
            }
        }
        found
    }
}

fn lines(path: &Path) -> Box<dyn Iterator<Item = io::Result<String>>> {
    match File::open(path) {
        Ok(file) => Box::new(BufReader::new(file).lines()),
        Err(cause) => Box::new(std::iter::once(Err(cause))),
    }
}

/// The value of a secret that nobody changes.
pub(crate) fn value_of(name: &str) -> String {
    format!("{MARK} of {name}")
}

/// The daemon's configuration: every backend spelled out, so that nobody has to be asked.
fn config(home: &Path, openbao: &str, ministack: &str, stand_in: &str) -> Result<String> {
    let file = home.join("secrets.env");
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
    let vault = |name: &str, address: &str, token: &str, ttl: &str| -> Result<String> {
        Ok(format!(
            "{}set = {{ address = {address:?} }}\ncredentials = {{ token = {{ env = {token:?} }} }}\n\
             grant = {{ origins = [{address:?}] }}\ncache = {{ ttl = {ttl:?} }}\n",
            backend(name, "vault")?
        ))
    };
    let tables = [
        format!("audit = {:?}\n\n[serve]\nowner = [\"*:{FILE}/**\"]\n", home.join(AUDIT)),
        vault(BAO, openbao, "BAO_ADMIN_TOKEN", "5s")?,
        vault(FRESH, openbao, "BAO_ADMIN_TOKEN", "1ms")?,
        vault(SICK, stand_in, "STAND_IN_TOKEN", "1s")?,
        format!(
            "{}set = {{ endpoint = {ministack:?}, region = {REGION:?} }}\ngrant = {{ origins = [{ministack:?}], \
             variables = [\"AWS_ACCESS_KEY_ID\", \"AWS_SECRET_ACCESS_KEY\"] }}\ncache = {{ ttl = \"5s\" }}\n",
            backend(AWS, "aws-secrets-manager")?
        ),
        format!("{}grant = {{ storage = {file:?} }}\ncache = {{ ttl = \"5s\" }}\n", backend(FILE, "dotenv")?),
    ];
    Ok(tables.join("\n"))
}

fn backend(name: &str, component: &str) -> Result<String> {
    let file = layout::backend(component);
    let printed = Command::new("sha256sum").arg(&file).output().context("sha256sum can't be run")?;
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    let Some((digest, _)) = printed.split_once(' ') else {
        bail!("{} is missing: run `cargo xtask guests`", file.display());
    };
    Ok(format!(
        "[backends.{name}]\ncomponent = {file:?}\ndigest = \"sha256:{digest}\"\naccess-mode = \"read-write\"\n\
         timeout = {TIMEOUT:?}\n"
    ))
}

/// A server that has every secret, and answers badly when it is told to.
#[derive(Debug)]
pub(crate) struct StandIn {
    upstream: Upstream,
    answer: Arc<Mutex<Option<Reply>>>,
}

impl StandIn {
    fn start() -> Result<Self> {
        let answer: Arc<Mutex<Option<Reply>>> = Arc::default();
        let told = Arc::clone(&answer);
        let upstream = Upstream::start(move |seen| {
            let told = told.lock().unwrap_or_else(PoisonError::into_inner).clone();
            told.unwrap_or_else(|| secret(seen))
        })?;
        Ok(Self { upstream, answer })
    }

    /// From now on everything is answered with this, or well.
    pub(crate) fn answers(&self, reply: Option<Reply>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }
}

fn secret(seen: &Seen) -> Reply {
    match seen.target.strip_prefix("/v1/secret/data/") {
        Some(name) => {
            let metadata = json!({ "version": 1, "created_time": "2026-01-01T00:00:00Z", "destroyed": false });
            let data = json!({ "data": { "value": value_of(name) }, "metadata": metadata });
            Reply::json(200, &json!({ "data": data }))
        }
        None => Reply::json(404, &json!({ "errors": [] })),
    }
}
