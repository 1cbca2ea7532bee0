//! What a backend would be granted, in words a person can weigh.

use std::{borrow::Cow, fmt::Write as _};

use crate::{
    candidate::Candidate,
    egress::{origin::Origin, rules::Rule},
    grant::{CredentialOrigin, Facts, GrantedStorage},
    manifest::{Manifest, Phase, Scope, Value, path::Segment},
    store::Operation,
    text::Shown,
};

/// Says what an address of an origin is, such as `10.1.2.3, private`; none where it can't be told.
pub type Addresses<'a> = &'a dyn Fn(&Origin) -> Option<String>;

impl Candidate {
    /// The set that would be granted, as lines of plain words: the author's words first and marked as such, the
    /// runtime's own statements last.
    pub fn describe(&self, addresses: Addresses<'_>) -> String {
        let (manifest, facts) = (self.component().manifest(), self.facts());
        let mut text = String::new();
        let _ = heading(&mut text, self);
        let _ = origins(&mut text, self, manifest, addresses);
        let _ = credentials(&mut text, facts);
        let _ = reach(&mut text, facts);
        let _ = shared(&mut text, self, manifest);
        text
    }
}

fn heading(text: &mut String, candidate: &Candidate) -> std::fmt::Result {
    let component = candidate.component();
    if !component.has_manifest() {
        writeln!(text, "{}", component.digest())?;
        return writeln!(text, "It declares nothing, so it gets nothing but the settings you give it.");
    }
    let manifest = component.manifest();
    writeln!(text, "{} {}, {}", Shown(&manifest.name), Shown(&manifest.version), component.digest())?;
    if !manifest.description.is_empty() {
        writeln!(text, "Its author says: \"{}\"", Shown(&manifest.description))?;
    }
    let operations: Vec<_> = component.operations().into_iter().map(Operation::as_str).collect();
    writeln!(text, "It supports {}.", listed(&operations))
}

fn origins(
    text: &mut String,
    candidate: &Candidate,
    manifest: &Manifest,
    addresses: Addresses<'_>,
) -> std::fmt::Result {
    for origin in candidate.origins() {
        let about = addresses(origin).map(|about| format!(" ({})", Shown(&about))).unwrap_or_default();
        match candidate.is_alone() {
            true => writeln!(text, "It may ask a stand-in for {}; nothing is sent:", Shown(&origin.url()))?,
            false => writeln!(text, "It may call {}{about}:", Shown(&origin.url()))?,
        }
        let mut told = Vec::new(); // rules that differ in their body alone are one line
        for rule in manifest.rules.iter().filter(|rule| rule.origin.as_ref().is_none_or(|name| *name == origin.name)) {
            let headers: String = rule.fixed_headers().map(|(name, value)| format!(" {name}: {value}")).collect();
            let line = (words(&rule.phases), format!("{} {}{headers}", rule.method.as_str(), path(rule, candidate)));
            if !told.contains(&line) {
                told.push(line);
            }
        }
        let width = told.iter().map(|(purpose, _)| purpose.len()).max().unwrap_or_default();
        for (purpose, request) in told {
            writeln!(text, "  {purpose:<width$}  {request}")?;
        }
    }
    Ok(())
}

fn credentials(text: &mut String, facts: &Facts) -> std::fmt::Result {
    for credential in &facts.credentials {
        let name = Shown(&credential.name);
        let from = credential.from.to_string();
        let from = Shown(&from);
        if matches!(credential.from, CredentialOrigin::Identity(_)) {
            writeln!(
                text,
                "The {name} identity is {from}. The runtime uses it at {}; the backend never sees its credentials.",
                listed(&credential.to)
            )?;
            continue;
        }
        let uses = [
            (&credential.to, "is sent to", "by the runtime; the backend never sees it"),
            (&credential.shown, "is a certificate, shown to", "by the runtime when it connects"),
            (&credential.proves, "is a key, used for connecting to", "and never sent; the backend never sees it"),
        ];
        for (origins, how, and) in uses.into_iter().filter(|(origins, ..)| !origins.is_empty()) {
            writeln!(text, "The credential {name} in {from} {how} {} {and}.", listed(origins))?;
        }
    }
    Ok(())
}

fn reach(text: &mut String, facts: &Facts) -> std::fmt::Result {
    if !facts.variables.is_empty() {
        let variables: Vec<_> = facts.variables.iter().map(String::as_str).collect();
        writeln!(text, "It can read {} from your environment, as settings.", listed(&variables))?;
    }
    match &facts.storage {
        Some(GrantedStorage::Read(path)) => writeln!(text, "It can read the file {}.", Shown(&path.to_string_lossy()))?,
        Some(GrantedStorage::ReadWrite(path)) => {
            writeln!(text, "It can read and change the file {}.", Shown(&path.to_string_lossy()))?;
        }
        Some(GrantedStorage::Environment(names)) => {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            writeln!(text, "It can read {} from your environment, as secrets.", listed(&names))?;
        }
        None => {}
    }
    let file = matches!(facts.storage, Some(GrantedStorage::Read(_) | GrantedStorage::ReadWrite(_)));
    let files = if file { "read any other file" } else { "read files" };
    let hosts = if facts.origins.is_empty() { "use the network" } else { "reach any other host" };
    writeln!(text, "It can't {files}, {hosts} or start programs.")?;
    if !facts.origins.is_empty() {
        writeln!(text, "It sees the values it fetches, and could send them to the hosts named above.")?;
    }
    Ok(())
}

/// Says where hosted keys can't hold: where many secrets are in one place, which the backend sees whole.
fn shared(text: &mut String, candidate: &Candidate, manifest: &Manifest) -> std::fmt::Result {
    let scope = Example(candidate);
    let nameless = |rule: &&Rule| {
        let words = rule.placeholders();
        rule.phases.contains(&Phase::Read)
            && !words.contains(&"name")
            && words.iter().all(|word| Phase::Read.call_words().contains(word) || candidate.setting(word).is_some())
            && !rule.is_off(&scope)
    };
    let file = matches!(candidate.facts().storage, Some(GrantedStorage::Read(_) | GrantedStorage::ReadWrite(_)));
    if file || manifest.rules.iter().any(|rule| nameless(&rule)) {
        writeln!(text, "It sees all secrets that are kept together there: hosted-keys bind callers, not the backend.")?;
    }
    Ok(())
}

/// The phases of a rule as one word each operation, where it covers all of it.
pub(crate) fn words(phases: &[Phase]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for operation in Operation::ALL {
        let of: Vec<_> = phases.iter().filter(|phase| phase.operation() == operation).collect();
        let all = Phase::named(operation.as_str()).map_or(0, <[Phase]>::len);
        match of.as_slice() {
            [] => {}
            of if of.len() == all => words.push(operation.as_str()),
            of => words.extend(of.iter().map(|phase| phase.as_str())),
        }
    }
    words.join(", ")
}

/// A rule's path with the settings filled in, and the words of a call in capitals.
fn path(rule: &Rule, candidate: &Candidate) -> String {
    let segments = rule.path.segments(&Example(candidate)).filter(|_| !rule.is_off(&Example(candidate)));
    let Some(segments) = segments else {
        return format!("{} (switched off by your settings)", rule.path);
    };
    let mut path = String::new();
    for segment in segments.segments {
        let _ = match segment {
            Segment::Is(text) => write!(path, "/{}", Shown(&text)),
            Segment::Any => write!(path, "/*"),
        };
    }
    if segments.open {
        path.push_str("/**");
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

impl Candidate {
    /// Whether the settings switch a rule off.
    pub(crate) fn switches_off(&self, rule: &Rule) -> bool {
        let scope = Example(self);
        rule.path.segments(&scope).is_none() || rule.is_off(&scope)
    }
}

/// Settings as they are; what only a call can say, in capitals.
struct Example<'a>(&'a Candidate);

impl Scope for Example<'_> {
    fn value(&self, name: &str) -> Option<Value<'_>> {
        match name {
            "version" | "cursor" | "days" | "permanent" => None,
            "name" | "prefix" | "folder" | "limit" | "value" | "description" | "tags" | "expires-at" | "stored" => {
                Some(Value::Text(Cow::Owned(name.to_ascii_uppercase())))
            }
            setting => self.0.setting(setting).map(|value| Value::Text(Cow::Borrowed(value))),
        }
    }
}

/// Items as words. Each is capped by itself, so that a long one does not hide what follows.
fn listed(items: &[impl AsRef<str>]) -> String {
    match items {
        [] => "nothing".to_owned(),
        [one] => Shown(one.as_ref()).to_string(),
        [rest @ .., last] => {
            let rest: Vec<_> = rest.iter().map(|item| Shown(item.as_ref()).to_string()).collect();
            format!("{} and {}", rest.join(", "), Shown(last.as_ref()))
        }
    }
}
