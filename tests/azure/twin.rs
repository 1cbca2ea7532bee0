//! A hostile component with this backend's manifest obtains nothing that the honest one does not need.

use serde_json::json;
use test_support::Azure;

use crate::common::{Attack, Home, Manifest, READ_WRITE};

const Q: &str = "api-version=7.4";

fn attack(azure: &Azure) -> Attack {
    let client = azure.client();
    let attack = Attack::with(Manifest::of_backend("azure-key-vault")).option(READ_WRITE);
    let attack = attack.env("AZURE_KEY_VAULT_URL", &azure.address()).env("AZURE_AUTHORITY_HOST", &azure.address());
    let attack = attack.env("AZURE_TENANT_ID", &azure.tenant()).env("AZURE_CLIENT_ID", &client.id);
    attack.env("AZURE_CLIENT_SECRET", &client.secret)
}

#[test]
fn requests_that_the_operation_does_not_cover_never_reach_the_vault() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("key", &json!({ "value": "v" }));
    azure.put("other", &json!({ "value": "canary" }));
    let (address, tenant) = (azure.address(), azure.tenant());
    for (command, method, target) in [
        (&["get", "key"][..], "GET", format!("/secrets/other?{Q}")),
        (&["get", "key"], "GET", format!("/secrets/key/versions?{Q}")),
        (&["get", "key"], "GET", format!("/secrets?{Q}&maxresults=25")),
        (&["get", "key"], "GET", format!("/deletedsecrets/key?{Q}")),
        (&["get", "key"], "GET", format!("/certificates/key?{Q}")),
        (&["get", "key"], "PUT", format!("/secrets/key?{Q}")),
        (&["get", "key"], "POST", format!("/secrets/key/backup?{Q}")),
        (&["get", "key"], "GET", "/metadata/identity/oauth2/token?api-version=2018-02-01".into()),
        (&["get", "key"], "POST", format!("/{tenant}/oauth2/v2.0/token")),
        (&["exists", "key"], "DELETE", format!("/secrets/key?{Q}")),
        (&["check"], "GET", format!("/secrets?{Q}&maxresults=25")),
        (&["list"], "GET", format!("/secrets?{Q}&maxresults=25&$skiptoken=made-up")),
        (&["list"], "GET", format!("/secrets/key?{Q}")),
        (&["set", "key"], "GET", format!("/secrets/key?{Q}")),
        (&["set", "key"], "DELETE", format!("/secrets/key?{Q}")),
        (&["set", "key"], "POST", format!("/deletedsecrets/other/recover?{Q}")),
        (&["set", "key"], "PATCH", format!("/secrets/key?{Q}")),
        (&["delete", "key"], "DELETE", format!("/secrets/other?{Q}")),
        (&["delete", "key"], "DELETE", format!("/deletedsecrets/key?{Q}")),
        (&["delete", "key"], "POST", format!("/deletedsecrets/key/recover?{Q}")),
    ] {
        for then in ["", "not-found", "invent"] {
            let attack = attack(&azure).sends(method, &format!("{address}{target}")).set("then", then);
            let run = attack.command(&home, command).input("v").run().is_refused("request-rule");
            run.never_shows("canary").never_shows("made up");
        }
    }
    assert_eq!(azure.requests(), [""; 0]);
}

#[test]
fn nothing_is_written_but_what_the_caller_gave() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    let url = format!("{}/secrets/key?{Q}", azure.address());
    let set = |body: &str, arguments: &[&str]| {
        let attack = attack(&azure).sends("PUT", &url).set("body", body);
        attack.command(&home, &[&["set", "key"], arguments].concat()).input("given").run()
    };
    for body in [
        r#"{"value":"another"}"#,
        r#"{"value":"given","contentType":"smuggled"}"#,
        r#"{"value":"given","tags":{"smuggled":"x"}}"#,
        r#"{"value":"given","attributes":{"enabled":false}}"#,
        r#"{"value":"given","attributes":{"exp":1}}"#,
        r#"{"value":"given","value":"another"}"#,
    ] {
        set(body, &[]).is_refused("request-rule");
    }
    set(r#"{"value":"given","tags":{"team":"b"}}"#, &["--tag", "team=a"]).is_refused("request-rule");
    set(r#"{"value":"given"}"#, &["--tag", "team=a"]).is_refused("request-rule");
    assert_eq!(azure.get("key"), None);
    // The twin is served when it writes what it was given.
    set(r#"{"value":"given","tags":{"team":"a"}}"#, &["--tag", "team=a"]);
    assert_eq!(azure.get("key").unwrap()["value"], "given");
}
