//! `import`: the entries of a file into a backend, seen in the backend.

use std::{
    collections::HashMap,
    fs::File,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::{Value, json};
use test_support::{Gate, OpenBao, Reply, Upstream};

use crate::common::{Home, READ_WRITE, cli::Run};

const CANARY: &str = "canary-value";

fn import(home: &Home, arguments: &[&str]) -> Run {
    home.dotenv([READ_WRITE, "import"]).args(arguments)
}

#[test]
fn every_format_comes_into_a_real_vault() {
    let bao = OpenBao::start().unwrap();
    let home = Home::new();
    home.file("a.env", "# c\nexport A='canary-value 1' # c\nEMPTY=\n");
    home.file("b.json", r#"{ "team/b": "canary-value\n2\u0000" }"#);
    home.file("c.yaml", "c: |\n  canary-value\n  3\n");
    for file in ["a.env", "b.json", "c.yaml"] {
        home.vault(&bao, [READ_WRITE, "import", file, "--name-prefix", "app/", "--tag", "owner=me"])
            .run()
            .exits(0)
            .prints("")
            .says(&["create", "imported"])
            .never_shows(CANARY);
    }
    let expected =
        [("A", "canary-value 1"), ("EMPTY", ""), ("team/b", "canary-value\n2\0"), ("c", "canary-value\n3\n")];
    for (name, value) in expected {
        assert_eq!(bao.get(&format!("app/{name}")).unwrap(), Some(json!({ "value": value })), "{name}");
    }
    let (_, metadata) = bao.request("GET", "/v1/secret/metadata/app/A", Some(bao.token()), None, None).unwrap();
    assert_eq!(metadata.pointer("/data/custom_metadata"), Some(&json!({ "owner": "me" })));
}

#[test]
fn what_is_there_is_left_unless_it_is_to_be_overwritten() {
    let home = Home::with_dotenv("# kept\nSAME=1\nOTHER=old\n");
    home.file("new.env", "SAME=1\nOTHER=canary-value\nNEW=canary-value\n");
    let dry = import(&home, &["new.env", "--dry-run"]).run().exits(0).prints("").never_shows(CANARY);
    dry.says(&["create     NEW", "unchanged  SAME", "present    OTHER", "nothing was written"]);
    assert_eq!(home.dotenv_text(), "# kept\nSAME=1\nOTHER=old\n");

    let run = import(&home, &["new.env"]).run().exits(0).never_shows(CANARY);
    run.says(&["1 imported, 2 skipped", "--overwrite"]);
    assert_eq!(home.dotenv_text(), "# kept\nSAME=1\nOTHER=old\nNEW=canary-value\n");

    let dry = import(&home, &["new.env", "--dry-run", "--overwrite", "--output", "json"]).run().exits(0);
    assert_eq!(
        dry.json(),
        json!({ "dry_run": true, "create": [], "change": ["OTHER"], "unchanged": ["SAME", "NEW"], "present": [],
            "unsure": [], "failed": {} })
    );
    let run = import(&home, &["new.env", "--overwrite", "--output", "json"]).run().exits(0);
    assert_eq!(
        run.json(),
        json!({ "imported": 1, "interrupted": false, "created": [], "changed": ["OTHER"], "unchanged": ["SAME", "NEW"],
            "skipped": [], "not_tried": [], "failed": {} })
    );
    assert_eq!(home.dotenv_text(), "# kept\nSAME=1\nOTHER=canary-value\nNEW=canary-value\n");
}

#[test]
fn names_that_can_not_be_are_all_told_before_anything_is_written() {
    let home = Home::with_dotenv("");
    let file = r#"{ "OK": "canary-value", "a b": "canary-value", "1x": "canary-value" }"#;
    let run = import(&home, &["-", "--format", "json"]).input(file).run().exits(2).prints("").never_shows(CANARY);
    run.says(&["a b: ", "1x: ", "nothing was written"]);
    assert_eq!(home.dotenv_text(), "");
    import(&home, &["-", "--format", "json", "--only", "OK,O*"]).input(file).run().exits(0);
    assert_eq!(home.dotenv_text(), "OK=canary-value\n");
}

#[test]
fn names_that_are_not_there_are_a_slip_and_no_work_done() {
    let home = Home::with_dotenv("A=1\n");
    home.file("new.env", "OK=1\n");
    import(&home, &["new.env", "--only", "OK,KO"])
        .run()
        .exits(2)
        .prints("")
        .says(&["--only KO: new.env has no such name"]);
    home.dotenv(["export", "--only", "B*"])
        .run()
        .exits(2)
        .prints("")
        .says(&["--only B*: the backend has no such name"]);
    assert_eq!(home.dotenv_text(), "A=1\n");
}

#[test]
fn a_file_with_a_mistake_in_it_is_not_imported_at_all() {
    let home = Home::with_dotenv("");
    for (format, file, words) in [
        ("dotenv", "A=canary-value\ncanary-value\n", "line 2: neither KEY=value nor a comment"),
        ("json", r#"{ "A": "canary-value", "B": 4711 }"#, "B: a number is no text; put it in quotes"),
        ("yaml", "A: canary-value\nB: 4711\n", "B: a number or date is no text; put it in quotes"),
        ("yaml", "A: canary-value\nA: canary-value\n", "A: it is there more than once"),
    ] {
        let run = import(&home, &["-", "--format", format]).input(file).run().exits(2).prints("");
        run.says(&[words, "nothing was imported"]).never_shows(CANARY).never_shows("4711");
        assert_eq!(home.dotenv_text(), "");
    }
    home.file("secrets", "A=1\n");
    import(&home, &["secrets"]).run().exits(2).says(&["secrets", "--format"]);
    import(&home, &["missing.env"]).run().exits(2).says(&["missing.env can't be read"]);
}

#[test]
fn a_value_that_the_backend_can_not_hold_does_not_stop_the_others() {
    let home = Home::with_dotenv("");
    let file = r#"{ "A": "1", "BAD": "canary-value\u0000", "C": "3" }"#;
    let run = import(&home, &["-", "--format", "json"]).input(file).run().exits(2).never_shows(CANARY);
    run.says(&["BAD", "2 imported, 1 failed"]);
    assert_eq!(home.dotenv_text(), "A=1\nC=3\n");
}

#[test]
fn without_the_right_to_write_that_is_said_once() {
    let home = Home::with_dotenv("");
    home.file("new.env", "A=1\nB=2\nC=3\n");
    let run = home.dotenv(["import", "new.env"]).run().exits(3);
    assert_eq!(run.stderr.matches("read-only").count(), 1, "{run:?}");
    assert_eq!(home.dotenv_text(), "");
    // Whoever only looks needs no right to write.
    home.dotenv(["import", "new.env", "--dry-run"]).run().exits(0).says(&["3 create"]);
}

#[test]
fn who_may_not_read_imports_and_overwrites_nothing() {
    let home = Home::with_dotenv("OLD=old\n");
    home.file("new.env", "OLD=new\nNEW=new\n");
    let import = ["--access-mode", "write-only", "import", "new.env"];
    home.dotenv(import).arg("--dry-run").run().exits(0).says(&["unsure     OLD", "unsure     NEW"]);
    home.dotenv(import).run().exits(0).says(&["1 imported, 1 skipped"]);
    assert_eq!(home.dotenv_text(), "OLD=old\nNEW=new\n");
    home.dotenv(import).arg("--overwrite").run().exits(0);
    assert_eq!(home.dotenv_text(), "OLD=new\nNEW=new\n");
}

#[test]
fn a_vault_that_denies_reading_and_writing_is_not_changed() {
    let bao = OpenBao::start().unwrap();
    let home = Home::new();
    home.file("new.env", "OLD=new\nNEW=new\n");
    bao.put("OLD", &json!({ "value": "old" })).unwrap();
    bao.policy("nothing", r#"path "secret/data/x" { capabilities = ["read"] }"#).unwrap();
    let token = bao.issue_token(&["nothing"], "1h").unwrap();
    let import = [READ_WRITE, "import", "new.env"];
    let run = home.vault(&bao, import).env("VAULT_TOKEN", &token).run().exits(5);
    run.says(&["OLD", "NEW", "0 imported, 2 failed"]);
    assert_eq!(bao.get("OLD").unwrap(), Some(json!({ "value": "old" })));
}

#[test]
fn two_imports_at_the_same_time_do_not_harm_each_other() {
    let bao = OpenBao::start().unwrap();
    let home = Home::new();
    let file = |value: &str| (0..40).map(|n| format!("KEY_{n}={value}\n")).collect::<String>();
    home.file("one.env", file("one"));
    home.file("two.env", file("two"));
    let start = |file: &str| home.vault(&bao, [READ_WRITE, "import", file, "--output", "json"]).start();
    let running = [start("one.env"), start("two.env")];
    let imported = running.map(|run| run.wait().exits(0).json()["imported"].as_u64().unwrap());
    assert_eq!(imported.iter().sum::<u64>(), 40);
    for n in 0..40 {
        let data = bao.get(&format!("KEY_{n}")).unwrap().unwrap();
        assert!(data == json!({ "value": "one" }) || data == json!({ "value": "two" }), "{data}");
    }
}

/// A vault in memory. The answer to the write of `KEY_2` waits for the gate.
fn vault(kept: &Arc<Mutex<HashMap<String, Value>>>, gate: &Gate) -> Upstream {
    let (kept, gate) = (kept.clone(), gate.clone());
    Upstream::start(move |seen| {
        let name = seen.target.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        let metadata = json!({ "version": 1, "created_time": "2026-01-02T03:04:05Z", "deletion_time": "",
            "destroyed": false });
        let mut kept = kept.lock().unwrap();
        if seen.method == "GET" {
            return match kept.get(&name) {
                Some(data) => Reply::json(200, &json!({ "data": { "data": data, "metadata": metadata } })),
                None => Reply::json(404, &json!({ "errors": [] })),
            };
        }
        let body: Value = serde_json::from_slice(&seen.body).unwrap();
        kept.insert(name.clone(), body["data"].clone());
        let reply = Reply::json(200, &json!({ "data": metadata }));
        if name == "KEY_2" { reply.after(&gate) } else { reply }
    })
    .unwrap()
}

#[test]
fn an_interrupted_import_leaves_whole_secrets_and_goes_on_when_it_is_run_again() {
    let (kept, gate) = (Arc::default(), Gate::new());
    let upstream = vault(&kept, &gate);
    let home = Home::new();
    home.file("new.env", (0..6).map(|n| format!("KEY_{n}=canary-value\n")).collect::<String>());
    let run = || {
        let run = home.vault_at(&upstream.address(), [READ_WRITE, "import", "new.env", "--at-once", "1"]);
        run.env("VAULT_TOKEN", "token-for-tests")
    };
    let said = home.file("said", "");
    let running = run().error_to(File::options().append(true).open(&said).unwrap()).start();
    let wait_for = |what: &str, there: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !there() {
            assert!(begun.elapsed() < Duration::from_secs(60), "{what}: {:?}", std::fs::read_to_string(&said));
            thread::sleep(Duration::from_millis(5));
        }
    };
    wait_for("a write", &|| kept.lock().unwrap().contains_key("KEY_2"));
    running.signal(Signal::INT);
    wait_for("the interruption", &|| std::fs::read_to_string(&said).unwrap().contains("interrupted"));
    gate.open();
    running.wait().exits(130).prints("");
    let said = std::fs::read_to_string(&said).unwrap();
    assert!(said.contains("interrupted after 3 of 6") && said.contains("3 imported"), "{said}");
    assert!(!said.contains(CANARY));
    assert_eq!(kept.lock().unwrap().len(), 3);

    run().run().exits(0).says(&["3 imported, 3 skipped"]);
    let kept = kept.lock().unwrap();
    assert!(kept.len() == 6 && kept.values().all(|data| *data == json!({ "value": CANARY })));
}

#[test]
fn a_second_interruption_ends_it_at_once() {
    let (kept, gate) = (Arc::default(), Gate::new());
    let upstream = vault(&kept, &gate);
    let home = Home::new();
    home.file("new.env", "KEY_2=1\n");
    let said = home.file("said", "");
    let run = home.vault_at(&upstream.address(), [READ_WRITE, "import", "new.env"]).env("VAULT_TOKEN", "t");
    let running = run.error_to(File::options().append(true).open(&said).unwrap()).start();
    while !kept.lock().unwrap().contains_key("KEY_2") {
        thread::yield_now();
    }
    running.signal(Signal::TERM);
    while !std::fs::read_to_string(&said).unwrap().contains("interrupted") {
        thread::yield_now();
    }
    running.signal(Signal::TERM);
    running.wait().exits(143);
}

#[test]
fn somebody_at_a_terminal_sees_how_far_it_is() {
    let home = Home::with_dotenv("");
    home.file("new.env", (0..30).map(|n| format!("KEY_{n}=canary-value\n")).collect::<String>());
    let screen = import(&home, &["new.env"]).on_terminal().exits(0);
    assert!(screen.contains("/30") && screen.contains("30 imported") && !screen.contains(CANARY), "{screen}");
    assert_eq!(home.dotenv_text().lines().count(), 30);
}
