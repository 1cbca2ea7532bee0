//! A `runtime serve` that is put under load.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Read, Write},
    net::SocketAddr,
    os::unix::{
        fs::{OpenOptionsExt as _, PermissionsExt as _},
        net::UnixStream,
    },
    path::{Path, PathBuf},
    process::ExitStatus,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{layout, process::Server};

/// A start takes as long as compiling its backends does, where they are not compiled yet.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at the same thing.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A daemon in a home folder of its own, on a Unix socket and on a port of loopback. Dropping it kills it.
#[derive(Debug)]
pub struct Daemon {
    // Fields are dropped in order: the server goes before its folder.
    server: Server,
    home: TempDir,
    address: SocketAddr,
}

impl Daemon {
    /// Starts one with the configuration that `config` makes for its home, and with these environment variables.
    ///
    /// # Errors
    /// The program is not built, or does not start; what it printed is in the error.
    pub fn start(config: impl FnOnce(&Path) -> Result<String>, environment: &[(&str, &str)]) -> Result<Self> {
        let program = layout::runtime();
        // Not where everybody can write: such a folder holds no compiled code.
        let folder = layout::target().join("daemons");
        fs::create_dir_all(&folder)?;
        let home = tempfile::Builder::new().prefix("home-").tempdir_in(folder)?;
        let file = home.path().join("runtime.toml");
        write(&file, &config(home.path())?)?;
        let log = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(log_file(home.path()))?;
        let (cache, socket) = (cache()?, socket_file(home.path()));
        let mut variables = vec![("HOME", home.path().as_os_str()), ("XDG_CACHE_HOME", cache.as_os_str())];
        variables.extend(environment.iter().map(|(name, value)| (*name, OsStr::new(*value))));
        let mut arguments = vec![OsStr::new("--config-file"), file.as_os_str()];
        arguments.extend(["serve", "--listen", "127.0.0.1:0", "--socket"].map(OsStr::new));
        arguments.push(socket.as_os_str());
        let mut server = Server::start(program.as_os_str(), arguments, variables, log)
            .with_context(|| format!("{} can't be started", program.display()))?;
        let started = Instant::now();
        loop {
            let log = fs::read_to_string(log_file(home.path())).unwrap_or_default();
            if let Some(address) = listening(&log) {
                return Ok(Self { server, home, address });
            }
            if server.ended().is_some() || started.elapsed() > PATIENCE {
                bail!("the daemon did not start; it printed:\n{log}");
            }
            thread::sleep(LOOK_AGAIN);
        }
    }

    /// Where it listens on TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its Unix socket.
    pub fn socket(&self) -> PathBuf {
        socket_file(self.home.path())
    }

    /// Its configuration.
    pub fn config_file(&self) -> PathBuf {
        self.home.path().join("runtime.toml")
    }

    /// Replaces its configuration, which it reads when it is told to.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn write_config(&self, text: &str) -> Result<()> {
        write(&self.config_file(), text)
    }

    /// Tells it something.
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id = i32::try_from(self.server.id()).ok().and_then(Pid::from_raw).context("this is no process")?;
        kill_process(id, signal).context("the daemon is gone")
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// How it ended, if it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.server.ended()
    }

    /// All that it has printed.
    pub fn log(&self) -> String {
        fs::read_to_string(log_file(self.home.path())).unwrap_or_default()
    }

    /// Its memory that is resident, in bytes.
    ///
    /// # Errors
    /// It is gone, or this is not Linux.
    pub fn resident(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).context("the daemon is gone")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        let kilobytes: u64 = resident.and_then(|size| size.parse().ok()).context("the kernel does not tell VmRSS")?;
        Ok(kilobytes * 1024)
    }

    /// A file in its home.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Has it mint a token with these scopes, for so long.
    ///
    /// # Errors
    /// It refused.
    pub fn token(&self, scopes: &[&str], ttl: &str) -> Result<String> {
        let body = json!({ "scopes": scopes, "ttl": ttl }).to_string();
        let reply = self.ask("POST", "/runtime/v1/tokens", &body).context("the daemon can't be asked for a token")?;
        let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
        let minted: Value = serde_json::from_str(body).unwrap_or_default();
        match minted.get("token").and_then(Value::as_str) {
            Some(token) => Ok(token.to_owned()),
            None => bail!("the daemon minted no token: {}", head.lines().next().unwrap_or_default()),
        }
    }

    /// Asks something over the socket, as its own user.
    fn ask(&self, method: &str, target: &str, body: &str) -> io::Result<String> {
        let mut stream = UnixStream::connect(self.socket())?;
        let length = body.len();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: localhost\r\nX-Vault-Request: true\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply)?;
        Ok(reply)
    }
}

fn socket_file(home: &Path) -> PathBuf {
    home.join("run/runtime.sock")
}

fn log_file(home: &Path) -> PathBuf {
    home.join("serve.log")
}

/// One folder for all daemons: compiling the same components again takes seconds.
fn cache() -> Result<PathBuf> {
    let folder = layout::target().join("daemons/cache");
    fs::create_dir_all(&folder)?;
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    Ok(folder)
}

/// Writes a file that only its owner may read, whole or not at all.
fn write(path: &Path, text: &str) -> Result<()> {
    let aside = path.with_extension("new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&aside, path)?;
    Ok(())
}

/// The TCP address that it says to listen on.
fn listening(log: &str) -> Option<SocketAddr> {
    let (whole, _) = log.rsplit_once('\n')?;
    whole.lines().find_map(|line| line.strip_prefix("runtime: listening on http://")?.parse().ok())
}
