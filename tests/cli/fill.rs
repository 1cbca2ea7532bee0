//! `fill`: the empty values of a .env file, and nothing else in it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::json;
use test_support::OpenBao;

use crate::common::Home;

const FILE: &str = "\u{feff}# first\r\nexport A= # why\nB=kept\n\nC=''\nMISSING=\nD=\"\" # last";

fn vault() -> (OpenBao, Home) {
    let bao = OpenBao::start().unwrap();
    for (name, value) in [("A", "canary 1"), ("B", "new"), ("C", "it's"), ("D", "l1\nl2")] {
        bao.put(&format!("app/{name}"), &json!({ "value": value })).unwrap();
    }
    (bao, Home::with_dotenv(FILE))
}

fn fill(bao: &OpenBao, home: &Home, arguments: &[&str]) -> crate::common::cli::Run {
    home.vault(bao, ["fill", ".env", "--name-prefix", "app/"]).args(arguments)
}

#[test]
fn empty_values_are_filled_and_everything_else_stays_byte_for_byte() {
    let (bao, home) = vault();
    fill(&bao, &home, &["--dry-run"]).run().exits(0).prints("").says(&["filled   A", "missing  MISSING", "3 would be"]);
    assert_eq!(home.dotenv_text(), FILE);
    let run = fill(&bao, &home, &[]).run().exits(0).prints("").never_shows("canary");
    run.says(&["filled   A", "filled   C", "filled   D", "missing  MISSING", "3 filled, 1 missing"]);
    let filled = "\u{feff}# first\r\nexport A='canary 1' # why\nB=kept\n\nC=\"it's\"\nMISSING=\nD=\"l1\\nl2\" # last";
    assert_eq!(home.dotenv_text(), filled);
    let run = fill(&bao, &home, &["--overwrite", "--output", "json"]).run().exits(0);
    assert_eq!(run.json(), json!({ "dry_run": false, "filled": ["B"], "missing": ["MISSING"] }));
    assert_eq!(home.dotenv_text(), filled.replace("kept", "new"));
}

#[test]
fn a_strict_one_writes_nothing_where_something_is_missing() {
    let (bao, home) = vault();
    fill(&bao, &home, &["--strict"]).run().exits(10).prints("").says(&["missing  MISSING", "nothing was written"]);
    assert_eq!(home.dotenv_text(), FILE);
    fill(&bao, &home, &["--strict", "--only", "A"]).run().exits(0);
    assert!(home.dotenv_text().contains("A='canary 1'") && home.dotenv_text().contains("C=''"));
}

#[test]
fn the_mode_of_a_file_is_kept_and_a_new_one_is_private() {
    let (bao, home) = vault();
    let mode = |name: &str| fs::metadata(home.path().join(name)).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(home.dotenv_file(), fs::Permissions::from_mode(0o640)).unwrap();
    fill(&bao, &home, &["--out", "new"]).run().exits(0).prints("");
    assert_eq!((mode("new"), home.dotenv_text()), (0o600, FILE.to_owned()));
    fill(&bao, &home, &[]).run().exits(0).says(&["640", "chmod 600"]);
    assert_eq!((mode(".env"), home.dotenv_text()), (0o640, fs::read_to_string(home.path().join("new")).unwrap()));
    fill(&bao, &home, &["--out", "-"]).run().exits(0).prints(home.dotenv_text());
}

#[test]
fn a_file_without_an_end_is_refused() {
    let home = Home::with_dotenv("A=1\n");
    std::os::unix::fs::symlink("/dev/zero", home.path().join("endless.env")).unwrap();
    home.dotenv(["fill", "endless.env"]).run().exits(2).says(&["endless.env can't be read", "64 MiB"]);
    home.file("bytes.env", b"A=\xff\n");
    home.dotenv(["fill", "bytes.env"]).run().exits(2).says(&["not UTF-8"]);
}

#[test]
fn a_value_that_can_not_be_read_or_written_leaves_the_file_as_it_is() {
    let (bao, home) = vault();
    bao.put("app/MISSING", &json!({ "value": "canary\0" })).unwrap();
    fill(&bao, &home, &[]).run().exits(2).says(&["app/MISSING: ", "NUL", "nothing was written"]).never_shows("canary");
    fill(&bao, &home, &[]).env("VAULT_TOKEN", "wrong").run().exits(5).says(&["nothing was written"]);
    assert_eq!(home.dotenv_text(), FILE);
    home.file("bad.env", "A=\ncanary\n");
    home.vault(&bao, ["fill", "bad.env"]).run().exits(2).says(&["bad.env: line 2"]).never_shows("canary");
    home.vault(&bao, ["fill", "none.env"]).run().exits(2).says(&["none.env can't be read"]);
}
