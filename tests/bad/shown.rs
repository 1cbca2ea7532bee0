//! Words of others are shown on one line, capped, with nothing in them that a terminal acts on.

use test_support::{Reply, Upstream};

use crate::common::{Attack, Home, Manifest, digest};

/// Moves the cursor, clears the screen, sets the title, ends the line, turns the direction of reading.
const EVIL: &str =
    "good\\u001b[2J\\u001b]0;title\\u0007\\r\\nruntime: granted\\u2028\\u202Egnirts\\u2066\\u200b\\u009b31m";

fn evil(manifest: Manifest) -> Manifest {
    manifest.replace("version = \"0.1.0\"", &format!("version = \"0.1.0\"\ndescription = \"{EVIL}\""))
}

#[test]
fn a_description_with_escape_codes_newlines_and_bidi_marks_is_shown_escaped() {
    let home = Home::new();
    let attack = Attack::with(evil(Manifest::honest())).env("HOSTILE_ADDR", "https://upstream.test");
    let attack = attack.env("HOSTILE_TOKEN", "canary-credential");
    let path = attack.component().save(&home, "evil.wasm");

    let inspect = home.runtime(["inspect"]).arg(&path).run().exits(0);
    let words = String::from_utf8(inspect.stdout.clone()).unwrap();
    assert!(words.contains(r"good\u{1b}[2J\u{1b}]0;title\u{7}\u{d}\u{a}runtime: granted"), "{words}");
    inspect.shows_plainly();

    let json = home.runtime(["--output", "json", "inspect"]).arg(&path).run().exits(0);
    let facts: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(facts["description"].as_str().unwrap().starts_with("good\u{1b}[2J"));
    json.shows_plainly();

    let trust = attack.command(&home, &["trust", "--digest", &digest(&path)]).run();
    trust.exits(0).says(&[r"good\u{1b}[2J"]).shows_plainly();
    attack.command(&home, &["get", "KEY"]).run().exits(0).says(&[r"good\u{1b}[2J"]).shows_plainly();
}

#[test]
fn a_description_without_end_is_capped() {
    let long = "x".repeat(100_000);
    let manifest =
        Manifest::honest().replace("version = \"0.1.0\"", &format!("version = \"0.1.0\"\ndescription = \"{long}\""));
    let home = Home::new();
    let path = Attack::with(manifest).component().save(&home, "long.wasm");
    let inspect = home.runtime(["inspect"]).arg(&path).run().exits(0);
    assert!(inspect.stdout.len() < 4096, "{} bytes", inspect.stdout.len());
}

#[test]
fn what_a_backend_says_of_its_failure_is_shown_escaped() {
    let evil = "bad\x1b[2J\r\nruntime: all is well\u{202e}";
    let upstream = Upstream::start(move |_| Reply::new(200, evil)).unwrap();
    let url = format!("{}/v1/secret/KEY", upstream.address());
    for verbose in ["-v", "-vv", "-vvv"] {
        let attack = Attack::on(&upstream).sends("GET", &url).set("act", "gossip").option(verbose);
        let run = attack.get().exits(1).says(&[r"bad\u{1b}[2J\u{d}\u{a}runtime: all is well\u{202e}"]);
        run.shows_plainly().prints("");
    }
}

#[test]
fn what_a_listing_holds_is_shown_escaped() {
    let home = Home::with_dotenv("KEY=value\n");
    home.dotenv(["list"]).run().exits(0).shows_plainly();
    let run = home.runtime(["get", "KEY", "--backend", "bad\x1b[2J"]).run();
    run.exits(2).shows_plainly();
}

#[test]
fn the_name_of_a_folder_is_shown_escaped_in_every_message() {
    let home = Home::with_dotenv("KEY=v\n");
    let folder = home.path().join("good\u{1b}[2J\u{202e}\nruntime: granted");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("runtime.toml");
    let at = |mode: u32, text: &str, command: &[&str]| {
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let run = home.runtime(command).within(&folder).run().shows_plainly();
        assert!(!run.stderr.lines().any(|line| line.starts_with("runtime: granted")), "{run:?}");
        run
    };
    at(0o666, "", &["get", "KEY"]).exits(3).says(&[r"good\u{1b}[2J\u{202e}", "others can write it"]);
    at(0o600, "x = 1\n", &["trust", "runtime.toml"]).exits(2).says(&["unknown key"]);
    at(0o600, "", &["get", "KEY"]).exits(2).says(&["has no effect"]);
    at(0o600, "", &["import", "--format", "json", "gone\u{1b}[2J"]).exits(2);
    at(0o600, "", &["--audit", "no\u{1b}[2J/log", "get", "KEY"]).exits(3);
}
