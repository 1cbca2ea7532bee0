//! Clients that do not mean well, or do not behave: who wants more than their token allows, who talks nonsense, and who
//! hangs up in the middle.

use std::time::Instant;

use crate::{
    Run,
    http::{Client, Got, Place},
    stage::value_of,
    tally::Deed,
};

/// Method, path and body of what a narrow token does not allow.
const BEYOND: [(&str, &str, Option<&str>); 15] = [
    ("GET", "/v1/bao/data/narrow/other", None),
    ("GET", "/v1/bao/data/shared/read", None),
    ("GET", "/v1/fresh/data/narrow/mine", None),
    ("GET", "/v1/file/data/SOAK_O3_0", None),
    ("GET", "/v1/none/data/narrow/mine", None),
    ("POST", "/v1/bao/data/narrow/mine", Some(r#"{"data":{"value":"x"}}"#)),
    ("PUT", "/v1/bao/data/narrow/other", Some(r#"{"data":{"value":"x"}}"#)),
    ("DELETE", "/v1/bao/data/narrow/mine", None),
    ("DELETE", "/v1/bao/metadata/narrow/mine", None),
    ("LIST", "/v1/bao/metadata/narrow/", None),
    ("GET", "/v1/bao/metadata/?list=true", None),
    ("GET", "/v1.0/secrets/bao/narrow/other", None),
    ("GET", "/runtime/v1/secrets/bao/narrow/other", None),
    ("GET", "/runtime/v1/tokens", None),
    ("POST", "/runtime/v1/tokens", Some(r#"{"scopes":["*:*/**"],"ttl":"1h"}"#)),
];

/// Requests that make no sense, or that nobody may send. `TOKEN` stands for a good token.
const NONSENSE: [&str; 18] = [
    "GARBAGE\r\n\r\n",
    "GET\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n",
    "GET /v1/bao/data/narrow/mine HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "GET /v1/bao/data/../../bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow%2fmine HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow%252fmine HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data//narrow/mine HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow/mine%00 HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 10.0.0.1\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: evil.example\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nX-Vault-Namespace: team\r\nTOKEN\r\n\r\n",
    "GET /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nX-Vault-Token: srt_guessed\r\n\r\n",
    "POST /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\nContent-Length: 5\r\n\r\n{bad}",
    "POST /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\nContent-Length: x\r\n\r\n",
    "POST /v1/bao/data/narrow/mine HTTP/1.1\r\nHost: localhost\r\nTOKEN\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
];

/// The head of a request that is longer than any daemon should read.
const MUCH: usize = 300 << 10;

/// One of them, with a token that allows one thing.
pub(crate) struct Nuisance<'a> {
    run: &'a Run,
    client: Client,
    token: String,
}

impl<'a> Nuisance<'a> {
    pub(crate) fn new(run: &'a Run, token: String) -> Self {
        let client = Client::new(Place::Network(run.stage.daemon.address()), Some(token.clone()));
        Self { run, client, token }
    }

    fn judge(&self, what: &'static str, mount: &'static str, told: &str, started: Instant, got: &Got, right: bool) {
        self.run.judge(&Deed { what, mount, told, started }, got, right);
    }
}

fn pick<T>(from: &[T], turn: u64) -> Option<&T> {
    from.get(usize::try_from(turn).unwrap_or_default() % from.len())
}

/// Uses a narrow token for what it allows, and for what it does not.
pub(crate) fn overstep(nuisance: &mut Nuisance<'_>, turn: u64) {
    let started = Instant::now();
    if turn.is_multiple_of(8) {
        let got = nuisance.client.ask("GET", "/v1/bao/data/narrow/mine", None);
        let right = got.status() == Some(200);
        return nuisance.judge("read", "bao", "GET with a narrow token", started, &got, right);
    }
    let Some((method, target, body)) = pick(&BEYOND, turn) else { return };
    let got = nuisance.client.ask(method, target, *body);
    let shown = String::from_utf8_lossy(got.body()).contains(&value_of(""));
    let right = matches!(got.status(), Some(403..=405)) && !shown;
    nuisance.judge("overstep", "", &format!("{method} {target} with a narrow token"), started, &got, right);
}

/// Sends what is no request, or none that may be sent.
pub(crate) fn talk_nonsense(nuisance: &mut Nuisance<'_>, turn: u64) {
    let started = Instant::now();
    let (told, bytes) = match (turn % 20, pick(&NONSENSE, turn)) {
        (0, _) | (_, None) => {
            let much = "x".repeat(MUCH);
            ("a very long head".to_owned(), format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Much: {much}\r\n\r\n"))
        }
        (_, Some(text)) => ((*text).to_owned(), text.replace("TOKEN", &format!("X-Vault-Token: {}", nuisance.token))),
    };
    let got = nuisance.client.send_raw(bytes.as_bytes());
    let right = matches!(got, Got::Answer(400..=499 | 505, _) | Got::Closed);
    nuisance.judge("nonsense", "", &format!("{told:?}"), started, &got, right);
}

/// Hangs up at every moment of a request, also one that would be answered.
pub(crate) fn hang_up(nuisance: &mut Nuisance<'_>, turn: u64) {
    let started = Instant::now();
    let target = if turn.is_multiple_of(2) { "/v1/bao/data/narrow/mine" } else { "/v1/sick/data/s/1" };
    let mut bytes = nuisance.client.head("GET", target, 0).into_bytes();
    match turn % 4 {
        0 => bytes.clear(),
        1 => bytes.truncate(bytes.len() / 2),
        2 => bytes = format!("{}half", nuisance.client.head("POST", target, 4000)).into_bytes(),
        _ => {}
    }
    let got = nuisance.client.drop_after(&bytes);
    let right = got == Got::Closed;
    nuisance.judge("hang up", "", "hanging up", started, &got, right);
}
