//! Clients that mean well: owners of secrets, who write and read what they wrote, and readers.

use std::{
    thread::{Scope, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::Result;
use serde_json::{Value, json};

use crate::{
    Run,
    http::{Client, Got, Place},
    ledger::Ledger,
    nuisances,
    stage::{AWS, BAO, FILE, FRESH, MARK, SICK, value_of},
    tally::{DAPR, Deed},
};

/// Secrets of one owner.
const KEYS: u64 = 8;
/// Secrets that are read of the stand-in.
const SICK_KEYS: u64 = 40;

/// Who changes what: a mount, and whether over TCP.
const OWNERS: [(&str, bool); 5] = [(BAO, true), (BAO, false), (AWS, true), (FILE, true), (FILE, false)];
/// Who only reads.
const READERS: [(&str, bool); 5] = [(SICK, true), (SICK, false), (FRESH, true), (BAO, true), (BAO, false)];
/// Who is a nuisance.
const NUISANCES: [fn(&mut nuisances::Nuisance<'_>, u64); 3] =
    [nuisances::overstep, nuisances::talk_nonsense, nuisances::hang_up];

/// Starts all of them. The owners come back with what they wrote.
pub(crate) fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    run: &'scope Run,
) -> Vec<ScopedJoinHandle<'scope, Option<Owner>>> {
    let count = OWNERS.len() + READERS.len() + NUISANCES.len();
    let every = Duration::from_secs(1) * u32::try_from(count).unwrap_or(1) / run.options.rate;
    let mut clients = Vec::new();
    for (number, (mount, tcp)) in OWNERS.into_iter().enumerate() {
        clients.push(scope.spawn(move || {
            let scope = format!("*:{mount}/**");
            // One owner is who the daemon runs as, and comes without a token.
            let token = if mount == FILE && !tcp { Ok(None) } else { token(run, &[&scope]).map(Some) };
            let client = Client::new(place(run, tcp), said(run, token)?);
            let mut owner = Owner { name: format!("O{number}"), mount, client, ledger: Ledger::default() };
            paced(run, every, |turn| owner.turn(run, turn));
            Some(owner)
        }));
    }
    for (mount, tcp) in READERS {
        clients.push(scope.spawn(move || {
            let scope = format!("read:{mount}/**");
            let mut client = Client::new(place(run, tcp), Some(said(run, token(run, &[&scope]))?));
            paced(run, every, |turn| read(run, mount, &mut client, turn));
            None
        }));
    }
    for bother in NUISANCES {
        clients.push(scope.spawn(move || {
            let narrow = said(run, token(run, &["read:bao/narrow/mine"]))?;
            let mut nuisance = nuisances::Nuisance::new(run, narrow);
            paced(run, every, |turn| bother(&mut nuisance, turn));
            None
        }));
    }
    clients
}

/// Does something at a steady pace. Who falls behind does not catch up: that would be a burst.
fn paced(run: &Run, every: Duration, mut turn: impl FnMut(u64)) {
    let mut next = Instant::now();
    for number in 0.. {
        if !run.wait_until(next) {
            return;
        }
        turn(number);
        next = (next + every).max(Instant::now());
    }
}

fn place(run: &Run, tcp: bool) -> Place {
    let daemon = &run.stage.daemon;
    if tcp { Place::Network(daemon.address()) } else { Place::Socket(daemon.socket()) }
}

fn token(run: &Run, scopes: &[&str]) -> Result<String> {
    run.stage.daemon.token(scopes, &format!("{}s", run.options.time.as_secs() + 3600))
}

/// What is there, or word of why not.
fn said<T>(run: &Run, made: Result<T>) -> Option<T> {
    made.inspect_err(|cause| run.mistake("token", "", format!("{cause:#}"))).ok()
}

/// Reads a secret that nobody changes, by the interfaces in turns.
fn read(run: &Run, mount: &'static str, client: &mut Client, turn: u64) {
    let name = if mount == SICK { format!("s/{}", turn * 7 % SICK_KEYS) } else { "shared/read".to_owned() };
    let (what, target) = match turn % 8 {
        6 => (DAPR, format!("/v1.0/secrets/{mount}/{name}")),
        7 => ("plain", format!("/runtime/v1/secrets/{mount}/{name}")),
        _ => ("read", format!("/v1/{mount}/data/{name}")),
    };
    let started = Instant::now();
    let got = client.ask("GET", &target, None);
    let right = got.status() == Some(200) && String::from_utf8_lossy(got.body()).contains(&value_of(&name));
    run.judge(&Deed { what, mount, told: &format!("GET {target}"), started }, &got, right);
}

/// Somebody with secrets of their own.
pub(crate) struct Owner {
    name: String,
    mount: &'static str,
    client: Client,
    ledger: Ledger,
}

impl Owner {
    /// Does one thing.
    fn turn(&mut self, run: &Run, turn: u64) {
        // Not in step with anything else.
        let chance = turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let key = self.key(chance % KEYS);
        match (chance >> 8) % 20 {
            0..=5 => self.write(run, &key, turn),
            6 => self.delete(run, &key),
            7..=8 => self.list(run, turn.is_multiple_of(2)),
            _ => self.read(run, &key),
        }
    }

    fn key(&self, number: u64) -> String {
        if self.mount == FILE {
            format!("SOAK_{}_{number}", self.name)
        } else {
            format!("soak/{}/k{number}", self.name)
        }
    }

    fn write(&mut self, run: &Run, key: &str, turn: u64) {
        let value = format!("{MARK} {} {turn} \"quoted\" ü", self.name);
        let body = json!({ "data": { "value": value } }).to_string();
        let method = if turn.is_multiple_of(2) { "POST" } else { "PUT" };
        let got = self.ask(run, "write", method, &format!("data/{key}"), Some(&body), |status| status / 100 == 2);
        match got.status() {
            Some(200..=299) => self.ledger.done(key, Some(value)),
            _ => self.ledger.tried(key, Some(value)),
        }
        if got.status().is_some_and(|status| status / 100 == 2) {
            self.read(run, key);
        }
    }

    fn delete(&mut self, run: &Run, key: &str) {
        let there = self.ledger.present().any(|present| present == key);
        let right = |status| status / 100 == 2 || (status == 404 && !there);
        let got = self.ask(run, "delete", "DELETE", &format!("data/{key}"), None, right);
        match got.status() {
            Some(200..=299 | 404) => self.ledger.done(key, None),
            _ => self.ledger.tried(key, None),
        }
    }

    fn read(&mut self, run: &Run, key: &str) {
        let got = self.ask(run, "read own", "GET", &format!("data/{key}"), None, |status| matches!(status, 200 | 404));
        if let Some(found) = found(&got)
            && !self.ledger.fits(key, found.as_deref())
        {
            let is = if found.is_some() { "another value is" } else { "nothing is" };
            run.mistake("lost write", self.mount, format!("{}/{key}: {is} there", self.mount));
        }
    }

    fn list(&mut self, run: &Run, by_method: bool) {
        let folder = if self.mount == FILE { String::new() } else { format!("soak/{}/", self.name) };
        let (method, query) = if by_method { ("LIST", "") } else { ("GET", "?list=true") };
        let target = format!("metadata/{folder}{query}");
        let got = self.ask(run, "list", method, &target, None, |status| matches!(status, 200 | 404));
        if !matches!(got.status(), Some(200 | 404)) {
            return;
        }
        let body: Value = serde_json::from_slice(got.body()).unwrap_or_default();
        let listed: Vec<&str> = body
            .pointer("/data/keys")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for key in self.ledger.present() {
            if !listed.contains(&key.strip_prefix(&folder).unwrap_or(key)) {
                run.mistake("lost write", self.mount, format!("{}/{key} is not listed", self.mount));
            }
        }
    }

    fn ask(
        &mut self,
        run: &Run,
        what: &'static str,
        method: &str,
        rest: &str,
        body: Option<&str>,
        right: impl Fn(u16) -> bool,
    ) -> Got {
        let target = format!("/v1/{}/{rest}", self.mount);
        let started = Instant::now();
        let got = self.client.ask(method, &target, body);
        let deed = Deed { what, mount: self.mount, told: &format!("{method} {target}"), started };
        run.judge(&deed, &got, got.status().is_some_and(right));
        got
    }

    /// Reads everything once more, also where it is stored; answers how much is lost.
    pub(crate) fn settle(mut self, run: &Run) -> u64 {
        let mut lost = 0;
        for key in self.ledger.keys().map(str::to_owned).collect::<Vec<_>>() {
            let got = self.client.ask("GET", &format!("/v1/{}/data/{key}", self.mount), None);
            let mut right = found(&got).is_some_and(|found| self.ledger.fits(&key, found.as_deref()));
            if self.mount == BAO {
                let stored = run.stage.openbao.get(&key).map(|data| data.and_then(|data| text(data.get("value"))));
                right &= stored.is_ok_and(|stored| self.ledger.fits(&key, stored.as_deref()));
            }
            if !right {
                eprintln!("lost: {}/{key}", self.mount);
                lost += 1;
            }
        }
        lost
    }
}

/// The value that a reply holds, or that there is none; nothing if it says neither.
fn found(got: &Got) -> Option<Option<String>> {
    match got {
        Got::Answer(200, body) => {
            let body: Value = serde_json::from_slice(body).ok()?;
            text(body.pointer("/data/data/value")).map(Some)
        }
        Got::Answer(404, _) => Some(None),
        _ => None,
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}
