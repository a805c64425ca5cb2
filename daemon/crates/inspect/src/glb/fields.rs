//! Typed reading of the properties of one JSON object: each method says what a property must be, reports what it is instead, and gives
//! `None` (or NaN) when it is missing or wrong, so that later checks can leave it out.

use super::context::Context;
use super::issue::{Code, codes};
use super::json::{Map, Value};
use super::path::Path;

mod lists;
mod span;

pub use self::lists::FloatList;
pub use self::span::Span;

/// Properties that every object may have.
const COMMON: [&str; 2] = ["extensions", "extras"];

/// One JSON object, where it is, and where to report.
pub struct Fields<'p, 'a> {
    pub map: &'a Map<'a>,
    pub path: Path<'p>,
    pub context: &'p Context<'a>,
}

impl<'p, 'a> Fields<'p, 'a> {
    /// Reads `map`; properties other than `known` (and those that every object may have) are reported.
    pub fn new(map: &'a Map<'a>, path: Path<'p>, context: &'p Context<'a>, known: &[&str]) -> Self {
        let fields = Self { map, path, context };
        for (key, _) in map.iter() {
            if !known.contains(&key) && !COMMON.contains(&key) {
                fields.report_at(codes::UNEXPECTED_PROPERTY, key, || {
                    "This property is not defined here.".to_owned()
                });
            }
        }
        fields
    }

    pub fn has(&self, name: &str) -> bool {
        self.map.get(name).is_some()
    }

    /// About the object itself.
    pub fn report(&self, code: Code, message: impl FnOnce() -> String) {
        self.context.add(code, &self.path, message);
    }

    /// About one of its properties.
    pub fn report_at(&self, code: Code, name: &str, message: impl FnOnce() -> String) {
        self.context.add(code, &self.path.name(name), message);
    }

    /// A property that is there; `null` is as good as absent, but wrong.
    fn given(&self, name: &str, kind: &str) -> Option<&'a Value<'a>> {
        match self.map.get(name)? {
            Value::Null => {
                self.mismatch(name, kind);
                None
            }
            value => Some(value),
        }
    }

    fn mismatch(&self, name: &str, kind: &str) {
        self.report_at(codes::TYPE_MISMATCH, name, || format!("The property must be {kind}."));
    }

    fn missing(&self, name: &str) {
        self.report(codes::UNDEFINED_PROPERTY, || {
            format!("The property {name:?} is missing.")
        });
    }

    fn out_of_range(&self, name: &str, value: impl std::fmt::Display) {
        self.report_at(codes::VALUE_NOT_IN_RANGE, name, || {
            format!("The value {value} is out of range.")
        });
    }

    /// An index into one of the lists of the document.
    pub fn index(&self, name: &str) -> Option<usize> {
        let value = self.given(name, "an integer")?;
        match whole(value) {
            Some(number) if number >= 0 => Some(usize::try_from(number).unwrap_or(usize::MAX)),
            Some(_) => {
                self.report_at(codes::INVALID_INDEX, name, || "An index cannot be negative.".to_owned());
                None
            }
            None => {
                self.mismatch(name, "an integer");
                None
            }
        }
    }

    pub fn need_index(&self, name: &str) -> Option<usize> {
        self.need(name);
        self.index(name)
    }

    /// Reports a property that must be there and is not; reading it then gives nothing.
    pub fn need(&self, name: &str) {
        if matches!(self.map.get(name), None | Some(Value::Null)) {
            self.missing(name);
        }
    }

    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.given(name, "true or false")? {
            Value::Bool(value) => Some(*value),
            _ => {
                self.mismatch(name, "true or false");
                None
            }
        }
    }

    fn integer(&self, name: &str) -> Option<i64> {
        let number = whole(self.given(name, "an integer")?);
        if number.is_none() {
            self.mismatch(name, "an integer");
        }
        number
    }

    /// A whole number of at least `min` and at most `max`.
    pub fn count(&self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let number = self.integer(name)?;
        match u64::try_from(number) {
            Ok(number) if range.contains(&number) => Some(number),
            _ => {
                self.out_of_range(name, number);
                None
            }
        }
    }

    pub fn need_count(&self, name: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        self.need(name);
        self.count(name, range)
    }

    /// A whole number that is 0 when it is left out, and `None` when it is wrong.
    pub fn count_or_zero(&self, name: &str) -> Option<u64> {
        match self.map.get(name) {
            None => Some(0),
            // Wrong, and yet the default applies.
            Some(Value::Null) => {
                self.mismatch(name, "an integer");
                Some(0)
            }
            Some(_) => self.count(name, 0..=u64::MAX),
        }
    }

    /// One of the listed numbers.
    pub fn number_of(&self, name: &str, list: &[u32]) -> Option<u32> {
        let number = self.integer(name)?;
        let found = list.iter().copied().find(|&item| i64::from(item) == number);
        if found.is_none() {
            self.report_at(codes::VALUE_NOT_IN_LIST, name, || {
                format!("The value {number} is none of {list:?}.")
            });
        }
        found
    }

    pub fn need_number_of(&self, name: &str, list: &[u32]) -> Option<u32> {
        self.need(name);
        self.number_of(name, list)
    }

    /// A number, `default` when it is left out, NaN when it is wrong.
    pub fn float(&self, name: &str, span: Span, default: f64) -> f64 {
        match self.given(name, "a number") {
            None => default,
            Some(value) => match float(value) {
                Some(number) if span.holds(number) => number,
                Some(number) => {
                    self.out_of_range(name, number);
                    f64::NAN
                }
                None => {
                    self.mismatch(name, "a number");
                    f64::NAN
                }
            },
        }
    }

    pub fn need_float(&self, name: &str, span: Span) -> f64 {
        self.need(name);
        self.float(name, span, f64::NAN)
    }

    pub fn string(&self, name: &str) -> Option<&'a str> {
        match self.given(name, "a text")? {
            Value::String(text) => Some(text),
            _ => {
                self.mismatch(name, "a text");
                None
            }
        }
    }

    /// One of the listed words; another word is reported, and given all the same.
    pub fn string_of(&self, name: &str, list: &[&str]) -> Option<&'a str> {
        let text = self.string(name)?;
        if !list.contains(&text) {
            self.report_at(codes::VALUE_NOT_IN_LIST, name, || {
                format!("The value {text:?} is none of {list:?}.")
            });
        }
        Some(text)
    }

    pub fn need_string_of(&self, name: &str, list: &[&str]) -> Option<&'a str> {
        self.need(name);
        self.string_of(name, list)
    }

    /// An object inside this one, whose properties are `known`.
    pub fn object<'s>(&'s self, name: &'s str, known: &[&str]) -> Option<Fields<'s, 'a>> {
        match self.given(name, "an object")? {
            Value::Object(map) => Some(Fields::new(map, self.path.name(name), self.context, known)),
            _ => {
                self.mismatch(name, "an object");
                None
            }
        }
    }

    pub fn extras(&self) {
        if let Some(value) = self.map.get("extras")
            && !matches!(value, Value::Object(_) | Value::Null)
        {
            self.report_at(codes::NON_OBJECT_EXTRAS, "extras", || {
                "Extras should be an object.".to_owned()
            });
        }
    }
}

/// A whole number, also when it is written as 1.0.
fn whole(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        // The cast saturates, which is far beyond every valid value.
        Value::Float(number) if number.is_finite() && number.floor() == *number => Some(*number as i64),
        _ => None,
    }
}

fn float(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}
