//! The same requests to OpenBao and to the daemon before it: what clients are told differs where it is listed here, and
//! nowhere else.

use serde_json::{Value, json};

use super::{
    bao, differences,
    stage::{Hvac, Twin},
};

/// Every reply has a number of its own.
const NUMBER: &str = "/answer/request_id";

/// Times cross into the daemon in milliseconds.
const DELETION: &str = "/answer/data/metadata/deletion_time";

/// OpenBao tells of a deleted version in the body of its 404, in which hvac finds no errors. Here it is as absent as one
/// that never was.
const DELETED: &[&str] = &["/errors"];

/// When it was written is known to whoever wrote it, to the moment.
const WRITTEN: &[&str] = &[NUMBER, "/answer/data/created_time"];

/// Reads of different secrets.
const READ: &[&str] = &[NUMBER, "/answer/data/metadata/created_time"];

/// The daemon knows of the current version, and of no other.
const KNOWN: &[&str] = &[
    NUMBER,
    "/answer/data/created_time",
    "/answer/data/updated_time",
    "/answer/data/versions/1",
    "/answer/data/versions/2",
    "/answer/data/versions/3/created_time",
];

#[test]
fn hvac_is_told_of_a_secret_what_openbao_tells_of_it() {
    let twin = Twin::start();
    let (mut theirs, mut ours) =
        (Hvac::start(twin.bao.address(), twin.bao.token()), Hvac::start(&twin.daemon.url(), &twin.token));
    let beside = json!({ "custom_metadata": { "owner": "team-a" }, "delete_version_after": "3600s" });
    twin.bao.request("POST", "/v1/secret/metadata/team/DB", Some(twin.bao.token()), None, Some(&beside)).unwrap();
    for port in [5432, 5433] {
        let object =
            json!({ "user": "\u{fc}ser", "port": port, "more": { "b": [1, null, true], "a": 1.5e300 }, "": "" });
        twin.bao.put("team/DB", &object).unwrap();
    }
    twin.bao.put("TOP", &json!({})).unwrap();
    let read = |path: &str, version: Option<u64>| json!({ "path": path, "version": version, "mount_point": "secret", "raise_on_deleted_version": true });
    let path = |path: &str| json!({ "path": path, "mount_point": "secret" });
    for (method, with) in [
        ("secrets.kv.v2.read_secret_version", read("team/DB", None)),
        ("secrets.kv.v2.read_secret_version", read("team/DB", Some(1))),
        ("secrets.kv.v2.read_secret_version", read("team/DB", Some(0))),
        ("secrets.kv.v2.read_secret_version", read("team/DB", Some(3))),
        ("secrets.kv.v2.read_secret_version", read("TOP", None)),
        ("secrets.kv.v2.read_secret_version", read("team", None)),
        ("secrets.kv.v2.read_secret_version", read("team/OTHER", None)),
        ("secrets.kv.v2.list_secrets", path("")),
        ("secrets.kv.v2.list_secrets", path("team")),
        ("secrets.kv.v2.list_secrets", path("nowhere")),
        ("secrets.kv.v2.read_secret_metadata", path("nowhere")),
        ("secrets.kv.v2.delete_latest_version_of_secret", path("nowhere")),
        ("secrets.kv.v2.delete_metadata_and_all_versions", path("nowhere")),
        ("sys.is_initialized", json!({})),
        ("sys.is_sealed", json!({})),
        ("sys.read_health_status", json!({ "method": "HEAD" })),
    ] {
        let (theirs, ours) = (theirs.call(method, with.clone()), ours.call(method, with.clone()));
        let differ = differences(&theirs, &ours);
        assert!(
            differ.iter().all(|place| place == NUMBER || place == DELETION),
            "{method} {with}: {differ:?}\n{theirs}\n{ours}"
        );
    }
}

#[test]
fn hvac_writes_as_it_writes_to_openbao() {
    let twin = Twin::start();
    let (mut theirs, mut ours) =
        (Hvac::start(twin.bao.address(), twin.bao.token()), Hvac::start(&twin.daemon.url(), &twin.token));
    let write = |secret: Value, cas: Option<i64>| ("create_or_update_secret", json!({ "secret": secret, "cas": cas }));
    let plain = |method: &'static str| (method, json!({}));
    let read =
        |version: Option<u64>| ("read_secret_version", json!({ "version": version, "raise_on_deleted_version": true }));
    let script: [((&str, Value), &[&str]); 17] = [
        (read(None), &[]),
        (write(json!({ "a": "1" }), Some(1)), &[]),
        (write(json!({ "a": "1" }), Some(0)), WRITTEN),
        (write(json!({ "a": "2" }), Some(0)), &[]),
        (write(json!({ "a": "2" }), Some(-1)), &[]),
        (write(json!({ "a": "2", "n": 12, "o": { "x": [] } }), Some(1)), WRITTEN),
        (read(None), READ),
        (read(Some(1)), READ),
        (write(json!({}), None), WRITTEN),
        (read(None), READ),
        (plain("read_secret_metadata"), KNOWN),
        (plain("delete_latest_version_of_secret"), &[]),
        (read(None), DELETED),
        (write(json!({ "a": "3" }), Some(3)), WRITTEN),
        (read(None), READ),
        (plain("delete_metadata_and_all_versions"), &[]),
        (read(None), &[]),
    ];
    for ((method, with), allowed) in script {
        let call = |hvac: &mut Hvac, path: &str| {
            let mut with = with.clone();
            with["path"] = path.into();
            with["mount_point"] = "secret".into();
            hvac.call(&format!("secrets.kv.v2.{method}"), with)
        };
        let (theirs, ours) = (call(&mut theirs, "theirs"), call(&mut ours, "ours"));
        let differ = differences(&theirs, &ours);
        assert!(
            differ.iter().all(|place| allowed.contains(&place.as_str())),
            "{method} {with}: {differ:?}\n{theirs}\n{ours}"
        );
    }
    assert_eq!((twin.bao.get("theirs").unwrap(), twin.bao.get("ours").unwrap()), (None, None));
}

#[test]
fn the_command_line_shows_what_it_shows_of_openbao() {
    let twin = Twin::start();
    let object = json!({ "user": "\u{fc}ser", "port": 5432, "more": { "b": [1, null], "a": 1.5 } });
    for (name, object) in [("team/DB", &object), ("TOP", &json!({ "value": "v" }))] {
        twin.bao.put(name, object).unwrap();
    }
    for arguments in [
        &["kv", "get", "-mount=secret", "-format=json", "team/DB"][..],
        &["kv", "get", "-mount=secret", "-field=port", "team/DB"],
        &["kv", "get", "-mount=secret", "-version=1", "team/DB"],
        &["kv", "get", "-mount=secret", "-version=9", "team/DB"],
        &["kv", "get", "secret/team/DB"],
        &["kv", "get", "-mount=secret", "team/NONE"],
        &["kv", "list", "-mount=secret"],
        &["kv", "list", "-mount=secret", "-format=json", "team"],
        &["kv", "list", "-mount=secret", "nowhere"],
        &["kv", "metadata", "get", "-mount=secret", "team/DB"],
        &["kv", "metadata", "get", "-mount=secret", "team/NONE"],
        &["kv", "get", "-mount=nowhere", "x"],
        &["kv", "delete", "-mount=secret", "team/NONE"],
        &["kv", "metadata", "delete", "-mount=secret", "team/NONE"],
        &["read", "secret/data/TOP"],
    ] {
        let theirs = bao::run(twin.bao.address(), twin.bao.token(), arguments);
        let ours = bao::run(&twin.daemon.url(), &twin.token, arguments);
        assert_eq!(theirs.status, ours.status, "{arguments:?}\n{theirs:?}\n{ours:?}");
        // The number of the request, and the address in errors, are each server's own.
        let plain = |shown: &[u8], address: &str| {
            let shown = String::from_utf8_lossy(shown).replace(address, "ADDRESS");
            shown
                .lines()
                .filter(|line| !line.contains("request_id"))
                .map(|line| format!("{line}\n"))
                .collect::<String>()
        };
        assert_eq!(plain(&theirs.stdout, twin.bao.address()), plain(&ours.stdout, &twin.daemon.url()), "{arguments:?}");
        assert_eq!(plain(&theirs.stderr, twin.bao.address()), plain(&ours.stderr, &twin.daemon.url()), "{arguments:?}");
    }
}
