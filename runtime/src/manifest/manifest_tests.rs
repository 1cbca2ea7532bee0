//! Tests of whole manifests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use super::{
    recipe::{Injection, Lifetime, ScopeMatch, TokenPlace},
    *,
};

const HEAD: &str = "manifest = 1\nname = \"x\"\nversion = \"0.1.0\"\n";

fn read(rest: &str) -> Result<Manifest, ManifestError> {
    Manifest::parse(&format!("{HEAD}{rest}"))
}

/// The error that this manifest gives, as it is shown.
fn error(rest: &str) -> String {
    read(rest).map(|_| format!("{rest} was accepted")).unwrap_or_else(|error| error.to_string())
}

#[test]
fn the_manifests_of_all_backends_are_read() {
    const NONE: &[&str] = &[];
    for (name, text, recipes) in [
        ("agent-secret-store", include_str!("../../../guests/agent-secret-store/backend.toml"), &["agent-key"] as &[_]),
        ("aws-kms", include_str!("../../../guests/aws-kms/backend.toml"), &["aws-sigv4"]),
        ("aws-secrets-manager", include_str!("../../../guests/aws-secrets-manager/backend.toml"), &["aws-sigv4"]),
        (
            "azure-key-vault",
            include_str!("../../../guests/azure-key-vault/backend.toml"),
            &["client-secret", "certificate", "workload", "managed"],
        ),
        ("conjur", include_str!("../../../guests/conjur/backend.toml"), &["key", "jwt", "cert", "cert-authn"]),
        ("dotenv", include_str!("../../../guests/dotenv/backend.toml"), NONE),
        ("env", include_str!("../../../guests/env/backend.toml"), NONE),
        ("google-kms", include_str!("../../../guests/google-kms/backend.toml"), &["google"]),
        ("google-secret-manager", include_str!("../../../guests/google-secret-manager/backend.toml"), &["google"]),
        (
            "vault",
            include_str!("../../../guests/vault/backend.toml"),
            &["approle", "cert", "token", "jwt", "kubernetes"],
        ),
    ] {
        let manifest = Manifest::parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(manifest.name, name);
        let names: Vec<_> = manifest.recipes.iter().map(|recipe| recipe.name.as_str()).collect();
        assert_eq!(names, recipes, "{name}");
    }
}

#[test]
fn the_smallest_useful_manifest_is_small() {
    let manifest = read(
        r#"
        config.address = { required = true }
        credentials.token = { env = ["EXAMPLE_TOKEN"] }
        origin = [{ name = "api", url = "{address}" }]
        request = [{ for = ["read"], method = "GET", path = "/secret/{name}" }]
        recipe = [{ name = "token", inject = { bearer = "{token}" } }]"#,
    )
    .unwrap();
    assert_eq!(manifest.recipe("token").unwrap().renew_on, [401]);
    assert_eq!(manifest.recipe("token").unwrap().placeholders(), ["token"]);
}

#[test]
fn a_recipe_is_read_as_it_is_written() {
    let vault = Manifest::parse(include_str!("testdata/vault.toml")).unwrap();
    let approle = vault.recipe("approle").unwrap();
    let exchange = approle.exchange.as_ref().unwrap();
    assert!(
        matches!(&approle.inject.as_ref().unwrap().what, Injection::Header { name, .. } if name == "x-vault-token")
    );
    assert_eq!(approle.renew_on, [403]);
    assert_eq!(exchange.lifetime, Lifetime::Seconds(json::Pointer::parse("/auth/lease_duration").unwrap()));
    assert_eq!(exchange.refused, [400]);
    assert!(exchange.scopes_of(Phase::Check).is_some_and(<[_]>::is_empty));
    let conjur = Manifest::parse(include_str!("testdata/conjur.toml")).unwrap();
    let exchange = conjur.recipe("key").unwrap().exchange.as_ref().unwrap();
    assert_eq!(
        (&exchange.token, exchange.base64, &exchange.lifetime),
        (&TokenPlace::Text, true, &Lifetime::Fixed(300))
    );
}

#[test]
fn a_scope_for_one_mode_counts_before_that_for_all() {
    let store = Manifest::parse(include_str!("testdata/agent-secret-store.toml")).unwrap();
    let exchange = store.recipe("agent-key").unwrap().exchange.as_ref().unwrap();
    let count = |phase| exchange.scopes_of(phase).map(<[_]>::len);
    assert_eq!(count(Phase::WriteUpsert), Some(1));
    assert_eq!(count(Phase::WriteCreateOnly), Some(2));
    assert_eq!(count(Phase::DeletePermanent), Some(1));
    assert_eq!(count(Phase::Check), None);
    assert_eq!(exchange.scope_match, ScopeMatch::Glob);
    assert_eq!(exchange.outcomes[0].error, crate::error::Kind::ApprovalRequired);
}

#[test]
fn options_that_steer_where_a_call_goes_are_known() {
    let vault = Manifest::parse(include_str!("testdata/vault.toml")).unwrap();
    assert_eq!(vault.place_options(), ["mount", "namespace", "path-prefix"]);
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    for (text, message) in [
        ("descripton = 'x'", "unknown key \"descripton\"; did you mean \"description\"?"),
        ("[config]\na = { requird = true }", "config.a: unknown key \"requird\"; did you mean \"required\"?"),
        (
            "[[origin]]\nname = 'a'\nurl = 'https://a.example'\n[[request]]\nfor = ['check']\nmethod = 'GET'\npath = '/'\n\
             [[request]]\nfor = ['read']\nmethd = 'GET'\npath = '/'",
            "request[2]: unknown key \"methd\"; did you mean \"method\"?",
        ),
        ("[storage]\nmode = 'read'\nform = ['file']\nzebra = 1", "storage: unknown key \"zebra\""),
        ("\"\\u001b[31m\" = 1", "unknown key \"\\u{1b}[31m\""),
    ] {
        assert_eq!(error(text), message);
    }
    assert_eq!(
        Manifest::parse("manifest = 1\nnam = 'x'").unwrap_err().to_string(),
        "unknown key \"nam\"; did you mean \"name\"?",
    );
}

#[test]
fn a_manifest_that_can_not_be_read_says_where() {
    assert!(matches!(Manifest::parse("manifest = 1\nname = "), Err(ManifestError::Toml { line: 2, .. })));
    assert!(matches!(Manifest::parse("a = 1\na = 2"), Err(ManifestError::Toml { line: 2, .. })));
    assert_eq!(Manifest::parse("manifest = 2").unwrap_err().to_string(), "manifest: this runtime reads manifest = 1");
    assert_eq!(Manifest::parse("").unwrap_err().to_string(), "\"manifest\" is missing");
    assert_eq!(error("description = 7"), "description: must be a string, not integer");
}

/// A manifest with one origin, one rule that holds this, and whatever else.
fn with_rule(rule: &str, rest: &str) -> String {
    format!(
        "config.mount = {{}}\ncredentials.token = {{}}\norigin = [{{ name = 'o', url = 'https://a.example' }}]\n{rest}\n\
         [[request]]\nfor = ['read']\nmethod = 'GET'\n{rule}"
    )
}

#[test]
fn a_rule_that_can_not_be_is_refused() {
    for (rule, message) in [
        ("path = '/{nam}'", "request[1]: {nam} is not known; did you mean {name}?"),
        ("path = '/{token}'", "request[1]: {token} is a credential, which only a recipe may use"),
        ("path = '/{prefix}'", "request[1]: {prefix} has no meaning here"),
        ("path = '/{exchanged}'", "request[1]: {exchanged} has no meaning here"),
        ("path = '/a//b'", "request[1].path: a path has no empty segments"),
        ("path = '/'\norigin = 'p'", "request[1].origin: unknown key \"p\"; did you mean \"o\"?"),
        ("path = '/'\nheader = { Host = '*' }", "request[1].header.Host: is a header that only the host writes"),
        ("path = '/'\nheader = { cookie = '*' }", "request[1].header.cookie: is a header that a backend may not send"),
        ("path = '/'\nheader = { 'X Y' = '*' }", "request[1].header.X Y: is not the name of a header"),
        ("path = '/'\nheader = { a = '*', 'A?' = '*' }", "request[1].header.a: is empty or named twice"),
        ("path = '/'\nbody = 'x'", "request[1].body: can only be \"*\"; use json, form or text to say more"),
        ("path = '/'\nbody = '*'\ntext = 'x'", "request[1]: has more than one of json, form, text and body"),
        ("path = '/'\njson = { a = '*' }", "request[1].json.a: a JSON pointer begins with /"),
        ("path = '/'\njson = { '/a' = '*', '/a/b' = 'x' }", "request[1].json./a/b: overlaps with another pointer"),
        ("path = '/'\njson = { '/a' = '*', '/a?' = 'x' }", "request[1].json./a?: overlaps with another pointer"),
        ("path = '/'\njson = { '/a' = 1.5 }", "request[1].json./a: JSON here has no floats and no dates"),
        ("path = '/'\ntext = '{name:map}'", "request[1].text: map and rows make JSON, which can't stand here"),
    ] {
        assert_eq!(error(&with_rule(rule, "")), message, "{rule}");
    }
    for (line, message) in [
        ("for = ['write', 'wirte']", "request[1].for[2]: must be one of read, exists"),
        ("for = []", "request[1].for: names no operation"),
        ("for = ['read']\nmethod = 'get'", "request[1].method: must be one of GET"),
        ("for = ['read']\nmethod = 'CONNECT'", "request[1].method: must be one of GET"),
    ] {
        let shown = error(&format!("[[request]]\n{line}"));
        assert!(shown.starts_with(message), "{shown}");
    }
    assert_eq!(
        error("[[request]]\nfor = ['read']\nmethod = 'GET'\npath = '/'"),
        "request[1]: there is no [[origin]] it could go to",
    );
}

#[test]
fn a_recipe_that_can_not_be_is_refused() {
    const RULE: &str = "path = '/'";
    let recipe = |toml: &str| error(&with_rule(RULE, &format!("recipe = [{{ name = 'r', {toml} }}]")));
    for (toml, message) in [
        ("needs = []", "recipe[1]: it does nothing: a recipe has inject, exchange, identity or mtls"),
        (
            "needs = ['mont'], inject = { bearer = '{token}' }",
            "recipe[1].needs: unknown key \"mont\"; did you mean \"mount\"?",
        ),
        ("inject = { bearer = '{exchanged}' }", "recipe[1].inject: {exchanged} has no meaning here"),
        ("inject = { bearer = '{name}' }", "recipe[1].inject: {name} has no meaning here"),
        (
            "inject = { header = 'X' }",
            "recipe[1].inject: has one of header and value, bearer, basic, or query and value",
        ),
        (
            "inject = { header = 'Host', value = '{token}' }",
            "recipe[1].inject.header: is a header that only the host writes",
        ),
        (
            "inject = { bearer = '{token}', origin = 'q' }",
            "recipe[1].inject.origin: unknown key \"q\"; did you mean \"o\"?",
        ),
        (
            "inject = { bearer = '{token}' }, renew-on = [42]",
            "recipe[1].renew-on[1]: must be an HTTP status, 100 to 599",
        ),
        ("mtls = { certificate = '{mount}', key = '{token}' }", "recipe[1].mtls: {mount} has no meaning here"),
        ("identity = { kind = 'aws' }", "recipe[1].identity.kind: must be \"aws-sigv4\", \"google\" or \"azure\""),
        (
            "identity = { kind = 'google', scope = 'x' }",
            "recipe[1].identity: unknown key \"scope\"; did you mean \"scopes\"?",
        ),
    ] {
        assert_eq!(recipe(toml), message, "{toml}");
    }
    let exchange = |toml: &str| {
        recipe(&format!(
            "inject = {{ bearer = '{{exchanged}}' }}, exchange = {{ method = 'POST', url = 'https://a.example/t', {toml} }}"
        ))
    };
    for (toml, message) in [
        ("lifetime = { seconds = 1 }", "recipe[1].exchange: \"token\" is missing"),
        (
            "token = {}, lifetime = { seconds = 1 }",
            "recipe[1].exchange.token: has either json = \"/pointer\" or text = true",
        ),
        (
            "token = { text = true }, lifetime = { seconds = 0 }",
            "recipe[1].exchange.lifetime: has either json = \"/pointer\" or seconds = 300",
        ),
        (
            "token = { text = true }, lifetime = { seconds = 1 }, text = '{name}'",
            "recipe[1].exchange: {name} has no meaning here",
        ),
        (
            "token = { text = true }, lifetime = { seconds = 1 }, text = '{scopes}'",
            "recipe[1].exchange: {scopes} has no meaning here",
        ),
        (
            "token = { text = true }, lifetime = { seconds = 1 }, scopes = { read = ['{value}'] }",
            "recipe[1].exchange.scopes.read: {value} has no meaning here",
        ),
        (
            "token = { text = true }, lifetime = { seconds = 1 }, outcome = [{ error = 'denied' }]",
            "recipe[1].exchange.outcome[1]: matches every reply: it needs a status or json",
        ),
        (
            "token = { text = true }, lifetime = { seconds = 1 }, outcome = [{ status = [400], error = 'denied', code = 'X' }]",
            "recipe[1].exchange.outcome: unknown key \"X\"",
        ),
    ] {
        assert_eq!(exchange(toml), message, "{toml}");
    }
    let twice =
        "recipe = [{ name = 'r', inject = { bearer = '{token}' } }, { name = 'r', inject = { bearer = '{token}' } }]";
    assert_eq!(error(&with_rule(RULE, twice)), "recipe: two are called r");
    assert_eq!(
        error(&with_rule(
            "path = '/'\nheader = { X-Token = '*' }",
            "recipe = [{ name = 'r', inject = { header = 'x-token', value = '{token}' } }]",
        )),
        "request[1].header: pins the header x-token, which the recipe r injects",
    );
}

#[test]
fn a_declaration_that_can_not_be_is_refused() {
    for (text, message) in [
        (
            "config.a = { env = ['GITHUB_TOKEN'] }",
            "config.a.env[1]: GITHUB_TOKEN looks like a credential; declare it under [credentials]",
        ),
        (
            "config.a = { env = ['VAULT_SECRET_ID'] }",
            "config.a.env[1]: VAULT_SECRET_ID looks like a credential; declare it under [credentials]",
        ),
        (
            "config.a = { env = ['IDENTITY_HEADER'] }",
            "config.a.env[1]: IDENTITY_HEADER looks like a credential; declare it under [credentials]",
        ),
        (
            "config.a = { env = ['my_api_key'] }",
            "config.a.env[1]: my_api_key looks like a credential; declare it under [credentials]",
        ),
        (
            "origin = [{ name = 'a', url = 'https://a.example', ca = ['DB_DSN'] }]",
            "origin[1].ca[1]: DB_DSN looks like a credential; declare it under [credentials]",
        ),
        ("config.a = { env = ['A B'] }", "config.a.env[1]: must be the name of an environment variable"),
        (
            "config.a = { env = ['ROLE_ID'] }\ncredentials.b = { env = ['ROLE_ID'] }",
            "config.a.env: reads a variable of the credential b",
        ),
        ("config.A = {}", "config.A: a name has 1 to 64 of a-z, 0-9 and -"),
        ("config.value = {}", "config.value: a word of the host is called that already"),
        ("config.a = {}\ncredentials.a = {}", "credentials.a: a setting is called that already"),
        ("config.a = { default = '{b}' }\nconfig.b = { default = '{a}' }", "config.a.default: leads in a circle"),
        (
            "config.a = { default = '{token}' }\ncredentials.token = {}",
            "config.a.default: {token} is a credential, which only a recipe may use",
        ),
        ("origin = [{ name = 'a', url = [] }]", "origin[1].url: names no URL"),
        (
            "origin = [{ name = 'a', url = 'https://x.{aws.suffix}' }]",
            "origin[1].url: {aws.suffix} has no meaning here",
        ),
        (
            "origin = [{ name = 'a', url = 'https://*.example.com' }]\ncredentials.t = {}\nrecipe = [{ name = 'r', inject = { bearer = '{t}' } }]",
            "origin[1].url: is a wildcard, and a credential goes to exact origins only",
        ),
        ("storage = { mode = 'write', form = ['file'] }", "storage.mode: must be \"read\" or \"read-write\""),
        ("storage = { mode = 'read', form = [] }", "storage.form: must name \"file\", \"environment\" or both"),
        (
            "delete = { days = { min = 9, max = 7 } }",
            "delete.days: min may not be above max, and default lies between them",
        ),
        ("codes = ['a b']", "codes[1]: a code has 1 to 64 letters, digits, -, _ and ."),
    ] {
        assert_eq!(error(text), message);
    }
    assert_eq!(
        Manifest::parse("manifest = 1\nname = 'x'\nversion = '1'").unwrap_err().to_string(),
        "version: must be a version such as 1.2.3",
    );
    assert!(read("config.a = {}\noptions.a = {}").is_ok(), "a setting is the default of the option of its name");
    assert!(read("origin = [{ name = 'a', url = 'https://*.example.com' }]").is_ok());
}
