//! A service that checks the signatures of webhooks. Its key is a secret of a backend, and never leaves the service.
//!
//!     axum RUNTIME_TOML BACKEND KEY
//!
//! It prints the address it listens on. `POST /webhook` with the header `X-Signature`, the HMAC-SHA256 of the body in
//! hexadecimal, answers 204 if the signature is right and 401 if it is not.

use std::{error::Error, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use ring::hmac;
use secret_runtime::{Backend, ProcessEnvironment, Runtime, config::Config};
use tokio::net::TcpListener;

/// What every request has at hand.
#[derive(Clone)]
struct Service {
    backend: Backend,
    key: Arc<str>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [config, backend, key] = arguments.as_slice() else {
        return Err("usage: axum RUNTIME_TOML BACKEND KEY".into());
    };

    let runtime = Runtime::builder().build()?;
    let environment = Arc::new(ProcessEnvironment);
    let backend = runtime.configured(&Config::read(config)?, backend, Some(environment))?.load_configured()?;
    // A secret that can't be read is found out now, not by the first request.
    backend.get(key).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    let service = Service { backend, key: key.as_str().into() };
    Ok(axum::serve(listener, Router::new().route("/webhook", post(webhook)).with_state(service)).await?)
}

async fn webhook(State(service): State<Service>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(signature) = headers.get("x-signature").and_then(|value| hexadecimal(value.as_bytes())) else {
        return StatusCode::BAD_REQUEST;
    };
    // Asked for each request: the cache answers nearly always, and a new key counts once the old one is too old.
    let secret = match service.backend.get(&service.key).await {
        Ok(answer) => answer.secret,
        Err(error) => {
            eprintln!("{}: {error}", error.kind());
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose());
    match hmac::verify(&key, &body, &signature) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::UNAUTHORIZED,
    }
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    text.len().is_multiple_of(2).then(|| text.chunks(2).map(pair).collect())?
}
