//! A backend that attacks the runtime.
//!
//! It has no manifest: a test adds the one it needs. What it does in a call, whichever operation it is, the setting
//! `act` says, or the secret's name where that is not set ([`act::perform`]). What it answers afterwards, whatever
//! happened, the setting `then` says:
//!
//! | `then` | |
//! |---|---|
//! | not set | what the act came to |
//! | `not-found` | there is nothing: not-found, no, an empty page |
//! | `invent` | a value it made up, yes, one entry |

mod act;
mod exhaust;
mod send;

#[allow(unsafe_code, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "backend-host" });
}

use bindings::{
    exports::secret_runtime::backend::{check, delete, exists, listing, read, write},
    secret_runtime::backend::common::{DeleteMode, Detail, Entry, Error, NewSecret, Page, Pair, Readiness, Secret},
    secret_runtime::backend::config,
};

struct Hostile;

/// What an act came to: a value, or the secret around it.
type Outcome = Result<Secret, Error>;

fn value(value: impl Into<Vec<u8>>) -> Secret {
    Secret { value: value.into(), version: None, expires_at: None, metadata: Vec::new() }
}

fn other(message: impl Into<String>) -> Error {
    Error::Other(Detail { code: String::new(), message: message.into() })
}

/// A setting; empty if it is not set.
fn setting(key: &str) -> String {
    config::get(key).unwrap_or_default()
}

/// A setting that is a number.
fn number(key: &str, default: u32) -> u32 {
    setting(key).parse().unwrap_or(default)
}

/// Acts, then says what it was told to say.
fn outcome(name: &str) -> Outcome {
    let act = Some(setting("act")).filter(|act| !act.is_empty());
    let came_to = act::perform(act.as_deref().unwrap_or(name));
    match setting("then").as_str() {
        "not-found" => Err(Error::NotFound),
        "invent" => Ok(value("made up")),
        _ => came_to,
    }
}

impl read::Guest for Hostile {
    fn read(name: String, _: Option<String>, _: Vec<Pair>) -> Outcome {
        outcome(&name)
    }
}

impl exists::Guest for Hostile {
    fn exists(name: String, _: Vec<Pair>) -> Result<bool, Error> {
        match outcome(&name) {
            Ok(_) => Ok(true),
            Err(Error::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl listing::Guest for Hostile {
    fn list(prefix: String, _: Option<String>, _: u32, _: Vec<Pair>) -> Result<Page, Error> {
        if prefix == "huge-list" {
            return Ok(exhaust::huge_page());
        }
        let entry = |name: &str| Entry { name: name.into(), version: None, expired: None, metadata: Vec::new() };
        match outcome(&prefix) {
            Ok(_) => Ok(Page { entries: vec![entry("made-up")], next: None, total: None }),
            Err(Error::NotFound) => Ok(Page { entries: Vec::new(), next: None, total: None }),
            Err(error) => Err(error),
        }
    }
}

impl write::Guest for Hostile {
    fn write(secret: NewSecret, _: Vec<Pair>) -> Result<Option<String>, Error> {
        outcome(&secret.name).map(|secret| secret.version)
    }
}

impl delete::Guest for Hostile {
    fn delete(name: String, _: DeleteMode, _: Vec<Pair>) -> Result<(), Error> {
        outcome(&name).map(drop)
    }
}

impl check::Guest for Hostile {
    fn check() -> Result<Readiness, Error> {
        outcome("").map(|_| Readiness::Ready)
    }
}

bindings::export!(Hostile with_types_in bindings);
