//! The audit log: a line for every operation, and no operation without its line.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use test_support::{Reply, Upstream, layout};

use crate::common::{Home, READ_WRITE, digest};

fn lines(file: &Path) -> Vec<Value> {
    fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn audited(home: &Home) -> PathBuf {
    home.path().join("audit.jsonl")
}

#[test]
fn every_operation_leaves_a_line_and_no_line_has_a_value() {
    let home = Home::with_dotenv("KEY=canary-value\n");
    let file = audited(&home);
    let run = |arguments: &[&str], code: i32| {
        home.dotenv([READ_WRITE, "--audit"]).arg(&file).args(arguments).input("canary-new").run().exits(code)
    };
    run(&["get", "KEY"], 0);
    run(&["get", "KEY", "ABSENT"], 10);
    run(&["exists", "KEY"], 0);
    run(&["list", "K"], 0);
    run(&["set", "KEY"], 0);
    run(&["delete", "ABSENT"], 10);
    run(&["check"], 0);
    let mut seen: Vec<_> = lines(&file)
        .iter()
        .map(|line| format!("{} {} {}", line["operation"].as_str().unwrap(), line["name"], line["outcome"]))
        .collect();
    // The two that were read side by side ended in any order.
    seen[1..3].sort_unstable();
    assert_eq!(
        seen,
        [
            r#"read "KEY" "ok""#,
            r#"read "ABSENT" "not-found""#,
            r#"read "KEY" "ok""#,
            r#"exists "KEY" "ok""#,
            r#"list "K" "ok""#,
            r#"write "KEY" "ok""#,
            r#"delete "ABSENT" "not-found""#,
            r#"check null "unsupported""#,
        ]
    );
    assert!(!fs::read_to_string(&file).unwrap().contains("canary"));
}

#[test]
fn a_line_says_when_who_what_and_from_where() {
    let home = Home::with_dotenv("KEY=v\n");
    let file = audited(&home);
    home.dotenv(["get", "KEY", "--audit"]).arg(&file).run().exits(0);
    let mut line = lines(&file).remove(0);
    let object = line.as_object_mut().unwrap();
    let time = object.remove("time").unwrap();
    assert!(time.as_str().unwrap().ends_with('Z'), "{time}");
    assert!(object.remove("duration_ms").unwrap().is_u64());
    assert_eq!(
        line,
        json!({
            "operation": "read", "backend": "dotenv", "digest": digest(&layout::backend("dotenv")), "name": "KEY",
            "outcome": "ok", "source": "backend",
        })
    );
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn trusting_and_revoking_are_lines_too() {
    let home = Home::with_dotenv("KEY=v\n");
    let (file, component) = (audited(&home), layout::backend("dotenv"));
    let trust = |arguments: &[&str]| {
        let run = home.runtime(["trust"]).arg(&component).arg("--storage").arg(home.dotenv_file());
        run.args(arguments).arg("--audit").arg(&file).run()
    };
    trust(&["--digest", &digest(&component)]).exits(0);
    home.runtime(["trust", "revoke"]).arg(&component).arg("--audit").arg(&file).run().exits(0);
    let question = home.untrusted_dotenv(["get", "KEY", "--audit"]).arg(&file);
    question.on_terminal().shows("Type yes").types("yes").exits(0);
    let seen: Vec<_> = lines(&file).iter().map(|line| line["operation"].clone()).collect();
    assert_eq!(seen, ["trust", "revoke", "trust", "read"]);
    assert!(lines(&file).iter().all(|line| line["digest"] == json!(digest(&component))));
}

#[test]
fn standard_error_can_be_the_log() {
    let home = Home::with_dotenv("KEY=v\n");
    let run = home.dotenv(["--audit", "-", "get", "KEY"]).run().exits(0).prints("v");
    let line = run.stderr.lines().find(|line| line.starts_with('{')).unwrap();
    assert_eq!(serde_json::from_str::<Value>(line).unwrap()["operation"], "read");
}

#[test]
fn without_a_log_that_can_be_written_nothing_is_done() {
    let home = Home::new();
    let server = Upstream::start(|_| Reply::new(200, "v")).unwrap();
    home.file("open.jsonl", "");
    fs::set_permissions(home.path().join("open.jsonl"), fs::Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::symlink("elsewhere", home.path().join("link.jsonl")).unwrap();
    for log in ["missing/audit.jsonl", ".", "open.jsonl", "link.jsonl", "/dev/null", "/dev/full"] {
        home.example("c", &server, ["--audit", log, "get", "KEY"]).run().is_refused("audit");
        home.dotenv([READ_WRITE, "--audit", log, "set", "KEY"]).input("v").run().is_refused("audit");
    }
    assert_eq!((server.connections(), home.dotenv_file().exists()), (0, false));
}

#[test]
fn a_grant_that_cannot_be_recorded_there_is_not_given() {
    let home = Home::with_dotenv("KEY=v\n");
    let component = layout::backend("dotenv");
    let trust = home.runtime(["trust", "--audit", "missing/audit.jsonl", "--digest", &digest(&component)]);
    trust.arg(&component).arg("--storage").arg(home.dotenv_file()).run().is_refused("audit");
    home.untrusted_dotenv(["get", "KEY"]).run().exits(3);
}

#[test]
fn foreign_words_can_not_forge_a_line() {
    let home = Home::new();
    let server = Upstream::start(|_| Reply::new(404, "")).unwrap();
    let file = audited(&home);
    let name = "KEY\",\"outcome\":\"ok\u{202e}";
    home.example("c", &server, ["--audit"]).arg(&file).args(["get", name]).run();
    let lines = lines(&file);
    assert_eq!((lines.len(), &lines[0]["name"], &lines[0]["outcome"]), (1, &json!(name), &json!("not-found")));
    assert!(fs::read(&file).unwrap().is_ascii());
}

#[test]
fn processes_append_whole_lines_side_by_side() {
    let home = Home::with_dotenv("KEY=v\n");
    let file = audited(&home);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    home.dotenv(["get", "KEY", "KEY", "--audit"]).arg(&file).run().exits(0);
                }
            });
        }
    });
    assert_eq!(lines(&file).len(), 40);
}
