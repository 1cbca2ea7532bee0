//! A daemon of a test's own: `runtime serve` in a home of its own, on a socket and a TCP port of loopback.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use test_support::{Server, layout};

use super::{
    Home,
    backends::digest,
    cli::Run,
    http::{Request, Way},
};

/// A start takes as long as compiling its backends does, where they are not compiled yet.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks at the same thing.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// What lets the daemon's own user do everything.
pub(crate) const OWNER: &str = "[serve]\nowner = [\"*:*/**\"]\n";

/// A running daemon. Dropping it kills it.
pub(crate) struct Daemon {
    home: Home,
    /// The arguments before `serve`.
    options: Vec<String>,
    environment: Vec<(String, String)>,
    /// The program that starts it, with its arguments.
    under: Vec<String>,
    server: Option<Server>,
    address: Option<SocketAddr>,
}

impl Daemon {
    /// Starts one that serves secrets of a .env file, as mount `local`, of which its own user may do all.
    #[track_caller]
    pub(crate) fn with_dotenv(text: &str) -> Self {
        let home = Home::with_dotenv(text);
        let config = format!("{OWNER}{}", backend(&home, "local", "read-write"));
        Self::start_in(home, &config)
    }

    /// Starts one with this `runtime.toml` in this home. It spells out what its backends are granted.
    #[track_caller]
    pub(crate) fn start_in(home: Home, config: &str) -> Self {
        Self::start_with(home, config, &[], &[])
    }

    /// Starts one by way of another program, such as `env --ignore-signal=XFSZ`.
    #[track_caller]
    pub(crate) fn start_under(home: Home, config: &str, program: &[&str]) -> Self {
        home.file("runtime.toml", config);
        let under = program.iter().map(|word| (*word).to_owned()).collect();
        Self { under, ..Self::in_home(home) }.started()
    }

    /// Starts one with these options, such as `--trust`, and these environment variables.
    #[track_caller]
    pub(crate) fn start_with(home: Home, config: &str, options: &[&str], environment: &[(&str, &str)]) -> Self {
        home.file("runtime.toml", config);
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Self { options, environment, ..Self::in_home(home) }.started()
    }

    fn in_home(home: Home) -> Self {
        let (options, environment, under) = (Vec::new(), Vec::new(), Vec::new());
        Self { home, options, environment, under, server: None, address: None }
    }

    #[track_caller]
    fn started(mut self) -> Self {
        self.start_again();
        self
    }

    /// Starts it once more in its home, with the configuration that is there now.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        assert!(self.server.is_none(), "it runs already");
        let _ = fs::remove_file(self.log_file());
        let log = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(self.log_file()).unwrap();
        let mut run = self.client(&[]).args(&self.options).args(["serve", "--listen", "127.0.0.1:0"]);
        run = run.arg("--socket").arg(self.socket());
        for (name, value) in &self.environment {
            run = run.env(name, value);
        }
        let mut server = run.serve(&self.under, log);
        let address = wait_for("listen", || {
            assert!(server.ended().is_none(), "the daemon ended:\n{}", self.log());
            listening(&self.log())
        });
        self.address = Some(address);
        self.server = Some(server);
        wait_for("be ready", || (self.ask("GET", "/readyz").try_send().ok()?.status == 200).then_some(()));
    }

    /// `runtime ARGUMENTS` with the daemon's configuration, in its home.
    pub(crate) fn client(&self, arguments: &[&str]) -> Run {
        self.home.runtime(["--config-file"]).arg(self.home.path().join("runtime.toml")).args(arguments)
    }

    /// `runtime token ARGUMENTS` against this daemon.
    pub(crate) fn token_command(&self, arguments: &[&str]) -> Run {
        self.client(&["token"]).args(arguments).arg("--socket").arg(self.socket())
    }

    /// A token for an hour with these scopes.
    #[track_caller]
    pub(crate) fn token(&self, scopes: &[&str]) -> String {
        self.token_for(scopes, "1h")
    }

    /// A token that holds for so long.
    #[track_caller]
    pub(crate) fn token_for(&self, scopes: &[&str], ttl: &str) -> String {
        let minted = self.mint(&json!({ "scopes": scopes, "ttl": ttl }));
        minted["token"].as_str().unwrap().to_owned()
    }

    /// Mints a token as asked, and answers all that is said of it.
    #[track_caller]
    pub(crate) fn mint(&self, asked: &Value) -> Value {
        self.ask("POST", "/runtime/v1/tokens").json(asked).send().is(200).json()
    }

    /// A request over the socket, as the daemon's own user.
    pub(crate) fn ask(&self, method: &str, target: &str) -> Request {
        Request::new(Way::Socket(self.socket()), method, target)
    }

    /// A request over TCP.
    pub(crate) fn ask_tcp(&self, method: &str, target: &str) -> Request {
        Request::new(Way::Tcp(self.address()), method, target)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.home.path().join("run/runtime.sock")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address.unwrap()
    }

    /// What to set `VAULT_ADDR` to.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    pub(crate) fn home(&self) -> &Home {
        &self.home
    }

    /// All that it has printed since it was started last.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.home.path().join("serve.log")
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.server.as_ref().unwrap().id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.id().try_into().unwrap()).unwrap(), signal).unwrap();
    }

    /// Waits for its end, by itself or by a signal; answers its exit code.
    #[track_caller]
    pub(crate) fn end(&mut self) -> Option<i32> {
        let mut server = self.server.take().unwrap();
        wait_for("end", || server.ended()).code()
    }

    /// Ends it at once, as `kill -9` does.
    #[track_caller]
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.end();
    }
}

/// A configuration's table for a dotenv backend of this name on the .env file of the home.
pub(crate) fn backend(home: &Home, name: &str, mode: &str) -> String {
    let (component, storage) = (layout::backend("dotenv"), home.dotenv_file());
    format!(
        "[backends.{name}]\ncomponent = {component:?}\ndigest = \"{digest}\"\naccess-mode = \"{mode}\"\n\
         grant = {{ storage = {storage:?} }}\n",
        digest = digest(&component)
    )
}

/// The TCP address that it says to listen on.
fn listening(log: &str) -> Option<SocketAddr> {
    let (whole, _) = log.rsplit_once('\n')?;
    let prefixes = ["runtime: listening on http://", "runtime: listening on https://"];
    let line = |line: &str| prefixes.iter().find_map(|prefix| line.strip_prefix(prefix)?.parse().ok());
    whole.lines().find_map(line)
}

/// Looks until there is something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(LOOK_AGAIN);
    }
    panic!("it did not {what} within {} s", PATIENCE.as_secs())
}
