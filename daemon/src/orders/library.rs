//! Purchases of guests go to the account that proves their address.

use sqlx::PgConnection;
use tradepost_common::ids::AccountId;

use super::queries::library as queries;
use crate::accounts::guests;

/// Moves what guests bought with the proven address of an account to it. Orders that are being settled follow later; a product that
/// the account owns already stays where it is.
pub async fn adopt_guests(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<()> {
    for guest in guests::of_the_address(&mut *tx, account).await? {
        queries::move_entitlements(&mut *tx, guest, account).await?;
        queries::move_orders(&mut *tx, guest, account).await?;
    }
    Ok(())
}
