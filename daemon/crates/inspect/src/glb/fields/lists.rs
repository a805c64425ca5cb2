//! Properties that are lists.

use std::collections::HashSet;

use super::{Fields, float, whole};
use crate::glb::issue::codes;
use crate::glb::json::{Map, Value};
use crate::glb::path::Path;

/// Names and indices; a wrong index is `None`.
pub type IndexMap<'a> = Vec<(&'a str, Option<usize>)>;

/// The rule for a list of numbers.
#[derive(Debug, Clone, Copy)]
pub struct FloatList {
    /// `None` for any but zero.
    pub length: Option<usize>,
    pub min: f64,
    pub max: f64,
}

impl FloatList {
    pub const ANY: Self = Self {
        length: None,
        min: f64::NEG_INFINITY,
        max: f64::INFINITY,
    };

    /// Numbers from 0 to 1.
    pub const UNIT: Self = Self::ANY.from(0.0).to(1.0);

    pub const fn with_length(length: usize) -> Self {
        Self {
            length: Some(length),
            ..Self::ANY
        }
    }

    pub const fn from(self, min: f64) -> Self {
        Self { min, ..self }
    }

    pub const fn to(self, max: f64) -> Self {
        Self { max, ..self }
    }

    /// So many numbers from 0 to 1, like a colour.
    pub const fn unit(length: usize) -> Self {
        Self {
            length: Some(length),
            ..Self::UNIT
        }
    }
}

impl<'a> Fields<'_, 'a> {
    pub(in crate::glb) fn list(&self, name: &str) -> Option<&'a [Value<'a>]> {
        match self.given(name, "a list")? {
            Value::Array(items) => Some(items),
            _ => {
                self.mismatch(name, "a list");
                None
            }
        }
    }

    fn filled_list(&self, name: &str) -> Option<&'a [Value<'a>]> {
        let items = self.list(name)?;
        if items.is_empty() {
            self.empty(&self.path.name(name));
            return None;
        }
        Some(items)
    }

    fn empty(&self, path: &Path<'_>) {
        self.context.add(codes::EMPTY_ENTITY, path, || {
            "This must not be empty; it can be left out.".to_owned()
        });
    }

    fn wrong_element(&self, path: &Path<'_>, kind: &str) {
        self.context.add(codes::ARRAY_TYPE_MISMATCH, path, || {
            format!("An element of the list is not {kind}.")
        });
    }

    fn wrong_length(&self, name: &str, length: usize, expected: usize) {
        self.report_at(codes::ARRAY_LENGTH_NOT_IN_LIST, name, || {
            format!("The list has {length} elements; it must have {expected}.")
        });
    }

    fn checked_index(&self, path: &Path<'_>, value: &Value<'_>) -> Option<usize> {
        let index = whole(value).and_then(|number| usize::try_from(number).ok());
        if index.is_none() {
            self.context.add(codes::INVALID_INDEX, path, || {
                "An index must be a whole number that is not negative.".to_owned()
            });
        }
        index
    }

    /// Indices, each only once; wrong ones are `None`.
    pub fn indices(&self, name: &str) -> Option<Vec<Option<usize>>> {
        let path = self.path.name(name);
        let mut seen = HashSet::new();
        let mut indices = Vec::new();
        for (at, value) in self.filled_list(name)?.iter().enumerate() {
            let index = self.checked_index(&path.index(at), value);
            if let Some(index) = index
                && !seen.insert(index)
            {
                self.context.add(codes::DUPLICATE_ELEMENTS, &path.index(at), || {
                    format!("The index {index} is in the list more than once.")
                });
            }
            indices.push(index);
        }
        Some(indices)
    }

    /// A required object of indices; `check_key` looks at each name. Wrong indices are `None`.
    pub fn index_map(&self, name: &str, check_key: &mut dyn FnMut(&'a str)) -> Option<IndexMap<'a>> {
        self.need(name);
        let Value::Object(map) = self.given(name, "an object")? else {
            self.mismatch(name, "an object");
            return None;
        };
        if map.is_empty() {
            self.empty(&self.path.name(name));
            return None;
        }
        Some(self.indices_of(map, &self.path.name(name), check_key))
    }

    fn indices_of(&self, map: &'a Map<'a>, path: &Path<'_>, check_key: &mut dyn FnMut(&'a str)) -> IndexMap<'a> {
        map.iter()
            .map(|(key, value)| {
                check_key(key);
                (key, self.checked_index(&path.name(key), value))
            })
            .collect()
    }

    /// A list of objects of indices.
    pub fn index_maps(&self, name: &str, check_key: &mut dyn FnMut(&Path<'_>, &'a str)) -> Option<Vec<IndexMap<'a>>> {
        let path = self.path.name(name);
        let mut maps = Vec::new();
        let mut sound = true;
        for (at, item) in self.filled_list(name)?.iter().enumerate() {
            match item {
                Value::Object(map) if map.is_empty() => {
                    self.empty(&path.index(at));
                    sound = false;
                }
                Value::Object(map) => {
                    let path = path.index(at);
                    maps.push(self.indices_of(map, &path, &mut |key| check_key(&path, key)));
                }
                _ => {
                    self.wrong_element(&path, "an object");
                    sound = false;
                }
            }
        }
        sound.then_some(maps)
    }

    /// Numbers; `None` when one of them is wrong.
    pub fn floats(&self, name: &str, list: FloatList) -> Option<Vec<f64>> {
        let path = self.path.name(name);
        let items = self.filled_list(name)?;
        if let Some(expected) = list.length
            && items.len() != expected
        {
            self.wrong_length(name, items.len(), expected);
            return None;
        }
        let mut numbers = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            match float(item) {
                Some(number) if number.is_finite() && number >= list.min && number <= list.max => numbers.push(number),
                Some(number) => self.context.add(codes::VALUE_NOT_IN_RANGE, &path.index(at), || {
                    format!("The value {number} is out of range.")
                }),
                None => self.wrong_element(&path, "a number"),
            }
        }
        (numbers.len() == items.len()).then_some(numbers)
    }

    /// Exactly `N` numbers; `None` when one of them is wrong.
    pub fn array<const N: usize>(&self, name: &str, list: FloatList) -> Option<[f64; N]> {
        let list = FloatList {
            length: Some(N),
            ..list
        };
        self.floats(name, list)?.try_into().ok()
    }

    /// Exactly `length` whole numbers that fit a component of the named type.
    pub fn integers(
        &self,
        name: &str,
        length: usize,
        range: std::ops::RangeInclusive<i64>,
        kind: &str,
    ) -> Option<Vec<f64>> {
        let items = self.list(name)?;
        if items.len() != length {
            self.wrong_length(name, items.len(), length);
            return None;
        }
        let mut numbers = Vec::with_capacity(length);
        for item in items {
            match whole(item) {
                Some(number) if range.contains(&number) => numbers.push(number as f64),
                Some(number) => self.report_at(codes::INVALID_GL_VALUE, name, || {
                    format!("The value {number} does not fit the component type {kind}.")
                }),
                None => self.wrong_element(&self.path.name(name), "an integer"),
            }
        }
        (numbers.len() == length).then_some(numbers)
    }

    /// Texts, each only once.
    pub fn strings(&self, name: &str) -> Option<Vec<&'a str>> {
        let path = self.path.name(name);
        let items = self.filled_list(name)?;
        let mut seen = HashSet::new();
        let mut texts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let Value::String(text) = item else {
                self.wrong_element(&path.index(at), "a text");
                continue;
            };
            if !seen.insert(text) {
                self.context.add(codes::DUPLICATE_ELEMENTS, &path.index(at), || {
                    format!("{text:?} is in the list more than once.")
                });
            }
            texts.push(text.as_ref());
        }
        (texts.len() == items.len()).then_some(texts)
    }

    /// A required list of objects; `None` when one of its elements is none.
    pub fn objects(&self, name: &str) -> Option<Vec<&'a Map<'a>>> {
        self.need(name);
        let items = self.filled_list(name)?;
        if !self.context.admit(items.len(), &self.path.name(name)) {
            return None;
        }
        let mut maps = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Value::Object(map) => maps.push(map),
                _ => self.wrong_element(&self.path.name(name), "an object"),
            }
        }
        (maps.len() == items.len()).then_some(maps)
    }
}
