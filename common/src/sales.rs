//! Things that are sold: products, licences, prices, coupons.
//!
//! - `GET /v1/licences`: the current terms of each licence (`Vec<LicenceTerms>`)
//! - `POST /v1/licences/{licence}/terms` [`NewTerms`]: adds a version and answers with it
//! - `GET /v1/coupons?cursor=&limit=`: newest first (`Page<Coupon>`)
//! - `POST /v1/coupons` [`NewCoupon`]: makes one that the marketplace pays for
//! - `POST /v1/coupons/{id}/end`: ends one

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ids::CouponId;
use crate::text::Text;

crate::text_enum! {
    /// Kinds of products, the smallest first.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum ProductKind {
        Item = "item",
        Set = "set",
        Family = "family",
    }
}

impl ProductKind {
    /// The product of this kind with that id.
    pub fn with(self, id: Uuid) -> Product {
        Product { kind: self, id }
    }
}

crate::text_enum! {
    /// Licences; each allows what the one before does.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum Licence {
        Personal = "personal",
        Commercial = "commercial",
        Extended = "extended",
    }
}

/// Something that can be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub kind: ProductKind,
    pub id: Uuid,
}

impl std::fmt::Display for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.id)
    }
}

/// ISO 4217: three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Currency(String);

impl Currency {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Currency {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase()) {
            Ok(Self(text))
        } else {
            Err("must be three capital letters, as EUR")
        }
    }
}

/// A price of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub licence: Licence,
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Z]{3}$", min_length = 3, max_length = 3))]
    pub currency: Currency,
    /// Minor units, tax included; 0 is free.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100_000_000))]
    pub amount_minor: i64,
}

/// A version of the terms of a licence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LicenceTerms {
    pub licence: Licence,
    pub version: i32,
    #[cfg_attr(feature = "openapi", schema(max_length = 80))]
    pub title: String,
    #[cfg_attr(feature = "openapi", schema(max_length = 20_000))]
    pub body: String,
    /// SHA-256 of `body`, hexadecimal.
    #[cfg_attr(feature = "openapi", schema(max_length = 64))]
    pub sha256: String,
    /// The contributors' part of a price; null: the marketplace's default.
    pub royalty_basis_points: Option<i32>,
    #[serde(with = "time::serde::rfc3339")]
    pub added_at: OffsetDateTime,
}

/// Body of new terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTerms {
    pub title: Text<80>,
    pub body: Text<20_000, 1_000>,
    /// 0 to 10000.
    #[serde(default)]
    pub royalty_basis_points: Option<i32>,
}

/// The discount of a coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Discount {
    /// A part of each price.
    Percent(Percent),
    /// An amount, once an order.
    Amount(Amount),
}

/// A part of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Percent {
    /// Hundredths of a percent.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 10_000))]
    pub basis_points: u16,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// Minor units.
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 100_000_000))]
    pub amount_minor: i64,
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Z]{3}$", min_length = 3, max_length = 3))]
    pub currency: Currency,
}

/// Body of a new coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCoupon {
    /// 3 to 40 of A-Z, 0-9, `_` and `-`.
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^[A-Z0-9][A-Z0-9_-]{2,39}$", min_length = 3, max_length = 40)
    )]
    pub code: String,
    pub discount: Discount,
    /// Only for this product.
    #[serde(default)]
    pub product: Option<Product>,
    /// Only for products of this contributor.
    #[serde(default)]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = "^[a-z0-9][a-z0-9-]*$", min_length = 2, max_length = 63)
    )]
    pub contributor: Option<String>,
    /// Good for one order of each buyer.
    #[serde(default)]
    pub once_per_buyer: bool,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub starts_at: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    pub ends_at: Option<OffsetDateTime>,
    /// Orders that may use it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 1_000_000_000))]
    pub max_uses: Option<i32>,
}

/// A coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coupon {
    pub id: CouponId,
    #[cfg_attr(feature = "openapi", schema(max_length = 40))]
    pub code: String,
    /// The contributor who pays for it; null: the marketplace.
    #[cfg_attr(feature = "openapi", schema(max_length = 63))]
    pub funded_by: Option<String>,
    pub discount: Discount,
    pub product: Option<Product>,
    #[cfg_attr(feature = "openapi", schema(max_length = 63))]
    pub contributor: Option<String>,
    pub once_per_buyer: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub starts_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub ends_at: Option<OffsetDateTime>,
    pub max_uses: Option<i32>,
    /// Orders that use it and did not fail.
    pub uses: i32,
    /// It was ended by hand.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
}

/// The rate of tax of a country from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    /// ISO 3166-1: two capital letters.
    pub country: String,
    /// The first day, as `2027-01-31` (UTC).
    pub valid_from: String,
    /// Hundredths of a percent of the price without tax.
    pub basis_points: i32,
    /// The Unix user who set it.
    pub set_by: String,
}

/// Body of a rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTaxRate {
    pub country: String,
    /// The first day; `None`: today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    pub basis_points: i32,
}
