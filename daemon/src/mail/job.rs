//! The job of the queue `mail`.

use sqlx::PgConnection;
use tradepost_queue::Outcome;

use super::queries;
use super::smtp::{self, Delivery};
use crate::app::App;
use crate::jobs::MailJob;

/// Hands a mail to the mail server. A message that comes again after the server has taken the mail does nothing; if the daemon dies in
/// between, the mail is sent twice with one `Message-ID`.
pub async fn run(app: &App, job: MailJob) -> anyhow::Result<Outcome> {
    let id = job.mail_id;
    let Some(mail) = queries::queued(&app.db, id).await? else {
        return Ok(Outcome::Done);
    };
    match smtp::send(&app.config.mail, id, &mail).await? {
        Delivery::Taken => queries::set_sent(&app.db, id).await?,
        Delivery::Refused(code) => {
            tracing::warn!(mail.id = %id, code, "the mail server refused a mail for good");
            queries::discard(&app.db, id).await?;
        }
    }
    Ok(Outcome::Done)
}

/// Gives up the mail of a message that an operator discards.
pub async fn give_up(tx: &mut PgConnection, job: &MailJob) -> sqlx::Result<()> {
    queries::discard(tx, job.mail_id).await
}
