//! A screen as JSON.

use serde::Serialize;

use crate::list::List;
use crate::table::Row;

/// The rows that pass the filter, in the order shown.
pub fn rows<R: Row + Serialize>(list: &List<R>) -> Option<String> {
    pretty(&list.shown().collect::<Vec<_>>())
}

pub fn pretty<T: Serialize>(value: &T) -> Option<String> {
    serde_json::to_string_pretty(value).ok().map(|mut json| {
        json.push('\n');
        json
    })
}
