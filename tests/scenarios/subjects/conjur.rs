//! conjur, as the table sees it: the stand-in, with API keys for whoever logs in.

use secret_runtime::Operation;
use test_support::{Conjur as Server, Seen};

use crate::{
    common::Component,
    scenarios::{
        access::Access,
        subject::{Attempt, CANARY, Subject, Supports, Who},
    },
};

pub(crate) struct Conjur(Server);

impl Subject for Conjur {
    const COMPONENT: &'static str = "conjur";
    const OPERATIONS: &'static [Operation] = &Operation::ALL;
    const SUPPORTS: Supports = Supports { versions: true, permanent: true, ..Supports::NOTHING };
    const EXCHANGES: bool = true;

    fn start() -> Self {
        Self(Server::start().unwrap())
    }

    fn address(&self) -> Option<String> {
        Some(self.0.address())
    }

    fn access(&self, who: Who, address: &str) -> Option<Access> {
        let key = match who {
            Who::Owner | Who::ShortLived => self.0.admin_key(),
            Who::Stranger => "not-the-key".to_owned(),
            // Who may do nothing with a variable is told that there is none.
            Who::Outsider => return None,
        };
        let access = Access::new().env("CYBERARK_API_BASE", address).env("CYBERARK_ACCOUNT", self.0.account());
        Some(access.env("CYBERARK_API_KEY", key))
    }

    fn component(who: Who) -> Component {
        let component = Component::backend(Self::COMPONENT);
        match who {
            // A server that is set up for it gives out tokens that live for less than five minutes.
            Who::ShortLived => component.with_manifest_text("{ seconds = 300 }", "{ seconds = 2   }"),
            _ => component,
        }
    }

    fn takes(value: &[u8]) -> bool {
        !value.iter().all(|byte| b" \t\n\x0b\x0c\r".contains(byte))
    }

    fn takes_name(name: &str) -> bool {
        !name.contains(|c: char| c.is_control() || c == '\\') && !name.split('/').any(str::is_empty)
    }

    fn is_exchange(seen: &Seen) -> bool {
        seen.target.ends_with("/authenticate")
    }

    /// Any text is a token, but for none at all.
    fn wrong_token() -> String {
        String::new()
    }

    /// Any bytes are a value, but for none at all.
    fn wrong_shapes() -> Vec<String> {
        vec![String::new()]
    }

    fn wrong_pages() -> Vec<String> {
        let canary = format!("{{\"{CANARY}\": \"{CANARY}\"}}");
        let other = r#"[{"id":"other:variable:KEY","secrets":[]}]"#.to_owned();
        vec![canary, CANARY.to_owned(), String::new(), "{}".to_owned(), "null".to_owned(), "[7]".to_owned(), other]
    }

    fn forbidden() -> Vec<Attempt> {
        let yaml = |method, text| {
            Attempt::new(method, "/policies/acme/policy/root").header("Content-Type", "application/x-yaml").body(text)
        };
        vec![
            Attempt::new("POST", "/authn/acme/admin/authenticate").body("key"),
            Attempt::new("GET", "/authn/acme/login"),
            Attempt::new("PUT", "/authn/acme/api_key"),
            Attempt::new("GET", "/secrets?variable_ids=acme:variable:other"),
            Attempt::new("GET", "/resources/acme?kind=host&limit=100&offset=0"),
            Attempt::new("GET", "/policies/acme/policy/root"),
            yaml("POST", "- !user eve\n"),
            yaml("PUT", "- !variable \"KEY\"\n"),
            yaml("PATCH", "- !delete\n  record: !variable \"other\"\n"),
        ]
    }
}
