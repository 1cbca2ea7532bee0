//! `man`: pages that `man` can show.

use std::process::Command;

use crate::common::Home;

#[test]
fn the_page_is_one_that_man_reads() {
    let home = Home::new();
    let page = home.runtime(["man"]).run().exits(0).contains(".TH runtime 1");
    assert!(page.stderr.is_empty(), "{page:?}");
    let file = home.file("runtime.1", &page.stdout);
    let Ok(shown) = Command::new("groff").args(["-K", "utf8", "-man", "-Tutf8", "-ww", "-z"]).arg(&file).output()
    else {
        return;
    };
    assert!(shown.status.success() && shown.stderr.is_empty(), "{}", String::from_utf8_lossy(&shown.stderr));
    home.runtime(["man"]).unheard().run().exits(0).says(&[]);
}

#[test]
fn every_command_has_a_page_in_a_folder() {
    let home = Home::new();
    home.runtime(["man", "--out", "share/man1"]).run().exits(0).prints("").says(&["share/man1"]);
    let folder = home.path().join("share/man1");
    for name in ["runtime", "runtime-get", "runtime-set", "runtime-completions", "runtime-man"] {
        let page = std::fs::read_to_string(folder.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(&format!(".TH {name} 1")) && page.contains(".SH SYNOPSIS"), "{page}");
    }
    let get = std::fs::read_to_string(folder.join("runtime-get.1")).unwrap();
    assert!(get.contains("runtime get DB_URL DB_PASSWORD"), "{get}");
    home.file("taken", "");
    home.runtime(["man", "--out", "taken"]).run().exits(1).says(&["taken"]);
}
