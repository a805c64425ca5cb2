//! Links that are mailed: to confirm an address, to set a password, to open a library.
//!
//! A request stores what was asked for and sends an event: it does the same work, and answers the same, whether an account has the
//! address or not. The job of the queue `notify` looks and writes the mail.

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use tradepost_common::tokens::AccountRole;
use uuid::Uuid;

use super::queries::links as queries;
use super::queries::registration::Holder;
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::mail::{self, Cause, EmailAddress, Letter, Link};
use crate::notices::{self, Event};
use tradepost_store::sha256;

tradepost_common::text_enum! {
    /// Use of a link.
    pub enum Purpose {
        SignUp = "sign_up",
        Password = "password",
        Library = "library",
    }
}

impl Purpose {
    fn lifetime(self) -> Duration {
        match self {
            Self::SignUp => Duration::days(1),
            Self::Password => Duration::hours(1),
            Self::Library => Duration::days(7),
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::SignUp => "/confirm",
            Self::Password => "/password",
            Self::Library => "/v1/library",
        }
    }
}

/// The role and the password of a sign-up.
#[derive(Debug)]
pub struct SignUp {
    pub role: AccountRole,
    pub password_hash: String,
}

/// A link as it is stored.
#[derive(Debug)]
pub struct StoredLink {
    pub id: Uuid,
    pub purpose: Purpose,
    pub email: String,
    pub role: Option<AccountRole>,
    pub password_hash: Option<String>,
}

/// Asks for a link. Answers nothing: whether there is an account is only mailed.
pub async fn request(app: &App, purpose: Purpose, email: &EmailAddress, sign_up: Option<&SignUp>) -> ApiResult<()> {
    let id = Uuid::now_v7();
    let mut tx = app.db.begin().await?;
    let expires_at = OffsetDateTime::now_utc() + purpose.lifetime();
    queries::insert(&mut tx, id, purpose, email.as_str(), sign_up, expires_at).await?;
    notices::emit(&app.broker, &mut tx, &[Event::LinkRequested(id)]).await?;
    Ok(tx.commit().await?)
}

/// A link that has not been used and has not expired; locked until the transaction ends.
///
/// # Errors
/// Invalid when it is not even the shape of one; not found.
pub async fn open(tx: &mut PgConnection, purpose: Purpose, secret: &str) -> ApiResult<StoredLink> {
    let is_secret = secret.len() == 64 && secret.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    ApiError::unless_all([("token", is_secret, "must be the 64 hexadecimal digits of a link")])?;
    let link = queries::lock(tx, purpose, &sha256(secret.as_bytes())).await?;
    link.ok_or(ApiError::Nothing {
        code: "link-void",
        detail: "This link was used before, has expired, or never was one. Ask for a new one.",
    })
}

/// A link that opens only once is used up, and with it the other ones of its purpose and address.
pub async fn use_up(tx: &mut PgConnection, link: &StoredLink) -> sqlx::Result<()> {
    queries::use_up(tx, link.purpose, &link.email).await
}

/// Writes the mail of a requested link, once.
pub async fn write(app: &App, tx: &mut PgConnection, id: Uuid, event: Uuid) -> anyhow::Result<()> {
    let Some(link) = queries::unwritten(&mut *tx, id).await? else {
        return Ok(());
    };
    let known = super::queries::registration::holder_of(&mut *tx, &link.email).await?;
    let to_holder = |holder: &Holder| if holder.is_proven { Cause::Asked } else { Cause::Link };
    let (letter, cause): (fn(String) -> Letter, _) = match (link.purpose, known) {
        (Purpose::SignUp, Some(holder)) if holder.is_registered => {
            return mail::write(app, tx, event, &link.email, &already_registered(), Cause::Asked).await;
        }
        (Purpose::SignUp, _) => (confirm, Cause::Link),
        (Purpose::Password, Some(holder)) if holder.is_registered => (set_password, Cause::Asked),
        (Purpose::Library, Some(holder)) => (library, to_holder(&holder)),
        (Purpose::Password | Purpose::Library, _) => return Ok(()),
    };
    let url = mint(app, &mut *tx, link.id, link.purpose).await?;
    mail::write(app, tx, event, &link.email, &letter(url), cause).await
}

/// The URL of a new link to the library of an address, for a mail that is written in the same transaction.
pub async fn library_url(app: &App, tx: &mut PgConnection, email: &str) -> anyhow::Result<String> {
    let id = Uuid::now_v7();
    let expires_at = OffsetDateTime::now_utc() + Purpose::Library.lifetime();
    queries::insert(&mut *tx, id, Purpose::Library, email, None, expires_at).await?;
    mint(app, tx, id, Purpose::Library).await
}

/// Gives a link its secret. Answers with its URL.
async fn mint(app: &App, tx: &mut PgConnection, id: Uuid, purpose: Purpose) -> anyhow::Result<String> {
    let secret = hex::encode(rand::random::<[u8; 32]>());
    queries::set_secret(tx, id, &sha256(secret.as_bytes())).await?;
    let base = app.config.mail.link_url.as_deref().unwrap_or(app.public_url());
    Ok(format!("{base}{}?token={secret}", purpose.path()))
}

fn confirm(url: String) -> Letter {
    Letter {
        kind: "verification",
        subject: "Confirm your address".to_owned(),
        paragraphs: vec![
            "Somebody, hopefully you, signed up with this address.".to_owned(),
            "Open the link and type the password you chose. The link works once, within a day.".to_owned(),
        ],
        links: vec![Link {
            label: "Confirm your address",
            url,
        }],
        ..Letter::default()
    }
}

fn already_registered() -> Letter {
    Letter {
        kind: "already_registered",
        subject: "You have an account already".to_owned(),
        paragraphs: vec![
            "Somebody, hopefully you, signed up with this address, which has an account already.".to_owned(),
            "Sign in with its password, or ask for a link to set a new one.".to_owned(),
        ],
        ..Letter::default()
    }
}

fn set_password(url: String) -> Letter {
    Letter {
        kind: "password_reset",
        subject: "Set a new password".to_owned(),
        paragraphs: vec![
            "Somebody, hopefully you, asked to set a new password. Until you do, the old one stays.".to_owned(),
            "The link works once, within an hour. All sessions end when the password is set.".to_owned(),
        ],
        links: vec![Link {
            label: "Set a new password",
            url,
        }],
        ..Letter::default()
    }
}

fn library(url: String) -> Letter {
    Letter {
        kind: "library_link",
        subject: "Your library".to_owned(),
        paragraphs: vec!["This link opens what was bought with your address. It works for 7 days.".to_owned()],
        links: vec![Link {
            label: "Open your library",
            url,
        }],
        ..Letter::default()
    }
}
