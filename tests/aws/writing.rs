//! Writing to Secrets Manager.

use serde_json::{Value, json};
use test_support::aws::Boto;

use super::{MINISTACK, SECRETS, Server, both};
use crate::common::Home;

fn stages(server: &Server, name: &str, version: &str) -> Value {
    server.description(name)["VersionIdsToStages"][version].clone()
}

#[test]
fn the_vendors_client_reads_what_was_written_as_text_or_bytes() {
    let home = Home::new();
    for server in both() {
        for name in ["wrote/KEY", "/wrote/a_b+c=d.e@f-g"] {
            let all: Vec<u8> = (0..=255).collect();
            let set = |value: &[u8]| {
                server.run(&home, SECRETS, ["set", name, "--from-file", "/dev/stdin"]).input(value).run().exits(0)
            };
            for value in ["one\n", " {\"a\": 1} ", "\u{1f511}\0", "True"] {
                set(value.as_bytes());
                assert_eq!(server.value(name), value, "{}", server.name);
            }
            set(&all);
            assert_eq!(server.value(name), Boto::bytes(&all), "{}", server.name);
            server.run(&home, SECRETS, ["get", name]).run().exits(0).prints(&all);
        }
    }
}

#[test]
fn each_write_is_a_version_and_the_one_before_stays() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let first = server.create("count/KEY", "one");
    let said = server.run(&home, SECRETS, ["--output", "json", "set", "count/KEY"]).input("two").run().exits(0).json();
    let second = said["version"].as_str().unwrap();
    assert_eq!(stages(server, "count/KEY", second), json!(["AWSCURRENT"]));
    assert_eq!(stages(server, "count/KEY", &first), json!(["AWSPREVIOUS"]));
}

#[test]
fn description_tags_key_and_replicas_are_those_of_a_new_secret() {
    let home = Home::new();
    for server in both() {
        let key = super::create_key(&server.boto);
        let set = ["set", "new/KEY", "--description", "for the app", "--tag", "owner=team-a", "--tag", "tier=gold"];
        let settings = [format!("kms-key={key}"), "replica-regions=us-east-1, eu-central-1".into()];
        let run = server.run(&home, SECRETS, ["--set", &*settings[0], "--set", &*settings[1]]);
        run.args(set).input("v").run().exits(0);
        let kept = server.description("new/KEY");
        assert_eq!((&kept["Description"], &kept["KmsKeyId"]), (&json!("for the app"), &json!(key)), "{}", server.name);
        let tags = json!([{ "Key": "owner", "Value": "team-a" }, { "Key": "tier", "Value": "gold" }]);
        assert_eq!(kept["Tags"], tags, "{}", server.name);
        let replicas = kept["ReplicationStatus"].as_array().unwrap();
        let regions: Vec<_> = replicas.iter().map(|replica| replica["Region"].as_str().unwrap()).collect();
        assert_eq!(regions, ["us-east-1", "eu-central-1"], "{}", server.name);
        assert_eq!(server.value("new/KEY"), "v");
    }
}

#[test]
fn description_and_tags_of_a_secret_that_is_there_are_changed_and_others_stay() {
    let (home, server) = (Home::new(), &*MINISTACK);
    let tags = json!([{ "Key": "owner", "Value": "team-a" }, { "Key": "old", "Value": "stays" }]);
    let created = json!({ "Name": "beside/KEY", "SecretString": "one", "Tags": tags, "Description": "d" });
    server.secret("create_secret", created).unwrap();
    server.run(&home, SECRETS, ["set", "beside/KEY"]).input("two").run().exits(0);
    assert_eq!(
        (&server.description("beside/KEY")["Description"], &server.description("beside/KEY")["Tags"]),
        (&json!("d"), &tags)
    );

    let set = ["set", "beside/KEY", "--description", "e", "--tag", "owner=team-b"];
    server.run(&home, SECRETS, set).input("three").run().exits(0);
    let kept = server.description("beside/KEY");
    assert_eq!(kept["Description"], "e");
    assert_eq!(kept["Tags"], json!([{ "Key": "owner", "Value": "team-b" }, { "Key": "old", "Value": "stays" }]));
    assert_eq!(server.value("beside/KEY"), "three");
}

#[test]
fn a_live_duplicate_is_a_conflict_when_it_must_be_new() {
    let home = Home::new();
    for server in both() {
        server.run(&home, SECRETS, ["set", "only/KEY", "--create-only"]).input("one").run().exits(0);
        let taken = server.run(&home, SECRETS, ["set", "only/KEY", "--create-only"]).input("canary-two").run();
        taken.exits(9).prints("").says(&["ResourceExistsException"]).never_shows("canary-two");
        assert_eq!(server.value("only/KEY"), "one", "{}", server.name);
    }
}

#[test]
fn a_write_over_a_version_happens_only_while_it_is_the_current_one() {
    let home = Home::new();
    for server in both() {
        let first = server.create("cas/KEY", "one");
        let set = |version: &str| server.run(&home, SECRETS, ["set", "cas/KEY", "--if-version", version]);
        let said = server.run(&home, SECRETS, ["--output", "json", "set", "cas/KEY", "--if-version", &first]);
        let second = said.input("two").run().exits(0).json()["version"].as_str().unwrap().to_owned();
        assert_eq!(server.value("cas/KEY"), "two", "{}", server.name);
        for other in [&*first, "00000000-0000-4000-8000-000000000000", "AWSCURRENT"] {
            set(other).input("three").run().exits(9).prints("");
        }
        assert_eq!(server.value("cas/KEY"), "two", "{}", server.name);
        assert!(stages(server, "cas/KEY", &second).as_array().unwrap().contains(&json!("AWSCURRENT")));
        assert_eq!(stages(server, "cas/KEY", &first), json!(["AWSPREVIOUS"]), "{}", server.name);
        server.run(&home, SECRETS, ["set", "cas/NEVER", "--if-version", &first]).input("v").run().exits(9);
    }
}

#[test]
fn a_name_that_is_about_to_be_deleted_is_restored_and_updated() {
    let (home, server) = (Home::new(), &*MINISTACK);
    for (name, mode) in [("restored/ANY", None), ("restored/NEW", Some("--create-only"))] {
        server.create(name, "old");
        server.secret("delete_secret", json!({ "SecretId": name, "RecoveryWindowInDays": 7 })).unwrap();
        let set = server.run(&home, SECRETS, ["set", name, "--description", "again", "--tag", "owner=team-a"]);
        set.args(mode).input("new").run().exits(0);
        let kept = server.description(name);
        assert_eq!((&kept["DeletedDate"], &kept["Description"]), (&Value::Null, &json!("again")));
        assert_eq!(kept["Tags"], json!([{ "Key": "owner", "Value": "team-a" }]));
        assert_eq!(server.value(name), "new");
    }
    server.create("restored/VERSION", "old");
    let version = server.description("restored/VERSION")["VersionIdsToStages"].as_object().unwrap().clone();
    let version = version.keys().next().unwrap().clone();
    server.secret("delete_secret", json!({ "SecretId": "restored/VERSION", "RecoveryWindowInDays": 7 })).unwrap();
    server.run(&home, SECRETS, ["set", "restored/VERSION", "--if-version", &version]).input("new").run().exits(9);
    assert!(server.description("restored/VERSION")["DeletedDate"].is_string());
}

#[test]
fn a_restored_name_that_cannot_be_written_is_deleted_again() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("again/KEY", "old");
    server.secret("delete_secret", json!({ "SecretId": "again/KEY", "RecoveryWindowInDays": 7 })).unwrap();
    let actions =
        ["CreateSecret", "DescribeSecret", "RestoreSecret", "DeleteSecret"].map(|a| format!("secretsmanager:{a}"));
    let actions = actions.each_ref().map(String::as_str);
    let set = ["set", "again/KEY", "--create-only"];
    server.run_as(&home, SECRETS, "no-put", &actions, set).input("new").run().exits(5).prints("");
    assert!(server.description("again/KEY")["DeletedDate"].is_string(), "its old value came back");
}

#[test]
fn what_aws_does_not_keep_is_refused_before_it_is_sent() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("sizes/KEY", "old");
    server.run(&home, SECRETS, ["set", "sizes/KEY"]).input("").run().exits(2);
    server.run(&home, SECRETS, ["set", "sizes/KEY"]).input(vec![b'x'; 65_537]).run().exits(2);
    assert_eq!(server.value("sizes/KEY"), "old");
    server.run(&home, SECRETS, ["set", "sizes/KEY"]).input(vec![b'x'; 65_536]).run().exits(0);
    server.run(&home, SECRETS, ["set", "sizes/BYTES"]).input(vec![0xff; 65_536]).run().exits(0);
    server.run(&home, SECRETS, ["get", "sizes/BYTES"]).run().exits(0).prints(vec![0xff; 65_536]);
}
