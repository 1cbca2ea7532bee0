//! `export`: secrets for another program, read back by that program.

use std::{
    fs::{self, File},
    os::unix::fs::{PermissionsExt as _, symlink},
};

use serde_json::json;
use test_support::{OpenBao, layout};

use crate::common::{Home, READ_WRITE, cli::Run, digest};

const HARD: &str = "it's \"q\" $HOME `id` \\n # c\nline 2\r\n";

fn export(home: &Home, arguments: &[&str]) -> Run {
    home.dotenv(["export"]).args(arguments)
}

/// A vault with hard values, one of them in folders.
fn vault() -> OpenBao {
    let bao = OpenBao::start().unwrap();
    for (name, value) in [("PLAIN", "a b"), ("HARD", HARD), ("team/db-password", "deep")] {
        bao.put(name, &json!({ "value": value })).unwrap();
    }
    bao
}

#[test]
fn a_vault_goes_through_every_format_and_comes_back_byte_for_byte() {
    let bao = vault();
    let home = Home::new();
    for format in ["json", "yaml"] {
        home.vault(&bao, ["export", "--format", format, "--out", format])
            .run()
            .exits(0)
            .prints("")
            .says(&["exported 3"]);
        let import = [READ_WRITE, "import", format, "--format", format, "--name-prefix", format];
        home.vault(&bao, import).run().exits(0).says(&["3 imported"]);
        for (name, value) in [("PLAIN", "a b"), ("HARD", HARD), ("team/db-password", "deep")] {
            assert_eq!(
                bao.get(&format!("{format}{name}")).unwrap(),
                Some(json!({ "value": value })),
                "{format} {name}"
            );
        }
        home.vault(&bao, [READ_WRITE, "delete", &format!("{format}PLAIN")]).run().exits(0);
        for name in ["HARD", "team/db-password"] {
            home.vault(&bao, [READ_WRITE, "delete", "--force", &format!("{format}{name}")]).run().exits(0);
        }
    }
    // What was deleted is still listed, and left out.
    let run = home.vault(&bao, ["export", "--format", "json", "--only", "*PLAIN"]).run().exits(0);
    assert_eq!(run.json(), json!({ "PLAIN": "a b" }));

    let run =
        home.vault(&bao, ["export", "--only", "PLAIN,HARD,team/**", "--env-names", "upper", "--out", ".env"]).run();
    run.exits(0).prints("").says(&["exported 3 to .env"]).never_shows("deep");
    assert_eq!(fs::metadata(home.dotenv_file()).unwrap().permissions().mode() & 0o777, 0o600);
    for (name, value) in [("PLAIN", "a b"), ("HARD", HARD), ("TEAM_DB_PASSWORD", "deep")] {
        home.dotenv(["get", name]).run().exits(0).prints(value);
    }
}

#[test]
fn a_shell_takes_it() {
    let bao = vault();
    let home = Home::new();
    let lines = home.vault(&bao, ["export", "--format", "shell", "HARD", "PLAIN"]).run().exits(0).stdout;
    home.file("lines", lines);
    home.shell(r#". ./lines; printf %s "$HARD$PLAIN""#).run().exits(0).prints(format!("{HARD}a b"));
}

#[test]
fn names_that_are_no_variables_are_refused_and_never_left_out() {
    let bao = vault();
    let home = Home::new();
    for format in ["dotenv", "shell"] {
        let run = home.vault(&bao, ["export", "--format", format]).run().exits(2).prints("");
        run.says(&["team/db-password: it is no name", "--env-names upper", "nothing was exported"]);
    }
    bao.put("team-db/password", &json!({ "value": "x" })).unwrap();
    let run = home.vault(&bao, ["export", "--env-names", "upper"]).run().exits(2).prints("");
    run.says(&["it would be TEAM_DB_PASSWORD, and so would"]);
}

#[test]
fn what_can_not_be_read_is_named_and_nothing_comes_out() {
    let home = Home::with_dotenv("A=canary-value\n");
    export(&home, &["A", "MISSING"]).run().exits(10).prints("").says(&["MISSING", "nothing was exported: 1 of 2"]);
    export(&home, &["A", "MISSING", "--out", "out"]).run().exits(10);
    assert!(!home.path().join("out").exists());
    export(&home, &["A", "A"]).run().exits(0).prints("A=canary-value\n");
    export(&home, &["A", "--only", "A"]).run().exits(2);
}

#[test]
fn a_nul_byte_is_carried_or_refused_by_name() {
    let bao = OpenBao::start().unwrap();
    bao.put("NUL", &json!({ "value": "canary\0x" })).unwrap();
    let home = Home::new();
    home.file("github", "");
    for format in ["dotenv", "shell", "github"] {
        let run = home.vault(&bao, ["export", "NUL", "--format", format]).env("GITHUB_ENV", home.path().join("github"));
        run.run().exits(2).prints("").says(&["NUL: ", "nothing was exported"]).never_shows("canary");
    }
    home.vault(&bao, ["export", "NUL", "--format", "json"]).run().exits(0).contains(r#""canary\u0000x""#);
    home.vault(&bao, ["export", "NUL", "--format", "yaml"]).run().exits(0).contains(r#""canary\u0000x""#);
    let run =
        home.vault(&bao, ["export", "NUL", "--format", "kubernetes", "--name", "app", "--namespace", "team"]).run();
    let expected = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: \"app\"\n  namespace: \"team\"\ntype: Opaque\ndata:\n  \
        \"NUL\": \"Y2FuYXJ5AHg=\"\n";
    run.exits(0).prints(expected);
    home.vault(&bao, ["export", "NUL", "--format", "kubernetes"]).run().exits(2).says(&["--name"]);
}

#[test]
fn a_step_of_github_actions_gets_the_values_and_the_log_their_masks() {
    let home = Home::with_dotenv("A=canary\nKEY=\"l1\\nl2%\"\n");
    let file = home.file("github", "KEPT<<X\n1\nX\n");
    let run = export(&home, &["--format", "github"]).env("GITHUB_ENV", &file).run().exits(0);
    let run = run.prints("::add-mask::canary\n::add-mask::l1%0Al2%25\n::add-mask::l1\n::add-mask::l2%25\n");
    assert!(!run.stderr.contains("canary"));
    let text = fs::read_to_string(&file).unwrap();
    let delimiter = text.split("A<<").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(
        text,
        format!("KEPT<<X\n1\nX\nA<<{delimiter}\ncanary\n{delimiter}\nKEY<<{delimiter}\nl1\nl2%\n{delimiter}\n")
    );
    assert!(delimiter.len() > 40, "{delimiter}");

    export(&home, &["--format", "github"]).run().exits(2).prints("").says(&["GITHUB_ENV is not set", "--out"]);
    // What the log would show is not handed on.
    export(&home, &["--format", "github"]).env("GITHUB_ENV", &file).unheard().run().exits(1).says(&["masked"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let home = Home::with_dotenv(format!("A={}\n", "canary".repeat(2000)));
    let out = home.file("out", "old");
    fs::set_permissions(&out, fs::Permissions::from_mode(0o644)).unwrap();
    // Compiled before: that needs room too.
    export(&home, &[]).run().exits(0);
    let full = format!(
        "trap '' XFSZ; ulimit -f 1; runtime --trust --backend {} --storage .env export --out out",
        layout::backend("dotenv").display()
    );
    let run = home.shell(&full).run().exits(1).prints("").never_shows("canary");
    run.says(&["out can't be written, and is as it was"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), "old");
    let left: Vec<_> = home
        .files()
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| path.display().to_string().contains(".new-"))
        .collect();
    assert_eq!(left, Vec::<std::path::PathBuf>::new(), "something was left behind");

    symlink("out", home.path().join("link")).unwrap();
    export(&home, &["--out", "link"]).run().exits(0);
    assert!(fs::read_to_string(&out).unwrap().starts_with("A=canary"));
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::symlink_metadata(home.path().join("link")).unwrap().is_symlink());
    for place in ["/dev/null", ".", "missing/out"] {
        export(&home, &["--out", place]).run().exits(1).says(&[place, "can't be written"]);
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure_and_a_full_disk_is_one() {
    let home = Home::with_dotenv(format!("A={}\n", "x".repeat(100_000)));
    export(&home, &[]).unheard().run().exits(0);
    let line =
        format!("runtime --trust --backend {} --storage .env export > /dev/full", layout::backend("dotenv").display());
    home.shell(&line).run().exits(1).says(&["standard output can't be written"]);
    let error = File::options().write(true).open("/dev/full").unwrap();
    export(&home, &[]).error_to(error).run().exits(0);
}

#[test]
fn what_the_configuration_declares_is_exported_without_naming_it() {
    let home = Home::with_dotenv("A=1\nB=2\nC=3\n");
    let config = format!(
        "default-backend = \"local\"\n[backends.local]\ncomponent = \"{}\"\ndigest = \"{}\"\ngrant = {{ storage = \".env\" }}\n\
         [secrets]\nDB = \"ref+local://A\"\nB = \"ref+local://B\"\n",
        layout::backend("dotenv").display(),
        digest(&layout::backend("dotenv")),
    );
    home.file("runtime.toml", config);
    let run = home.runtime(["--config-file", "runtime.toml", "export"]).run();
    run.exits(0).prints("B=2\nDB=1\n");
    let run = home.runtime(["--config-file", "runtime.toml", "--backend", "local", "export"]).run();
    run.exits(0).prints("A=1\nB=2\nC=3\n");
}

#[test]
fn a_file_gets_the_format_that_its_name_says() {
    let home = Home::with_dotenv("A=1\n");
    for (out, format, expected) in [
        ("a.json", &[][..], "{\n  \"A\": \"1\"\n}\n"),
        ("a.yaml", &[], "\"A\": \"1\"\n"),
        ("a.env", &[], "A=1\n"),
        ("a", &[], "A=1\n"),
        ("b.json", &["--format", "dotenv"], "A=1\n"),
    ] {
        export(&home, format).args(["--out", out]).run().exits(0);
        assert_eq!(fs::read_to_string(home.path().join(out)).unwrap(), expected, "{out}");
    }
}

#[test]
fn what_loads_code_comes_into_a_shell_or_a_job_only_by_name() {
    let home = Home::with_dotenv("OK=1\nPATH=/canary\nPROMPT_COMMAND=canary\n");
    home.file("github", "");
    for format in ["shell", "github"] {
        let export = |more: &[&str]| {
            let run = export(&home, &["--format", format]).args(more);
            run.env("GITHUB_ENV", home.path().join("github")).run()
        };
        let refused = export(&[]).exits(3).prints("").never_shows("canary");
        refused.says(&["PATH decides", "PROMPT_COMMAND decides", "runtime export PATH", "nothing was exported"]);
        export(&["--only", "P*"]).exits(3).prints("");
        export(&["--only", "O*"]).exits(0);
        export(&["OK", "PATH"]).exits(0);
    }
    assert!(!fs::read_to_string(home.path().join("github")).unwrap().contains("PROMPT_COMMAND"));
    export(&home, &["--format", "json"]).run().exits(0).contains("PROMPT_COMMAND");
}

#[test]
fn a_link_that_came_with_a_project_chooses_no_file_elsewhere() {
    let home = Home::with_dotenv("A=1\n");
    let (profile, template) = (home.file(".profile", "mine"), home.file("project/t", "evil {{ secret \"A\" }}"));
    let link = template.with_file_name("settings");
    symlink("../.profile", &link).unwrap();
    for command in [&["export"][..], &["inject", "project/t"], &["fill", ".env"]] {
        let run = home.dotenv(command).arg("--out").arg(&link).run();
        run.exits(1).says(&["it is a link into another folder", ".profile"]);
    }
    assert_eq!(fs::read_to_string(&profile).unwrap(), "mine");
    // What is filled in place is made from the file itself.
    home.file("real.env", "A=\n");
    symlink("../real.env", link.with_file_name(".env")).unwrap();
    home.dotenv(["fill", "project/.env"]).run().exits(0);
    assert_eq!(fs::read_to_string(home.path().join("real.env")).unwrap(), "A=1\n");
}
