//! Tokens: who may mint one, and what one may do.

use crate::common::Daemon;

#[test]
fn a_token_allows_what_its_scopes_say_and_nothing_else() {
    let daemon = Daemon::with_dotenv("A=1\nB=2\n");
    let token = daemon.token(&["read:local/A"]);
    let read = |name: &str| daemon.ask_tcp("GET", &format!("/v1/local/data/{name}")).token(&token).send();
    assert_eq!(read("A").is(200).json()["data"]["data"]["value"], "1");
    read("B").is(403);
    daemon.ask_tcp("GET", "/v1/local/data/A").send().is(403);
}
