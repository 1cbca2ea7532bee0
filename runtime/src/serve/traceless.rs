//! Bytes that are overwritten when they go, and where they grow.

use std::{io, ops::Deref};

use zeroize::Zeroizing;

/// Bytes that leave no copy behind.
#[derive(Default)]
pub(crate) struct Traceless(Zeroizing<Vec<u8>>);

impl Traceless {
    /// With room for so many.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(bytes)))
    }

    /// The bytes, which are still overwritten when they go.
    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }

    /// Appends these.
    pub(crate) fn append(&mut self, more: &[u8]) {
        let needed = self.0.len() + more.len();
        if self.0.capacity() < needed {
            let mut wider = Vec::with_capacity(needed.max(2 * self.0.capacity()));
            wider.extend_from_slice(&self.0);
            // The old bytes are overwritten as they are replaced.
            self.0 = Zeroizing::new(wider);
        }
        self.0.extend_from_slice(more);
    }
}

impl Deref for Traceless {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl io::Write for Traceless {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        self.append(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
