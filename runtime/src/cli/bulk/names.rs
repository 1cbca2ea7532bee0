//! Every name in a backend, those in folders too.

use std::collections::HashSet;

use secret_runtime::{Backend, Call, Error, Globs, Kind, Listing, Options};

use crate::cli::Failed;

/// The most names that are asked for: more are a backend that never comes to an end.
const NAMES: usize = 100_000;

/// The most pages of one folder: some of an upstream's may be empty, but more are a backend that never comes to an end.
const PAGES: usize = 10_000;

/// The names that the globs cover, or all, in the order in which the backend lists them.
pub(crate) async fn all_names(
    backend: &Backend,
    globs: Option<&Globs>,
    options: &Options,
    call: &Call,
) -> Result<Vec<String>, Failed> {
    let mut names = Vec::new();
    let mut seen = HashSet::new();
    let mut folders = vec![String::new()];
    while let Some(prefix) = folders.pop() {
        let mut listing = Listing { prefix, options: options.clone(), ..Listing::default() };
        for pages in 1.. {
            if pages > PAGES {
                return Err(endless("the backend answers page after page and comes to no end"));
            }
            let page = backend.list(&listing, call).await?;
            for entry in page.entries {
                let folder = entry.name.ends_with('/');
                let wanted = globs.is_none_or(|globs| match folder {
                    true => globs.may_match_below(&entry.name),
                    false => globs.matches(&entry.name),
                });
                if !wanted || !seen.insert(entry.name.clone()) {
                    continue;
                }
                if seen.len() > NAMES {
                    return Err(endless("the backend lists more than 100,000 names; choose some with --only"));
                }
                if folder { folders.push(entry.name) } else { names.push(entry.name) }
            }
            match page.next {
                Some(next) if listing.cursor.as_ref() == Some(&next) => {
                    return Err(endless("the backend answers the same page again and again"));
                }
                Some(next) => listing.cursor = Some(next),
                None => break,
            }
        }
    }
    Ok(names)
}

fn endless(reason: &str) -> Failed {
    Error::new(Kind::Component, reason).into()
}
