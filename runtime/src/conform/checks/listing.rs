//! Listings: every name once, in pages that are no larger than asked and come to an end.

use std::collections::BTreeSet;

use crate::{
    conform::{
        bench::Bench,
        report::{Not, Outcome},
        stage::shown,
    },
    store::{Listing, Operation},
};

/// How many names there are.
const NAMES: usize = 25;
/// How many entries are wanted in a page.
const LIMITS: [u32; 3] = [1, 7, 100];
/// How many pages a listing of a server may have in which others have secrets too.
const PAGES: usize = 1000;
/// How many names a long listing has.
const MANY: usize = 1000;

/// What came back for one limit.
struct Walk {
    limit: u32,
    pages: Vec<Vec<String>>,
    /// Whether the last page was reached.
    ended: bool,
}

pub(crate) async fn all(bench: &mut Bench) {
    if !bench.exports(Operation::List) {
        return;
    }
    bench.begin("list.ends");
    let (walked, wanted) = match walks(bench).await {
        Ok(walked) => walked,
        Err(not) => {
            let rest = match &not {
                Not::Failed(_) => Not::Skipped("a listing fails; see list.ends".to_owned()),
                Not::Skipped(_) => not.clone(),
            };
            bench.end(ENDS.1, Err(not));
            for (id, tried) in [SIZE, COMPLETE, EMPTY, LONG] {
                bench.begin(id);
                bench.end(tried, Err(rest.clone()));
            }
            return;
        }
    };
    let ended = ends(&walked);
    let has_end = ended.is_ok();
    let all_there = if has_end { complete(&walked, wanted.as_ref()) } else { no_end() };
    for ((id, tried), outcome) in [(ENDS, ended), (SIZE, page_size(&walked)), (COMPLETE, all_there)] {
        bench.begin(id);
        bench.end(tried, outcome);
    }
    for (id, tried) in [EMPTY, LONG] {
        bench.begin(id);
        let outcome = match (has_end, id == EMPTY.0) {
            (false, _) => no_end(),
            (true, true) => empty(bench).await,
            (true, false) => long(bench).await,
        };
        bench.end(tried, outcome);
    }
}

fn no_end<T>() -> Result<T, Not> {
    Not::skipped("its listings have no end")
}

const ENDS: (&str, &str) = ("list.ends", "cursors come to an end");
const SIZE: (&str, &str) = ("list.page-size", "no page is larger than asked: 1, 7, 100");
const COMPLETE: (&str, &str) = ("list.complete", "every name comes back once");
const EMPTY: (&str, &str) = ("list.empty", "an empty folder is an empty page");
const LONG: (&str, &str) = ("list.long", "1000 names are listed within the limits of a call");

/// Lists with each limit; answers the names that have to come back, where they are known.
async fn walks(bench: &mut Bench) -> Result<(Vec<Walk>, Option<BTreeSet<String>>), Not> {
    bench.needs(Operation::List)?;
    let known = bench.is_scripted() || bench.can_write();
    let stem = bench.name("item");
    let (prefix, wanted, most) = if known {
        let mut names: Vec<_> = (0..NAMES).map(|number| format!("{stem}{number:02}")).collect();
        names.push(bench.name("other"));
        place(bench, &names).await?;
        names.pop();
        let most = if bench.is_scripted() { NAMES + 2 } else { PAGES };
        (stem, Some(names.into_iter().collect()), most)
    } else {
        (bench.folder.clone(), None, PAGES)
    };
    let mut walks = Vec::new();
    // Where nobody knows how much there is, a page for each entry may take too long.
    for limit in LIMITS.into_iter().filter(|limit| known || *limit > 1) {
        walks.push(walk(bench, &prefix, limit, most).await?);
    }
    Ok((walks, wanted))
}

/// Sees to it that there are secrets of these names.
async fn place(bench: &mut Bench, names: &[String]) -> Result<(), Not> {
    let secrets: Vec<_> = names.iter().map(|name| (name.clone(), b"v".to_vec())).collect();
    if bench.is_scripted() {
        bench.hold(secrets);
        return Ok(());
    }
    for (name, value) in secrets {
        bench.keep(&name, &value).await?;
    }
    Ok(())
}

async fn walk(bench: &mut Bench, prefix: &str, limit: u32, most: usize) -> Result<Walk, Not> {
    let mut listing = Listing { prefix: prefix.to_owned(), limit, ..Listing::default() };
    let mut walk = Walk { limit, pages: Vec::new(), ended: false };
    let mut seen = BTreeSet::new();
    while walk.pages.len() < most {
        let page = match bench.list(&listing, None).await.settled(bench)? {
            Ok(page) => page,
            Err(error) => return Not::failed(format!("in pages of {limit}: {}", shown(&error))),
        };
        walk.pages.push(page.entries.into_iter().map(|entry| entry.name).collect());
        let Some(next) = page.next else {
            walk.ended = true;
            break;
        };
        if !seen.insert(next.clone()) {
            break;
        }
        listing.cursor = Some(next);
    }
    Ok(walk)
}

fn ends(walks: &[Walk]) -> Outcome {
    match walks.iter().find(|walk| !walk.ended) {
        Some(walk) => Not::failed(format!("in pages of {}: no end after {} pages", walk.limit, walk.pages.len())),
        None => Ok(String::new()),
    }
}

fn page_size(walks: &[Walk]) -> Outcome {
    for walk in walks {
        let limit = usize::try_from(walk.limit).unwrap_or(usize::MAX);
        if let Some(page) = walk.pages.iter().find(|page| page.len() > limit) {
            return Not::failed(format!("{} entries in a page of {limit}", page.len()));
        }
    }
    Ok(String::new())
}

/// Every name once; where it is not known which there are, the same ones however they are asked for.
fn complete(walks: &[Walk], wanted: Option<&BTreeSet<String>>) -> Outcome {
    let mut before: Option<BTreeSet<String>> = wanted.cloned();
    for walk in walks {
        let limit = walk.limit;
        let mut found = BTreeSet::new();
        for name in walk.pages.iter().flatten() {
            if !found.insert(name.clone()) {
                return Not::failed(format!("in pages of {limit}: a name twice"));
            }
        }
        let expected = before.get_or_insert_with(|| found.clone());
        let (missing, others) = (expected.difference(&found).count(), found.difference(expected).count());
        if missing > 0 || others > 0 {
            return Not::failed(format!("in pages of {limit}: {missing} names are missing, and {others} are others"));
        }
    }
    Ok(before.map(|names| format!("{} names", names.len())).unwrap_or_default())
}

/// What nobody has is listed as nothing.
async fn empty(bench: &mut Bench) -> Outcome {
    bench.needs(Operation::List)?;
    let prefix = format!("{}/", bench.name("none"));
    // A listing that is filtered may have empty pages before the last.
    let walk = walk(bench, &prefix, 100, PAGES).await?;
    match walk.pages.iter().map(Vec::len).sum() {
        0 if walk.ended => Ok(String::new()),
        0 => Not::failed("no end"),
        entries => Not::failed(format!("{entries} entries")),
    }
}

/// A listing that is longer than a page of most upstreams.
async fn long(bench: &mut Bench) -> Outcome {
    bench.needs(Operation::List)?;
    if !bench.is_scripted() {
        return Not::skipped("so many are not written to a server");
    }
    let stem = bench.name("many");
    let names: Vec<_> = (0..MANY).map(|number| format!("{stem}{number:04}")).collect();
    place(bench, &names).await?;
    let walk = walk(bench, &stem, crate::store::LISTING_LIMIT, MANY + 2).await?;
    ends(std::slice::from_ref(&walk))?;
    complete(&[walk], Some(&names.into_iter().collect())).map(|_| String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(limit: u32, pages: &[&[&str]]) -> Walk {
        let page = |page: &&[&str]| page.iter().map(|name| (*name).to_owned()).collect();
        Walk { limit, pages: pages.iter().map(page).collect(), ended: true }
    }

    fn failed(why: &str) -> Outcome {
        Not::failed(why)
    }

    #[test]
    fn every_name_is_wanted_once_and_no_other() {
        let wanted: BTreeSet<_> = ["a", "b"].map(str::to_owned).into();
        let complete = |pages: &[&[&str]]| complete(&[walk(7, pages)], Some(&wanted));
        assert_eq!(complete(&[&["b"], &[], &["a"]]), Ok("2 names".to_owned()));
        assert_eq!(complete(&[&["a", "b"], &["a"]]), failed("in pages of 7: a name twice"));
        assert_eq!(complete(&[&["a", "c"]]), failed("in pages of 7: 1 names are missing, and 1 are others"));
    }

    #[test]
    fn without_knowing_what_is_there_all_walks_have_to_agree() {
        let one: &[&[&str]] = &[&["a"], &["b"]];
        assert_eq!(complete(&[walk(1, one), walk(7, &[&["a", "b"]])], None), Ok("2 names".to_owned()));
        assert!(complete(&[walk(1, one), walk(7, &[&["a"]])], None).is_err());
    }

    #[test]
    fn pages_have_a_size_and_an_end() {
        assert_eq!(page_size(&[walk(1, &[&["a"], &["b"]])]), Ok(String::new()));
        assert_eq!(page_size(&[walk(1, &[&["a", "b"]])]), failed("2 entries in a page of 1"));
        let endless = Walk { ended: false, ..walk(7, &[&["a"], &["a"]]) };
        assert_eq!(ends(&[endless]), failed("in pages of 7: no end after 2 pages"));
    }
}
