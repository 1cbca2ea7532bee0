//! `bao agent`: logs in with the token in a file, and renders a template from every backend.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use test_support::OpenBao;

use super::stage::{MOUNTS, NAME, Stage, VALUE};

/// How long it may take to log in and to render once.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn it_renders_a_template_with_a_secret_of_every_backend() {
    let stage = Stage::start();
    let home = stage.daemon.home();
    let token = home.file("token", stage.daemon.token(&["read:*/*"]));
    let rendered = home.path().join("rendered");
    let secrets = MOUNTS.map(|mount| {
        format!("{{{{ with secret \"{mount}/data/{NAME}\" }}}}{mount}={{{{ .Data.data.value }}}}\n{{{{ end }}}}")
    });
    let config = home.file(
        "agent.hcl",
        format!(
            "exit_after_auth = true\nvault {{ address = {:?} }}\n\
             auto_auth {{ method \"token_file\" {{ config = {{ token_file_path = {token:?} }} }} }}\n\
             template_config {{ exit_on_retry_failure = true }}\n\
             template {{\n  contents = {:?}\n  destination = {rendered:?}\n}}\n",
            stage.daemon.url(),
            secrets.concat()
        ),
    );
    let log = fs::File::create(home.path().join("agent.log")).unwrap();
    let mut agent = Command::new(OpenBao::program().unwrap())
        .args(["agent", "-config"])
        .arg(config)
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let started = Instant::now();
    let ended = loop {
        match agent.try_wait().unwrap() {
            Some(ended) => break ended,
            None if started.elapsed() > PATIENCE => {
                agent.kill().unwrap();
                break agent.wait().unwrap();
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let log = fs::read_to_string(home.path().join("agent.log")).unwrap();
    assert!(ended.success(), "{ended}\n{log}\n{}", stage.daemon.log());
    let expected: String = MOUNTS.iter().map(|mount| format!("{mount}={VALUE}\n")).collect();
    assert_eq!(fs::read_to_string(rendered).unwrap(), expected, "{log}");
}
