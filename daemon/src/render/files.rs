//! The files that a message is about.

use tradepost_common::catalog::{FileState, Kind};
use tradepost_common::ids::{ItemId, SetId, UploadId};

use crate::app::App;
use crate::catalog::service::{self as catalog, Item};
use crate::jobs::{Job, RenderBatchJob, RenderJob};
use crate::uploads::turns::TURN;
use tradepost_queue::NewMessage;

/// Files of one set.
#[derive(Debug)]
pub struct Files {
    pub upload_id: UploadId,
    pub set_id: SetId,
    pub kind: Kind,
    pub items: Vec<ItemId>,
}

impl From<&RenderJob> for Files {
    fn from(job: &RenderJob) -> Self {
        Self {
            upload_id: job.upload_id,
            set_id: job.set_id,
            kind: job.kind,
            items: vec![job.item_id],
        }
    }
}

impl From<&RenderBatchJob> for Files {
    fn from(job: &RenderBatchJob) -> Self {
        Self {
            upload_id: job.upload_id,
            set_id: job.set_id,
            kind: job.kind,
            items: job.items.clone(),
        }
    }
}

impl Files {
    /// Those that nobody has settled.
    pub async fn pending(&self, app: &App) -> sqlx::Result<Vec<Item>> {
        let mut items = catalog::find_items(&app.db, &self.items, self.kind).await?;
        items.retain(|item| item.state == FileState::Pending);
        Ok(items)
    }

    /// A message for each of the items. It lets others pass: a file that goes alone was large work, or failed among others.
    pub fn alone<'a>(&self, items: impl IntoIterator<Item = &'a Item>) -> Vec<NewMessage> {
        let message = |item: &Item| {
            let job = RenderJob {
                upload_id: self.upload_id,
                set_id: self.set_id,
                item_id: item.id,
                kind: self.kind,
                path: item.path.clone(),
            };
            Job::Render(job).message().with_yield(TURN)
        };
        items.into_iter().map(message).collect()
    }
}
