//! `[money]`: how prices are split.

use serde::Deserialize;

/// Prices and refunds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MoneyConfig {
    /// The marketplace's part of a price, in basis points (1/100 %). The rest is the contributor's.
    pub fee_basis_points: u16,
    /// The tax in all prices, in basis points of the price without it. It is owed to the state, and nobody's royalty.
    pub tax_basis_points: u16,
    /// The marketplace's own country, ISO 3166-1: its businesses pay tax, those of other countries owe it themselves.
    pub country: Option<String>,
    /// Downloads of each purchase, until an operator allows them anew.
    pub downloads_per_purchase: i32,
    /// Minor units by which refunds may take the balance of a contributor below zero.
    pub clawback_limit_minor: i64,
    /// The treatment of what was bought when a part of its price is refunded.
    pub on_partial_refund: OnPartialRefund,
}

/// The treatment of entitlements after a partial refund. A full refund ends them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnPartialRefund {
    #[default]
    Keep,
    Revoke,
}

impl Default for MoneyConfig {
    fn default() -> Self {
        Self {
            fee_basis_points: 3_000,
            tax_basis_points: 0,
            country: None,
            downloads_per_purchase: 50,
            clawback_limit_minor: 100_000,
            on_partial_refund: OnPartialRefund::Keep,
        }
    }
}
