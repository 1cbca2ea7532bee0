//! Many secrets at once: a file in, a file out.

use std::fs;

use serde_json::json;

use super::{MINISTACK, SECRETS};
use crate::common::Home;

#[test]
fn a_file_is_imported_and_exported_again_with_bytes_that_are_no_text() {
    let home = Home::new();
    let file = home.file("in.json", r#"{ "many/text": "canary\n1", "many/bytes": { "value_base64": "/wCA" } }"#);
    let file = file.to_str().unwrap();
    let run = MINISTACK.run(&home, SECRETS, ["import", file, "--description", "from a file"]).run();
    run.exits(0).prints("").says(&["2 imported"]).never_shows("canary");
    assert_eq!(MINISTACK.value("many/text"), json!("canary\n1"));
    assert_eq!(MINISTACK.description("many/text")["Description"], "from a file");
    for format in ["json", "yaml"] {
        let export = ["export", "--only", "many/*", "--format", format, "--out", format];
        MINISTACK.run(&home, SECRETS, export).run().exits(0).prints("").says(&["exported 2"]);
        let import = ["import", format, "--format", format, "--output", "json"];
        let again = MINISTACK.run(&home, SECRETS, import).run().exits(0).json();
        assert_eq!((again["imported"].as_u64(), again["unchanged"].as_array().unwrap().len()), (Some(0), 2), "{again}");
    }
    assert!(fs::read_to_string(home.path().join("yaml")).unwrap().contains("\"many/bytes\": !!binary \"/wCA\"\n"));
}
