//! `inspect`: what a component declares, without running it.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

use secret_runtime::{Component, Shown, egress::Rule, manifest::Manifest};
use serde_json::{Value, json};

use super::{
    Failed,
    args::{Inspect, Options},
    configuration, load, output,
};

pub(crate) fn run(options: &Options, command: &Inspect) -> Result<ExitCode, Failed> {
    let config = configuration::read(options)?;
    let found = load::find(command.file.as_deref().or(options.backend.as_deref()), config.as_ref())?;
    let component = Component::from_file(&found.path)?;
    output::either(options.output, &words(&component), &facts(&component))
}

/// For people.
fn words(component: &Component) -> String {
    let manifest = component.manifest();
    let mut text = String::new();
    let mut row = |name: &str, values: Vec<String>| {
        for (index, value) in values.iter().enumerate() {
            let _ = writeln!(text, "{:<12} {}", if index == 0 { name } else { "" }, Shown(value));
        }
    };
    if component.has_manifest() {
        row("name", vec![manifest.name.clone()]);
        row("version", vec![manifest.version.clone()]);
        row("description", vec![manifest.description.clone()]);
    } else {
        row("manifest", vec!["none: it can be given nothing but settings by --set (`runtime pack` puts it in, strip tools remove it)".to_owned()]);
    }
    row("digest", vec![component.digest().to_string()]);
    row("exports", component.exports().to_vec());
    row("imports", component.imports().iter().filter(|import| !is_standard(import)).cloned().collect());
    row("standard", standard(component.imports()));
    row("origins", origins(manifest));
    row("requests", requests(manifest));
    row("credentials", credentials(manifest));
    row("recipes", manifest.recipes.iter().map(recipe).collect());
    row("config", settings(manifest));
    row("options", manifest.options.keys().cloned().collect());
    if let Some(storage) = &manifest.storage {
        row("storage", vec![if storage.writes { "read and write" } else { "read" }.to_owned()]);
    }
    text
}

fn is_standard(import: &str) -> bool {
    import.starts_with("wasi:")
}

/// The standard interfaces among its imports, a line for each package.
fn standard(imports: &[String]) -> Vec<String> {
    let mut packages: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for import in imports.iter().filter(|import| is_standard(import)) {
        let (name, version) = import.split_once('@').unwrap_or((import, ""));
        let (package, interface) = name.split_once('/').unwrap_or((name, ""));
        packages.entry((package, version)).or_default().push(interface);
    }
    let line = |((package, version), interfaces): ((&str, &str), Vec<&str>)| {
        format!("{package}@{version}: {}", interfaces.join(", "))
    };
    packages.into_iter().map(line).collect()
}

fn origins(manifest: &Manifest) -> Vec<String> {
    let urls = |urls: &[secret_runtime::manifest::UrlTemplate]| {
        urls.iter().map(ToString::to_string).collect::<Vec<_>>().join(", else ")
    };
    manifest.origins.iter().map(|origin| format!("{} = {}", origin.name, urls(&origin.urls))).collect()
}

fn requests(manifest: &Manifest) -> Vec<String> {
    let rule = |rule: &Rule| {
        let phases: Vec<_> = rule.phases.iter().map(|phase| phase.as_str()).collect();
        format!("{rule} for {}", phases.join(", "))
    };
    let mut told = Vec::new(); // rules that differ in their body alone are one line
    for line in manifest.rules.iter().map(rule) {
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

fn credentials(manifest: &Manifest) -> Vec<String> {
    let source = |(name, credential): (&String, &secret_runtime::manifest::Credential)| {
        let mut from = credential.env.clone();
        from.extend(credential.env_file.iter().map(|variable| format!("the file named by {variable}")));
        from.extend(credential.file.clone());
        format!("{name} from {}", from.join(", "))
    };
    manifest.credentials.iter().map(source).collect()
}

fn recipe(recipe: &secret_runtime::manifest::Recipe) -> String {
    let mut about = Vec::new();
    if let Some(mtls) = &recipe.mtls {
        let [certificate, key] =
            [&mtls.certificate, &mtls.key].map(|part| part.placeholders().collect::<Vec<_>>().join(" and "));
        about.push(format!("shows {certificate} as a client certificate; its {key} is never sent"));
    }
    if let Some(exchange) = &recipe.exchange {
        about.push(format!("asks {} for a token", exchange.request.url));
    }
    if let Some(identity) = &recipe.identity {
        about.push(format!("{} identity; `runtime trust` tells whose, and where it goes", identity.kind.as_str()));
    }
    if about.is_empty() { recipe.name.clone() } else { format!("{} ({})", recipe.name, about.join("; ")) }
}

fn settings(manifest: &Manifest) -> Vec<String> {
    let setting = |(name, config): (&String, &secret_runtime::manifest::Config)| {
        let mut text = name.clone();
        if !config.env.is_empty() {
            let _ = write!(text, " from {}", config.env.join(", "));
        }
        if config.required {
            text.push_str(", required");
        }
        if let Some(help) = &config.help {
            let _ = write!(text, " ({help})");
        }
        text
    };
    manifest.config.iter().map(setting).collect()
}

/// For programs.
fn facts(component: &Component) -> Value {
    let manifest = component.manifest();
    json!({
        "name": manifest.name,
        "version": manifest.version,
        "description": manifest.description,
        "manifest": component.has_manifest(),
        "digest": component.digest().to_string(),
        "exports": component.exports(),
        "imports": component.imports(),
        "operations": component.operations().iter().map(|operation| operation.as_str()).collect::<Vec<_>>(),
        "origins": manifest.origins.iter().map(|origin| json!({
            "name": origin.name,
            "urls": origin.urls.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "requests": manifest.rules.iter().map(request).collect::<Vec<_>>(),
        "credentials": manifest.credentials.iter().map(|(name, credential)| (name.clone(), json!({
            "env": credential.env, "env_file": credential.env_file, "file": credential.file,
        }))).collect::<serde_json::Map<_, _>>(),
        "recipes": manifest.recipes.iter().map(|recipe| recipe.name.as_str()).collect::<Vec<_>>(),
        "config": manifest.config.iter().map(|(name, config)| (name.clone(), json!({
            "env": config.env, "required": config.required, "help": config.help,
        }))).collect::<serde_json::Map<_, _>>(),
        "options": manifest.options.keys().collect::<Vec<_>>(),
        "storage": manifest.storage.as_ref().map(|storage| if storage.writes { "read-write" } else { "read" }),
    })
}

fn request(rule: &Rule) -> Value {
    let mut told = json!({
        "for": rule.phases.iter().map(|phase| phase.as_str()).collect::<Vec<_>>(),
        "origin": rule.origin,
        "method": rule.method.as_str(),
        "path": rule.path.to_string(),
    });
    let headers: BTreeMap<_, _> = rule.fixed_headers().map(|(name, value)| (name, value.to_string())).collect();
    if let (false, Some(told)) = (headers.is_empty(), told.as_object_mut()) {
        told.insert("headers".into(), json!(headers));
    }
    told
}
