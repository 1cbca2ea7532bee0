//! What a backend does and says during a call, for the person who made it.

use std::sync::Arc;

use secret_runtime::{
    Shown,
    egress::Rule,
    manifest::Manifest,
    store::{Level, Listener, Requested},
};
use url::Url;

use super::args::Options;

/// Shows log lines and, for its author, requests on standard error.
#[derive(Debug)]
pub(crate) struct Listening {
    most: Level,
    /// The request rules as they are told, in the order of the manifest; none without `--trace`.
    rules: Option<Vec<String>>,
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
        let rules = options.trace.then(|| manifest.rules.iter().map(rule).collect());
        Some(Arc::new(Self { most, rules }))
    }
}

impl Listener for Listening {
    fn line(&self, level: Level, message: &str) {
        if level <= self.most {
            say!("  the backend logs: {}", Shown(message));
        }
    }

    fn request(&self, request: &Requested<'_>) {
        if let Some(rules) = &self.rules {
            say!("{}", told(request, rules));
        }
    }
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
    fn a_url_that_is_none_is_not_repeated() {
        for url in ["canary", "", "data:canary"] {
            assert!(!masked(url).contains("canary"), "{url}");
        }
    }
}
