//! Signals: who hears them, and how often.

use rustix::process::Signal;
use test_support::layout;

use super::{home, sh, written};

#[test]
fn a_server_is_told_to_end_and_ends_in_its_own_way() {
    for (name, signal) in [
        ("TERM", Signal::TERM),
        ("INT", Signal::INT),
        ("HUP", Signal::HUP),
        ("QUIT", Signal::QUIT),
        ("USR1", Signal::USR1),
        ("USR2", Signal::USR2),
        ("WINCH", Signal::WINCH),
    ] {
        let home = home();
        let line = format!("trap 'echo {name}; exit 9' {name}; echo up > up; while :; do sleep 0.02; done");
        let run = sh(&home, &["--only", "DB_URL"], &line).start();
        written(&home.path().join("up"));
        run.signal(signal);
        run.wait().exits(9).prints(format!("{name}\n"));
    }
}

#[test]
fn a_program_that_does_not_listen_dies_of_it() {
    let home = home();
    let run = sh(&home, &["--only", "DB_URL"], "echo up > up; while :; do sleep 0.02; done").start();
    written(&home.path().join("up"));
    run.signal(Signal::TERM);
    run.wait().exits(143);
}

#[test]
fn a_program_with_a_process_of_its_own_ends_both() {
    let home = home();
    let line = "trap 'kill $other; wait $other; exit 9' TERM\n\
                sh -c 'echo $$ > other; while :; do sleep 0.02; done' & other=$!; echo up > up; wait $other";
    let run = sh(&home, &["--only", "DB_URL"], line).start();
    let (_, other) = (written(&home.path().join("up")), written(&home.path().join("other")));
    run.signal(Signal::TERM);
    run.wait().exits(9);
    assert!(!std::path::Path::new(&format!("/proc/{other}")).exists());
}

#[test]
fn what_a_program_sends_to_its_own_group_does_not_come_back() {
    let home = home();
    // Without an end to it, the program would be told again and again.
    let line = "trap 'n=$((n+1)); [ $n -lt 5 ] && kill -USR1 0; echo $n >> heard' USR1; n=0; kill -USR1 0; \
                trap '' USR1; exit 6";
    sh(&home, &["--only", "DB_URL"], line).run().exits(6);
}

#[test]
fn what_is_to_be_ignored_stays_ignored() {
    let home = home();
    let (component, file) = (layout::backend("dotenv"), home.dotenv_file());
    let command = format!(
        "runtime --trust --backend {} --storage {} run --only DB_URL -- sh -c 'kill -HUP $$; echo alive'",
        component.display(),
        file.display()
    );
    home.shell(&format!("trap '' HUP; exec {command}")).run().exits(0).prints("alive\n");
    home.shell(&command).run().exits(129).prints("");
}

#[test]
fn a_key_on_the_terminal_is_heard_once() {
    let home = home();
    let line = "trap 'n=$((n+1)); echo caught-$n' INT; n=0; echo ready\n\
                while :; do read -r line || [ $n -gt 0 ] || exit 9; [ \"$line\" = end ] && exit $((40+n)); done";
    let run = sh(&home, &["--only", "DB_URL"], line).on_terminal().shows("ready\r\n");
    run.types("\u{3}").shows("caught-1").types("end").exits(41);
}

#[test]
fn a_key_on_the_terminal_ends_a_program_that_does_not_listen() {
    let home = home();
    let line = "echo ready; while :; do sleep 0.02; done";
    sh(&home, &["--only", "DB_URL"], line).on_terminal().shows("ready\r\n").types("\u{3}").exits(130);
}
