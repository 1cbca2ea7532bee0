//! env, as the table sees it: the variables of one environment, and no server.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use secret_runtime::{Error, Kind, Operation};

use crate::scenarios::{
    access::Access,
    subject::{Subject, Supports, Who},
};

#[derive(Default)]
pub(crate) struct Env(Mutex<BTreeMap<String, String>>);

impl Env {
    fn variables(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().unwrap()
    }
}

impl Subject for Env {
    const COMPONENT: &'static str = "env";
    const OPERATIONS: &'static [Operation] = &[Operation::Read, Operation::Exists, Operation::List];
    const SUPPORTS: Supports = Supports::NOTHING;
    const SHARED: bool = false;
    const FOLDER: &'static str = "SECRET_";

    fn start() -> Self {
        Self::default()
    }

    fn address(&self) -> Option<String> {
        None
    }

    fn access(&self, who: Who, _: &str) -> Option<Access> {
        let granted = Access::new().variables("SECRET_**");
        (who == Who::Owner)
            .then(|| self.variables().iter().fold(granted, |access, (name, value)| access.env(name, value)))
    }

    fn takes(value: &[u8]) -> bool {
        std::str::from_utf8(value).is_ok_and(|text| !text.contains('\0'))
    }

    fn takes_name(name: &str) -> bool {
        !name.contains(|c: char| c.is_control() || c == '=')
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), Error> {
        if !Self::takes(value) {
            return Err(Error::new(Kind::Invalid, "no variable has such a value"));
        }
        self.variables().insert(name.to_owned(), String::from_utf8_lossy(value).into_owned());
        Ok(())
    }
}
