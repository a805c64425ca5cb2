//! Things that are sold: items, sets and families, under a licence, for a price in a currency; carts and coupons.
//!
//! [`offers`] looks products up as they are sold now, [`quote`] computes what a buyer pays and how that is split. An order locks both.

pub mod cart_routes;
pub mod carts;
pub mod control_routes;
pub mod coupon_routes;
pub mod coupons;
pub mod licences;
pub mod offers;
pub mod owned;
pub mod prices;
mod queries;
pub mod quote;
pub mod routes;
pub mod tax;

use serde::{Deserialize, Serialize};
use tradepost_common::sales::{Licence, Product, ProductKind};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, ApiResult};

/// Lines of an order or a cart.
pub const MAX_LINES: usize = 50;

/// A product under a licence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Wanted {
    pub product: Product,
    pub licence: Licence,
}

/// One of a set, an item or a family, and the licence.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    set: Option<Uuid>,
    item: Option<Uuid>,
    family: Option<Uuid>,
    /// `personal` when not given.
    licence: Option<Licence>,
}

impl Line {
    /// The lines of a request.
    ///
    /// # Errors
    /// Unprocessable: a line names no product or several ones, or a product is named twice.
    pub fn parse_all(lines: &[Self]) -> ApiResult<Vec<Wanted>> {
        let wanted: Vec<_> = lines.iter().map(Self::parse).collect::<ApiResult<_>>()?;
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = wanted.iter().find(|line| !seen.insert(line.product)) {
            let detail = format!("The {} is in two lines: one line for each product.", twice.product);
            return Err(ApiError::unprocessable("duplicate-line", detail));
        }
        Ok(wanted)
    }

    fn parse(&self) -> ApiResult<Wanted> {
        let (kind, id) = match (self.set, self.item, self.family) {
            (Some(id), None, None) => (ProductKind::Set, id),
            (None, Some(id), None) => (ProductKind::Item, id),
            (None, None, Some(id)) => (ProductKind::Family, id),
            _ => {
                let detail = "Each line names one product: a set, an item or a family.";
                return Err(ApiError::unprocessable("line-without-product", detail));
            }
        };
        Ok(Wanted {
            product: Product { kind, id },
            licence: self.licence.unwrap_or(Licence::Personal),
        })
    }
}
