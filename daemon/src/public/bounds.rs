//! Bounds of numbers, ids and times in the OpenAPI document, by their format. Those of texts and lists are at their fields.

use utoipa::Number;
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, SchemaType};
use utoipa::openapi::{KnownFormat, Object, OpenApi, RefOr, Schema, SchemaFormat, Type};

/// The largest integer that every reader of JSON knows exactly.
const MAX_SAFE: isize = 9_007_199_254_740_991;
const UUID_CHARS: usize = 36;
/// `2026-11-29T23:59:59.123456789+00:00`.
const TIME_CHARS: usize = 35;

/// Adds bounds where a schema has none.
pub fn complete(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete]
            .into_iter()
            .flatten()
        {
            bound_operation(operation);
        }
    }
    let components = document.components.get_or_insert_default();
    components.schemas.values_mut().for_each(bound_any);
}

fn bound_operation(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(Parameter {
            schema: Some(schema), ..
        }) = parameter
        {
            bound_any(schema);
        }
    }
}

fn bound_any(schema: &mut RefOr<Schema>) {
    if let RefOr::T(schema) = schema {
        bound(schema);
    }
}

fn bound(schema: &mut Schema) {
    match schema {
        Schema::Object(object) => {
            bound_value(object);
            object.properties.values_mut().for_each(bound_any);
            if let Some(AdditionalProperties::RefOr(schema)) = object.additional_properties.as_deref_mut() {
                bound_any(schema);
            }
        }
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                bound_any(items);
            }
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(bound_any),
        Schema::OneOf(one) => one.items.iter_mut().for_each(bound_any),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(bound_any),
        _ => {}
    }
}

fn bound_value(object: &mut Object) {
    let limit = match (&object.format, is_integer(object)) {
        (Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)), _) => {
            object.max_length.get_or_insert(UUID_CHARS);
            return;
        }
        (Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)), _) => {
            object.max_length.get_or_insert(TIME_CHARS);
            return;
        }
        (Some(SchemaFormat::KnownFormat(KnownFormat::Int32)), true) => i32::MAX as isize,
        (_, true) => MAX_SAFE,
        _ => return,
    };
    object.minimum.get_or_insert(Number::Int(-limit));
    object.maximum.get_or_insert(Number::Int(limit));
}

fn is_integer(object: &Object) -> bool {
    match &object.schema_type {
        SchemaType::Type(one) => *one == Type::Integer,
        SchemaType::Array(types) => types.contains(&Type::Integer),
        SchemaType::AnyValue => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    #[test]
    fn every_value_has_a_bound() {
        let document = serde_json::to_value(super::super::openapi()).unwrap();
        let mut unbounded = Vec::new();
        find_unbounded("", &document, &mut unbounded);
        assert!(unbounded.is_empty(), "without a bound:\n{}", unbounded.join("\n"));
    }

    fn find_unbounded(at: &str, value: &Value, unbounded: &mut Vec<String>) {
        let is_bound = |type_: &str| match type_ {
            "string" => ["maxLength", "enum", "const"]
                .iter()
                .any(|key| value.get(key).is_some()),
            "integer" | "number" => value.get("minimum").is_some() && value.get("maximum").is_some(),
            "array" => value.get("maxItems").is_some(),
            _ => true,
        };
        let types = match &value["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        };
        if !types.into_iter().all(is_bound) {
            unbounded.push(at.to_owned());
        }
        match value {
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, _)| *name != "example");
                fields.for_each(|(name, value)| find_unbounded(&format!("{at}/{name}"), value, unbounded));
            }
            Value::Array(values) => values
                .iter()
                .enumerate()
                .for_each(|(index, value)| find_unbounded(&format!("{at}/{index}"), value, unbounded)),
            _ => {}
        }
    }

    #[test]
    fn hidden_characters_are_outside_of_the_patterns() {
        let document = serde_json::to_value(super::super::openapi()).unwrap();
        let name = &document["components"]["schemas"]["StartUpload"]["properties"]["file_name"];
        assert_eq!(
            (&name["minLength"], &name["maxLength"]),
            (&json!(1), &json!(120)),
            "{name}"
        );
        assert!(
            name["pattern"].as_str().unwrap().starts_with(r"^[^\u0000-\u001f"),
            "{name}"
        );
    }
}
