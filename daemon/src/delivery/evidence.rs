//! Downloads as evidence: in the story of an order, and in the file for the bank that decides a dispute.

use serde_json::{Value, json};
use tradepost_common::ids::{DisputeId, OrderId};
use tradepost_common::orders::{OrderStory, StoryEvent, StorySource};

use super::{certificates, queries};
use crate::app::App;
use crate::error::{ApiError, ApiResult};
use crate::orders::{self, Evidence};

/// Downloads in a story, and in a file of evidence: the last ones.
const IN_STORY: i64 = 200;
const IN_EVIDENCE: i64 = 5_000;

/// Everything that happened to an order.
///
/// # Errors
/// Not found.
pub async fn story(app: &App, id: OrderId) -> ApiResult<OrderStory> {
    let mut story = orders::story(app, id).await?;
    let downloads = queries::downloads_of_order(&app.db, id, None, IN_STORY).await?;
    story.events.extend(downloads.into_iter().map(|download| StoryEvent {
        at: download.at,
        source: StorySource::Download,
        what: format!("{} downloaded", download.file),
        details: vec![
            format!("as {}", download.variant),
            format!("from {}", download.client_address),
        ],
        is_fault: false,
    }));
    story.events.sort_by_key(|event| event.at);
    Ok(story)
}

/// The file of evidence of a dispute: what was collected when it was opened, the downloads until then with the addresses they came
/// from, and the licence certificate of that moment.
///
/// # Errors
/// Not found.
pub async fn of_dispute(app: &App, id: DisputeId) -> ApiResult<Value> {
    let evidence = orders::evidence(&app.db, id).await?;
    let Evidence {
        order_id,
        opened_at,
        mut collected,
    } = evidence.ok_or(ApiError::NotFound("dispute"))?;
    if let Some(order) = order_id {
        let downloads = queries::downloads_of_order(&app.db, order, Some(opened_at), IN_EVIDENCE).await?;
        let certificate = certificates::for_order_at(app, order, opened_at).await?;
        collected["downloads"] = json!(downloads);
        collected["certificate"] = json!(
            certificate.map(|signed| json!({ "text": signed.text, "minisig": signed.minisig,
                "public_key": app.certificates.public_key() }))
        );
    }
    Ok(collected)
}
