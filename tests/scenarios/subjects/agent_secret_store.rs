//! agent-secret-store, as the table sees it: the stand-in, with keys for whoever asks. Its names begin with a namespace.

use secret_runtime::Operation;
use test_support::{AgentSecretStore as Server, Seen};

use crate::scenarios::{
    access::Access,
    subject::{Attempt, Subject, Supports, Who},
};

pub(crate) struct AgentSecretStore {
    server: Server,
    /// Takes a person, for deleting does.
    owner: String,
    outsider: String,
}

impl Subject for AgentSecretStore {
    const COMPONENT: &'static str = "agent-secret-store";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const SUPPORTS: Supports = Supports { description: true, tags: true, permanent: true, ..Supports::NOTHING };
    const FOLDER: &'static str = "agents/";
    const EXCHANGES: bool = true;

    fn start() -> Self {
        let server = Server::start().unwrap();
        let (owner, outsider) = (server.person(&["*"]), server.agent(&[]));
        Self { server, owner, outsider }
    }

    fn address(&self) -> Option<String> {
        Some(self.server.address())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        let access = Access::new().env("ASS_API_URL", address);
        Some(match who {
            Who::Owner => access.env("ASS_AGENT_KEY", &self.owner),
            Who::Stranger => access.env("ASS_AGENT_KEY", "ask_wrong"),
            Who::Outsider => access.env("ASS_AGENT_KEY", &self.outsider),
            Who::ShortLived => access.env("ASS_AGENT_KEY", &self.owner).set("token-ttl", "2s"),
        })
    }

    fn takes(value: &[u8]) -> bool {
        std::str::from_utf8(value).is_ok()
    }

    fn takes_name(name: &str) -> bool {
        name.contains('/')
            && !name.contains(|c: char| c.is_control() || "*\\".contains(c))
            && !name.split('/').any(str::is_empty)
    }

    fn is_exchange(seen: &Seen) -> bool {
        seen.target == "/v1/tokens"
    }

    fn forbidden() -> Vec<Attempt> {
        vec![
            Attempt::new("POST", "/v1/tokens").body(r#"{"scopes":["*"],"ttl":"1h"}"#),
            Attempt::new("GET", "/v1/me"),
            Attempt::new("GET", "/v1/agents"),
            Attempt::new("POST", "/v1/agents").body("{}"),
            Attempt::new("POST", "/v1/approvals/1/approve"),
            Attempt::new("GET", "/v1/namespaces"),
            Attempt::new("GET", "/v1/audit?page=1&limit=100"),
            Attempt::new("POST", "/v1/secrets/import").body("{}"),
        ]
    }
}
