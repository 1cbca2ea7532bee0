//! What else answers such requests.

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use test_support::{Load, OpenBao, Server};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at the same thing.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// nginx, with one file.
pub(super) struct Nginx(Peer);

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its workers outlive a master that is killed; told to end, it ends them first.
        let server = &mut self.0.server;
        let id = server.id().try_into().ok().and_then(Pid::from_raw);
        let told = id.map(|id| kill_process(id, Signal::TERM));
        let begun = Instant::now();
        while matches!(told, Some(Ok(()))) && server.ended().is_none() && begun.elapsed() < PATIENCE {
            thread::sleep(LOOK_AGAIN);
        }
    }
}

/// OpenBao's proxy, which passes on what it is asked.
pub(super) struct Proxy(Peer);

/// A server on a port of loopback.
struct Peer {
    // Fields are dropped in order: the server goes before its folder.
    server: Server,
    _folder: TempDir,
    address: SocketAddr,
}

impl Nginx {
    /// Starts one that answers with these bytes, with as many workers as the daemon has.
    pub(super) fn start(load: &Load, body: &[u8]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let place = folder.path();
        fs::write(place.join("secret"), body)?;
        let address = free()?;
        let workers = thread::available_parallelism().map_or(1, usize::from);
        // Its own files go into its folder. Who runs it as root must let the workers be root too, for it is a private
        // one.
        let user = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let config = format!(
            "daemon off;\nmaster_process on;\n{user}\nworker_processes {workers};\npid {place}/pid;\n\
             error_log stderr;\nevents {{ worker_connections 1024; }}\nhttp {{\n  access_log off;\n  sendfile on;\n  \
             tcp_nopush on;\n  keepalive_requests 1000000000;\n   default_type application/json;\n  \
             client_body_temp_path {place}/body;\n  proxy_temp_path {place}/proxy;\n  fastcgi_temp_path {place}/fastcgi;\n  \
             uwsgi_temp_path {place}/uwsgi;\n  scgi_temp_path {place}/scgi;\n  \
             server {{\n    listen {address};\n    location = /secret {{ root {place}; }}\n  }}\n}}\n",
            place = place.display(),
        );
        let file = place.join("nginx.conf");
        fs::write(&file, config)?;
        let command = load.command("nginx")?;
        let environment: Vec<_> =
            command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?))).collect();
        let arguments = ["-p".as_ref(), place.as_os_str(), "-c".as_ref(), file.as_os_str()];
        let log = File::create(place.join("log"))?;
        let server = Server::start(command.get_program(), arguments, environment, log)?;
        Ok(Self(ready(server, folder, address, "/secret")?))
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}/secret", self.0.address)
    }
}

impl Proxy {
    /// Starts one before this server. It adds no token and keeps nothing.
    pub(super) fn start(server: &OpenBao) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let address = free()?;
        let config = folder.path().join("proxy.hcl");
        fs::write(
            &config,
            format!(
                "vault {{ address = \"{}\" }}\napi_proxy {{}}\nlistener \"tcp\" {{ address = \"{address}\"\n  \
                 tls_disable = true }}\n",
                server.address()
            ),
        )?;
        let argument = format!("-config={}", config.display());
        let log = File::create(folder.path().join("log"))?;
        let program = OpenBao::program()?;
        let arguments = ["proxy", argument.as_str(), "-log-level=error"].map(AsRef::as_ref);
        let started = Server::start(program.as_os_str(), arguments, [("HOME", folder.path().as_os_str())], log)?;
        Ok(Self(ready(started, folder, address, "/v1/sys/health")?))
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.0.address)
    }
}

fn free() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until it answers.
fn ready(mut server: Server, folder: TempDir, address: SocketAddr, path: &str) -> Result<Peer> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if server.ended().is_some() {
            break;
        }
        if ask(address, &request).is_ok() {
            return Ok(Peer { server, _folder: folder, address });
        }
        thread::sleep(LOOK_AGAIN);
    }
    bail!("a peer did not start; it printed:\n{}", log(folder.path()))
}

fn log(folder: &Path) -> String {
    fs::read_to_string(folder.join("log")).unwrap_or_default()
}

/// The body of a reply with status 200 to a request that closes its connection.
pub(super) fn ask(address: SocketAddr, request: &str) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(request.as_bytes())?;
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply)?;
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n").context("no whole reply")?;
    if !reply.starts_with(b"HTTP/1.1 200 ") {
        bail!("{}", String::from_utf8_lossy(&reply));
    }
    Ok(reply.split_off(end + 4))
}
