//! A backend built for `wasm32-wasip2`, whose standard library expects WASI 0.2.
//!
//! It has no manifest: a test adds the one it needs. What it does in a call, the setting `act` says; the value it answers
//! is what that came to.

mod http;

use std::{
    env, fs,
    hash::{BuildHasher as _, RandomState},
    io::Read as _,
    net::{TcpListener, TcpStream, ToSocketAddrs as _, UdpSocket},
    thread,
    time::{Duration, Instant, SystemTime},
};

#[allow(unsafe_code, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "secret-manager" });
}

use bindings::{
    exports::secret_runtime::backend::read,
    secret_runtime::backend::common::{Detail, Error, Pair, Secret},
    secret_runtime::backend::config,
};

struct Standard;

/// A setting; empty if it is not set.
fn setting(key: &str) -> String {
    config::get(key).unwrap_or_default()
}

fn other(message: impl Into<String>) -> Error {
    Error::Other(Detail { code: String::new(), message: message.into() })
}

impl read::Guest for Standard {
    fn read(_: String, _: Option<String>, _: Vec<Pair>) -> Result<Secret, Error> {
        let value = perform(&setting("act"))?;
        Ok(Secret { value, version: None, expires_at: None, metadata: Vec::new() })
    }
}

fn perform(act: &str) -> Result<Vec<u8>, Error> {
    let done = match act {
        "send" => return http::send(),
        "send-many" => http::send_many(),
        "begin" => {
            http::begin()?;
            return Err(Error::NotFound);
        }
        "environment" => format!("{} {}", env::vars().count(), env::args().count()),
        "files" => files(),
        "sockets" => sockets(),
        "stdin" => {
            let mut text = String::new();
            format!("{:?} {text:?}", std::io::stdin().read_to_string(&mut text).map_err(|cause| cause.kind()))
        }
        "time" => time(),
        "random" => format!("{}", RandomState::new().hash_one(0)),
        "print" => {
            println!("to standard output");
            eprint!("to standard error");
            "printed".to_owned()
        }
        "print-secret" => {
            println!("{}", setting("secret"));
            eprintln!("{}", setting("secret"));
            return Err(other("printed"));
        }
        "flood" => {
            (0..1_000).for_each(|line| println!("line {line} {}", "x".repeat(10_000)));
            "flooded".to_owned()
        }
        "hoard" => {
            let lists: Vec<_> = (0..100_000).map(|_| wasip2::http::types::Fields::new()).collect();
            format!("{}", lists.len())
        }
        "storm" => {
            for _ in 0..30_000 {
                let _ = SystemTime::now();
            }
            "stormed".to_owned()
        }
        "exit" => std::process::exit(3),
        "panic" => outer(),
        "sleep" => {
            thread::sleep(Duration::from_secs(600));
            "slept".to_owned()
        }
        act => return Err(other(format!("no such act: {act}"))),
    };
    Ok(done.into_bytes())
}

/// Every way to a file that Rust's library knows; what is left is what worked.
fn files() -> String {
    let tried = [
        ("read", fs::read("/etc/passwd").map(drop)),
        ("list", fs::read_dir("/").map(drop)),
        ("here", fs::read_dir(".").map(drop)),
        ("write", fs::write("/tmp/written-by-a-backend", "x")),
        ("make", fs::create_dir("made-by-a-backend")),
        ("look", fs::metadata("/").map(drop)),
    ];
    worked(&tried)
}

/// Every way to a socket.
fn sockets() -> String {
    let peer = setting("peer");
    let tried = [
        ("tcp", TcpStream::connect(&*peer).map(drop)),
        ("listen", TcpListener::bind("127.0.0.1:0").map(drop)),
        ("udp", UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.send_to(b"x", &*peer)).map(drop)),
        ("lookup", "localhost:80".to_socket_addrs().map(drop)),
    ];
    worked(&tried)
}

fn worked(tried: &[(&str, std::io::Result<()>)]) -> String {
    let worked: Vec<_> = tried.iter().filter(|(_, result)| result.is_ok()).map(|(name, _)| *name).collect();
    format!("worked: {}", worked.join(" "))
}

fn time() -> String {
    let began = Instant::now();
    thread::sleep(Duration::from_millis(20));
    let slept = began.elapsed() >= Duration::from_millis(20);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    format!("{slept} {now}")
}

#[inline(never)]
fn outer() -> String {
    inner(&setting("secret"))
}

#[inline(never)]
fn inner(text: &str) -> String {
    panic!("a panic with {text}")
}

bindings::export!(Standard with_types_in bindings);
