//! The order of a list that the daemon sorts: `?sort=size`, or `?sort=-size` for the largest first.

use std::fmt;
use std::str::FromStr;

/// The direction of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Rising,
    Falling,
}

/// A column and the direction in which a list is sorted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortBy<C> {
    pub column: C,
    pub order: Order,
}

impl<C: FromStr> FromStr for SortBy<C> {
    type Err = C::Err;

    fn from_str(text: &str) -> Result<Self, C::Err> {
        let (order, name) = match text.strip_prefix('-') {
            Some(name) => (Order::Falling, name),
            None => (Order::Rising, text),
        };
        let column = name.parse()?;
        Ok(Self { column, order })
    }
}

impl<C: fmt::Display> fmt::Display for SortBy<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.order {
            Order::Rising => "",
            Order::Falling => "-",
        };
        write!(f, "{sign}{}", self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::uploads::UploadColumn;

    #[test]
    fn minus_before_the_column_turns_the_order_round() {
        for text in ["size", "-size"] {
            assert_eq!(text.parse::<SortBy<UploadColumn>>().unwrap().to_string(), text);
        }
        let error = "-weight".parse::<SortBy<UploadColumn>>().unwrap_err().to_string();
        assert!(error.contains("\"weight\": must be one of state, "), "{error}");
    }
}
