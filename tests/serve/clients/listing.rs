//! Listings of a backend whose names are flat, and come in pages.

use serde_json::json;
use test_support::{Reply, Seen, Upstream, layout};

use crate::common::{
    Component, Daemon, Home,
    backends::digest,
    daemon::{OWNER, backend},
};

/// Three pages, in no order, with a name in two of them.
fn page(seen: &Seen) -> Reply {
    let (names, next) = match seen.target.split_once("cursor=") {
        None => (json!(["team/deep/er/C", "B"]), json!("two")),
        Some((_, "two")) => (json!(["team/A", "A", "team-b/X"]), json!("three")),
        Some(_) => (json!(["team/deep/D", "A"]), json!(null)),
    };
    Reply::json(200, &json!({ "names": names, "next": next }))
}

/// A daemon with two mounts on this server: one whose listing ends, and one whose listing never does.
fn daemon(upstream: &Upstream) -> Daemon {
    let home = Home::new();
    Component::careless().save(&home, "careless.wasm");
    let mount = |name: &str, mistake: &str| {
        let address = upstream.address();
        format!(
            "[backends.{name}]\ncomponent = \"careless.wasm\"\nset = {{ address = {address:?}, mistake = {mistake:?} }}\n"
        )
    };
    let config = format!("{OWNER}{}{}", mount("flat", "none"), mount("endless", "endless"));
    Daemon::start_with(home, &config, &["--trust"], &[])
}

#[test]
fn flat_names_are_cut_into_folders_over_all_pages() {
    let upstream = Upstream::start(page).unwrap();
    let daemon = daemon(&upstream);
    for (folder, keys) in [
        ("", json!(["A", "B", "team-b/", "team/"])),
        ("team", json!(["A", "deep/"])),
        ("team/", json!(["A", "deep/"])),
        ("team/deep", json!(["D", "er/"])),
        ("team-b", json!(["X"])),
    ] {
        for (method, query) in [("LIST", ""), ("GET", "?list=true")] {
            let answer = daemon.ask(method, &format!("/v1/flat/metadata/{folder}{query}")).send().is(200);
            assert_eq!(answer.json()["data"], json!({ "keys": keys }), "{method} {folder}");
        }
    }
    assert_eq!(daemon.ask("LIST", "/v1/flat/metadata/tea").send().is(404).json(), json!({ "errors": [] }));
}

#[test]
fn a_caller_sees_the_folders_towards_what_it_may_see() {
    let upstream = Upstream::start(page).unwrap();
    let daemon = daemon(&upstream);
    let token = daemon.token(&["list:flat/team/deep/*"]);
    let list = |folder: &str| daemon.ask_tcp("LIST", &format!("/v1/flat/metadata/{folder}")).token(&token).send();
    assert_eq!(list("").is(200).json()["data"]["keys"], json!(["team/"]));
    assert_eq!(list("team").is(200).json()["data"]["keys"], json!(["deep/"]));
    assert_eq!(list("team/deep").is(200).json()["data"]["keys"], json!(["D"]));
    let before = upstream.seen().len();
    list("team-b").is(403);
    assert_eq!(upstream.seen().len(), before);
}

#[test]
fn a_listing_that_never_ends_is_given_up_and_said_not_to_be_whole() {
    let upstream = Upstream::start(page).unwrap();
    let daemon = daemon(&upstream);
    let answer = daemon.ask("LIST", "/v1/endless/metadata").send().is(400).json();
    assert!(answer["errors"][0].as_str().unwrap().contains("more lies there than is listed at once"), "{answer}");
    let answer = daemon.ask("GET", "/v1.0/secrets/endless/bulk").send().is(500).json();
    assert!(answer["message"].as_str().unwrap().contains("more lies there"), "{answer}");
}

#[test]
fn pages_tell_a_caller_nothing_of_what_is_hidden_from_it() {
    let text: String = (0..9).map(|number| format!("HIDDEN_{number}=1\nSEEN_{number}=1\n")).collect();
    let home = Home::with_dotenv(text);
    let hosted = format!("{}hosted-keys = [\"SEEN_*\"]\n", backend(&home, "hosted", "read-only"));
    let config = format!("{OWNER}{}{hosted}", backend(&home, "local", "read-only"));
    let daemon = Daemon::start_in(home, &config);
    let narrow = daemon.token(&["list:local/SEEN_*", "list:hosted/**"]);
    let wide = daemon.token(&["list:local/**"]);
    for (mount, token, prefix, names) in
        [("local", &narrow, "SEEN_", 9), ("hosted", &narrow, "SEEN_", 9), ("local", &wide, "", 18)]
    {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let target = format!("/runtime/v1/secrets/{mount}/?limit=2{cursor}");
            let page = daemon.ask_tcp("GET", &target).token(token).send().is(200).json();
            let page_names: Vec<_> = page["names"].as_array().unwrap().clone();
            seen.extend(page_names.iter().map(|name| name.as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            assert!(page_names.len() == 2 && next.starts_with(prefix), "{mount}: {page}");
            cursor = format!("&cursor={next}");
        }
        assert!(seen.len() == names && seen.is_sorted(), "{mount}: {seen:?}");
        assert!(seen.iter().all(|name| name.starts_with(prefix)), "{mount}: {seen:?}");
    }
}

#[test]
fn more_than_a_reply_can_hold_is_said_to_be_too_much() {
    let upstream = Upstream::start(|seen| {
        let metadata = json!({ "created_time": "t", "version": 1 });
        let data = if seen.target.contains("/metadata") {
            json!({ "keys": (0..12).map(|number| format!("K{number}")).collect::<Vec<_>>() })
        } else {
            json!({ "data": { "value": "x".repeat(2 << 20) }, "metadata": metadata })
        };
        Reply::json(200, &json!({ "data": data }))
    })
    .unwrap();
    let (component, address) = (layout::backend("vault"), upstream.address());
    let home = Home::new();
    home.file("token", "canary-token");
    let config = format!(
        "{OWNER}[backends.prod]\ncomponent = {component:?}\ndigest = \"{}\"\nset = {{ address = {address:?} }}\n\
         grant = {{ origins = [{address:?}] }}\ncredentials = {{ token = {{ file = \"token\" }} }}\n",
        digest(&component)
    );
    let daemon = Daemon::start_in(home, &config);
    daemon.ask("GET", "/v1.0/secrets/prod/K0").send().is(200);
    let answer = daemon.ask("GET", "/v1.0/secrets/prod/bulk").send().is(500);
    assert!(answer.text().contains("more lies there than is listed at once"), "{answer:?}");
}
