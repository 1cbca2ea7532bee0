//! Starting a server that is certainly ours.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::{Mutex, atomic::AtomicUsize},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};

use super::{OpenBao, audit};
use crate::{client::Client, process::Server};

/// A start takes half a second; a busy machine gets a lot more.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at whether a server is ready.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How often a port may be lost to another process between choosing it and listening on it.
const TRIES: usize = 5;

/// Starts a server, again if somebody took its port.
pub(super) fn start(tls: bool) -> Result<OpenBao> {
    let program = OpenBao::program()?;
    for _ in 0..TRIES {
        if let Some(server) = try_start(&program, tls)? {
            return Ok(server);
        }
    }
    bail!("OpenBao lost its port to another process {TRIES} times")
}

pub(super) fn log_file(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

/// One try; none if another process had the port.
fn try_start(program: &Path, tls: bool) -> Result<Option<OpenBao>> {
    let folder = tempfile::Builder::new().prefix("openbao-").tempdir()?;
    let token = random_token()?;
    // Our own requests go to a plain listener; with TLS that is a second one.
    let (port, setup_port) = two_free_ports()?;
    let setup_port = if tls { setup_port } else { port };
    let config = folder.path().join("config.hcl");
    fs::write(&config, configuration(folder.path(), tls.then_some(setup_port)))?;

    let mut arguments: Vec<OsString> = ["server", "-dev", "-dev-no-store-token"].map(OsString::from).into();
    arguments.push(format!("-dev-listen-address=127.0.0.1:{port}").into());
    arguments.push(with_path("-config=", &config));
    if tls {
        let certificates = folder.path().join("tls");
        fs::create_dir(&certificates)?;
        arguments.push("-dev-tls".into());
        arguments.push(with_path("-dev-tls-cert-dir=", &certificates));
    }
    // Not on the command line, where everyone on the machine could read it.
    let environment = [("HOME", folder.path().as_os_str()), ("BAO_DEV_ROOT_TOKEN_ID", OsStr::new(&token))];
    let log = File::create(log_file(folder.path()))?;
    let arguments = arguments.iter().map(OsString::as_os_str);
    let mut server = Server::start(program.as_os_str(), arguments, environment, log)?;

    let client = Client::new(format!("http://127.0.0.1:{setup_port}"));
    let log = || fs::read_to_string(log_file(folder.path())).unwrap_or_default();
    let ready = wait_for("start", || match (server.ended(), unseal_key(&log())) {
        (Some(status), _) => bail!("OpenBao ended ({status})"),
        (None, Some(key)) if is_healthy(&client) => Ok(Some(key)),
        _ => Ok(None),
    });
    let unseal_key = match ready {
        Ok(key) => key,
        Err(_) if log().contains("address already in use") => return Ok(None),
        Err(error) => return Err(error.context(format!("its log:\n{}", log().replace(&token, "TOKEN")))),
    };
    // Healthy, but perhaps a stranger: only our own server knows this token.
    let (status, _) = client.send("GET", "/v1/auth/token/lookup-self", &[("x-vault-token", &token)], None)?;
    if status != 200 {
        return Ok(None);
    }
    Ok(Some(OpenBao {
        _server: server,
        folder,
        address: format!("{}://127.0.0.1:{port}", if tls { "https" } else { "http" }),
        client,
        token,
        unseal_key,
        forgotten: AtomicUsize::new(0),
        approle_mounted: Mutex::new(false),
    }))
}

/// Looks until there is something, or an error.
pub(super) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(found) = look()? {
            return Ok(found);
        }
        thread::sleep(LOOK_AGAIN);
    }
    bail!("OpenBao did not {what} within {} s", PATIENCE.as_secs())
}

/// Whether the server is unsealed and active.
pub(super) fn is_healthy(client: &Client) -> bool {
    matches!(client.send("GET", "/v1/sys/health", &[], None), Ok((200, _)))
}

/// In development mode the server prints its key, as the last thing it does when it starts.
fn unseal_key(log: &str) -> Option<String> {
    let (_, key) = log.split_once("\nUnseal Key: ")?;
    let (key, _) = key.split_once('\n')?;
    Some(key.to_owned())
}

/// What can't be said on the command line.
fn configuration(folder: &Path, setup_port: Option<u16>) -> String {
    let audit = audit::log_file(folder);
    let listener = setup_port.map_or_else(String::new, |port| {
        format!("listener \"tcp\" {{\n  address = \"127.0.0.1:{port}\"\n  tls_disable = true\n}}\n")
    });
    // Without clustering it does not take the port after its own as well.
    format!(
        "disable_clustering = true\n{listener}audit \"file\" \"seen\" {{\n  options {{\n    file_path = {:?}\n    \
         log_raw = \"false\"\n  }}\n}}\n",
        audit.display().to_string()
    )
}

/// Ports that nobody listens on at this moment, both held at once so that they differ.
fn two_free_ports() -> Result<(u16, u16)> {
    let [one, other] = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
    Ok((one?.local_addr()?.port(), other?.local_addr()?.port()))
}

fn random_token() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn with_path(flag: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(flag);
    argument.push(path);
    argument
}
