//! Rights to products: a family contains its sets, a set its items, a licence the ones before it.

use sqlx::PgConnection;
use tradepost_common::sales::ProductKind;

use super::Wanted;
use super::queries::rights;
use super::quote::Offer;
use crate::accounts::Account;
use crate::error::{ApiError, ApiResult};

/// A product that an account has bought, or is about to.
#[derive(Debug, Clone, Copy)]
pub struct Right {
    pub to: Wanted,
    /// It is in an order that is not settled.
    pub is_ordered: bool,
}

impl Wanted {
    /// True if nobody who has this needs the offer.
    pub fn contains(&self, offer: &Offer) -> bool {
        let id = Some(self.product.id);
        let contains = match self.product.kind {
            ProductKind::Item => self.product == offer.product,
            ProductKind::Set => id == offer.set_id,
            ProductKind::Family => id == Some(offer.family_id),
        };
        contains && self.licence >= offer.licence
    }
}

/// Refuses offers that a buyer does not need.
///
/// # Errors
/// A conflict: owned or ordered already, the buyer's own, or contained in another line.
pub async fn refuse_needless(tx: &mut PgConnection, buyer: &Account, offers: &[Offer]) -> ApiResult<()> {
    let rights = self::rights(tx, buyer, offers).await?;
    for offer in offers {
        let product = offer.product;
        if offer.seller_id == buyer.id {
            return Err(ApiError::conflict("own-product", format!("The {product} is your own.")));
        }
        if let Some(right) = rights.iter().find(|right| right.to.contains(offer)) {
            return Err(needless(offer, right));
        }
        let others = offers.iter().filter(|other| other.product != product);
        let wanted = |other: &Offer| Wanted {
            product: other.product,
            licence: other.licence,
        };
        if let Some(other) = others.into_iter().find(|other| wanted(other).contains(offer)) {
            let detail = format!(
                "The {product} is part of the {}, which is in the same order.",
                other.product
            );
            return Err(ApiError::conflict("contained-line", detail));
        }
    }
    Ok(())
}

fn needless(offer: &Offer, right: &Right) -> ApiError {
    let Wanted { product, licence } = right.to;
    if right.is_ordered {
        let detail = format!("The {} is in an order of yours that is being settled.", offer.product);
        return ApiError::conflict("already-ordered", detail);
    }
    let detail = format!("You own the {product} under the {licence} licence already.");
    ApiError::conflict("already-owned", detail)
}

/// The rights of a buyer to products that may contain the offers.
pub async fn rights(tx: &mut PgConnection, buyer: &Account, offers: &[Offer]) -> sqlx::Result<Vec<Right>> {
    let ids = offers
        .iter()
        .flat_map(|offer| [Some(offer.product.id), offer.set_id, Some(offer.family_id)]);
    let ids: Vec<_> = ids.flatten().collect();
    rights::rights(tx, buyer.id, &ids).await
}
