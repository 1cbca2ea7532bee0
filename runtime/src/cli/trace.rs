//! What a backend does and says during a call, for the person who made it.

use std::sync::Arc;

use secret_runtime::{
    AccessMode, Shown,
    egress::Rule,
    manifest::Manifest,
    store::{Cached, Decision, Level, Listener, Requested},
};
use url::Url;

use super::args::Options;

/// Shows log lines, what each layer decides and, for the backend's author, requests on standard error.
#[derive(Debug)]
pub(crate) struct Listening {
    most: Level,
    /// Whether decisions are shown: with `-v`.
    decisions: bool,
    /// Whether requests are shown: with `--trace`.
    requests: bool,
    /// The request rules as they are told, in the order of the manifest.
    rules: Vec<String>,
}

impl Listening {
    /// A listener for what these options ask to see; none if nothing is to be shown.
    pub(crate) fn to(manifest: &Manifest, options: &Options) -> Option<Arc<dyn Listener>> {
        let most = match options.verbose {
            _ if options.trace => Level::Trace,
            0 => return None,
            1 => Level::Info,
            2 => Level::Debug,
            _ => Level::Trace,
        };
        let rules = manifest.rules.iter().map(rule).collect();
        Some(Arc::new(Self { most, decisions: options.verbose > 0, requests: options.trace, rules }))
    }
}

impl Listener for Listening {
    fn line(&self, level: Level, message: &str) {
        if level <= self.most {
            say!("  the backend logs: {}", Shown(message));
        }
    }

    fn request(&self, request: &Requested<'_>) {
        if self.requests {
            say!("{}", told(request, &self.rules));
        }
    }

    fn decision(&self, decision: &Decision<'_>) {
        if self.decisions
            && let Some(line) = decided(decision, &self.rules)
        {
            say!("  {line}");
        }
    }
}

/// One decision as a line; none of a decision that this program does not know.
fn decided(decision: &Decision<'_>, rules: &[String]) -> Option<String> {
    Some(match decision {
        Decision::Allowed { operation, name, mode, pattern } => {
            let mode = mode.map_or("no access mode", AccessMode::as_str);
            let pattern = pattern.map(|pattern| format!(", hosted-keys {}", Shown(pattern))).unwrap_or_default();
            format!("policy: {operation} of {} is allowed ({mode}{pattern})", Shown(name))
        }
        Decision::Barred { operation, name, rule } => {
            format!("policy: {operation} of {} is refused (rule {rule})", Shown(name))
        }
        Decision::Cache(cached) => format!("cache: {}", kept(*cached)?),
        Decision::Again { attempt, wait, because } => {
            format!("retry: attempt {attempt} after {} ms, because {because}", wait.as_millis())
        }
        Decision::Environment { answers: true } => "fallback: an environment variable answers".to_owned(),
        Decision::Environment { answers: false } => "fallback: no environment variable of this name".to_owned(),
        Decision::Rule { covers: Some(place) } => {
            let rule = rules.get(*place).map_or("a rule", String::as_str);
            format!("rule {}: {} covers the request", place + 1, Shown(rule))
        }
        Decision::Rule { covers: None } => "rule: none covers the request".to_owned(),
        Decision::Sent { origin, address, recipe } => {
            let address = address.map_or("a stand-in".to_owned(), |address| address.to_string());
            let recipe = recipe.map(|recipe| format!(", credentials added by recipe {}", Shown(recipe)));
            format!("egress: {} -> {address}{}", Shown(origin), recipe.as_deref().unwrap_or(", no credentials added"))
        }
        _ => return None,
    })
}

fn kept(cached: Cached) -> Option<&'static str> {
    Some(match cached {
        Cached::Off => "off, so the backend is asked",
        Cached::Hit => "hit",
        Cached::Miss => "miss",
        Cached::Passed => "passed, a fresh value is asked for",
        Cached::Joined => "miss, and the backend is being asked already",
        Cached::Stale => "stale, served because the upstream is away",
        _ => return None,
    })
}

fn rule(rule: &Rule) -> String {
    format!("{} {}", rule.method.as_str(), rule.path)
}

/// One request, with its query values and its body masked: they may hold what was read. What it matched follows.
fn told(request: &Requested<'_>, rules: &[String]) -> String {
    let mut text = format!("  {} {}", Shown(request.method), Shown(&masked(request.url)));
    if let Some(bytes) = request.body {
        text.push_str(&format!(", a body of {bytes} bytes"));
    }
    match &request.outcome {
        Ok(status) => text.push_str(&format!(" -> {status}")),
        Err(error) => text.push_str(&format!(" -> {}: {}", error.kind(), Shown(error.reason()))),
    }
    text.push_str(&format!(" ({:.1} ms)", request.took.as_secs_f64() * 1e3));
    match request.rule.and_then(|place| Some((place, rules.get(place)?))) {
        Some((place, rule)) => text.push_str(&format!("\n    by request rule {}: {}", place + 1, Shown(rule))),
        None => text.push_str("\n    no request rule covers it"),
    }
    text
}

/// A URL with the values of its query left out.
fn masked(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return "a URL that does not parse".to_owned() };
    if url.cannot_be_a_base() {
        return "a URL without a host".to_owned();
    }
    let query: Vec<String> = url.query_pairs().map(|(key, _)| format!("{key}=…")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{}{}{query}", url.origin().ascii_serialization(), url.path())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::time::Duration;

    use secret_runtime::{Error, Kind};

    use super::*;

    #[test]
    fn a_request_is_told_without_what_it_may_carry() {
        let rules = ["GET /a{/name*}".to_owned()];
        let request = |outcome, rule| Requested {
            method: "POST",
            url: "https://user:canary@upstream.example:8200/a/b?x=canary&y=canary#canary",
            body: Some(7),
            rule,
            outcome,
            took: Duration::from_micros(1500),
        };
        insta::assert_snapshot!(told(&request(Ok(404), Some(0)), &rules), @r"
          POST https://upstream.example:8200/a/b?x=…&y=…, a body of 7 bytes -> 404 (1.5 ms)
            by request rule 1: GET /a{/name*}
        ");
        let refused = Error::new(Kind::Refused, "read may not send it");
        insta::assert_snapshot!(told(&request(Err(&refused), None), &rules), @r"
          POST https://upstream.example:8200/a/b?x=…&y=…, a body of 7 bytes -> refused: read may not send it (1.5 ms)
            no request rule covers it
        ");
    }

    #[test]
    fn each_decision_is_a_line() {
        use secret_runtime::Operation::Read;
        let rules = ["GET /a{/name*}".to_owned()];
        let mode = Some(AccessMode::ReadOnly);
        let lines: Vec<_> = [
            Decision::Allowed { operation: Read, name: "OPENAI_\u{1b}", mode, pattern: Some("OPENAI_*") },
            Decision::Allowed { operation: Read, name: "KEY", mode: None, pattern: None },
            Decision::Barred { operation: Read, name: "KEY", rule: "hosted-keys" },
            Decision::Cache(Cached::Off),
            Decision::Cache(Cached::Hit),
            Decision::Again { attempt: 2, wait: Duration::from_millis(200), because: Kind::Unavailable },
            Decision::Environment { answers: true },
            Decision::Rule { covers: Some(0) },
            Decision::Rule { covers: Some(7) },
            Decision::Rule { covers: None },
            Decision::Sent {
                origin: "https://host:8200",
                address: Some(([10, 0, 0, 1], 8200).into()),
                recipe: Some("token"),
            },
            Decision::Sent { origin: "https://host:8200", address: None, recipe: None },
        ]
        .iter()
        .filter_map(|decision| decided(decision, &rules))
        .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_url_that_is_none_is_not_repeated() {
        for url in ["canary", "", "data:canary"] {
            assert!(!masked(url).contains("canary"), "{url}");
        }
    }
}
