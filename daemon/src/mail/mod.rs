//! Mails: written in the transaction of the job that tells people, sent by the job of the queue `mail`.
//!
//! Every mail is a row of `mails` first. Without `mail.host` it stays there, where operators read it. Mails that a stranger can cause
//! to somebody else's address are capped (`caps.rs`).

mod address;
mod caps;
pub mod job;
mod letter;
mod queries;
pub mod routes;
mod smtp;

use sqlx::{PgConnection, PgPool};
use tradepost_common::mail::MailRow;
use uuid::Uuid;

pub use self::address::EmailAddress;
pub use self::caps::{Cause, is_flooded};
pub use self::letter::{Letter, Link};
use self::queries::ending_with;
pub use self::queries::{held_back, tidy};
use crate::app::App;
use crate::jobs::{Job, MailJob};

/// The mails about an upload or an order: their subjects end with its id.
pub async fn about(db: &PgPool, id: Uuid) -> sqlx::Result<Vec<MailRow>> {
    ending_with(db, &format!("({id})")).await
}

/// A mail that may be written: it is not there yet, and no cap holds it back.
#[derive(Debug)]
pub struct Reserved<'a> {
    event: Uuid,
    kind: &'static str,
    to: &'a str,
}

/// Counts a mail in the caller's transaction. `None`: it was written for this event before, or a cap holds it back.
pub async fn reserve<'a>(
    app: &App,
    tx: &mut PgConnection,
    event: Uuid,
    (kind, to): (&'static str, &'a str),
    cause: Cause,
) -> sqlx::Result<Option<Reserved<'a>>> {
    let is_new = !queries::exists(&mut *tx, event, kind, to).await?;
    let may_be = is_new && caps::take(app, tx, to, cause).await?;
    Ok(may_be.then_some(Reserved { event, kind, to }))
}

impl Reserved<'_> {
    /// Writes the mail in the transaction that reserved it.
    pub async fn write(self, app: &App, tx: &mut PgConnection, letter: &Letter) -> anyhow::Result<()> {
        let (text, html) = letter.bodies()?;
        let has_server = app.config.mail.host.is_some();
        let mail = queries::NewMail {
            id: Uuid::now_v7(),
            event: self.event,
            kind: self.kind,
            recipient: self.to,
            subject: &letter.subject(),
            text: &text,
            html: &html,
            state: if has_server { "queued" } else { "kept" },
        };
        queries::insert(&mut *tx, &mail).await?;
        if has_server {
            let job = Job::Mail(MailJob { mail_id: mail.id });
            app.broker.send(tx, &[job.message()]).await?;
        }
        Ok(())
    }
}

/// Writes a mail in the caller's transaction, once for each event, kind and recipient, unless a cap holds it back.
pub async fn write(
    app: &App,
    tx: &mut PgConnection,
    event: Uuid,
    to: &str,
    letter: &Letter,
    cause: Cause,
) -> anyhow::Result<()> {
    match reserve(app, &mut *tx, event, (letter.kind, to), cause).await? {
        Some(reserved) => reserved.write(app, tx, letter).await,
        None => Ok(()),
    }
}

/// Hands a mail to operators to the mail server, past outbox and caps.
pub async fn send_now(app: &App, id: Uuid, to: &str, subject: &str, text: &str) -> anyhow::Result<()> {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let mail = queries::QueuedMail {
        recipient: to.to_owned(),
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: format!("<pre>{escaped}</pre>"),
    };
    match smtp::send(&app.config.mail, id, &mail).await? {
        smtp::Delivery::Taken => Ok(()),
        smtp::Delivery::Refused(code) => anyhow::bail!("the mail server refused the mail with {code}"),
    }
}
