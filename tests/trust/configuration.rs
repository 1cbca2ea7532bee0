//! `runtime.toml`: the operator's word where it is named, a stranger's where it is found.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use test_support::{Reply, Upstream, layout};

use crate::common::{Home, Outcome, cli::Run, digest};

fn server() -> Upstream {
    Upstream::start(|_| Reply::new(200, "v")).unwrap()
}

/// A configuration that spells everything out for the example backend on this server.
fn spelled(server: &Upstream) -> String {
    let component = layout::backend("example-c");
    let address = server.address();
    format!(
        "default-backend = \"prod\"\n[backends.prod]\ncomponent = {component:?}\ndigest = \"{}\"\n\
         set = {{ address = \"{address}\" }}\ncredentials = {{ token = {{ env = \"THE_TOKEN\" }} }}\n\
         grant = {{ origins = [\"{address}\"] }}\n",
        digest(&component)
    )
}

fn get(home: &Home) -> Run {
    home.runtime(["get", "KEY"]).env("THE_TOKEN", "canary-token")
}

/// The configuration as it is named on the command line.
fn named(home: &Home, text: &str) -> Outcome {
    let file = home.file("settings/mine.toml", text);
    get(home).arg("--config-file").arg(file).run()
}

#[test]
fn a_named_file_that_spells_everything_out_runs_unasked() {
    let (home, server) = (Home::new(), server());
    let run = named(&home, &spelled(&server)).exits(0).prints("v");
    assert_eq!(run.stderr, "");
    assert_eq!(server.seen()[0].header("authorization"), Some("Bearer canary-token"));
}

#[test]
fn what_it_does_not_spell_out_is_not_granted() {
    let (home, server) = (Home::new(), server());
    let whole = spelled(&server);
    let other_digest = digest(&layout::backend("vault"));
    let this_digest = digest(&layout::backend("example-c"));
    for (text, code) in [
        (whole.replace(&format!("origins = [\"{}\"]", server.address()), "origins = []"), 3),
        (whole.replace(&format!("origins = [\"{}\"]", server.address()), "origins = [\"https://other.example\"]"), 3),
        (whole.replace(&this_digest, &other_digest), 3),
        (whole.replace(&format!("digest = \"{this_digest}\"\n"), ""), 3),
        (whole.lines().filter(|line| !line.starts_with("grant")).map(|line| format!("{line}\n")).collect(), 3),
        (whole.replace("set = { address", "set = { adress"), 2),
    ] {
        assert_ne!(text, whole);
        named(&home, &text).exits(code).prints("");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn variables_that_are_not_named_are_not_read() {
    let (home, server) = (Home::new(), server());
    let text = spelled(&server).replace("set = { address", "set = { }\n#");
    let get = |text: &str| {
        let file = home.file("mine.toml", text);
        get(&home).env("EXAMPLE_C_ADDR", server.address()).arg("--config-file").arg(file).run()
    };
    get(&text).exits(2).prints("").says(&["EXAMPLE_C_ADDR"]);
    get(&text.replace("origins =", "variables = [\"EXAMPLE_C_ADDR\"], origins =")).exits(0).prints("v");
}

#[test]
fn files_that_it_names_lie_beside_it() {
    let home = Home::with_dotenv("KEY=not this one\n");
    home.file("settings/.env", "KEY=v\n");
    home.file("settings/dotenv.wasm", fs::read(layout::backend("dotenv")).unwrap());
    let text = format!(
        "default-backend = \"files\"\n[backends.files]\ncomponent = \"dotenv.wasm\"\ndigest = \"{}\"\n\
         grant = {{ storage = \".env\" }}\n",
        digest(&layout::backend("dotenv"))
    );
    named(&home, &text).exits(0).prints("v");
}

#[test]
fn a_file_that_others_can_write_has_no_effect() {
    let (home, server) = (Home::new(), server());
    let file = home.file("mine.toml", spelled(&server));
    for mode in [0o620, 0o602, 0o666] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        get(&home).arg("--config-file").arg(&file).run().exits(3).prints("").says(&["others can write it"]);
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn an_unknown_key_is_told_with_the_nearest_one() {
    let (home, server) = (Home::new(), server());
    for (text, words) in [
        (spelled(&server).replace("digest =", "digset ="), ["backends.prod", "did you mean \"digest\"?"]),
        (format!("defualt-backend = \"prod\"\n{}", spelled(&server)), ["defualt-backend", "default-backend"]),
        (spelled(&server) + "acces-mode = \"read-only\"\n", ["acces-mode", "access-mode"]),
        (spelled(&server) + "cache = { tll = \"1h\" }\n", ["tll", "ttl"]),
        (spelled(&server) + "access-mode = \"read-onyl\"\n", ["read-onyl", "read-only"]),
    ] {
        named(&home, &text).exits(2).prints("").says(&words);
    }
}

/// A project with a configuration in it, and a folder below that commands are typed in.
fn project(home: &Home, text: &str) -> (PathBuf, PathBuf) {
    let below = home.path().join("project/src/deep");
    fs::create_dir_all(&below).unwrap();
    (home.file("project/runtime.toml", text), below)
}

fn found(home: &Home, below: &Path) -> Outcome {
    get(home).within(below).run()
}

#[test]
fn a_found_file_has_no_effect_before_it_is_trusted() {
    let (home, server) = (Home::new(), server());
    let text = format!("audit = \"audit.jsonl\"\n{}", spelled(&server));
    let (file, below) = project(&home, &text);
    found(&home, &below).exits(2).prints("").says(&["no backend is named", "is not trusted and has no effect"]);
    get(&home).args(["--backend", "prod"]).within(&below).run().exits(2).prints("");
    home.runtime(["backends"]).within(&below).run().exits(0).prints("");
    home.runtime(["inspect", "prod"]).within(&below).run().exits(2);
    assert_eq!((server.connections(), file.with_file_name("audit.jsonl").exists()), (0, false));

    let refused = home.runtime(["trust"]).arg(&file).run().exits(3);
    let line = refused.stderr.split('`').find(|part| part.starts_with("runtime trust --digest ")).unwrap();
    home.shell(line).run().exits(0).says(&["recorded"]);
    found(&home, &below).exits(0).prints("v");
    assert!(file.with_file_name("audit.jsonl").exists());
}

#[test]
fn a_found_file_that_was_changed_or_moved_is_a_strangers_again() {
    let (home, server) = (Home::new(), server());
    let (file, below) = project(&home, &spelled(&server));
    let trusts = || home.runtime(["trust"]).arg(&file).on_terminal().shows("Type yes").types("yes").exits(0);
    let screen = trusts();
    assert!(screen.contains("The backend prod is ") && screen.contains(&server.address()), "{screen}");
    found(&home, &below).exits(0).prints("v");

    home.file("project/runtime.toml", spelled(&server) + "# changed\n");
    found(&home, &below).exits(2).prints("").says(&["has no effect"]);
    trusts();
    found(&home, &below).exits(0);

    let (_, copied) = (home.file("copy/runtime.toml", fs::read(&file).unwrap()), home.path().join("copy"));
    found(&home, &copied).exits(2).prints("");
}

#[test]
fn a_named_file_takes_the_place_of_a_found_one() {
    let (home, server) = (Home::new(), server());
    let (_, below) = project(&home, "this is not even TOML");
    let file = home.file("mine.toml", spelled(&server));
    get(&home).arg("--config-file").arg(file).within(&below).run().exits(0).prints("v");
}
