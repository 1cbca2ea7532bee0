//! google-secret-manager, as the table sees it: a stand-in, and people who log in with a credential file.

use std::{fs, thread};

use secret_runtime::Operation;
use test_support::{Google, Login, Reply, Seen};

use crate::{
    common::Home,
    scenarios::{
        access::Access,
        subject::{Attempt, CANARY, Says, Subject, Supports, Who},
    },
};

pub(crate) struct GoogleSecretManager {
    server: Google,
    home: Home,
}

impl Subject for GoogleSecretManager {
    const COMPONENT: &'static str = "google-secret-manager";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const SUPPORTS: Supports = Supports {
        versions: true,
        create_only: true,
        description: true,
        tags: true,
        expiry: true,
        permanent: true,
        ..Supports::NOTHING
    };

    fn start() -> Self {
        Self { server: Google::start().unwrap(), home: Home::new() }
    }

    fn address(&self) -> Option<String> {
        Some(self.server.address())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        let access = logged_in(&self.server, &self.home, who, address);
        Some(access.env("GOOGLE_CLOUD_PROJECT", Google::PROJECT))
    }

    fn takes(value: &[u8]) -> bool {
        !value.is_empty()
    }

    fn takes_name(name: &str) -> bool {
        name.len() <= 255 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }

    const EXCHANGES: bool = true;

    fn is_exchange(seen: &Seen) -> bool {
        Google::is_exchange(seen)
    }

    fn says(what: Says) -> Reply {
        google_says(what)
    }

    fn wrong_shapes() -> Vec<String> {
        let version = |payload: &str| format!(r#"{{"name":"projects/1/secrets/A/versions/1","payload":{payload}}}"#);
        vec![
            format!(r#"{{"{CANARY}": "{CANARY}"}}"#),
            CANARY.to_owned(),
            String::new(),
            "{}".to_owned(),
            "null".to_owned(),
            version("{}"),
            version(&format!(r#"{{"data":"{CANARY}"}}"#)),
            version(r#"{"data":"QQ==","dataCrc32c":"1"}"#),
        ]
    }

    /// An empty object is a listing of nothing.
    fn wrong_pages() -> Vec<String> {
        vec![
            format!(r#"{{"{CANARY}": "{CANARY}"}}"#),
            CANARY.to_owned(),
            String::new(),
            "null".to_owned(),
            format!(r#"{{"secrets":"{CANARY}"}}"#),
            format!(r#"{{"secrets":[{{"name":"{CANARY}"}}]}}"#),
            format!(r#"{{"secrets":[],"nextPageToken":["{CANARY}"]}}"#),
        ]
    }

    fn forbidden() -> Vec<Attempt> {
        let secrets = "/v1/projects/test-project/secrets";
        vec![
            Attempt::new("POST", "/token").body("{}"),
            Attempt::new("GET", "/v1/projects/test-project"),
            Attempt::new("GET", &format!("{secrets}/OTHER:getIamPolicy")),
            Attempt::new("POST", &format!("{secrets}/OTHER:setIamPolicy")).body(r#"{"policy":{}}"#),
            Attempt::new("GET", &format!("{secrets}/OTHER/versions/latest:access")),
            Attempt::new("POST", &format!("{secrets}/OTHER/versions/1:destroy")).body("{}"),
        ]
    }
}

/// The environment of somebody who is logged in at the server that is reached at this address.
pub(super) fn logged_in(server: &Google, home: &Home, who: Who, address: &str) -> Access {
    let login = match who {
        Who::Owner => Login::Owner,
        Who::Stranger => Login::Stranger,
        Who::Outsider => Login::Outsider,
        Who::ShortLived => Login::ShortLived,
    };
    // One file for each place, for scenarios that share a server each have a proxy of their own; and put there whole, for
    // two callers may log in at the same time.
    let port = address.rsplit(':').next().unwrap_or_default();
    let written =
        home.file(&format!("{:?}.json", thread::current().id()), server.credentials(login, address).to_string());
    let file = home.path().join(format!("{login:?}-{port}.json"));
    fs::rename(written, &file).unwrap();
    Access::new().set("endpoint", address).env("GOOGLE_APPLICATION_CREDENTIALS", file.to_string_lossy())
}

/// How Google puts it.
pub(super) fn google_says(what: Says) -> Reply {
    let (code, status) = match what {
        Says::Denied => (403, "PERMISSION_DENIED"),
        Says::Unauthenticated => (401, "UNAUTHENTICATED"),
        Says::Throttled => (429, "RESOURCE_EXHAUSTED"),
        Says::Unavailable => (503, "UNAVAILABLE"),
    };
    let error = serde_json::json!({ "code": code, "message": "said by the test", "status": status });
    Reply::json(code, &serde_json::json!({ "error": error }))
}
