//! What real backends may send, and what a hostile one in their place may not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use super::{AZURE, Backend, CONJUR, KEY, Pairs, VAULT, run};

const YAML: Pairs<'_> = &[("Content-Type", "application/x-yaml")];

#[test]
fn vault_reads_the_named_secret_and_nothing_else() {
    let teamed: Pairs<'_> = &[("name", "team/K Y")];
    let third: Pairs<'_> = &[("name", "KEY"), ("version", "3")];
    run(
        &Backend::new(VAULT, &[("mount", "kv/two/")]),
        &[
            ("read", KEY, "GET /v1/kv/two/data/KEY", &[], "", Ok("/v1/kv/two/data/KEY")),
            ("read", KEY, "GET https://S.EXAMPLE:443/v1/kv/two/data/%4bEY", &[], "", Ok("/v1/kv/two/data/KEY")),
            ("read", KEY, "GET /v1/kv/two/data/KEY?", &[], "", Ok("/v1/kv/two/data/KEY")),
            ("read", teamed, "GET /v1/kv/two/data/team/K%20Y", &[], "", Ok("/v1/kv/two/data/team/K%20Y")),
            ("read", third, "GET /v1/kv/two/data/KEY?version=3", &[], "", Ok("/v1/kv/two/data/KEY?version=3")),
            ("read", third, "GET /v1/kv/two/data/KEY?versio%6e=%33", &[], "", Ok("/v1/kv/two/data/KEY?version=3")),
            ("read", third, "GET /v1/kv/two/data/KEY", &[], "", Err("request-rule")),
            ("read", third, "GET /v1/kv/two/data/KEY?version=4", &[], "", Err("request-rule")),
            ("read", third, "GET /v1/kv/two/data/KEY?version=3&version=3", &[], "", Err("query")),
            ("read", third, "GET /v1/kv/two/data/KEY?version=3;version=4", &[], "", Err("query")),
            ("read", third, "GET /v1/kv/two/data/KEY?version=3&x=1", &[], "", Err("request-rule")),
            ("read", third, "GET /v1/kv/two/data/KEY?version=3&&", &[], "", Err("query")),
            ("read", KEY, "GET /v1/kv/two/data/KEY?version=", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/kv/two/data/KEY?version=%ff", &[], "", Err("query")),
            ("read", KEY, "GET /v1/kv/two/data/OTHER", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/kv/two/data/KEY/more", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/kv/two/data", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/secret/data/KEY", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/kv%2Ftwo/data/KEY", &[], "", Err("request-rule")),
            ("read", teamed, "GET /v1/kv/two/data/team%2FK%20Y", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/auth/token/lookup-self", &[], "", Err("request-rule")),
            ("read", KEY, "POST /v1/auth/token/create", &[], "{}", Err("request-rule")),
            ("read", KEY, "DELETE /v1/kv/two/data/KEY", &[], "", Err("request-rule")),
            ("read", KEY, "LIST /v1/kv/two/metadata", &[], "", Err("request-rule")),
            ("read", KEY, "GET /v1/kv/two/data/KEY", &[], "x", Err("request-rule")),
            ("read", KEY, "get /v1/kv/two/data/KEY", &[], "", Err("method")),
            ("read", KEY, "TRACE /v1/kv/two/data/KEY", &[], "", Err("method")),
            ("exists", KEY, "GET /v1/kv/two/metadata/KEY", &[], "", Ok("/v1/kv/two/metadata/KEY")),
            ("read", KEY, "GET /v1/kv/two/metadata/KEY", &[], "", Err("request-rule")),
        ],
    );
}

#[test]
fn vault_lists_below_the_folder_and_deletes_in_the_way_it_was_asked_to() {
    let folder: Pairs<'_> = &[("prefix", "team/x"), ("folder", "team")];
    run(
        &Backend::new(VAULT, &[]),
        &[
            ("list", &[], "LIST /v1/secret/metadata", &[], "", Ok("/v1/secret/metadata")),
            ("list", folder, "LIST /v1/secret/metadata/team", &[], "", Ok("/v1/secret/metadata/team")),
            ("list", folder, "LIST /v1/secret/metadata/team/a/b", &[], "", Ok("/v1/secret/metadata/team/a/b")),
            ("list", folder, "LIST /v1/secret/metadata/other", &[], "", Err("request-rule")),
            ("list", folder, "LIST /v1/secret/metadata/team/a%2Fb", &[], "", Err("request-rule")),
            ("list", folder, "LIST /v1/secret/metadata/team/%252e%252e", &[], "", Err("request-rule")),
            ("delete.recoverable", KEY, "DELETE /v1/secret/data/KEY", &[], "", Ok("/v1/secret/data/KEY")),
            ("delete.recoverable", KEY, "DELETE /v1/secret/metadata/KEY", &[], "", Err("request-rule")),
            ("delete.permanent", KEY, "DELETE /v1/secret/metadata/KEY", &[], "", Ok("/v1/secret/metadata/KEY")),
            ("check", &[], "GET /v1/sys/health", &[], "", Ok("/v1/sys/health")),
            ("check", &[], "GET /v1/sys/seal", &[], "", Err("request-rule")),
        ],
    );
}

#[test]
fn conjur_can_declare_a_variable_and_nothing_else() {
    let name: Pairs<'_> = &[("name", "db/pass\"word")];
    const POLICY: &str = "POST /policies/default/policy/root";
    const TEXT: &str = "- !variable \"db/pass\\\"word\"\n";
    run(
        &Backend::new(CONJUR, &[]),
        &[
            (
                "read",
                name,
                "GET /secrets/default/variable/db%2fpass%22word",
                &[],
                "",
                Ok("/secrets/default/variable/db%2Fpass%22word"),
            ),
            ("read", name, "GET /secrets/default/variable/db/pass%22word", &[], "", Err("request-rule")),
            ("read", name, "GET /secrets/other/variable/db%2Fpass%22word", &[], "", Err("request-rule")),
            ("read", name, "GET /secrets?variable_ids=default:variable:x", &[], "", Err("request-rule")),
            ("write", name, POLICY, YAML, TEXT, Ok("/policies/default/policy/root - !variable \"db/pass\\\"word\"\n")),
            ("write", name, POLICY, YAML, "- !variable \"db/other\"\n", Err("request-rule")),
            ("write", name, POLICY, YAML, &format!("{TEXT}- !user eve\n"), Err("request-rule")),
            ("write", name, POLICY, YAML, "", Err("request-rule")),
            ("write", name, POLICY, &[], TEXT, Err("request-rule")),
            ("write", name, "PUT /policies/default/policy/root", YAML, TEXT, Err("request-rule")),
            ("delete", name, POLICY, YAML, TEXT, Err("request-rule")),
            (
                "write",
                name,
                "POST /secrets/default/variable/db%2Fpass%22word",
                &[],
                "\0any\u{1}",
                Ok("/secrets/default/variable/db%2Fpass%22word \0any\u{1}"),
            ),
            (
                "list",
                &[],
                "GET /resources/default?kind=variable&limit=10&search=a+b%26c",
                &[],
                "",
                Ok("/resources/default?kind=variable&limit=10&search=a%20b%26c"),
            ),
            ("list", &[], "GET /resources/default?kind=user", &[], "", Err("request-rule")),
            ("list", &[], "GET /resources/default?kind=variable&kind=user", &[], "", Err("query")),
            ("list", &[], "GET /resources/default", &[], "", Err("request-rule")),
        ],
    );
}

#[test]
fn azure_deletes_for_good_only_when_asked_to() {
    let key: Pairs<'_> = &[("name", "key")];
    let typed: Pairs<'_> = &[("name", "key"), ("content-type", "text/plain")];
    let version: Pairs<'_> = &[("name", "key"), ("version", "abc")];
    const Q: &str = "api-version=7.4";
    run(
        &Backend::new(AZURE, &[]),
        &[
            ("read", key, &format!("GET /secrets/key?{Q}"), &[], "", Ok("/secrets/key?api-version=7.4")),
            ("read", version, &format!("GET /secrets/key/abc?{Q}"), &[], "", Ok("/secrets/key/abc?api-version=7.4")),
            ("read", version, &format!("GET /secrets/key?{Q}"), &[], "", Err("request-rule")),
            ("read", key, "GET /secrets/key?api-version=7.5", &[], "", Err("request-rule")),
            ("read", key, "GET /secrets/key", &[], "", Err("request-rule")),
            ("read", key, &format!("GET /secrets?{Q}"), &[], "", Err("request-rule")),
            (
                "list",
                &[],
                &format!("GET /secrets?{Q}&$skiptoken=a%2Bb&maxresults=25"),
                &[],
                "",
                Ok("/secrets?api-version=7.4&%24skiptoken=a%2Bb&maxresults=25"),
            ),
            (
                "write",
                typed,
                &format!("PUT /secrets/key?{Q}"),
                &[],
                r#"{"value":"v","contentType":"text/plain","attributes":{"exp":17}}"#,
                Ok(r#"/secrets/key?api-version=7.4 {"attributes":{"exp":17},"contentType":"text/plain","value":"v"}"#),
            ),
            ("write", typed, &format!("PUT /secrets/key?{Q}"), &[], r#"{"value":"v"}"#, Err("request-rule")),
            (
                "write",
                key,
                &format!("PUT /secrets/key?{Q}"),
                &[],
                r#"{"value":"v","contentType":"x"}"#,
                Err("request-rule"),
            ),
            (
                "write",
                key,
                &format!("PUT /secrets/key?{Q}"),
                &[],
                r#"{"value":"v","attributes":{"enabled":false}}"#,
                Err("request-rule"),
            ),
            ("delete.recoverable", key, &format!("DELETE /deletedsecrets/key?{Q}"), &[], "", Err("request-rule")),
            (
                "delete.permanent",
                key,
                &format!("DELETE /deletedsecrets/key?{Q}"),
                &[],
                "",
                Ok("/deletedsecrets/key?api-version=7.4"),
            ),
        ],
    );
}
