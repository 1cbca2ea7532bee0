//! Lists, page by page.

use serde_json::json;
use test_support::{Azure, Reply, Upstream};

use crate::common::Home;

/// A vault with this many secrets.
fn vault_of(count: usize) -> Azure {
    let azure = Azure::start().unwrap();
    for number in 0..count {
        azure.put(&format!("Many-{number:03}"), &json!({ "value": "v" }));
    }
    azure
}

#[test]
fn all_pages_are_listed_in_lower_case() {
    let (home, azure) = (Home::new(), vault_of(60));
    let names: String = (0..60).map(|number| format!("many-{number:03}\n")).collect();
    home.azure(&azure, ["list"]).run().exits(0).prints(names);
    assert_eq!(azure.requests().len(), 3, "{:?}", azure.requests());
}

#[test]
fn a_prefix_chooses_and_a_limit_ends_the_list() {
    let (home, azure) = (Home::new(), vault_of(60));
    home.azure(&azure, ["list", "many-05"])
        .run()
        .exits(0)
        .prints((50..60).fold(String::new(), |names, number| format!("{names}many-{number:03}\n")));
    home.azure(&azure, ["list", "other"]).run().exits(0).prints("");
    let limited = home.azure(&azure, ["list", "--limit", "2"]).run().exits(0).prints("many-000\nmany-001\n");
    limited.says(&["there are more"]);
    let exact = home.azure(&azure, ["list", "--limit", "60"]).run().exits(0);
    assert!(!exact.stderr.contains("there are more"), "{exact:?}");
}

#[test]
fn a_list_tells_what_has_expired_and_what_lies_beside() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    azure.put("new", &json!({ "value": "v", "tags": { "team": "a" }, "attributes": { "exp": 4_102_444_800_u64 } }));
    azure.put("old", &json!({ "value": "canary", "attributes": { "exp": 1 } }));
    let listed = home.azure(&azure, ["--output", "json", "list"]).run().exits(0);
    listed.never_shows("canary");
    let listed = home.azure(&azure, ["--output", "json", "list"]).run().json();
    let entries = listed["entries"].as_array().unwrap();
    let expired: Vec<_> = entries.iter().map(|entry| (entry["name"].as_str(), entry["expired"].as_bool())).collect();
    assert_eq!(expired, [(Some("new"), Some(false)), (Some("old"), Some(true))]);
    assert_eq!(entries[0]["metadata"]["team"], "a");
}

#[test]
fn a_next_page_that_is_somewhere_else_is_not_followed() {
    let elsewhere = Upstream::start(|_| Reply::json(200, &json!({ "value": [] }))).unwrap();
    let azure = Azure::start().unwrap();
    let link = format!("{}/secrets?api-version=7.4&$skiptoken=x", elsewhere.address());
    let vault = Upstream::start(move |_| Reply::json(200, &json!({ "value": [], "nextLink": link }))).unwrap();
    let home = Home::new();
    let list = home.azure(&azure, ["list"]).env("AZURE_KEY_VAULT_URL", vault.address()).run();
    list.exits(7).prints("").says(&["azure-key-vault"]);
    assert_eq!((vault.seen().len(), elsewhere.connections()), (1, 0));
}

#[test]
fn checking_lists_one_name_and_says_if_it_may_not() {
    let (home, azure) = (Home::new(), vault_of(3));
    home.azure(&azure, ["check"]).run().exits(0);
    assert_eq!(azure.requests(), ["GET /secrets?api-version=7.4&maxresults=1"]);
    let reader = azure.add_client(&["get"]).unwrap();
    home.azure_as(&azure, &reader, ["check"]).run().exits(0).contains("does not let us list");
}
