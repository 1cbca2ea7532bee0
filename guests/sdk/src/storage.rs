//! The one file, or the environment variables, that the operator granted.
//!
//! A file's only key is the empty one; variables have a key each.

use crate::{Error, Result, runtime::storage as host, time};

pub use crate::bindings::imports::secret_runtime::backend::storage::{Blob, Failure};

/// The keys there are.
///
/// # Errors
/// Why storage can't be read.
pub fn keys() -> Result<Vec<String>, Failure> {
    host::keys()
}

/// The content under a key; none if there is no such file or variable.
///
/// # Errors
/// Why storage can't be read.
pub fn read(key: &str) -> Result<Option<Blob>, Failure> {
    host::read(key)
}

/// Replaces what was read as `unchanged`, or creates what was not there. No data removes it. Answers the new etag.
///
/// Only while the backend writes or deletes.
///
/// # Errors
/// [`Failure::Changed`] if somebody wrote in between, and then nothing is written; else why storage can't be written.
pub fn replace(key: &str, data: Option<&[u8]>, unchanged: Option<&str>) -> Result<String, Failure> {
    host::replace(key, data, unchanged)
}

/// How often [`update`] begins again when somebody else writes at the same time. A writer is done in a millisecond, on a
/// busy disk in a hundred; these tries take about a second, so more would mean that something writes without pause.
pub const TRIES: u32 = 16;

/// Reads, edits and replaces until nobody wrote in between: no writer loses what another wrote.
///
/// `edit` gets the content (none if there is none) and answers the new content (none to remove it). It may run more than
/// once.
///
/// # Errors
/// What `edit` answers, and then nothing is written; [`Error::Conflict`] after [`TRIES`] tries; why storage failed.
pub fn update(key: &str, edit: impl FnMut(Option<&[u8]>) -> Result<Option<Vec<u8>>>) -> Result<()> {
    update_with(edit, || read(key), |data, unchanged| replace(key, data, unchanged), time::back_off)
}

fn update_with(
    mut edit: impl FnMut(Option<&[u8]>) -> Result<Option<Vec<u8>>>,
    mut read: impl FnMut() -> Result<Option<Blob>, Failure>,
    mut replace: impl FnMut(Option<&[u8]>, Option<&str>) -> Result<String, Failure>,
    mut wait: impl FnMut(u32),
) -> Result<()> {
    for tries in 0..TRIES {
        let old = read()?;
        let new = edit(old.as_ref().map(|blob| blob.data.as_slice()))?;
        match replace(new.as_deref(), old.as_ref().map(|blob| blob.etag.as_str())) {
            Err(Failure::Changed) => wait(tries),
            Err(failure) => return Err(failure.into()),
            Ok(_) => return Ok(()),
        }
    }
    Err(Failure::Changed.into())
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(message) => Self::other(message),
            Failure::Changed => Self::conflict("somebody else keeps writing at the same time"),
            Failure::Unavailable(message) => Self::unavailable(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// A file that somebody else writes to so many times, each time just before we do.
    struct Contended {
        content: RefCell<Vec<u8>>,
        others: Cell<u32>,
    }

    impl Contended {
        fn new(others: u32) -> Self {
            Self { content: RefCell::default(), others: Cell::new(others) }
        }

        fn etag(&self) -> String {
            self.content.borrow().len().to_string()
        }

        fn append(&self, word: &[u8]) -> Result<()> {
            update_with(
                |old| Ok(Some([old.unwrap_or_default(), word].concat())),
                || Ok(Some(Blob { data: self.content.borrow().clone(), etag: self.etag() })),
                |data, unchanged| {
                    if let Some(left) = self.others.get().checked_sub(1) {
                        self.others.set(left);
                        self.content.borrow_mut().push(b'o');
                    }
                    if unchanged != Some(self.etag().as_str()) {
                        return Err(Failure::Changed);
                    }
                    *self.content.borrow_mut() = data.unwrap_or_default().to_vec();
                    Ok(self.etag())
                },
                drop,
            )
        }
    }

    #[test]
    fn an_update_keeps_what_others_wrote_meanwhile() {
        let file = Contended::new(3);
        assert_eq!(file.append(b"x"), Ok(()));
        assert_eq!(*file.content.borrow(), b"ooox");
    }

    #[test]
    fn an_update_gives_up_when_the_file_never_rests_and_writes_nothing() {
        let file = Contended::new(100);
        assert!(matches!(file.append(b"x"), Err(Error::Conflict(_))));
        assert_eq!(*file.content.borrow(), vec![b'o'; TRIES as usize]);
    }

    #[test]
    fn an_edit_that_fails_writes_nothing() {
        let outcome = update_with(
            |_| Err(Error::NotFound),
            || Ok(None),
            |_, _| Err(Failure::Refused("nothing should be written".into())),
            drop,
        );
        assert_eq!(outcome, Err(Error::NotFound));
    }

    #[test]
    fn what_is_not_there_is_created_only_if_it_is_still_not_there() {
        let mut seen = None;
        let outcome = update_with(
            |old| Ok(old.is_none().then(|| b"new".to_vec())),
            || Ok(None),
            |data, unchanged| {
                seen = Some((data.map(<[u8]>::to_vec), unchanged.map(str::to_owned)));
                Ok("1".into())
            },
            drop,
        );
        assert_eq!((outcome, seen), (Ok(()), Some((Some(b"new".to_vec()), None))));
    }

    #[test]
    fn failures_become_errors_of_their_kind() {
        assert!(matches!(Error::from(Failure::Refused("read-only".into())), Error::Other(_)));
        assert!(matches!(Error::from(Failure::Unavailable("disk".into())), Error::Unavailable(_)));
    }
}
