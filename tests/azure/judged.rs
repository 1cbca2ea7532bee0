//! Microsoft's own client reads what the component wrote, and the other way round.

use serde_json::{Value, json};
use test_support::Azure;

use crate::common::{Home, READ_WRITE};

/// Values that a client might read or write differently.
const VALUES: [&str; 7] =
    ["plain", "", " \t\u{fc}\u{1f511}\r\n", "{\"a\": 1.10, \"a\": 2}", "True", "\"quoted\\\"", "line\u{0}\u{2028}"];

#[test]
fn the_vendors_client_reads_what_we_wrote() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    for value in VALUES {
        let set = home.azure(&azure, [READ_WRITE, "set", "key", "--opt", "content-type=x/y", "--tag", "team=\u{fc}"]);
        let said = set.args(["--output", "json"]).input(value).run().exits(0).json();
        let read: Value = serde_json::from_str(&azure.judge(&["get", "key"], &[]).unwrap()).unwrap();
        let expected = json!({
            "value": value, "version": said["version"], "contentType": "x/y", "tags": { "team": "\u{fc}" },
            "expires": null,
        });
        assert_eq!(read, expected);
    }
}

#[test]
fn we_read_what_the_vendors_client_wrote() {
    let (home, azure) = (Home::new(), Azure::start().unwrap());
    for value in VALUES.into_iter().filter(|value| !value.contains('\0')) {
        let version = azure.judge(&["set", "Key", value], &[]).unwrap();
        home.azure(&azure, ["get", "key"]).run().exits(0).prints(value);
        home.azure(&azure, ["get", "key", "--version", &version]).run().exits(0).prints(value);
    }
}
