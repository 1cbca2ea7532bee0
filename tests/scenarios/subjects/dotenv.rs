//! dotenv, as the table sees it: a file, and no server.

use secret_runtime::Operation;

use crate::{
    common::Home,
    scenarios::{
        access::Access,
        subject::{Subject, Supports, Who},
    },
};

pub(crate) struct Dotenv(Home);

impl Subject for Dotenv {
    const COMPONENT: &'static str = "dotenv";
    const OPERATIONS: &'static [Operation] =
        &[Operation::Read, Operation::Exists, Operation::List, Operation::Write, Operation::Delete];
    const SUPPORTS: Supports = Supports { create_only: true, permanent: true, ..Supports::NOTHING };
    const SHARED: bool = false;

    fn start() -> Self {
        Self(Home::with_dotenv(""))
    }

    fn address(&self) -> Option<String> {
        None
    }

    fn access(&self, who: Who, _: &str) -> Option<Access> {
        (who == Who::Owner).then(|| Access::new().file(self.0.dotenv_file()))
    }

    fn takes(value: &[u8]) -> bool {
        std::str::from_utf8(value).is_ok_and(|text| !text.contains('\0'))
    }

    fn takes_name(name: &str) -> bool {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
            && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
    }
}
