//! The program as a process: what it inherits, how it ends, who can see it.

use std::fs;

use super::{ended, home, sh, until, written};

#[test]
fn its_exit_code_becomes_ours() {
    let home = home();
    for (line, code) in
        [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
    {
        sh(&home, &["--only", "DB_URL"], line).run().exits(code);
    }
}

#[test]
fn a_program_that_is_not_there_or_can_not_be_run_is_told_before_anything_is_read() {
    let home = home();
    let plain = home.file("plain", "");
    for (program, code) in [("no-such-program", 127), ("./no-such-program", 127), (plain.to_str().unwrap(), 126)] {
        // The backend does not exist either, which nobody notices.
        let run =
            home.runtime(["--backend", "no-such-backend", "run", "--only", "KEY", "--", program, "canary-argument"]);
        let run = run.run().exits(code).prints("").says(&[program]).never_shows("canary-argument");
        assert!(!run.stderr.contains("no-such-backend"), "{run:?}");
    }
    let script = home.file("script", "#!/no/such/interpreter\n");
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let run = home.dotenv(["run", "--only", "DB_URL", "--"]).arg(&script).run().exits(127);
    run.never_shows("canary-db-0001");
}

#[test]
fn it_reads_our_standard_input() {
    let home = home();
    let run = sh(&home, &["--only", "DB_URL"], "read -r line; echo \"$line $DB_URL\"; cat");
    run.input("first\nrest\n").run().exits(0).prints("first canary-db-0001\nrest\n");
    let masked = sh(&home, &["--only", "DB_URL", "--redact"], "cat").input("piped canary-db-0001\n").run();
    masked.exits(0).prints("piped [redacted: DB_URL]\n");
}

#[test]
fn replacing_keeps_the_process() {
    let home = home();
    let run = sh(&home, &["--only", "DB_URL", "--replace"], "echo $$ $DB_URL; exit 4").start();
    let expected = format!("{} canary-db-0001\n", run.id());
    run.wait().exits(4).prints(expected);
    for options in [&["--files"][..], &["--redact"]] {
        let run = sh(&home, &[&["--only", "DB_URL", "--replace"], options].concat(), "echo ran").run();
        run.exits(2).prints("").says(&["--replace leaves nobody behind", options[0]]);
    }
}

#[test]
fn no_value_is_in_an_argument_list() {
    let home = home();
    let run = sh(&home, &["--only", "DB_URL"], "echo $$ > pid; read -r line").input("").start();
    let child = written(&home.path().join("pid"));
    for id in [run.id().to_string(), child] {
        // The program may be gone by now; then there is nothing to see.
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&line).contains("canary-db-0001"));
    }
    run.wait();
}

#[test]
fn a_process_that_is_left_behind_keeps_our_output_and_does_not_keep_us() {
    let home = home();
    let line = "(while [ ! -e go ]; do sleep 0.02; done; echo late) & exit 3";
    let run = sh(&home, &["--only", "DB_URL"], line).start();
    until("the end", || ended(&run));
    home.file("go", "");
    run.wait().exits(3).prints("late\n");
}

#[test]
fn a_process_that_is_left_behind_does_not_keep_a_masked_run() {
    let home = home();
    let line = "(while [ ! -e go ]; do sleep 0.02; done) & echo $DB_URL; exit 3";
    let run = sh(&home, &["--only", "DB_URL", "--redact"], line).start();
    until("the end", || ended(&run));
    home.file("go", "");
    run.wait().exits(3).prints("[redacted: DB_URL]\n").says(&["left behind"]);
}

#[test]
fn the_short_name_is_the_same_command() {
    home()
        .dotenv(["exec", "--only", "DB_URL", "--", "sh", "-c", "echo $DB_URL"])
        .run()
        .exits(0)
        .prints("canary-db-0001\n");
}
