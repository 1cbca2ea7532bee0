#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

const VERSION: &str = "4387e9f3d6e14c459867679a90fd0f79";

fn bundle(more: &str) -> Response {
    Response::new(200, format!(r#"{{"id":"https://v.vault.azure.net/secrets/Key/{VERSION}"{more}}}"#))
}

fn read(response: &Response) -> Result<Secret> {
    Item::of(response, "key")?.into_secret()
}

#[test]
fn a_value_comes_with_its_version_its_end_and_what_lies_beside_it() {
    let secret = read(&bundle(
        r#","value":" \"ö\"\n","contentType":"text/plain","tags":{"team":"a"},
        "attributes":{"enabled":true,"nbf":1,"exp":2,"created":3,"updated":4,"recoveryLevel":"Recoverable"}"#,
    ));
    let secret = secret.unwrap();
    assert_eq!(secret.value, " \"ö\"\n".as_bytes());
    assert_eq!((secret.version.as_deref(), secret.expires_at), (Some(VERSION), Some(2000)));
    let beside = [("contentType", "text/plain"), ("created", "3"), ("nbf", "1"), ("team", "a"), ("updated", "4")];
    assert_eq!(secret.metadata, beside.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn what_is_no_secret_of_this_name_is_malformed() {
    let replies = [
        bundle(""),
        bundle(r#","value":null"#),
        bundle(r#","value":1"#),
        bundle(r#","value":"\ud800""#),
        bundle(r#","value":"v","attributes":{"exp":"soon"}"#),
        Response::new(200, r#"{"value":"v"}"#),
        Response::new(200, r#"{"value":"v","id":"https://v.vault.azure.net/secrets/other/1"}"#),
        Response::new(200, r#"{"value":"v","id":"https://v.vault.azure.net/secrets/key"}"#),
        Response::new(200, r#"{"value":"v","id":"https://v.vault.azure.net/keys/key/1"}"#),
        Response::new(200, r#"{"value":[],"nextLink":null}"#),
        Response::new(200, ""),
        Response::new(200, [0xff]),
    ];
    for reply in replies {
        assert!(matches!(read(&reply), Err(Error::Malformed(_))), "{}", String::from_utf8_lossy(&reply.body));
    }
}

fn here() -> Url {
    Url::new("https://v.vault.azure.net").segment("secrets").query("api-version", "7.4")
}

fn listing(next: &str) -> Response {
    let item = |name: &str, exp: u64| {
        format!(r#"{{"id":"https://v.vault.azure.net/secrets/{name}","attributes":{{"enabled":false,"exp":{exp}}}}}"#)
    };
    Response::new(200, format!(r#"{{"value":[{},{}],"nextLink":{next}}}"#, item("Team-A", 5), item("other", 7)))
}

#[test]
fn a_page_has_the_names_that_are_asked_for_in_lower_case() {
    let page = page(&listing("null"), &here(), "team", 6000).unwrap();
    let entry =
        Entry { expired: Some(true), metadata: vec![("enabled".into(), "false".into())], ..Entry::new("team-a") };
    assert_eq!((page.entries, page.next), (vec![entry], None));
    let all = super::page(&listing("\"\""), &here(), "", 6000).unwrap();
    assert_eq!((all.entries.len(), all.next), (2, None));
}

#[test]
fn the_next_page_is_where_the_list_is_or_nowhere() {
    let next = |link: &str| page(&listing(&format!("\"{link}\"")), &here(), "", 0).map(|page| page.next);
    let ours = "https://v.vault.azure.net:443/secrets?api-version=7.4&$skiptoken=eyJ%2B%3D&maxresults=25";
    assert_eq!(next(ours), Ok(Some("eyJ+=".into())));
    for link in [
        "https://evil.example/secrets?$skiptoken=x",
        "https://v.vault.azure.net/deletedsecrets?$skiptoken=x",
        "https://v.vault.azure.net/secrets/key?$skiptoken=x",
        "https://v.vault.azure.net/secrets?api-version=7.4",
        "https://v.vault.azure.net/secrets?$skiptoken=x&$skiptoken=y",
        "https://v.vault.azure.net/secrets?$skiptoken=x&other=y",
        "nonsense",
    ] {
        assert!(matches!(next(link), Err(Error::Malformed(_))), "{link}");
    }
}

#[test]
fn a_version_is_32_hexadecimal_digits() {
    assert_eq!(check_version(VERSION), Ok(()));
    for version in
        ["", "versions", "1", "latest", "4387e9f3d6e14c459867679a90fd0f7g", "../../../../../../../../../../etc"]
    {
        assert!(matches!(check_version(version), Err(Error::Invalid(_))), "{version}");
    }
}
