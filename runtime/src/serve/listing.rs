//! A listing to its end, for interfaces that have no pages.

use std::future::Future;

use secret_runtime::{Entry, Error, Kind, Listing, Result};

use super::mounts::Reach;

/// How many pages of a backend's listing are followed, so that no backend goes on for ever.
const PAGES: usize = 100;

/// All that begins with this prefix, as far as the caller may see it.
pub(crate) async fn all(reach: Reach<'_>, prefix: &str) -> Result<Vec<Entry>> {
    let mut listing = Listing { prefix: prefix.to_owned(), ..Listing::default() };
    let mut entries = Vec::new();
    for _ in 0..PAGES {
        let page = reach.list(&listing).await?;
        entries.extend(page.entries);
        listing.cursor = page.next;
        if listing.cursor.is_none() {
            return Ok(entries);
        }
    }
    Err(too_many())
}

/// That there is more than one reply can hold. To leave some out would say that they are not there.
pub(crate) fn too_many() -> Error {
    Error::new(Kind::Invalid, "more lies there than is listed at once; ask for a folder below, or for each by its name")
}

/// Several calls of a backend that answer one request: together they may take as long as one of them alone.
pub(crate) async fn in_time<T>(reach: Reach<'_>, calls: impl Future<Output = Result<T>>) -> Result<T> {
    let patience = reach.mount.backend.call().timeout;
    let late = |_| Error::new(Kind::Timeout, "listing took too long");
    tokio::time::timeout(patience, calls).await.map_err(late).flatten()
}
