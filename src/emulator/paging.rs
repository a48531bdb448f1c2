//! Paging of v2 lists: offset paging under a cursor, told in response headers.
//!
//! Source: the vendor's "using query parameters" page and reference section 2.1.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::answer::Answer;
use super::errors::{Outcome, Refusal};
use super::ids;
use super::request::Request;

/// How long the pages of a list are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Rows when the client does not say.
    pub(crate) default: usize,
    /// Rows at most.
    pub(crate) max: usize,
}

struct Window {
    limit: usize,
    page: usize,
}

/// Answers one page of a list, with the fields the client chose.
///
/// `rows` are the ids that passed the filters; `show` makes one into what is shown.
pub(crate) fn answer(request: &Request, limits: Limits, rows: Vec<u64>, show: impl Fn(u64) -> Value) -> Outcome {
    page(request, limits, rows, show, |row| chosen_fields(request, row))
}

/// Answers one page of a list whose `fields` parameter adds to a row instead of choosing from it.
pub(crate) fn answer_whole(request: &Request, limits: Limits, rows: Vec<u64>, show: impl Fn(u64) -> Value) -> Outcome {
    page(request, limits, rows, show, |row| row)
}

fn page(
    request: &Request,
    limits: Limits,
    mut rows: Vec<u64>,
    show: impl Fn(u64) -> Value,
    choose: impl Fn(Value) -> Value,
) -> Outcome {
    let window = window(request, limits)?;
    let total = rows.len();
    let pages = total.div_ceil(window.limit).max(1);
    let start = (window.page - 1).saturating_mul(window.limit);
    let shown: Vec<Value> = match request.filter("sort") {
        Some(sort) => {
            let mut all: Vec<Value> = rows.into_iter().map(show).collect();
            sort_by_field(&mut all, &sort);
            all.into_iter().skip(start).take(window.limit).map(choose).collect()
        }
        None => {
            rows.sort_by_key(|&id| ids::shuffle_key(id));
            rows.into_iter().skip(start).take(window.limit).map(show).map(choose).collect()
        }
    };
    let answer = Answer::json(200, &shown)
        .with("total-pages", pages.to_string())
        .with("current-page", window.page.to_string())
        .with("page-items", shown.len().to_string())
        .with("total-count", total.to_string());
    Ok(with_neighbours(request, answer, &window, pages))
}

fn with_neighbours(request: &Request, mut answer: Answer, window: &Window, pages: usize) -> Answer {
    let cursor = |page: usize| STANDARD.encode(format!("limit={}&page={page}", window.limit));
    let host = request.header("host").unwrap_or("localhost");
    let link = |page: usize, relation: &str| {
        format!("<http://{host}{}?limit={}&page={page}>; rel=\"{relation}\"", request.path, window.limit)
    };
    let mut links = vec![link(1, "first")];
    if window.page < pages {
        answer.set("after-cursor", cursor(window.page + 1));
        links.push(link(window.page + 1, "next"));
    }
    if window.page > 1 {
        answer.set("before-cursor", cursor(window.page - 1));
    }
    answer.with("link", links.join(", "))
}

fn window(request: &Request, limits: Limits) -> Result<Window, Refusal> {
    let (limit, page) = (request.parameter("limit"), request.parameter("page"));
    let Some(cursor) = request.parameter("cursor") else {
        return Ok(Window {
            limit: number(limit, "Invalid pagination limit")?.unwrap_or(limits.default).min(limits.max),
            page: number(page, "Invalid pagination page")?.unwrap_or(1),
        });
    };
    if limit.is_some() || page.is_some() {
        // Source: terraform-provider-onelogin #196.
        return Err(Refusal::Paging("Requests can only have cursor xor pagination arguments"));
    }
    decoded(&cursor, limits).ok_or(Refusal::Paging("Invalid pagination cursor"))
}

fn decoded(cursor: &str, limits: Limits) -> Option<Window> {
    let query = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    let value = |name: &str| {
        let found = url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name);
        found.and_then(|(_, value)| value.parse::<usize>().ok()).filter(|&number| number > 0)
    };
    Some(Window { limit: value("limit")?.min(limits.max), page: value("page")? })
}

fn number(text: Option<String>, refusal: &'static str) -> Result<Option<usize>, Refusal> {
    match text {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(Refusal::Paging(refusal)),
        },
    }
}

fn sort_by_field(rows: &mut [Value], sort: &str) {
    // A plus in a query string decodes to a blank.
    let (field, descending) = match sort.strip_prefix('-') {
        Some(field) => (field, true),
        None => (sort.trim_start_matches(['+', ' ']), false),
    };
    let key = |row: &Value| {
        let value = row.get(field).cloned().unwrap_or(Value::Null);
        (value.as_u64().unwrap_or(0), value.as_str().unwrap_or_default().to_owned())
    };
    rows.sort_by_cached_key(key);
    if descending {
        rows.reverse();
    }
}

fn chosen_fields(request: &Request, row: Value) -> Value {
    match (request.filter("fields"), row) {
        (Some(fields), Value::Object(mut map)) => {
            let wanted: Vec<&str> = fields.split(',').map(str::trim).collect();
            map.retain(|name, _| name == "id" || wanted.contains(&name.as_str()));
            Value::Object(map)
        }
        (_, row) => row,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderMap, Method};
    use serde_json::json;

    const LIMITS: Limits = Limits { default: 2, max: 3 };

    fn page(query: &str) -> Outcome {
        let request = Request {
            method: Method::GET,
            path: "/list".to_owned(),
            query: Some(query.to_owned()),
            headers: HeaderMap::new(),
            body: Vec::new(),
        };
        answer(&request, LIMITS, vec![1, 2, 3, 4, 5], |id| json!({"id": id, "name": format!("n{id}")}))
    }

    fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
        answer.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn cursors_walk_all_rows_once() {
        let mut seen = Vec::new();
        let mut query = "limit=2".to_owned();
        loop {
            let answer = page(&query).unwrap();
            let rows: Vec<Value> = serde_json::from_slice(&answer.body).unwrap();
            seen.extend(rows.iter().map(|row| row["id"].as_u64().unwrap()));
            assert_eq!(header(&answer, "total-count"), Some("5"));
            assert_eq!(header(&answer, "total-pages"), Some("3"));
            match header(&answer, "after-cursor") {
                Some(cursor) => query = format!("cursor={cursor}"),
                None => break,
            }
        }
        assert_ne!(seen, [1, 2, 3, 4, 5], "rows come in an order of their own");
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_does_not_fit_is_refused_in_the_third_shape() {
        let check = |query: &str, text: &str| match page(query) {
            Err(Refusal::Paging(description)) => assert_eq!(description, text),
            other => panic!("{other:?}"),
        };
        check("cursor=eA==&limit=2", "Requests can only have cursor xor pagination arguments");
        check("cursor=nonsense", "Invalid pagination cursor");
        check("limit=x", "Invalid pagination limit");
        check("page=0", "Invalid pagination page");
    }

    #[test]
    fn sorting_and_choosing_fields() {
        let rows = |query: &str| serde_json::from_slice::<Value>(&page(query).unwrap().body).unwrap();
        assert_eq!(rows("sort=-id&fields=id"), json!([{"id": 5}, {"id": 4}]));
        assert_eq!(rows("sort=-name&fields=id"), json!([{"id": 5}, {"id": 4}]));
        assert_eq!(rows("sort=%2Bid&limit=9&fields=id"), json!([{"id": 1}, {"id": 2}, {"id": 3}]));
    }
}
