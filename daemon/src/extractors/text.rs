//! No text of a request has a hidden character: neither the database nor a terminal gets one, whatever becomes of the text.

use std::fmt::Display;

use serde_json::Value;
use tradepost_common::text::{is_hidden, refusal};
use utoipa::openapi::{RefOr, Schema};

use crate::error::{ApiError, ApiResult};

/// Refuses a parameter of a path or a query.
///
/// # Errors
/// Invalid.
pub fn check_parameter(name: &str, text: &str) -> ApiResult<()> {
    match text.chars().chain(name.chars()).find(|&character| is_hidden(character)) {
        Some(hidden) => Err(ApiError::invalid(&name.escape_debug().to_string(), refusal(hidden))),
        None => Ok(()),
    }
}

/// Refuses a JSON body. Its texts may have lines. One that is no JSON is for its parser to refuse.
///
/// # Errors
/// Invalid, with the place of the text: `selection.queue`.
pub fn check_json(bytes: &[u8]) -> ApiResult<()> {
    match serde_json::from_slice(bytes) {
        Ok(value) => check_value("", &value),
        Err(_) => Ok(()),
    }
}

/// The schema of a text of a body, with a description and an example.
pub fn described(schema: RefOr<Schema>, about: &str, example: &str) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.description = Some(about.to_owned());
            object.examples = vec![example.into()];
            object.into()
        }
        other => other,
    }
}

fn check_value(at: &str, value: &Value) -> ApiResult<()> {
    let below = |part: &dyn Display| match at {
        "" => part.to_string(),
        at => format!("{at}.{part}"),
    };
    match value {
        Value::String(text) => check_text(at, text),
        Value::Array(values) => {
            let mut values = values.iter().enumerate();
            values.try_for_each(|(index, value)| check_value(&below(&index), value))
        }
        Value::Object(fields) => fields.iter().try_for_each(|(name, value)| {
            check_text(at, name)?;
            check_value(&below(name), value)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn check_text(at: &str, text: &str) -> ApiResult<()> {
    let is_break = |character| matches!(character, '\n' | '\r' | '\t');
    match text
        .chars()
        .find(|&character| is_hidden(character) && !is_break(character))
    {
        Some(hidden) => Err(ApiError::invalid(
            if at.is_empty() { "body" } else { at },
            refusal(hidden),
        )),
        None => Ok(()),
    }
}
