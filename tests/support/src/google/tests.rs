//! Google's own clients drive the stand-in, and the emulator where that goes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use super::*;

#[track_caller]
fn python(script: &str, arguments: &[&str], input: &[u8]) -> String {
    String::from_utf8(vendor(script, arguments, input).unwrap()).unwrap()
}

#[test]
fn the_vendors_client_finds_in_it_what_it_finds_in_secret_manager() {
    let google = Google::start().unwrap();
    let judged = python("judge_secrets.py", &[&google.address(), google.token(), google.forbidden_token()], b"");
    assert_eq!(judged.lines().count(), 7, "{judged}");
}

#[test]
fn the_vendors_client_finds_in_it_what_it_finds_in_cloud_kms() {
    let google = Google::start().unwrap();
    let (token, forbidden) = (google.token(), google.forbidden_token());
    let judged = python("judge_keys.py", &[&google.address(), token, forbidden, Google::KEY, Google::OTHER_KEY], b"");
    assert_eq!(judged.lines().count(), 4, "{judged}");
}

#[test]
fn the_vendors_client_reads_and_writes_on_the_emulator() {
    let drongo = Drongo::start().unwrap();
    let name = "projects/test-project/secrets/KEY";
    python("client.py", &[drongo.address(), "none", "write", name], b"\0\xffvalue");
    let read = python("client.py", &[drongo.address(), "none", "read", name], b"");
    assert_eq!(serde_json::from_str::<Value>(&read).unwrap()["value"], "AP92YWx1ZQ==");
    let (status, _) = drongo.request("GET", "/v1/projects/test-project/secrets/NONE", None).unwrap();
    assert_eq!(status, 404);
}

#[test]
fn spoiled_checksums_are_other_ones_or_missing() {
    let google = Google::start().unwrap();
    let create = serde_json::json!({ "replication": { "automatic": {} } });
    let path = format!("/v1/projects/{PROJECT}/secrets");
    assert_eq!(google.request("POST", &format!("{path}?secretId=KEY"), Some(&create)).unwrap().0, 200);
    let add = serde_json::json!({ "payload": { "data": "dmFsdWU=" } });
    assert_eq!(google.request("POST", &format!("{path}/KEY:addVersion"), Some(&add)).unwrap().0, 200);
    let access = || google.request("GET", &format!("{path}/KEY/versions/latest:access"), None).unwrap().1;
    let right = checksum::crc32c(b"value").to_string();
    assert_eq!(access()["payload"]["dataCrc32c"], right);
    google.spoil(Spoiled::Checksums);
    assert_ne!(access()["payload"]["dataCrc32c"], right);
    google.spoil(Spoiled::NoChecksums);
    assert_eq!(access()["payload"], serde_json::json!({ "data": "dmFsdWU=" }));
}

#[test]
fn googles_own_library_logs_in_and_its_tokens_end() {
    let google = Google::start().unwrap();
    let list = |token: &str| {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str())];
        Client::new(google.address()).send("GET", &format!("/v1/projects/{PROJECT}/secrets"), &headers, None).unwrap().0
    };
    let log_in = |login: Login| {
        let file = google.credentials(login, &google.address()).to_string();
        python("client.py", &[&google.address(), "none", "log-in", &file], b"")
    };
    let token = log_in(Login::Owner);
    assert_eq!((list(&token), list(&log_in(Login::Outsider)), log_in(Login::Stranger).as_str()), (200, 403, "refused"));
    let short = log_in(Login::ShortLived);
    let ended = std::iter::repeat_with(|| list(&short)).find(|status| *status != 200);
    assert_eq!(ended, Some(401));
    google.revoke_all();
    assert_eq!((list(&token), list(google.token())), (401, 401));
}

#[test]
fn the_checksum_is_the_one_that_everybody_means() {
    // The check value of the algorithm's catalogue.
    assert_eq!((checksum::crc32c(b"123456789"), checksum::crc32c(b"")), (0xe306_9283, 0));
}
