//! Sign-up, confirmation of the address, new passwords.

use sqlx::PgConnection;
use tradepost_common::ids::AccountId;
use tradepost_common::tokens::AccountRole;

use super::links::{self, Purpose, SignUp};
use super::queries::registration as queries;
use super::sessions::{self, NewSession};
use super::{AccountName, passwords};
use crate::app::App;
use crate::error::{ApiError, ApiResult, constraint};
use crate::mail::EmailAddress;
use crate::notices::{self, Event};

/// Starts a sign-up: the account is made when the address is confirmed.
///
/// # Errors
/// Overloaded. An address that has an account is no error.
pub async fn sign_up(app: &App, email: &EmailAddress, password: String, role: AccountRole) -> ApiResult<()> {
    let password_hash = passwords::hash(app, password).await?;
    links::request(app, Purpose::SignUp, email, Some(&SignUp { role, password_hash })).await
}

/// Makes the account of a sign-up. The password is asked for again, so that nobody who opens a link that a stranger caused gets an
/// account that the stranger can open.
///
/// # Errors
/// Not found; unprocessable when the password is another one; a conflict when the name is taken, or the address has an account meanwhile.
pub async fn confirm(app: &App, secret: &str, password: String, name: Option<AccountName>) -> ApiResult<NewSession> {
    let mut tx = app.db.begin().await?;
    let link = links::open(&mut tx, Purpose::SignUp, secret).await?;
    // Hashing takes a while: nothing is locked meanwhile.
    tx.rollback().await?;
    if !passwords::is_right(app, password, link.password_hash).await? {
        let detail = "This is not the password that the account was signed up with.";
        return Err(ApiError::unprocessable("wrong-password", detail));
    }
    let mut tx = app.db.begin().await?;
    let link = links::open(&mut tx, Purpose::SignUp, secret).await?;
    let id = insert(&mut tx, &link, name).await?;
    links::use_up(&mut tx, &link).await?;
    let session = sessions::start(&mut tx, id).await?;
    notices::emit(&app.broker, &mut tx, &[Event::AddressProven(id)]).await?;
    tx.commit().await?;
    tracing::info!(account.id = %id, "an account was signed up");
    Ok(session)
}

async fn insert(tx: &mut PgConnection, link: &links::StoredLink, name: Option<AccountName>) -> ApiResult<AccountId> {
    let id = AccountId::new();
    let name = name.map_or_else(|| random_name("u"), |name| name.as_str().to_owned());
    let role = link.role.unwrap_or(AccountRole::Buyer);
    let inserted = queries::insert(tx, id, &name, role, &link.email, link.password_hash.as_deref()).await;
    inserted.map(|()| id).map_err(|error| match constraint(&error) {
        Some("accounts_name_unique") => ApiError::conflict("name-taken", format!("The name {name} is taken.")),
        Some("accounts_email_registered") => {
            ApiError::conflict("already-registered", "The address has an account already. Sign in.")
        }
        _ => error.into(),
    })
}

/// A name for somebody who chose none.
pub fn random_name(prefix: &str) -> String {
    format!("{prefix}-{}", hex::encode(rand::random::<[u8; 8]>()))
}

/// Sets a new password; all sessions of the account end.
///
/// # Errors
/// Not found.
pub async fn set_password(app: &App, secret: &str, password: String) -> ApiResult<()> {
    let mut tx = app.db.begin().await?;
    links::open(&mut tx, Purpose::Password, secret).await?;
    tx.rollback().await?;
    let hash = passwords::hash(app, password).await?;
    let mut tx = app.db.begin().await?;
    let link = links::open(&mut tx, Purpose::Password, secret).await?;
    links::use_up(&mut tx, &link).await?;
    let account = queries::set_password(&mut tx, &link.email, &hash).await?;
    let account = account.ok_or(ApiError::NotFound("account"))?;
    sessions::end_all(&mut tx, account).await?;
    tx.commit().await?;
    tracing::info!(account.id = %account, "a new password was set");
    Ok(())
}
