//! JSON values read leniently: every fault is noted with its place, and reading goes on.

use serde_json::{Map, Value};

use crate::faults::Faults;

/// One object of the document. Reading a field gives `None` when it had a fault.
pub struct Object<'a> {
    fields: &'a Map<String, Value>,
    pointer: String,
    faults: &'a mut Faults,
}

/// Reads one value; its place is given as a JSON pointer.
pub type ReadValue<T> = fn(&Value, &str, &mut Faults) -> Option<T>;

impl<'a> Object<'a> {
    /// The document itself.
    pub fn root(fields: &'a Map<String, Value>, faults: &'a mut Faults) -> Self {
        Self {
            fields,
            pointer: String::new(),
            faults,
        }
    }

    /// Every other field is a fault.
    pub fn only(&mut self, known: &[&str]) {
        for name in self.fields.keys().filter(|name| !known.contains(&name.as_str())) {
            self.faults.add_manifest(
                &child(&self.pointer, name),
                format!("is not a field of a manifest (known here: {})", known.join(", ")),
            );
        }
    }

    /// A field that must be there.
    pub fn required<T>(&mut self, name: &str, read: ReadValue<T>) -> Option<T> {
        let pointer = child(&self.pointer, name);
        match self.fields.get(name) {
            Some(value) => read(value, &pointer, self.faults),
            None => {
                self.faults.add_manifest(&pointer, "is missing");
                None
            }
        }
    }

    /// `Some(None)` when it is not there.
    pub fn optional<T>(&mut self, name: &str, read: ReadValue<T>) -> Option<Option<T>> {
        match self.fields.get(name) {
            Some(value) => read(value, &child(&self.pointer, name), self.faults).map(Some),
            None => Some(None),
        }
    }
}

/// The value as an object.
pub fn object<'a>(value: &'a Value, pointer: &str, faults: &'a mut Faults) -> Option<Object<'a>> {
    match value {
        Value::Object(fields) => Some(Object {
            fields,
            pointer: pointer.to_owned(),
            faults,
        }),
        other => wrong_type("an object", other, pointer, faults),
    }
}

/// The value as a string with a rule.
pub fn word<T>(parse: fn(&str) -> Result<T, String>, value: &Value, pointer: &str, faults: &mut Faults) -> Option<T> {
    let text = string(value, pointer, faults)?;
    parse(text)
        .map_err(|fault| faults.add_manifest(pointer, format!("{:?} {fault}", crate::text::clean(text, 80))))
        .ok()
}

/// The value as a string.
pub fn string<'a>(value: &'a Value, pointer: &str, faults: &mut Faults) -> Option<&'a str> {
    match value {
        Value::String(text) => Some(text),
        other => wrong_type("a string", other, pointer, faults),
    }
}

/// The value as an array.
pub fn array<'a>(value: &'a Value, pointer: &str, faults: &mut Faults) -> Option<&'a [Value]> {
    match value {
        Value::Array(list) => Some(list),
        other => wrong_type("an array", other, pointer, faults),
    }
}

fn wrong_type<T>(expected: &str, found: &Value, pointer: &str, faults: &mut Faults) -> Option<T> {
    faults.add_manifest(pointer, format!("must be {expected}, not {}", type_name(found)));
    None
}

/// The JSON type of a value, with its article.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// RFC 6901: `~` and `/` are escaped.
fn child(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}
