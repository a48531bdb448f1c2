//! Reads lists to their end.

use super::error::ApiError;
use super::failure::json_reason;
use super::link::{Exchange, ReadLink};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// How often a list is read again because it changed between two of its pages.
const MOST_READS: u32 = 3;

/// The most pages of one list: far beyond any account, so that a cursor that leads nowhere ends.
const MOST_PAGES: usize = 10_000;

/// Reads a list that has no pages.
pub(super) async fn list<T: DeserializeOwned>(link: &ReadLink, path: &str) -> Result<Vec<T>, ApiError> {
    let exchange = link.get(path, &[]).await?;
    rows(&exchange)
}

/// Reads the rows of one page.
pub(super) fn rows<T: DeserializeOwned>(exchange: &Exchange) -> Result<Vec<T>, ApiError> {
    serde_json::from_slice(&exchange.answer.body).map_err(|error| exchange.unreadable(json_reason(&error)))
}

/// Reads all pages of a list; rows are keyed, so that one that moved between pages counts once.
///
/// Paging is by offset whatever the cursor looks like, so a row that is deleted meanwhile hides another one. A list whose
/// count changes from page to page is read again, and never returned short.
pub(super) async fn pages<T: DeserializeOwned>(
    link: &ReadLink,
    path: &str,
    query: &[(&'static str, String)],
    key: impl Fn(&T) -> u64,
) -> Result<BTreeMap<u64, T>, ApiError> {
    let mut reads = 1;
    loop {
        match pages_once(link, path, query, &key).await? {
            Read::Whole(rows) => return Ok(rows),
            Read::Moved(_) if reads < MOST_READS => reads += 1,
            Read::Moved(last) => return Err(last.unreadable("the list changed each time it was read")),
        }
    }
}

enum Read<T> {
    Whole(BTreeMap<u64, T>),
    Moved(Box<Exchange>),
}

async fn pages_once<T: DeserializeOwned>(
    link: &ReadLink,
    path: &str,
    query: &[(&'static str, String)],
    key: &impl Fn(&T) -> u64,
) -> Result<Read<T>, ApiError> {
    let mut found = BTreeMap::new();
    let mut cursors = BTreeSet::new();
    let mut exchange = link.get(path, query).await?;
    let count = total(&exchange);
    loop {
        found.extend(rows(&exchange)?.into_iter().map(|row| (key(&row), row)));
        if total(&exchange) != count {
            return Ok(Read::Moved(Box::new(exchange)));
        }
        let Some(cursor) = after(&exchange) else { return Ok(Read::Whole(found)) };
        if !cursors.insert(cursor.clone()) || cursors.len() > MOST_PAGES {
            return Err(exchange.unreadable("its cursor leads back to a page already read"));
        }
        exchange = link.get(path, &further(query, cursor)).await?;
    }
}

/// Returns the query of a further page: the filters stay, the page size goes.
///
/// Source: a cursor with `limit` or `page` beside it is a 400; it decodes to a page, and to no filter.
fn further(query: &[(&'static str, String)], cursor: String) -> Vec<(&'static str, String)> {
    let filters = query.iter().filter(|(name, _)| *name != "limit").cloned();
    filters.chain([("cursor", cursor)]).collect()
}

fn after(exchange: &Exchange) -> Option<String> {
    exchange.answer.header("after-cursor").map(str::trim).filter(|cursor| !cursor.is_empty()).map(str::to_owned)
}

fn total(exchange: &Exchange) -> Option<String> {
    exchange.answer.header("total-count").map(|count| count.trim().to_owned())
}
