//! Values in what a program writes.

use super::{home, sh};

#[test]
fn a_value_is_masked_however_it_is_written() {
    let home = home();
    // Byte by byte, each a write of its own.
    let line = "s=\"a $DB_URL b $API_KEY\"; while [ -n \"$s\" ]; do r=${s#?}; printf %s \"${s%\"$r\"}\"; s=$r; done; \
                echo $DB_URL >&2";
    let run = sh(&home, &["--only", "DB_URL,API_KEY", "--redact"], line).run().exits(0);
    run.prints("a [redacted: DB_URL] b [redacted: API_KEY]").says(&["[redacted: DB_URL]"]).never_shows("canary-");
}

#[test]
fn a_prompt_without_a_line_break_is_seen_at_once() {
    let home = home();
    let line = "printf 'Your name: '; read -r name; echo \"hello $name\"";
    let run = sh(&home, &["--only", "DB_URL", "--redact"], line).on_terminal();
    let screen = run.shows("Your name: ").types("me").exits(0);
    assert!(screen.contains("hello me"), "{screen}");
}

#[test]
fn it_is_the_default_where_logs_are_kept() {
    let home = home();
    let run = |options: &[&str], ci: &str| {
        let options = [&["--only", "DB_URL"], options].concat();
        sh(&home, &options, "echo $DB_URL").env("CI", ci).run().exits(0)
    };
    run(&[], "true").prints("[redacted: DB_URL]\n");
    run(&[], "false").prints("canary-db-0001\n");
    run(&["--no-redact"], "true").prints("canary-db-0001\n");
    run(&["--replace"], "true").prints("canary-db-0001\n");
}

#[test]
fn a_value_that_is_too_short_is_told_by_name() {
    let home = home();
    let run = sh(&home, &["--only", "SHORT", "--redact"], "echo $SHORT").run().exits(0).prints("tiny\n");
    run.says(&["SHORT is shorter than 8 bytes and is not masked"]);
}

#[test]
fn a_reader_that_leaves_early_ends_the_program() {
    let home = home();
    let line = "yes $DB_URL";
    let run = sh(&home, &["--only", "DB_URL", "--redact"], line).unheard().run().exits(141);
    run.never_shows("canary-db-0001");
}
