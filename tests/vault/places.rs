//! Where secrets are looked for: namespace, mount and path prefix, from settings, options and the environment.

use serde_json::json;
use test_support::OpenBao;

use crate::common::{Home, READ_WRITE};

/// A server with one secret in each of several places, whose value says where it is.
fn server() -> OpenBao {
    let server = OpenBao::start().unwrap();
    let kv = json!({ "type": "kv", "options": { "version": "2" } });
    server.request("POST", "/v1/sys/mounts/kv/team", Some(server.token()), None, Some(&kv)).unwrap();
    server.namespace("ns1").unwrap();
    for (path, namespace, value) in [
        ("secret/data/KEY", None, "default"),
        ("secret/data/app/KEY", None, "prefix"),
        ("kv/team/data/KEY", None, "mount"),
        ("kv/team/data/app/KEY", None, "mount and prefix"),
        ("secret/data/KEY", Some("ns1"), "namespace"),
    ] {
        let data = json!({ "data": { "value": value } });
        let (status, reply) =
            server.request("POST", &format!("/v1/{path}"), Some(server.token()), namespace, Some(&data)).unwrap();
        assert_eq!(status, 200, "{reply}");
    }
    server
}

#[test]
fn settings_and_options_say_where_and_options_come_first() {
    let (home, server) = (Home::new(), server());
    for (arguments, value) in [
        (&[][..], "default"),
        (&["--set", "mount=kv/team"], "mount"),
        (&["--opt", "mount=kv/team"], "mount"),
        (&["--set", "path-prefix=app"], "prefix"),
        (&["--opt", "path-prefix=app"], "prefix"),
        (&["--set", "mount=kv/team", "--set", "path-prefix=app"], "mount and prefix"),
        (&["--set", "mount=kv/team", "--opt", "path-prefix=app"], "mount and prefix"),
        (&["--set", "mount=elsewhere", "--opt", "mount=kv/team"], "mount"),
        (&["--set", "namespace=ns1"], "namespace"),
        (&["--opt", "namespace=ns1"], "namespace"),
    ] {
        home.vault(&server, ["get", "KEY"]).args(arguments).run().exits(0).prints(value);
    }
    home.vault(&server, ["get", "app/KEY", "--set", "mount=secret"]).run().exits(0).prints("prefix");
}

#[test]
fn the_environment_says_where_in_either_spelling() {
    let (home, server) = (Home::new(), server());
    for (variable, setting, value) in [
        ("HCP_VAULT_MOUNT_NAME", "kv/team", "mount"),
        ("HCP_VAULT_PATH_PREFIX", "app", "prefix"),
        ("VAULT_NAMESPACE", "ns1", "namespace"),
        ("HCP_VAULT_NAMESPACE", "ns1", "namespace"),
        ("HCP_VAULT_SECRET_NAMESPACE", "ns1", "namespace"),
    ] {
        home.vault(&server, ["get", "KEY"]).env(variable, setting).run().exits(0).prints(value);
    }
    let ours = home.vault(&server, ["get", "KEY", "--set", "mount=secret"]).env("HCP_VAULT_MOUNT_NAME", "kv/team");
    ours.run().exits(0).prints("default");

    let vault = test_support::layout::backend("vault");
    let other_spelling = home.runtime(["--trust", "get", "KEY", "--backend"]).arg(vault);
    let other_spelling = other_spelling.env("HCP_VAULT_ADDR", server.address()).env("HCP_VAULT_TOKEN", server.token());
    other_spelling.run().exits(0).prints("default");
}

#[test]
fn a_token_in_the_home_folder_is_found() {
    let (home, server) = (Home::new(), server());
    home.file(".vault-token", format!("{}\n", server.token()));
    let get = home.vault_at(server.address(), ["get", "KEY"]).run().exits(0).prints("default");
    get.says(&[".vault-token"]).never_shows(server.token());
}

#[test]
fn a_place_without_the_secret_has_none() {
    let (home, server) = (Home::new(), server());
    home.vault(&server, ["get", "KEY", "--opt", "path-prefix=nobody"]).run().exits(10).prints("");
    home.vault(&server, ["get", "KEY", "--opt", "mount=nowhere"]).run().exits(1).prints("").says(&["[not-kv-v2]"]);
    home.vault(&server, ["get", "KEY", "--opt", "namespace=nowhere"]).run().exits(1).prints("");
}

#[test]
fn what_is_written_lands_in_that_place() {
    let (home, server) = (Home::new(), server());
    let set = home.vault(&server, [READ_WRITE, "--set", "path-prefix=app", "set", "NEW", "--opt", "mount=kv/team"]);
    set.input("v").run().exits(0);
    let (status, reply) = server.request("GET", "/v1/kv/team/data/app/NEW", Some(server.token()), None, None).unwrap();
    assert_eq!((status, &reply["data"]["data"]["value"]), (200, &json!("v")));
    let listed = home.vault(&server, ["list", "--opt", "mount=kv/team", "--opt", "path-prefix=app"]).run();
    listed.exits(0).prints("KEY\nNEW\n");
}

#[test]
fn without_an_address_or_a_credential_it_says_what_is_missing() {
    let home = Home::new();
    let vault = test_support::layout::backend("vault");
    let nothing = home.runtime(["--trust", "get", "KEY", "--backend"]).arg(&vault).run().exits(2).prints("");
    nothing.says(&["VAULT_ADDR"]);
    let no_credential = home.vault_at("http://127.0.0.1:1", ["get", "KEY"]).run().exits(2).prints("");
    no_credential.says(&["VAULT_TOKEN"]);
    let wrong = home.vault_at("127.0.0.1:8200", ["get", "KEY"]).env("VAULT_TOKEN", "t").run();
    wrong.exits(2).prints("");
}
