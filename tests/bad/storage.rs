//! Storage that is not the file it should be, or not in the shape it should have. It is never changed by a failure.

use std::{fs, os::unix::fs::symlink, path::Path, sync::Arc};

use secret_runtime::{AccessMode, Kind, StorageInput, Write};
use test_support::layout;

use crate::common::{
    Attack, Component, Home, Manifest, READ_WRITE, block_on, digest,
    library::{assert_refused, failure, load, runtime},
};

#[test]
fn a_link_in_place_of_the_file_that_was_granted_is_not_followed() {
    let home = Home::with_dotenv("KEY=granted\n");
    let elsewhere = home.file("elsewhere", "KEY=the-value-elsewhere\n");
    let pinned = digest(&layout::backend("dotenv"));
    home.untrusted_dotenv(["trust", "--digest", &pinned]).run().exits(0);
    home.untrusted_dotenv(["get", "KEY"]).run().exits(0).prints("granted");

    fs::remove_file(home.dotenv_file()).unwrap();
    symlink(&elsewhere, home.dotenv_file()).unwrap();
    let get = home.untrusted_dotenv(["get", "KEY"]).run();
    get.exits(3).says(&[&elsewhere.display().to_string()]).prints("").never_shows("the-value-elsewhere");
    let set = home.untrusted_dotenv([READ_WRITE, "set", "KEY"]).input("new").run();
    set.exits(3).prints("");
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "KEY=the-value-elsewhere\n");
}

#[test]
fn a_link_in_place_of_the_folder_that_was_granted_is_not_followed() {
    let home = Home::new();
    home.file("project/.env", "KEY=granted\n");
    let elsewhere = home.file("elsewhere/.env", "KEY=the-value-elsewhere\n");
    let pinned = digest(&layout::backend("dotenv"));
    let run = |arguments: &[&str]| {
        let run = home.runtime(["--storage", "project/.env", "--backend"]).arg(layout::backend("dotenv"));
        run.args(arguments).run()
    };
    run(&["trust", "--digest", &pinned]).exits(0);
    run(&["get", "KEY"]).exits(0).prints("granted");

    fs::rename(home.path().join("project"), home.path().join("moved")).unwrap();
    symlink(elsewhere.parent().unwrap(), home.path().join("project")).unwrap();
    run(&["get", "KEY"]).exits(3).prints("").never_shows("the-value-elsewhere");
}

/// The dotenv backend on this file, loaded; the file is swapped afterwards.
fn loaded(file: &Path) -> secret_runtime::Backend {
    let runtime = runtime();
    let builder = runtime.backend(Component::backend("dotenv").parse().unwrap());
    load(builder.storage(StorageInput::File(file.to_owned())).access_mode(AccessMode::ReadWrite)).unwrap()
}

#[test]
fn a_link_that_appears_under_a_running_service_is_not_followed() {
    let home = Home::with_dotenv("KEY=granted\n");
    let elsewhere = home.file("elsewhere", "KEY=the-value-elsewhere\n");
    let backend = loaded(&home.dotenv_file());
    assert_eq!(block_on(backend.get("KEY")).unwrap().secret.expose(), b"granted");

    fs::remove_file(home.dotenv_file()).unwrap();
    symlink(&elsewhere, home.dotenv_file()).unwrap();
    assert_refused(&failure(&backend, "KEY"), "storage-link");
    let written = block_on(backend.write("KEY", &Write::new("new"), &backend.call()));
    assert_refused(&written.unwrap_err(), "storage-link");
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "KEY=the-value-elsewhere\n");
}

#[test]
fn a_link_to_a_folder_that_appears_under_a_running_service_is_not_followed() {
    let home = Home::new();
    let file = home.file("project/.env", "KEY=granted\n");
    let elsewhere = home.file("elsewhere/.env", "KEY=the-value-elsewhere\n");
    let backend = loaded(&file);
    fs::rename(home.path().join("project"), home.path().join("moved")).unwrap();
    symlink(elsewhere.parent().unwrap(), home.path().join("project")).unwrap();
    assert_refused(&failure(&backend, "KEY"), "storage-link");
    assert!(block_on(backend.write("KEY", &Write::new("new"), &backend.call())).is_err());
    assert_eq!(fs::read_to_string(elsewhere).unwrap(), "KEY=the-value-elsewhere\n");
}

#[test]
fn a_link_is_granted_as_the_file_that_it_leads_to() {
    let home = Home::new();
    let real = home.file("real", "KEY=value\n");
    symlink(&real, home.dotenv_file()).unwrap();
    let get = home.dotenv(["get", "KEY"]).run();
    get.exits(0).prints("value").says(&[&real.display().to_string()]);
}

#[test]
fn a_device_a_fifo_and_a_folder_are_no_storage() {
    let home = Home::new();
    let fifo = home.path().join("fifo");
    super::fifo(&fifo);
    let folder = home.path().join("folder");
    fs::create_dir(&folder).unwrap();
    for path in [Path::new("/dev/zero"), Path::new("/dev/null"), &fifo, &folder] {
        let run = |arguments: &[&str]| {
            let run = home.runtime(["--trust", "--storage"]).arg(path).arg("--backend").arg(layout::backend("dotenv"));
            run.args(arguments)
        };
        run(&["get", "KEY"]).run().is_refused("storage-kind").says(&["is not a regular file"]);
        run(&[READ_WRITE, "set", "KEY"]).input("x").run().is_refused("storage-kind");
    }
}

#[test]
fn a_fifo_that_appears_under_a_running_service_does_not_hold_it_up() {
    let home = Home::with_dotenv("KEY=granted\n");
    let backend = loaded(&home.dotenv_file());
    fs::remove_file(home.dotenv_file()).unwrap();
    super::fifo(&home.dotenv_file());
    assert_refused(&failure(&backend, "KEY"), "storage-kind");
}

#[test]
fn a_file_over_the_cap_is_refused() {
    let home = Home::with_dotenv(format!("KEY=value\n# {}\n", "x".repeat(4 << 20)));
    home.dotenv(["get", "KEY"]).run().is_refused("storage-size");
}

#[test]
fn a_backend_can_not_change_its_storage_while_it_reads() {
    let manifest = Manifest::honest().and("[storage]\nmode = \"read-write\"\nform = [\"file\"]");
    let home = Home::with_dotenv("KEY=value\n");
    let attack = Attack::with(manifest)
        .env("HOSTILE_ADDR", "https://upstream.test")
        .env("HOSTILE_TOKEN", "canary-credential")
        .option("--storage")
        .option(home.dotenv_file().to_str().unwrap())
        .set("body", "KEY=evil\n");
    for then in ["", "not-found", "invent"] {
        let write = attack.clone().set("act", "storage-write").set("then", then);
        write.get().is_refused("storage");
    }
    // A file has one key: whatever else it asks for does not exist.
    for ask in ["/etc/passwd", "../elsewhere", ".env", "PATH"] {
        attack.clone().set("act", "storage-read").set("ask", ask).get().exits(10).prints("");
    }
    let other_key = attack.clone().set("act", "storage-write").set("ask", "../elsewhere").option(READ_WRITE);
    other_key.command(&Home::new(), &["set", "KEY"]).input("x").run().is_refused("storage");
    assert_eq!(home.dotenv_text(), "KEY=value\n");
}

#[test]
fn of_granted_variables_a_call_sees_its_own_alone() {
    let manifest = Manifest::honest().and("[storage]\nmode = \"read\"\nform = [\"environment\"]");
    let attack = Attack::with(manifest).env("HOSTILE_ADDR", "http://127.0.0.1:1").env("HOSTILE_TOKEN", "unused");
    let attack = attack.option("--storage=env:KEY*").env("KEY", "mine").env("KEY_OF_OTHERS", "canary");
    let attack = attack.set("act", "storage-read");
    attack.clone().set("ask", "KEY").get().exits(0).prints("mine");
    attack.set("ask", "KEY_OF_OTHERS").get().is_refused("storage").never_shows("canary");
}

#[test]
fn storage_for_reading_alone_is_not_written() {
    let manifest = Manifest::honest().and("[storage]\nmode = \"read\"\nform = [\"file\"]");
    let home = Home::with_dotenv("KEY=value\n");
    let attack = Attack::with(manifest)
        .env("HOSTILE_ADDR", "https://upstream.test")
        .env("HOSTILE_TOKEN", "canary-credential")
        .option("--storage")
        .option(home.dotenv_file().to_str().unwrap())
        .option(READ_WRITE)
        .set("act", "storage-write")
        .set("body", "KEY=evil\n");
    attack.command(&Home::new(), &["set", "KEY"]).input("x").run().is_refused("storage");
    assert_eq!(home.dotenv_text(), "KEY=value\n");
}

/// Files that do not parse, and the line at which that shows.
const BROKEN: [(&str, &str); 6] = [
    ("KEY=\"unterminated\nOTHER=x\n", "line 1"),
    ("# comment\n\nKEY='unterminated\nOTHER=x\n", "line 3"),
    ("A=1\nKEY=\"value\" garbage\n", "line 2"),
    ("A=1\r\nB=\"x\r\ny\"\r\nKEY='open\r\n", "line 4"),
    ("\u{feff}A=1\nKEY=\"open", "line 2"),
    ("A=1\nthis is no assignment\n", "line 2"),
];

#[test]
fn a_file_that_does_not_parse_is_an_error_with_its_line_and_stays_as_it_is() {
    for (text, line) in BROKEN {
        let home = Home::with_dotenv(text);
        home.dotenv(["get", "KEY"]).run().exits(7).says(&[line]).prints("");
        home.dotenv(["exists", "KEY"]).run().exits(7).says(&[line]).prints("");
        home.dotenv(["list"]).run().exits(7).says(&[line]).prints("");
        home.dotenv([READ_WRITE, "set", "KEY"]).input("new").run().exits(7).says(&[line]);
        home.dotenv([READ_WRITE, "delete", "KEY"]).run().exits(7).says(&[line]);
        assert_eq!(home.dotenv_text(), text);
    }
}

#[test]
fn a_file_that_is_no_text_is_an_error_and_stays_as_it_is() {
    let bytes = b"KEY=caf\xe9\n";
    let home = Home::with_dotenv(bytes);
    home.dotenv(["get", "KEY"]).run().exits(7).prints("");
    home.dotenv([READ_WRITE, "set", "OTHER"]).input("x").run().exits(7);
    assert_eq!(fs::read(home.dotenv_file()).unwrap(), bytes);
}

#[test]
fn line_ends_and_a_byte_order_mark_are_kept() {
    for (before, after) in [
        ("A=1\r\nKEY=old\r\nB=2\r\n", "A=1\r\nKEY=new\r\nB=2\r\n"),
        ("\u{feff}KEY=old\nB=2\n", "\u{feff}KEY=new\nB=2\n"),
        ("\u{feff}A=1\r\nKEY=old", "\u{feff}A=1\r\nKEY=new"),
    ] {
        let home = Home::with_dotenv(before);
        home.dotenv(["get", "KEY"]).run().exits(0).prints("old");
        home.dotenv([READ_WRITE, "set", "KEY"]).input("new").run().exits(0);
        assert_eq!(home.dotenv_text(), after);
    }
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let home = Arc::new(Home::with_dotenv("# kept\n"));
    let writers: Vec<_> = (0..6)
        .map(|number| {
            let home = Arc::clone(&home);
            std::thread::spawn(move || {
                home.dotenv([READ_WRITE, "set", &format!("KEY_{number}")]).input(format!("v{number}")).run().exits(0);
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    let text = home.dotenv_text();
    assert!(text.starts_with("# kept\n"));
    for number in 0..6 {
        assert!(text.contains(&format!("KEY_{number}=v{number}\n")), "{text}");
    }
}

#[test]
fn a_missing_file_is_absence_and_a_missing_folder_is_not() {
    let home = Home::new();
    home.dotenv(["get", "KEY"]).run().exits(10).prints("");
    let storage = home.path().join("nowhere/.env");
    let run = home.runtime(["--trust", "--storage"]).arg(storage).arg("--backend").arg(layout::backend("dotenv"));
    run.args(["get", "KEY"]).run().exits(2).says(&["nowhere"]).prints("");
    let error = load(runtime().backend(Component::backend("dotenv").parse().unwrap())).unwrap_err();
    assert_eq!(error.kind(), Kind::Config);
}
