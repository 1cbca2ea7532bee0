//! What is in the environment of a program, and what is not.

use serde_json::json;
use test_support::{OpenBao, layout};

use super::{declared, home, sh};
use crate::common::{Home, digest};

#[test]
fn secrets_are_variables_of_their_names_and_of_nothing_else() {
    let home = home();
    let run = sh(&home, &["--only", "DB_URL,KEY=API_KEY"], "echo $DB_URL $KEY ${API_KEY-none} $0 $*").run();
    run.exits(0).prints("canary-db-0001 canary-api-0002 none sh\n");
    let prefixed = sh(&home, &["--only", "DB_URL", "--env-prefix", "APP_"], "echo $APP_DB_URL ${DB_URL-none}").run();
    prefixed.exits(0).prints("canary-db-0001 none\n");
}

#[test]
fn what_the_configuration_declares_is_there_and_what_is_left_out_is_gone() {
    let home = home();
    let secrets = "[secrets.DB_URL]\n[secrets.MINE]\nname = \"API_KEY\"\n";
    let line = "echo $DB_URL ${MINE-none} ${OTHER-none}";
    let run = |options: &[&str]| declared(&home, secrets, options, line).env("MINE", "inherited").env("OTHER", "kept");
    run(&[]).run().exits(0).prints("canary-db-0001 canary-api-0002 kept\n");
    run(&["--only", "DB_*"]).run().exits(0).prints("canary-db-0001 none kept\n");
    run(&["--only", "DB_*", "--keep", "MINE"]).run().exits(0).prints("canary-db-0001 inherited kept\n");
    let told = run(&["--only", "DB_*", "-v"]).run().exits(0);
    told.says(&["set in the program's environment: DB_URL", "removed from the program's environment: MINE"])
        .never_shows("canary-api-0002");
}

#[test]
fn without_declared_secrets_some_have_to_be_named() {
    let home = home();
    sh(&home, &[], "echo ran").run().exits(2).prints("").says(&["--only"]);
}

#[test]
fn everything_that_is_missing_is_told_and_nothing_is_started() {
    let home = home();
    let run = sh(&home, &["--only", "GONE,DB_URL,LOST"], "echo ran").run().exits(10).prints("");
    run.says(&["GONE", "LOST", "nothing was started"]).never_shows("canary-db-0001");
}

#[test]
fn what_policy_refuses_outweighs_what_is_missing() {
    let home = home();
    let run =
        home.dotenv(["--hosted-keys", "DB_*,GONE", "run", "--only", "GONE,API_KEY", "--", "sh", "-c", "echo ran"]);
    let run = run.env("API_KEY", "inherited").run().exits(3).prints("");
    run.says(&["GONE", "API_KEY", "hosted-keys"]);
}

#[test]
fn names_that_are_no_variables_are_refused_with_the_way_out() {
    let home = home();
    let run = declared(&home, "[secrets.\"team/db\"]\nname = \"DB_URL\"\n", &[], "echo ran").run().exits(2).prints("");
    run.says(&["team/db", "--env-names upper", "--only"]);
    let upper =
        declared(&home, "[secrets.\"team/db\"]\nname = \"DB_URL\"\n", &["--env-names", "upper"], "echo $TEAM_DB");
    upper.run().exits(0).prints("canary-db-0001\n");
    for hostile in ["A B", "a\u{1b}[31m", "=x", "1x"] {
        sh(&home, &["--only", hostile], "echo ran").run().exits(2).prints("").shows_plainly();
    }
}

#[test]
fn what_loads_code_is_set_only_by_who_names_it() {
    let home = Home::with_dotenv("BASH_ENV=canary-loader\n");
    let run = declared(&home, "[secrets.BASH_ENV]\n", &[], "echo ran").run().exits(3).prints("");
    run.says(&["BASH_ENV", "--only 'BASH_ENV=BASH_ENV'"]).never_shows("canary-loader");
    declared(&home, "[secrets.BASH_ENV]\n", &["--only", "*"], "echo ran").run().exits(3).prints("");
    let named = declared(&home, "[secrets.BASH_ENV]\n", &["--only", "BASH_ENV"], "echo $BASH_ENV").run();
    named.exits(0).prints("canary-loader\n");
}

#[test]
fn a_value_that_can_be_no_variable_is_told_by_name() {
    let home = Home::new();
    let server = OpenBao::start().unwrap();
    server.put("ZERO", &json!({ "value": "canary\0zero" })).unwrap();
    server.put("LARGE", &json!({ "value": "x".repeat(200_000) })).unwrap();
    let run = home.vault(&server, ["run", "--only", "ZERO,LARGE", "--", "sh", "-c", "echo ran"]).run();
    run.exits(2).prints("").says(&["ZERO", "LARGE", "--files"]).never_shows("canary");
    let line = "wc -c < $RUNTIME_SECRETS_DIR/ZERO; wc -c < $RUNTIME_SECRETS_DIR/LARGE";
    let files = home.vault(&server, ["run", "--only", "ZERO,LARGE", "--files", "--", "sh", "-c", line]).run();
    files.exits(0).prints("11\n200000\n");
}

#[test]
fn the_credentials_of_the_backend_stay_behind_unless_they_are_kept() {
    let (home, server) = (Home::new(), OpenBao::start().unwrap());
    server.put("team/db", &json!({ "value": "canary-vault-0003" })).unwrap();
    let line = "echo $TEAM_DB ${VAULT_TOKEN+token} ${VAULT_ADDR+address}";
    let run = |options: &[&str]| {
        let run = home.vault(&server, ["run", "--only", "team/db", "--env-names", "upper"]);
        run.args(options).args(["--", "sh", "-c", line]).run()
    };
    run(&[]).exits(0).prints("canary-vault-0003 address\n").never_shows(server.token());
    run(&["--keep", "VAULT_TOKEN"]).exits(0).prints("canary-vault-0003 token address\n");
    let told = run(&["-v"]).exits(0);
    told.says(&["removed from the program's environment: VAULT_TOKEN"]).never_shows(server.token());
}

#[test]
fn the_credentials_of_backends_that_were_not_asked_are_gone_as_well() {
    let home = home();
    let other =
        |name: &str, more: &str| format!("[backends.{name}]\ncomponent = {:?}\n{more}", layout::backend("vault"));
    let configured = other("far", "credentials = { token = { env = \"FAR_TOKEN\" } }\n");
    let line = "echo ${FAR_TOKEN-none} ${VAULT_TOKEN-none}";
    let run = |secrets: &str| {
        let run = declared(&home, &format!("{secrets}[secrets.DB_URL]\n"), &[], line);
        run.env("FAR_TOKEN", "canary-far").env("VAULT_TOKEN", "canary-vault")
    };
    run(&configured).run().exits(0).prints("none canary-vault\n");
    // One that the configuration does not name, but trust was given with.
    let trust = home.runtime(["trust", "--digest", &digest(&layout::backend("vault"))]).arg(layout::backend("vault"));
    trust.env("VAULT_ADDR", "https://192.88.0.1").env("VAULT_TOKEN", "canary-vault").run().exits(0);
    run(&configured).run().exits(0).prints("none none\n");
    run("").run().exits(0).prints("canary-far canary-vault\n");
}
