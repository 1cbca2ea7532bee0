//! Environment variables that the operator names.

use secret_runtime_guest::{Entry, Error, Exists, List, Options, Page, Read, Result, Secret, storage};

struct Env;

secret_runtime_guest::export!(Env: Read, Exists, List);

impl Read for Env {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        if version.is_some() {
            return Err(Error::unsupported("a variable has no versions"));
        }
        Ok(Secret::new(storage::read(name)?.ok_or(Error::NotFound)?.data))
    }
}

impl Exists for Env {
    fn exists(name: &str, _: &Options) -> Result<bool> {
        Ok(storage::read(name)?.is_some())
    }
}

impl List for Env {
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        let names = storage::keys()?.into_iter().filter(|name| name.starts_with(prefix));
        Ok(Page::of_all(names.map(Entry::new).collect(), cursor, limit))
    }
}
