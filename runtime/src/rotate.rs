//! Rotation, for every backend that can read and write: write the new value, read it back, and only then delete the
//! old name. No value is ever in a message.

use crate::{
    backend::{Backend, Write, Written},
    error::{Error, Kind, Result},
    store::{Call, DeleteMode, Read},
};

impl Backend {
    /// Gives `key` a new value; with `to`, under another name, deleting the old one once the new one is proven.
    ///
    /// # Errors
    /// [`Kind::NotFound`] if there is nothing to rotate; [`Kind::Conflict`] if the new name is taken or what was read
    /// back is not what was written, in which case the old secret is still there. If only deleting the old name fails,
    /// the error says so: the new value is in place.
    pub async fn rotate(&self, key: &str, to: Option<&str>, write: &Write, call: &Call) -> Result<Written> {
        let old = self.written_key(key)?;
        let new = to.map_or_else(|| Ok(old.clone()), |to| self.written_key(to))?;
        let options = self.options(write.options.iter().cloned())?;
        let read = |name| Read { name, version: None, options: options.clone() };
        let fresh = Call { fresh: true, ..call.clone() };

        self.read(&read(old.clone()), &fresh).await?;
        if old != new {
            // Another secret may live there already: rotating is no licence to overwrite it.
            match self.read(&read(new.clone()), &fresh).await {
                Err(error) if error.kind() == Kind::NotFound => {}
                Err(error) => return Err(error),
                Ok(_) => {
                    let reason = "there is a secret under the new name already; nothing was changed";
                    return Err(Error::new(Kind::Conflict, reason).in_backend(&self.0.name).for_key(new.shared()));
                }
            }
        }
        let written = self.write_as(new.clone(), write, call).await?;
        let found = self.read(&read(new.clone()), &fresh).await?;
        if found.secret.expose() != write.value.expose() {
            let reason = "what was read back is not what was written; the old secret was not deleted";
            return Err(Error::new(Kind::Conflict, reason).in_backend(&self.0.name).for_key(new.shared()));
        }
        if old != new {
            self.delete_as(old.clone(), DeleteMode::Recoverable(None), &options, call).await.map_err(|cause| {
                let reason =
                    format!("the new secret {new} is in place, but the old one was not deleted: {}", cause.reason());
                Error::new(cause.kind(), reason).in_backend(&self.0.name).for_key(old.shared()).caused_by(cause)
            })?;
        }
        Ok(written)
    }
}
