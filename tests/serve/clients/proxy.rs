//! LiteLLM's proxy, started as its operators start it, with our module beside its configuration.

use std::{
    ffi::OsStr,
    fs::{self, File},
    net::SocketAddr,
};

use serde_json::json;
use test_support::{Reply, Server, Upstream, Venv};

use super::{host::LITELLM, stage::Stage};
use crate::common::{
    Home,
    daemon::wait_for,
    http::{Request, Way},
};

/// What the proxy's own clients show.
const MASTER: &str = "sk-master";

/// A running proxy. Dropping it kills it.
struct Proxy {
    _server: Server,
    home: Home,
    address: SocketAddr,
}

impl Proxy {
    #[track_caller]
    fn start(config: &serde_json::Value, environment: &[(&str, &str)]) -> Self {
        let home = Home::new();
        // JSON is YAML, too.
        let config = home.file("config.yaml", config.to_string());
        LITELLM.copy_to(home.path());
        let log = home.path().join("log");
        let arguments = ["--host", "127.0.0.1", "--port", "0", "--config"].map(OsStr::new);
        let own = [("HOME", home.path().as_os_str()), ("LITELLM_LOCAL_MODEL_COST_MAP", OsStr::new("True"))];
        let given = environment.iter().map(|(name, value)| (*name, OsStr::new(*value)));
        let mut server = Server::start(
            Venv::clients().unwrap().program("litellm").as_os_str(),
            arguments.into_iter().chain([config.as_os_str()]),
            own.into_iter().chain(given),
            File::create(&log).unwrap(),
        )
        .unwrap();
        let address = wait_for("listen", || {
            let log = fs::read_to_string(&log).unwrap_or_default();
            assert!(server.ended().is_none(), "the proxy ended:\n{log}");
            let (_, after) = log.split_once("Uvicorn running on http://")?;
            after.split_once(' ')?.0.parse().ok()
        });
        Self { _server: server, home, address }
    }

    /// Asks a model something; answers the status.
    fn ask(&self, model: &str) -> u16 {
        let body = json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
        let request = Request::new(Way::Tcp(self.address), "POST", "/v1/chat/completions").json(&body);
        request.header("Authorization", &format!("Bearer {MASTER}")).send().status
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap()
    }
}

/// A provider of models. It answers everybody, and remembers with what key they came.
fn provider() -> Upstream {
    Upstream::start(|seen| match &*seen.method {
        "POST" => Reply::json(
            200,
            &json!({
                "id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
                "choices": [{ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": "Hi" } }],
                "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
            }),
        ),
        _ => Reply::json(404, &json!({})),
    })
    .unwrap()
}

#[test]
fn the_keys_of_its_models_come_from_every_backend_and_reach_their_providers() {
    let (stage, provider) = (Stage::start(), provider());
    let mounts = ["local", "vault", "aws", "azure"];
    for mount in mounts {
        let path = format!("/runtime/v1/secrets/{mount}/APIKEY");
        let secret = json!({ "value": format!("canary-{mount}") });
        stage.daemon.ask("PUT", &path).json(&secret).send().is(200);
    }
    let token = stage.daemon.token(&["read:*/*"]);
    let model = |name: &str, key: String| {
        let api_base = format!("{}/v1", provider.address());
        json!({ "model_name": name, "litellm_params": { "model": "openai/gpt-4o", "api_base": api_base,
                "api_key": format!("os.environ/{key}") } })
    };
    let config = json!({
        "general_settings": {
            "master_key": MASTER,
            "key_management_system": "custom",
            "key_management_settings": {
                "custom_secret_manager": "litellm_secret_runtime.SecretRuntime",
                "hosted_keys": mounts.map(|mount| format!("{mount}/APIKEY")),
            },
        },
        "model_list": mounts.map(|mount| model(mount, format!("{mount}/APIKEY"))),
    });
    let proxy =
        Proxy::start(&config, &[("SECRET_RUNTIME_ADDR", &stage.daemon.url()), ("SECRET_RUNTIME_TOKEN", &token)]);
    for mount in mounts {
        assert_eq!(proxy.ask(mount), 200, "{}", proxy.log());
        let seen = provider.seen();
        let asked = seen.iter().rev().find(|seen| seen.method == "POST").unwrap();
        assert_eq!(asked.header("authorization"), Some(&*format!("Bearer canary-{mount}")));
    }
    let log = proxy.log();
    assert!(!log.contains("canary") && !log.contains(&token), "{log}");
}
