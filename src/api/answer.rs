//! What came back, and what it says went wrong.

use super::shown::{first_line, shown};
use super::wire::error::ErrorBody;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::zeroize::Zeroize;

/// An answer, read whole. It may hold a secret, so it cannot be printed and is wiped on drop.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.body.zeroize();
    }
}

impl Answer {
    /// Returns a header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns OneLogin's id of the request, safe to show.
    pub(super) fn request_id(&self) -> Option<String> {
        self.header("x-request-id").map(shown)
    }

    /// Returns what an error answer says, on one line and safe to show.
    ///
    /// Source: five shapes of error bodies are known, and gateways add HTML; the order of keys is the one in which they
    /// carry a sentence for people.
    pub(super) fn message(&self) -> String {
        let said = match ErrorBody::parse(&self.body) {
            Some(body) => shown(&body.sentence()),
            None => first_line(&String::from_utf8_lossy(&self.body)),
        };
        if said.is_empty() { format!("no explanation ({})", self.status) } else { said }
    }

    /// Says whether the API itself answered that the object is not there; a proxy's 404 page does not count.
    pub(super) fn is_not_found(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && ErrorBody::parse(&self.body).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::Answer;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn every_known_error_body_is_read() {
        let check = |body: &str, expected: &str| assert_eq!(answer(422, body).message(), expected, "{body}");
        check(
            r#"{"message":"Validation failed: Name has already been taken","statusCode":422,"name":"UnprocessableEntityError"}"#,
            "Validation failed: Name has already been taken",
        );
        check(
            r#"{"field":"name","message":"Missing required field","statusCode":400,"name":"BadRequestError"}"#,
            "Missing required field: name",
        );
        check(
            r#"{"status":400,"error":"BadRequestError","description":"Invalid pagination cursor"}"#,
            "Invalid pagination cursor",
        );
        check(
            r#"{"code":422,"message":"Validation Failed","errors":[{"field":"id","message":["Field is not allowed"]}]}"#,
            "Validation Failed: id Field is not allowed",
        );
        check(
            r#"{"status":{"error":true,"code":401,"type":"Unauthorized","message":"Authentication Failure"}}"#,
            "Authentication Failure",
        );
        check(
            r#"{"error":"invalid_request","error_description":"Resource not found"}"#,
            "invalid_request: Resource not found",
        );
        check("<html><head><title>400 Bad Request</title></head>", "400 Bad Request");
        check("Bad\u{7}Gateway\nnext", "Bad\\u{7}Gateway");
        check("", "no explanation (422 Unprocessable Entity)");
        check("{}", "no explanation (422 Unprocessable Entity)");
        check("[1]", "[1]");
    }

    #[test]
    fn only_the_api_can_say_that_something_is_absent() {
        let check = |status, body, expected: bool| assert_eq!(answer(status, body).is_not_found(), expected, "{body}");
        let body = r#"{"message":"The resource with the given id could not be found","statusCode":404,"name":"NotFoundError"}"#;
        check(404, body, true);
        check(400, body, false);
        check(404, "<html>404</html>", false);
        check(404, "", false);
    }
}
