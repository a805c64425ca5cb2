//! Products as they are sold now.

use sqlx::PgConnection;

use super::quote::{Offer, Quote, Rates, Reduction, quote};
use super::{Wanted, queries};
use crate::app::App;
use crate::error::{ApiError, ApiResult};

/// The offers of products in a currency, in their order.
///
/// # Errors
/// A conflict: one is not for sale.
pub async fn look_up(tx: &mut PgConnection, wanted: &[Wanted], currency: &str) -> ApiResult<Vec<Offer>> {
    let offers = queries::offers(tx, wanted, currency).await?;
    let missing = (0..wanted.len()).find(|at| !offers.iter().any(|(place, _)| place == at));
    if let Some(Wanted { product, licence }) = missing.map(|at| wanted[at]) {
        let detail = format!("There is no published {product} with a price in {currency} for the {licence} licence.");
        return Err(ApiError::conflict("not-for-sale", detail));
    }
    Ok(offers.into_iter().map(|(_, offer)| offer).collect())
}

/// Prices offers by the rates of the configuration.
///
/// # Errors
/// Unprocessable: they cost more than an order can.
pub fn price(app: &App, offers: &[Offer], reduction: Option<&Reduction>) -> ApiResult<Quote> {
    let money = &app.config.money;
    let rates = Rates {
        fee: money.fee_basis_points,
        tax: money.tax_basis_points,
    };
    let quoted = quote(offers, reduction, rates);
    quoted.ok_or_else(|| ApiError::unprocessable("too-expensive", "These products cost more than an order can."))
}
