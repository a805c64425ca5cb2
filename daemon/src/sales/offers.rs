//! Products as they are sold now.

use sqlx::PgConnection;
use tradepost_common::sales::Licence;

use super::quote::{Offer, Quote, Rates, Reduction, quote};
use super::{Wanted, queries};
use crate::accounts::Account;
use crate::app::App;
use crate::error::{ApiError, ApiResult};

/// The offers of products in a currency to a buyer, each with its place in `wanted`; without those that are not for sale. Who owns a
/// product under a lesser licence pays the difference to what that cost.
pub async fn find(
    tx: &mut PgConnection,
    buyer: &Account,
    wanted: &[Wanted],
    currency: &str,
) -> sqlx::Result<Vec<(usize, Offer)>> {
    let mut offers = queries::offers(&mut *tx, wanted, currency).await?;
    let above: Vec<_> = offers
        .iter()
        .filter(|(_, offer)| offer.licence > Licence::Personal)
        .map(|(_, offer)| offer.product.id)
        .collect();
    if above.is_empty() {
        return Ok(offers);
    }
    let paid = queries::rights::paid_rights(tx, buyer.id, &above, currency).await?;
    for (_, offer) in &mut offers {
        let lesser = paid
            .iter()
            .filter(|right| right.to.product == offer.product && right.to.licence < offer.licence);
        if let Some(right) = lesser.max_by_key(|right| right.paid_minor) {
            offer.upgrade(right.id, right.paid_minor);
        }
    }
    Ok(offers)
}

/// The offers of products in a currency to a buyer, in their order.
///
/// # Errors
/// A conflict: one is not for sale.
pub async fn look_up(
    tx: &mut PgConnection,
    buyer: &Account,
    wanted: &[Wanted],
    currency: &str,
) -> ApiResult<Vec<Offer>> {
    let offers = find(tx, buyer, wanted, currency).await?;
    let missing = (0..wanted.len()).find(|at| !offers.iter().any(|(place, _)| place == at));
    if let Some(Wanted { product, licence }) = missing.map(|at| wanted[at]) {
        let detail = format!("There is no published {product} with a price in {currency} for the {licence} licence.");
        return Err(ApiError::conflict("not-for-sale", detail));
    }
    Ok(offers.into_iter().map(|(_, offer)| offer).collect())
}

/// Prices offers by the fee of the configuration and a rate of tax in basis points.
///
/// # Errors
/// Unprocessable: they cost more than an order can.
pub fn price(app: &App, offers: &[Offer], reduction: Option<&Reduction>, tax: u16) -> ApiResult<Quote> {
    let rates = Rates {
        fee: app.config.money.fee_basis_points,
        tax,
    };
    let quoted = quote(offers, reduction, rates);
    quoted.ok_or_else(|| ApiError::unprocessable("too-expensive", "These products cost more than an order can."))
}
