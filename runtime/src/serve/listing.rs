//! Listings: to their end, for interfaces that have no pages, and in pages that tell nothing of what they leave out.

use std::{collections::BTreeMap, future::Future};

use secret_runtime::{Entry, Error, Kind, Listing, Page, Result};

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

/// A page of what begins with a prefix, as far as the caller may see it.
///
/// A backend's cursor may be a name, and an empty page that others follow tells that there is something. So a caller from
/// whom something is hidden gets pages of our own, each of them full but the last, and the cursors are names that it has
/// seen.
pub(crate) async fn page(reach: Reach<'_>, listing: &Listing) -> Result<Page> {
    if reach.sees_all(&listing.prefix) {
        return reach.list(listing).await;
    }
    let seen = in_time(reach, all(reach, &listing.prefix)).await?;
    let named = seen.into_iter().map(|entry| (entry.name.clone(), entry));
    let following = |name: &str| listing.cursor.as_deref().is_none_or(|cursor| name > cursor);
    let following: BTreeMap<_, _> = named.filter(|(name, _)| following(name)).collect();
    let limit = usize::try_from(listing.limit).unwrap_or(usize::MAX);
    let more = following.len() > limit;
    let entries: Vec<_> = following.into_values().take(limit).collect();
    let next = entries.last().filter(|_| more).map(|entry| entry.name.clone());
    Ok(Page { entries, next, total: None })
}

/// That there is more than one reply can hold. To leave some out would say that they are not there.
pub(crate) fn too_many() -> Error {
    Error::new(Kind::Invalid, "more lies there than is listed at once; ask for a folder below, or for each by its name")
}

/// Several calls of a backend that answer one request: together they may take as long as one of them alone, and few such
/// requests are answered at a time, because each gathers what may be much.
pub(crate) async fn in_time<T>(reach: Reach<'_>, calls: impl Future<Output = Result<T>>) -> Result<T> {
    let patience = reach.mount.backend.call().timeout;
    let late = |_| Error::new(Kind::Timeout, "listing took too long");
    let in_turn = async {
        let _turn = reach.mount.turn().await;
        calls.await
    };
    tokio::time::timeout(patience, in_turn).await.map_err(late).flatten()
}
