//! The vendor's refusals, in all the shapes it has for them.

use serde_json::json;

use super::answer::Answer;

/// Why a request was refused. Source: reference onelogin-api.md section 3 unless a variant says otherwise.
#[derive(Clone, Debug)]
pub(crate) enum Refusal {
    /// No token, a dead one, or a route that does not exist.
    Unauthorized,
    /// A write the object does not allow.
    Forbidden(&'static str),
    /// No object with that id.
    NotFound,
    /// A required key is missing.
    MissingField(&'static str),
    /// Another fault of the request itself.
    BadRequest(String),
    /// Model validation failed; one text a fault.
    Validation(Vec<String>),
    /// A 422 with another text.
    Unprocessable(String),
    /// Paging parameters that do not fit together.
    Paging(&'static str),
    /// The envelope of `/auth` and `/api/1`.
    V1 {
        /// Status and code.
        code: u16,
        /// Its name in the envelope.
        kind: &'static str,
        /// What is wrong.
        message: &'static str,
    },
    /// A verb that the path does not have.
    WrongVerb,
    /// The OAuth shape of `/oidc/2`.
    OAuth {
        /// Status.
        status: u16,
        /// The OAuth error code.
        error: &'static str,
        /// What is wrong; some errors say no more than the code.
        description: Option<String>,
    },
    /// An answer that is complete already.
    Whole(Box<Answer>),
}

/// What a handler returns.
pub(crate) type Outcome = Result<Answer, Refusal>;

impl Refusal {
    /// Returns a validation refusal with one text.
    pub(crate) fn invalid(text: impl Into<String>) -> Refusal {
        Refusal::Validation(vec![text.into()])
    }

    /// Returns an OAuth refusal.
    pub(crate) fn oauth(status: u16, error: &'static str, description: impl Into<String>) -> Refusal {
        Refusal::OAuth { status, error, description: Some(description.into()) }
    }

    /// Turns the refusal into the answer the vendor gives.
    pub(crate) fn into_answer(self) -> Answer {
        match self {
            Refusal::Unauthorized => v2(401, "UnauthorizedError", "Unauthorized"),
            Refusal::Forbidden(message) => {
                // Source: spec-B, where this shape has `name` before the status.
                let body = json!({"message": message, "name": "ForbiddenError", "statusCode": 403});
                Answer::json(403, &body)
            }
            Refusal::NotFound => v2(404, "NotFoundError", "The resource with the given id could not be found"),
            Refusal::MissingField(field) => {
                let body = json!({
                    "field": field, "message": "Missing required field", "statusCode": 400, "name": "BadRequestError",
                });
                Answer::json(400, &body)
            }
            Refusal::BadRequest(message) => v2(400, "BadRequestError", &message),
            Refusal::Validation(texts) => {
                let message = format!("Validation failed: {}", texts.join(", "));
                v2(422, "UnprocessableEntityError", &message)
            }
            Refusal::Unprocessable(message) => v2(422, "UnprocessableEntityError", &message),
            Refusal::Paging(description) => {
                let body = json!({"status": 400, "error": "BadRequestError", "description": description});
                Answer::json(400, &body)
            }
            Refusal::V1 { code, kind, message } => {
                let body = json!({"status": {"error": true, "code": code, "type": kind, "message": message}});
                Answer::json(code, &body)
            }
            Refusal::WrongVerb => bad_request_page(),
            Refusal::OAuth { status, error, description } => {
                let body = match description {
                    Some(description) => json!({"error": error, "error_description": description}),
                    None => json!({ "error": error }),
                };
                Answer::json(status, &body).with("cache-control", "no-store").with("pragma", "no-cache")
            }
            Refusal::Whole(answer) => *answer,
        }
    }
}

/// Returns an error in the v2 shape.
pub(crate) fn v2(status: u16, name: &str, message: &str) -> Answer {
    Answer::json(status, &json!({"message": message, "statusCode": status, "name": name}))
}

/// Returns the page a gateway in front of the API shows. Source: reference sections 1.5 and 3, no exact text known.
pub(crate) fn gateway_page(status: u16, reason: &str) -> Answer {
    let page = format!(
        "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>{status} {reason}</h1></center>\r\n</body>\r\n</html>\r\n"
    );
    Answer::html(status, page)
}

fn bad_request_page() -> Answer {
    let page = "<!DOCTYPE html>\n<html>\n<head><title>The request could not be understood (400)</title></head>\n\
                <body><h1>400 Bad Request</h1></body>\n</html>\n";
    Answer::html(400, page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_has_its_keys_in_order() {
        let check = |refusal: Refusal, status: u16, body: &str| {
            let answer = refusal.into_answer();
            assert_eq!(answer.status, status);
            assert_eq!(String::from_utf8(answer.body).unwrap(), body);
        };
        check(Refusal::Unauthorized, 401, r#"{"message":"Unauthorized","statusCode":401,"name":"UnauthorizedError"}"#);
        check(
            Refusal::MissingField("name"),
            400,
            r#"{"field":"name","message":"Missing required field","statusCode":400,"name":"BadRequestError"}"#,
        );
        check(
            Refusal::Validation(vec!["A can't be blank".to_owned(), "B is bad".to_owned()]),
            422,
            r#"{"message":"Validation failed: A can't be blank, B is bad","statusCode":422,"name":"UnprocessableEntityError"}"#,
        );
        check(
            Refusal::Paging("Invalid pagination cursor"),
            400,
            r#"{"status":400,"error":"BadRequestError","description":"Invalid pagination cursor"}"#,
        );
        check(
            Refusal::V1 { code: 401, kind: "Unauthorized", message: "Authentication Failure" },
            401,
            r#"{"status":{"error":true,"code":401,"type":"Unauthorized","message":"Authentication Failure"}}"#,
        );
        check(
            Refusal::oauth(400, "invalid_request", "Resource not found"),
            400,
            r#"{"error":"invalid_request","error_description":"Resource not found"}"#,
        );
    }
}
