//! CyberArk Conjur: the values of variables.
//!
//! [`server`] sends the requests and says what comes back means; here it meets the contract.

mod server;

use secret_runtime_guest::{
    Asked, Check, Delete, DeleteMode, Entry, Error, Exists, List, NewSecret, Options, Page, Read, Readiness, Result,
    Secret, Write, version_number,
};

use crate::server::{PAGE, Server};

/// How many pages of the server's one call looks through before it hands out a cursor.
const PAGES: usize = 20;

struct Conjur;

secret_runtime_guest::export!(Conjur: Read, Exists, List, Write, Delete, Check);

impl Read for Conjur {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        if let Some(version) = version {
            // Conjur takes other notations for the same number.
            version_number(version)?;
        }
        let value = Server::configured()?.value(name, version)?;
        Ok(Secret { version: version.map(str::to_owned), ..Secret::new(value) })
    }
}

impl Exists for Conjur {
    /// A variable without a value can't be read, so it does not count.
    fn exists(name: &str, _: &Options) -> Result<bool> {
        Ok(Server::configured()?.variable(name)?.is_some_and(|variable| variable.version().is_some()))
    }
}

impl List for Conjur {
    /// A cursor is an offset: the server knows no other. It searches by words, so prefixes are looked for here.
    fn list(prefix: &str, cursor: Option<&str>, limit: u32, _: &Options) -> Result<Page> {
        let server = Server::configured()?;
        let wrong_cursor = |_| Error::invalid("this is no cursor of this backend");
        let mut offset: usize = cursor.map_or(Ok(0), str::parse).map_err(wrong_cursor)?;
        let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        for _ in 0..PAGES {
            let variables = server.variables(offset)?;
            let is_last = variables.len() < PAGE;
            for variable in variables {
                let name = server.name_of(&variable)?;
                if name.starts_with(prefix) {
                    if entries.len() == limit {
                        return Ok(Page { entries, next: Some(offset.to_string()), total: None });
                    }
                    let version = variable.version().map(|version| version.to_string());
                    entries.push(Entry { version, ..Entry::new(name) });
                }
                offset += 1;
            }
            if is_last {
                return Ok(Page { entries, next: None, total: None });
            }
        }
        Ok(Page { entries, next: Some(offset.to_string()), total: None })
    }
}

impl Write for Conjur {
    fn write(secret: &NewSecret, _: &Options) -> Result<Option<String>> {
        refuse_what_conjur_cannot_keep(secret)?;
        let (server, name) = (Server::configured()?, &secret.name);
        let before = server.variable(name)?;
        if before.is_none() {
            server.declare(name)?;
        }
        server.store(name, &secret.value)?;
        // Conjur does not say which version it made. It is ours if nobody else's can have come in between; an equal
        // value makes none. Not to know it does not undo the write.
        let before = before.and_then(|variable| variable.version()).unwrap_or(0);
        let after = server.variable(name).ok().flatten().and_then(|variable| variable.version());
        Ok(after.filter(|after| *after <= before + 1).map(|version| version.to_string()))
    }
}

impl Delete for Conjur {
    fn delete(name: &str, mode: DeleteMode, _: &Options) -> Result<()> {
        mode.refuse_days("a variable that is deleted can't be recovered")?;
        let server = Server::configured()?;
        // Conjur says yes to deleting what never was, so ask first.
        server.variable(name)?.ok_or(Error::NotFound)?;
        server.undeclare(name)
    }
}

impl Check for Conjur {
    fn check() -> Result<Readiness> {
        Server::configured()?.who_am_i().map(|()| Readiness::Ready)
    }
}

/// What is asked for and can't be kept is refused before anything is sent.
fn refuse_what_conjur_cannot_keep(secret: &NewSecret) -> Result<()> {
    // Conjur takes white space for nothing at all.
    if secret.value.iter().all(|byte| matches!(byte, 9..=13 | b' ')) {
        return Err(Error::invalid("Conjur keeps no value that is empty or white space"));
    }
    use Asked::{CreateOnly, Description, Expiry, IfVersion, Tags};
    secret.refuse("Conjur", &[CreateOnly, IfVersion, Description, Expiry, Tags])
}

#[cfg(test)]
mod tests {
    use secret_runtime_guest::WriteMode;

    use super::*;

    #[test]
    fn blank_values_are_refused_and_others_are_not() {
        for blank in ["", " ", "\n", " \t\x0b\x0c\r\n"] {
            let refused = refuse_what_conjur_cannot_keep(&NewSecret::new("KEY", blank));
            assert!(matches!(refused, Err(Error::Invalid(_))), "{blank:?}");
        }
        for value in ["\0", " x ", "\u{a0}", "\x08", "\x0e"] {
            assert_eq!(refuse_what_conjur_cannot_keep(&NewSecret::new("KEY", value)), Ok(()), "{value:?}");
        }
    }

    #[test]
    fn what_a_variable_cannot_have_is_refused_and_not_dropped() {
        let plain = NewSecret::new("KEY", "v");
        for secret in [
            NewSecret { mode: WriteMode::CreateOnly, ..plain.clone() },
            NewSecret { mode: WriteMode::IfVersion("1".into()), ..plain.clone() },
            NewSecret { description: Some("d".into()), ..plain.clone() },
            NewSecret { expires_at: Some(1), ..plain.clone() },
            NewSecret { tags: vec![("a".into(), "b".into())], ..plain.clone() },
        ] {
            assert!(matches!(refuse_what_conjur_cannot_keep(&secret), Err(Error::Unsupported(_))), "{secret:?}");
        }
    }
}
