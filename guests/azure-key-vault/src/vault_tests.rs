#![allow(clippy::panic, reason = "a test fails by panicking")]

use super::*;

const TENANT: &str = "16b3c013-d300-468d-ac64-7eda0820b6d3";

fn vault() -> Vault {
    Vault {
        address: "https://v.vault.azure.net/".into(),
        api_version: "7.4".into(),
        authority: "https://login.microsoftonline.com/".into(),
        tenant: Some(TENANT.into()),
        resource: "https://vault.azure.net".into(),
    }
}

#[test]
fn each_request_goes_to_its_path() {
    let vault = vault();
    let cases = [
        (vault.get("key", None), "GET", "/secrets/key?api-version=7.4"),
        (vault.get("key", Some("0a")), "GET", "/secrets/key/0a?api-version=7.4"),
        (vault.put("key"), "PUT", "/secrets/key?api-version=7.4"),
        (vault.delete("key"), "DELETE", "/secrets/key?api-version=7.4"),
        (vault.recover("key"), "POST", "/deletedsecrets/key/recover?api-version=7.4"),
        (vault.purge("key"), "DELETE", "/deletedsecrets/key?api-version=7.4"),
        (vault.list(&vault.page(None, 0)), "GET", "/secrets?api-version=7.4&maxresults=1"),
        (vault.list(&vault.page(None, 1000)), "GET", "/secrets?api-version=7.4&maxresults=25"),
        (vault.list(&vault.page(Some("a+b"), 7)), "GET", "/secrets?api-version=7.4&maxresults=7&%24skiptoken=a%2Bb"),
    ];
    for (request, method, target) in cases {
        assert_eq!((request.method(), request.url()), (method, &*format!("https://v.vault.azure.net{target}")));
        assert!(request.headers().is_empty() && request.content().is_none());
    }
}

fn refused(status: u16, code: &str, inner: &str) -> Error {
    let inner = if inner.is_empty() { String::new() } else { format!(r#","innererror":{{"code":"{inner}"}}"#) };
    let body = format!(r#"{{"error":{{"code":"{code}","message":"words"{inner}}}}}"#);
    vault().failure(&Response::new(status, body))
}

#[test]
fn refusals_keep_their_kind_their_words_and_their_finest_code() {
    assert_eq!(refused(404, "SecretNotFound", ""), Error::NotFound);
    assert_eq!(refused(400, "BadParameter", ""), Error::invalid("words"));
    assert_eq!(refused(403, "Forbidden", "SecretDisabled"), Error::denied("words").with_code("SecretDisabled"));
    assert_eq!(refused(403, "Forbidden", ""), Error::denied("words").with_code("Forbidden"));
    assert_eq!(refused(409, "Conflict", code::DELETED), Error::conflict("words").with_code(code::DELETED));
    assert_eq!(refused(401, "Unauthorized", ""), Error::unauthenticated("words").with_code("Unauthorized"));
    assert_eq!(refused(429, "Throttled", ""), Error::RateLimited(None));
    assert!(matches!(refused(503, "ServiceUnavailable", ""), Error::Unavailable(_)));
}

#[test]
fn what_is_not_the_vaults_own_refusal_is_not_taken_for_one() {
    assert!(matches!(refused(404, "NotFound", ""), Error::Malformed(_)), "a wrong address has no secrets");
    for body in ["", "<html>canary</html>", "{}", r#"{"error":"canary"}"#] {
        let error = |status: u16| vault().failure(&Response::new(status, body));
        assert!(matches!(error(404), Error::Malformed(message) if !message.contains("canary")));
        assert!(matches!(error(400), Error::Malformed(message) if !message.contains("canary")));
        assert!(matches!(error(403), Error::Denied(_)) && matches!(error(401), Error::Unauthenticated(_)));
    }
}

#[test]
fn a_challenge_that_names_others_is_told_and_one_that_names_ours_is_not() {
    let said = |vault: &Vault, authorization: &str, resource: &str| {
        let challenge = format!("Bearer authorization=\"{authorization}\", resource=\"{resource}\"");
        let response =
            Response { headers: vec![("www-authenticate".into(), challenge)], ..Response::new(401, Vec::new()) };
        match vault.failure(&response) {
            Error::Unauthenticated(detail) => detail.message,
            error => panic!("{error:?}"),
        }
    };
    let ours = vault();
    let by_domain = Vault { tenant: Some("contoso.onmicrosoft.com".into()), ..vault() };
    let managed = Vault { tenant: None, ..vault() };
    let (login, old) = (format!("https://login.microsoftonline.com/{TENANT}"), "https://login.windows.net/");
    for vault in [&ours, &by_domain, &managed] {
        assert_eq!(said(vault, &login, "https://vault.azure.net"), "");
        assert_eq!(said(vault, &format!("{old}{TENANT}"), "https://vault.azure.net/"), "");
    }
    let other = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000";
    for (authorization, resource) in [
        (other, "https://vault.azure.net"),
        ("https://login.chinacloudapi.cn/x", "https://vault.azure.net"),
        ("https://login.microsoftonline.com.evil.example/x", "https://vault.azure.net"),
        (login.as_str(), "https://vault.azure.cn"),
    ] {
        let told = said(&ours, authorization, resource);
        assert!(told.contains(authorization) && told.contains(resource) && told.contains("`authority`"), "{told}");
    }
}
