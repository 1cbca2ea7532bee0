//! `--trust`: for this run alone.

use test_support::layout;

use crate::common::{Home, digest};

#[test]
fn it_says_what_is_granted_and_records_nothing() {
    let home = Home::with_dotenv("KEY=v\n");
    let run = home.dotenv(["get", "KEY"]).run().exits(0).prints("v");
    run.says(&["It can read and change the file ", "Granted for this run, by --trust."]);
    assert!(home.files().iter().all(|(path, _)| !path.ends_with("trust.toml")));
    home.untrusted_dotenv(["get", "KEY"]).run().exits(3).prints("");
}

#[test]
fn with_a_digest_it_is_for_that_component_alone() {
    let home = Home::with_dotenv("KEY=v\n");
    let right = format!("--trust={}", digest(&layout::backend("dotenv")));
    let wrong = format!("--trust={}", digest(&layout::backend("vault")));
    let quiet = home.untrusted_dotenv([&*right, "get", "KEY"]).run().exits(0).prints("v");
    assert_eq!(quiet.stderr, "");
    home.untrusted_dotenv([&*wrong, "get", "KEY"]).run().exits(3).prints("").says(&["as --trust says"]);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(3);
}

#[test]
fn a_grant_on_record_makes_it_needless() {
    let home = Home::with_dotenv("KEY=v\n");
    let trust = home.runtime(["trust", "--digest", &digest(&layout::backend("dotenv"))]);
    trust.arg(layout::backend("dotenv")).arg("--storage").arg(home.dotenv_file()).run().exits(0);
    home.dotenv(["get", "KEY"]).run().exits(0).prints("v");
    home.untrusted_dotenv(["get", "KEY"]).run().exits(0).prints("v");
}

#[test]
fn it_does_not_read_its_value_from_the_next_argument() {
    let home = Home::with_dotenv("KEY=v\n");
    let digest = digest(&layout::backend("dotenv"));
    home.untrusted_dotenv(["--trust", &digest, "get", "KEY"]).run().exits(2).prints("");
}
