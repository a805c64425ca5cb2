//! Guests: buyers without a password. Each checkout has an account of its own, so that a stranger who types an address neither sees
//! nor blocks what its owner bought; what is in them goes to one account when the address is proven.

use sqlx::PgConnection;
use tradepost_common::ids::AccountId;

use super::Account;
use super::queries::{self, registration};
use super::sessions::{self, NewSession};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::mail::EmailAddress;
use tradepost_store::sha256;

/// The account of a guest's checkout: the same for the same address and key. It comes with a session when it is new.
pub async fn account(app: &App, email: &EmailAddress, key: &str) -> ApiResult<(Account, Option<NewSession>)> {
    let digest = sha256(format!("{} {key}", email.as_str()).as_bytes());
    let name = format!("guest-{}", hex::encode(&digest[..16]));
    let mut tx = app.db.begin().await?;
    let is_new = registration::insert_guest(&mut tx, AccountId::new(), &name, email.as_str()).await?;
    let account = queries::by_name(&mut *tx, &name)
        .await?
        .ok_or(ApiError::NotFound("account"))?;
    let session = match is_new {
        true => Some(sessions::start(&mut tx, account.id).await?),
        false => None,
    };
    tx.commit().await?;
    Ok((account, session))
}

/// The account that a library link opens: the registered one of the address, or the first of its guests. Its address is proven now.
pub async fn prove(tx: &mut PgConnection, email: &str) -> sqlx::Result<Option<AccountId>> {
    registration::prove(tx, email).await
}

/// The guests with the address of an account, the account itself left out.
pub async fn of_the_address(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<Vec<AccountId>> {
    registration::guests_of(tx, account).await
}
