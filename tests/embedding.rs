//! The library inside other programs: a configuration, plain threads, and a service that is started and queried.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use secret_runtime::{
    Backend, Environment, Kind, ProcessEnvironment, Result, SecretBytes, StorageInput, blocking, config::Config,
};
use test_support::layout;

use crate::common::{Component, Home, block_on, digest, library::runtime};

const SECRET: &str = "canary-webhook-key";

/// HMAC-SHA256 of `hello` under that secret.
const SIGNATURE: &str = "d8140b7afb4cfaa230de3295f8208fd3d38abf69a72e91d7d1372281519b1a2e";

/// A home with a secret and a configuration that grants it to the dotenv backend.
fn home() -> Home {
    let home = Home::with_dotenv(format!("WEBHOOK_KEY={SECRET}\n"));
    configure(&home, "dotenv", &digest(&layout::backend("dotenv")), "grant = { storage = \".env\" }");
    home
}

/// Writes `runtime.toml`, with one backend called `local`.
fn configure(home: &Home, backend: &str, digest: &str, rest: &str) -> PathBuf {
    let component = layout::backend(backend);
    let text = format!("[backends.local]\ncomponent = {component:?}\ndigest = \"{digest}\"\n{rest}\n");
    home.file("runtime.toml", text)
}

fn configured(home: &Home, name: &str, environment: Option<Arc<dyn Environment>>) -> Result<Backend> {
    let config = Config::read(home.path().join("runtime.toml"))?;
    runtime().configured(&config, name, environment)?.load_configured()
}

#[test]
fn a_configured_backend_is_loaded_under_the_grant_that_is_spelled_out() {
    let home = home();
    let backend = configured(&home, "local", Some(Arc::new(ProcessEnvironment))).unwrap();
    assert_eq!(backend.name(), "local");
    assert_eq!(block_on(backend.get("WEBHOOK_KEY")).unwrap().secret.expose_str(), Some(SECRET));
}

#[test]
fn what_a_configuration_does_not_spell_out_is_not_granted() {
    let ours = digest(&layout::backend("vault"));
    let token = "credentials = { token = { env = \"TOKEN\" } }";
    let typed = "set = { address = \"https://vault.example.com\" }";
    let variable = "grant = { origins = [\"https://vault.example.com\"] }";
    let table = [
        ("", "", Kind::Untrusted, "not grant it anything"),
        (
            "",
            "grant = { origins = [\"https://other.example.com\"] }",
            Kind::Untrusted,
            "the origin https://vault.example.com",
        ),
        ("0", "grant = { origins = [\"https://vault.example.com\"] }", Kind::Untrusted, "as its configuration says"),
    ];
    for (changed, grant, kind, says) in table {
        let home = Home::new();
        let digest = if changed.is_empty() { ours.clone() } else { format!("sha256:{}", changed.repeat(64)) };
        configure(&home, "vault", &digest, &format!("{typed}\n{token}\n{grant}"));
        let environment = BTreeMap::from([("TOKEN".to_owned(), "canary-token".to_owned())]);
        let error = configured(&home, "local", Some(Arc::new(environment))).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    // The library reads no environment by itself: without one, the variable is not set.
    let home = Home::new();
    configure(&home, "vault", &ours, &format!("{typed}\n{token}\n{variable}"));
    let error = configured(&home, "local", None).unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.to_string().contains("the environment variable TOKEN"), "{error}");
}

#[test]
fn a_backend_that_is_not_configured_is_named_with_the_nearest_that_is() {
    let error = configured(&home(), "locl", None).unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.to_string().contains("no backend locl; did you mean local?"), "{error}");
}

/// The dotenv backend for programs that are not asynchronous.
fn blocking(home: &Home) -> blocking::Backend {
    let builder = runtime().backend(Component::backend("dotenv").parse().unwrap());
    let builder = builder.storage(StorageInput::File(home.dotenv_file())).access_mode("read-write".parse().unwrap());
    let grant = builder.candidate().unwrap().grant();
    blocking::Backend::new(builder.load(&grant).unwrap()).unwrap()
}

#[test]
fn plain_threads_share_a_blocking_backend() {
    let home = home();
    let backend = blocking(&home);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(backend.get("WEBHOOK_KEY").unwrap().secret.expose_str(), Some(SECRET)));
        }
    });
    let call = backend.backend().call();
    backend.write("OTHER", &secret_runtime::Write::new("new"), &call).unwrap();
    assert!(backend.exists("OTHER", &Default::default(), &call).unwrap());
    let names: Vec<_> =
        backend.list(&Default::default(), &call).unwrap().entries.into_iter().map(|entry| entry.name).collect();
    assert_eq!(names, ["OTHER", "WEBHOOK_KEY"]);
    assert_eq!(backend.get("NOTHING").unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn a_blocking_call_in_an_asynchronous_function_is_an_error_and_not_a_panic() {
    let home = home();
    let backend = blocking(&home);
    let error = block_on(async { backend.get("WEBHOOK_KEY") }).unwrap_err();
    assert_eq!(error.kind(), Kind::Other);
    assert!(error.to_string().contains("use secret_runtime::Backend there"), "{error}");
    assert!(backend.get("WEBHOOK_KEY").is_ok(), "it works on after that");
    // Nor does dropping it there.
    block_on(async { drop(backend) });
}

#[test]
fn a_value_outlives_its_backend_and_is_not_shown() {
    let home = home();
    let answer = blocking(&home).get("WEBHOOK_KEY").unwrap();
    assert_eq!(answer.secret.expose(), SECRET.as_bytes());
    let shown = format!("{answer:?} {:?}", SecretBytes::from(answer.secret.expose().to_vec()));
    assert!(!shown.contains(SECRET), "{shown}");
}

#[test]
fn the_example_service_uses_its_secret_and_never_shows_it() {
    let home = home();
    let service = Service::start(&home, "WEBHOOK_KEY").unwrap_or_else(|said| panic!("{said}"));
    let wrong = "0".repeat(64);
    let table = [
        (Some(SIGNATURE), "hello", 204),
        (Some(SIGNATURE), "hello, or nearly", 401),
        (Some(wrong.as_str()), "hello", 401),
        (Some("not hexadecimal"), "hello", 400),
        (None, "hello", 400),
    ];
    for (signature, body, status) in table {
        let reply = service.post("/webhook", signature, body);
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{signature:?} {body:?}: {reply}");
        assert!(!reply.contains(SECRET), "{reply}");
    }
    let said = service.stop();
    assert!(!said.contains(SECRET), "{said}");
}

#[test]
fn the_example_service_does_not_start_without_its_secret() {
    let said = Service::start(&home(), "NO_SUCH_KEY").err().unwrap();
    assert!(said.contains("not-found"), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}

/// The service of `runtime/examples/axum.rs`, killed at the end of the test.
struct Service {
    child: Child,
    address: String,
}

impl Service {
    /// Starts it and waits until it listens; if it ends instead, answers what it said.
    fn start(home: &Home, key: &str) -> std::result::Result<Self, String> {
        let program = layout::runtime().with_file_name("examples").join("axum");
        assert!(program.is_file(), "{} is missing: run `cargo xtask test`", program.display());
        let child = Command::new(program)
            .arg(home.path().join("runtime.toml"))
            .args(["local", key])
            .current_dir(home.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut service = Self { child, address: String::new() };
        let mut line = String::new();
        BufReader::new(service.child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        match line.trim().strip_prefix("http://") {
            Some(address) => service.address = address.to_owned(),
            None => return Err(service.stop()),
        }
        Ok(service)
    }

    fn post(&self, path: &str, signature: Option<&str>, body: &str) -> String {
        let signature = signature.map(|signature| format!("X-Signature: {signature}\r\n")).unwrap_or_default();
        let length = body.len();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{signature}Content-Length: {length}\r\n\r\n{body}",
            self.address
        )
        .unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply
    }

    /// Ends it, and answers what it wrote to standard error.
    fn stop(mut self) -> String {
        let _ = self.child.kill();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
