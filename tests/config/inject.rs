//! `inject`: secrets in a template.

use std::{fs, os::unix::fs::PermissionsExt as _};

use test_support::OpenBao;

use super::dotenv;
use crate::common::Home;

fn home() -> Home {
    let home = Home::new();
    let file = home.file("a.env", "A=one\nBRACES='{{ secret \"A\" }} ref+a://A'\nQUOTES=\"it's \\\"x\\\"\\n\"\n");
    home.own_configuration(&format!("default-backend = \"a\"\n{}", dotenv("a", &file, "")));
    home
}

#[test]
fn names_and_references_are_replaced_once() {
    let template = "a={{ secret \"A\" }} b={{secret \"BRACES\"}}\nc=ref+a://A, {{ \"{{\" }}\n";
    let run = home().runtime(["inject"]).input(template).run().exits(0);
    run.prints("a=one b={{ secret \"A\" }} ref+a://A\nc=one, {{\n");
}

#[test]
fn filters_write_what_fits() {
    let template = "{{ secret \"QUOTES\" | json }} {{ secret \"QUOTES\" | yaml }} {{ secret \"QUOTES\" | shell }}";
    let run = home().runtime(["inject", "-"]).input(template).run().exits(0);
    run.prints("\"it's \\\"x\\\"\\n\" \"it's \\\"x\\\"\\n\" 'it'\\''s \"x\"\n'");
}

#[test]
fn a_file_is_private_and_replaced_as_a_whole() {
    let home = home();
    let template = home.file("t.tmpl", "{{ secret \"A\" }}");
    let out = home.file("out.txt", "before");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o644)).unwrap();
    let inject = |template: &std::path::Path| home.runtime(["inject"]).arg(template).arg("--out").arg(&out).run();
    inject(&template).exits(0).prints("").says(&["1 secret"]).never_shows("one");
    assert_eq!(fs::read_to_string(&out).unwrap(), "one");
    assert_eq!(out.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let missing = home.file("u.tmpl", "{{ secret \"A\" }}{{ secret \"GONE\" }}{{ secret \"LOST\" }}");
    inject(&missing).exits(10).says(&["GONE", "LOST"]).never_shows("one");
    assert_eq!(fs::read_to_string(&out).unwrap(), "one");
    let folder = home.runtime(["inject"]).arg(&template).arg("--out").arg(home.path()).run();
    folder.exits(1).says(&["not a regular file"]);
}

#[test]
fn a_mistake_is_told_with_its_line_and_nothing_is_read() {
    home().runtime(["inject"]).input("\n{{ secrt \"A\" }}").run().exits(2).prints("").says(&["line 2", "secret"]);
    home().runtime(["inject", "gone.tmpl"]).run().exits(2).prints("").says(&["gone.tmpl", "No such file"]);
}

#[test]
fn a_real_vault_fills_a_template() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    home.vault(&server, ["--access-mode=read-write", "set", "team/db"]).input("canary").run().exits(0);
    let run = home.vault(&server, ["inject"]).input("p: {{ secret \"team/db\" | yaml }}\n").run().exits(0);
    run.prints("p: \"canary\"\n");
}
