//! Adds to the OpenAPI document what operations have by the way requests are taken in: refusals by extractors, gates and deadlines, as
//! problem+json, each with a description.

use axum::http::StatusCode;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::AdditionalProperties;
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, Schema};

use super::health::LIVEZ;

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";

/// Refusals of every PUT: its body is a file.
const OF_PUT: [StatusCode; 3] = [
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::PAYLOAD_TOO_LARGE,
    StatusCode::INSUFFICIENT_STORAGE,
];

/// Completes the document.
pub fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        if let Some(operation) = &mut item.put {
            for status in OF_PUT {
                let responses = &mut operation.responses.responses;
                responses.entry(status.as_str().to_owned()).or_insert_with(problem);
            }
        }
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete]
            .into_iter()
            .flatten()
        {
            for status in refusals(operation, path) {
                let responses = &mut operation.responses.responses;
                responses.entry(status.as_str().to_owned()).or_insert_with(problem);
            }
            // Without any, it would not say that everybody may.
            operation.security.get_or_insert_default();
            describe(operation);
        }
    }
    close_variants(document);
    leave_out_unused(document);
}

/// An object of one of several forms has no other properties.
fn close_variants(document: &mut OpenApi) {
    let schemas = document
        .components
        .iter_mut()
        .flat_map(|components| components.schemas.values_mut());
    for schema in schemas {
        let RefOr::T(Schema::OneOf(forms)) = schema else {
            continue;
        };
        for form in &mut forms.items {
            if let RefOr::T(Schema::Object(object)) = form {
                object
                    .additional_properties
                    .get_or_insert(Box::new(AdditionalProperties::FreeForm(false)));
            }
        }
    }
}

/// Pages have their rows inline: the schema of a row that nothing else names is left out.
fn leave_out_unused(document: &mut OpenApi) {
    let text = document.to_json().expect("the document is always JSON");
    if let Some(components) = &mut document.components {
        let is_used = |name: &str| text.contains(&format!("#/components/schemas/{name}\""));
        components.schemas.retain(|name, _| is_used(name));
    }
}

fn refusals(operation: &Operation, path: &str) -> Vec<StatusCode> {
    let mut statuses = Vec::new();
    let is_json = match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key(JSON),
        _ => false,
    };
    if operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) || is_json {
        statuses.push(StatusCode::BAD_REQUEST);
    }
    if is_json {
        statuses.push(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    if is_json {
        statuses.extend([StatusCode::REQUEST_TIMEOUT, StatusCode::PAYLOAD_TOO_LARGE]);
    }
    if operation.security.as_ref().is_some_and(|all| !all.is_empty()) {
        statuses.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
    }
    if path != LIVEZ {
        statuses.extend([StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE]);
    }
    statuses
}

fn problem() -> RefOr<Response> {
    let mut response = Response::new("");
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert(JSON.to_owned(), RefOr::T(content));
    RefOr::T(response)
}

/// Gives every response a description, and every refusal its media type.
fn describe(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let status: StatusCode = status.parse().expect("every status is a number");
        if response.description.is_empty() {
            description(status).clone_into(&mut response.description);
        }
        if !status.is_success()
            && let Some(content) = response.content.swap_remove(JSON)
        {
            response.content.insert(PROBLEM.to_owned(), content);
        }
    }
}

fn description(status: StatusCode) -> &'static str {
    match status {
        StatusCode::OK => "What was asked for",
        StatusCode::CREATED => "Made",
        StatusCode::ACCEPTED => "Taken; work goes on",
        StatusCode::NO_CONTENT => "Done",
        StatusCode::BAD_REQUEST => "A parameter or the body is invalid; `faults` names each",
        StatusCode::UNAUTHORIZED => "No valid token was sent",
        StatusCode::PAYMENT_REQUIRED => "The store credit is too low",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::NOT_FOUND => "There is no such thing, or it is not yours",
        StatusCode::REQUEST_TIMEOUT => "The body did not come in time",
        StatusCode::CONFLICT => "The state does not allow it; `code` says why",
        StatusCode::GONE => "It was there, or possible, once; `code` says why",
        StatusCode::PAYLOAD_TOO_LARGE => "The body is too large",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The body is not declared as JSON",
        StatusCode::RANGE_NOT_SATISFIABLE => "The range begins after the end of the file",
        StatusCode::UNPROCESSABLE_ENTITY => "The bytes are not the announced ones",
        StatusCode::TOO_MANY_REQUESTS => "Too many of these requests; `Retry-After` says when to try again",
        StatusCode::INTERNAL_SERVER_ERROR => "A fault of the daemon, which is in its log",
        StatusCode::SERVICE_UNAVAILABLE => {
            "Overloaded, or a part does not answer; `Retry-After` says when to try again"
        }
        StatusCode::INSUFFICIENT_STORAGE => "The disk of the server is full",
        other => other.canonical_reason().unwrap_or("Another answer"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tradepost_common::uploads::UploadState;

    use crate::accounts::access::Rule;

    #[test]
    fn every_route_has_a_row_in_the_table_of_access() {
        let document: Value = serde_json::to_value(super::super::openapi()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let method = method.to_uppercase().parse().unwrap();
                assert!(
                    Rule::find(&method, path).is_some(),
                    "{method} {path} is not in accounts/access_table.rs"
                );
            }
        }
    }

    #[test]
    fn states_are_documented_by_their_texts() {
        let document: Value = serde_json::to_value(super::super::openapi()).unwrap();
        let states = &document["components"]["schemas"]["UploadState"]["enum"];
        assert_eq!(states, &json!(UploadState::ALL.map(UploadState::as_str)));
    }
}
