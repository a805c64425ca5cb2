//! Mails and webhook deliveries about packs, to their contributors.

use serde_json::json;
use sqlx::PgConnection;
use tradepost_common::ids::UploadId;
use tradepost_common::uploads::FindingSeverity;
use uuid::Uuid;

use crate::accounts::service as accounts;
use crate::app::App;
use crate::findings;
use crate::mail::{self, Cause, Letter};
use crate::uploads::service as uploads;
use crate::webhooks::WebhookEvent;
use crate::webhooks::service as webhooks;

/// Reasons in a mail; all are in the API.
const MAX_REASONS: usize = 20;

pub async fn tell(
    app: &App,
    tx: &mut PgConnection,
    event: Uuid,
    id: UploadId,
    what: WebhookEvent,
) -> anyhow::Result<()> {
    let Some(upload) = uploads::lock(&mut *tx, id).await? else {
        return Ok(());
    };
    let found = findings::list(&mut *tx, id).await?;
    let blocking = found
        .into_iter()
        .filter(|finding| finding.severity == FindingSeverity::Blocking);
    let reasons: Vec<_> = blocking.map(|finding| finding.message).take(MAX_REASONS).collect();
    let data = json!({ "upload_id": id, "file_name": upload.file_name, "state": upload.state, "reasons": reasons });
    webhooks::queue(app, &mut *tx, upload.account_id, (event, what), &data).await?;
    let contact = accounts::contact_of(&mut *tx, upload.account_id).await?;
    let Some(email) = contact.email else { return Ok(()) };
    let letter = if what == WebhookEvent::UploadRejected {
        Letter {
            kind: "rejection",
            subject: format!("{} was rejected", upload.file_name),
            paragraphs: vec!["The pack is not published. The reasons:".to_owned()],
            lines: reasons.into_iter().map(|reason| ("-".to_owned(), reason)).collect(),
            links: Vec::new(),
        }
    } else {
        Letter {
            kind: "publication",
            subject: format!("{} is published", upload.file_name),
            paragraphs: vec!["The pack is in the catalogue now.".to_owned()],
            ..Letter::default()
        }
    };
    mail::write(app, tx, event, &email, &letter, Cause::Owed).await
}
