//! Secrets as files in memory.

use std::path::Path;

use rustix::process::Signal;

use super::{home, sh, written};
use crate::common::Home;

#[test]
fn they_are_in_a_private_folder_that_is_gone_afterwards() {
    let home = home();
    let line = "cd $RUNTIME_SECRETS_DIR; pwd > $HOME/where; stat -c %a . DB_URL; cat DB_URL; echo; echo ${DB_URL-none}";
    let run = sh(&home, &["--only", "DB_URL", "--files"], line).env("DB_URL", "inherited").run();
    run.exits(0).prints("700\n400\ncanary-db-0001\nnone\n");
    let folder = written(&home.path().join("where"));
    assert!(folder.starts_with("/dev/shm/") && !Path::new(&folder).exists(), "{folder}");
}

#[test]
fn they_are_gone_after_a_signal_too() {
    for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
        let home = home();
        let line = "echo $RUNTIME_SECRETS_DIR > where; while :; do sleep 0.02; done";
        let run = sh(&home, &["--only", "DB_URL", "--files"], line).start();
        let folder = written(&home.path().join("where"));
        assert!(Path::new(&folder).join("DB_URL").exists());
        run.signal(signal);
        run.wait().exits(128 + signal.as_raw());
        assert!(!Path::new(&folder).exists());
    }
}

#[test]
fn they_are_gone_where_nothing_could_be_started() {
    let home = home();
    let script = home.file("script", "#!/no/such/interpreter\n");
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let memory = tempfile::Builder::new().prefix("test-").tempdir_in("/dev/shm").unwrap();
    let run = home.dotenv(["run", "--only", "DB_URL", "--files", "--"]).arg(&script);
    run.env("XDG_RUNTIME_DIR", memory.path()).run().exits(127);
    assert_eq!(std::fs::read_dir(memory.path()).unwrap().count(), 0);
}

#[test]
fn a_folder_of_ones_own_is_taken_if_it_is_in_memory() {
    let home = home();
    let memory = tempfile::Builder::new().prefix("test-").tempdir_in("/dev/shm").unwrap();
    let run = |folder: &Path| {
        let run = sh(&home, &["--only", "DB_URL", "--files"], "dirname $RUNTIME_SECRETS_DIR");
        run.env("XDG_RUNTIME_DIR", folder).run().exits(0)
    };
    run(memory.path()).prints(format!("{}\n", memory.path().display()));
    run(home.path()).prints("/dev/shm\n");
}

#[test]
fn hostile_names_lead_to_nowhere_else() {
    let home = Home::with_dotenv("KEY=canary-key\n");
    for name in ["../KEY", "/tmp/KEY", "a//b", ".."] {
        sh(&home, &["--files", "--only", name], "echo ran").run().exits(2).prints("").says(&[name]);
        let by_hand = format!("{name}=KEY");
        sh(&home, &["--files", "--only", &by_hand], "echo ran").run().exits(2).prints("");
    }
    let line = "cat $RUNTIME_SECRETS_DIR/team/db";
    sh(&home, &["--files", "--only", "team/db=KEY"], line).run().exits(0).prints("canary-key");
}
