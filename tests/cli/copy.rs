//! `copy`: from one backend to another.

use serde_json::json;
use test_support::{OpenBao, layout};

use crate::common::{Home, READ_WRITE, cli::Run, digest};

/// A vault with three secrets, and a configuration that names it and a .env file.
fn both() -> (OpenBao, Home) {
    let bao = OpenBao::start().unwrap();
    for (name, value) in [("A", "canary 1"), ("B", "l1\nl2"), ("team/c", "3")] {
        bao.put(name, &json!({ "value": value })).unwrap();
    }
    let home = Home::with_dotenv("B=old\n");
    let configured = |name: &str, backend: &str| {
        format!("[backends.{name}]\ncomponent = \"{}\"\n", layout::backend(backend).display())
    };
    let digest = digest(&layout::backend("dotenv"));
    let storage = format!("digest = \"{digest}\"\ngrant = {{ storage = \".env\" }}\n");
    let config = format!("{}{}{storage}", configured("far", "vault"), configured("near", "dotenv"));
    home.file("runtime.toml", config);
    (bao, home)
}

fn copy(bao: &OpenBao, home: &Home, arguments: &[&str]) -> Run {
    let run = home.runtime(["--trust", "--config-file", "runtime.toml", READ_WRITE, "copy"]).args(arguments);
    run.env("VAULT_ADDR", bao.address()).env("VAULT_TOKEN", bao.token())
}

#[test]
fn secrets_go_from_a_vault_into_a_file_and_back() {
    let (bao, home) = both();
    let dry = copy(&bao, &home, &["--from", "far", "--to", "near", "A", "B", "--dry-run"]).run();
    dry.exits(0).prints("").says(&["create     A", "present    B"]).never_shows("canary");
    assert_eq!(home.dotenv_text(), "B=old\n");
    let run = copy(&bao, &home, &["--from", "far", "--to", "near", "--only", "*", "--overwrite"]).run();
    run.exits(0).prints("").says(&["2 copied"]).never_shows("canary");
    assert_eq!(home.dotenv_text(), "B=\"l1\\nl2\"\nA='canary 1'\n");

    let run = copy(&bao, &home, &["--from", "near", "--to", "far", "--name-prefix", "copies/"]).run();
    run.exits(0).says(&["2 copied"]);
    assert_eq!(bao.get("copies/B").unwrap(), Some(json!({ "value": "l1\nl2" })));
}

#[test]
fn what_can_not_be_read_is_named_and_does_not_stop_the_others() {
    let (bao, home) = both();
    let run = copy(&bao, &home, &["--from", "far", "--to", "near", "A", "MISSING"]).run();
    run.exits(10).says(&["MISSING", "1 copied, 1 failed"]);
    assert_eq!(home.dotenv_text(), "B=old\nA='canary 1'\n");
    // A name that the other can't have is told before anything is written.
    let run = copy(&bao, &home, &["--from", "far", "--to", "near", "--overwrite"]).run();
    run.exits(2).says(&["team/c", "nothing was written"]);
    assert_eq!(home.dotenv_text(), "B=old\nA='canary 1'\n");
}
