//! The files by which the daemon is run: judged by those who know the formats, and by the daemon.

use std::{fs, path::PathBuf, process::Command};

use test_support::{Authority, Venv, layout};

use crate::common::{Daemon, Home, digest};

/// Prints the `runtime.toml` of every ConfigMap in a file, one after the other, each behind a line with a zero byte.
const CONFIGURATIONS: &str = "
import sys, yaml
for document in yaml.safe_load_all(open(sys.argv[1])):
    if document['kind'] == 'ConfigMap':
        print('\\0', document['data']['runtime.toml'], sep='', end='')
";

/// What a digest is before somebody has put theirs there.
const NO_DIGEST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn file(name: &str) -> PathBuf {
    layout::root().join("runtime/deploy").join(name)
}

fn manifests() -> [PathBuf; 2] {
    ["kubernetes/deployment.yaml", "kubernetes/sidecar.yaml"].map(file)
}

#[track_caller]
fn run(program: &str, arguments: &[&str], files: &[PathBuf]) -> String {
    let program = Venv::deploy().unwrap().program(program);
    let output = Command::new(program).args(arguments).args(files).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    printed
}

#[test]
fn kubernetes_knows_every_key_of_the_manifests() {
    // Native sidecars are as old as the first of these.
    for version in ["1.29", "1.37"] {
        run("kubernetes-validate", &["--strict", "--kubernetes-version", version], &manifests());
    }
}

#[test]
fn the_recipe_of_the_image_has_no_finding() {
    run("hadolint", &["--no-color", "--failure-threshold", "style"], &[file("Containerfile")]);
}

#[test]
fn the_daemon_starts_with_the_configurations() {
    let mut all = vec![fs::read_to_string(file("runtime.toml")).unwrap()];
    for manifest in manifests() {
        let printed = run("python", &["-c", CONFIGURATIONS], &[manifest]);
        all.extend(printed.split('\0').skip(1).map(str::to_owned));
    }
    assert_eq!(all.len(), 3);
    let (component, authority) = (layout::backend("vault"), Authority::new().unwrap());
    let identity = authority.server().unwrap();
    for text in all {
        assert!(text.contains(NO_DIGEST), "{text}");
        let home = Home::new();
        let pod = home.file("pod-token", "a-token-of-the-pod");
        let key = home.file("tls.key", identity.key_pem());
        // What an installation has at its places is here.
        let text = [
            (format!("sha256:{NO_DIGEST}").as_str(), digest(&component).as_str()),
            ("/usr/local/share/secret-runtime/backends/vault.wasm", component.to_str().unwrap()),
            ("/var/run/secrets/kubernetes.io/serviceaccount/token", pod.to_str().unwrap()),
            ("/var/lib/secret-runtime", home.path().to_str().unwrap()),
            ("/etc/secret-runtime/tls/tls.crt", identity.certificate_file().to_str().unwrap()),
            ("/etc/secret-runtime/tls/tls.key", key.to_str().unwrap()),
        ]
        .into_iter()
        .fold(text, |text, (there, here)| text.replace(there, here));
        let daemon = Daemon::start_in(home, &text);
        assert!(daemon.log().contains("listening on"), "{}", daemon.log());
    }
}
