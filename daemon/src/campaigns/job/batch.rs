//! One batch of a campaign's items: reads their bytes, and takes the jail's answer for each.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context as _;
use bytes::Bytes;
use tradepost_common::campaigns::FailureKind;

use crate::app::App;
use crate::campaigns::queries::{CampaignParts, Drawn, Due, ItemOutcome, Settled};
use crate::catalog;
use crate::objects::member_key;
use crate::pinned;
use tradepost_jail::{InputFile, JailError, Rendered};

/// One batch, before it is settled.
#[derive(Default)]
pub struct Batch {
    pub settled: Vec<Settled>,
    pub drawn: Vec<Drawn>,
    /// By SHA-256.
    pub bytes: HashMap<[u8; 32], Bytes>,
    /// Positions in the plan, by item.
    pub positions: HashMap<uuid::Uuid, i32>,
    pub cpu: Duration,
}

impl Batch {
    fn skip(&mut self, due: &Due, reason: &str) {
        self.settled.push(Settled {
            position: due.position,
            outcome: ItemOutcome::Skipped,
            failure: None,
            reason: Some(reason.to_owned()),
        });
    }

    fn fail(&mut self, due: &Due, failure: FailureKind, reason: impl Into<String>) {
        self.settled.push(Settled {
            position: due.position,
            outcome: ItemOutcome::Failed,
            failure: Some(failure),
            reason: Some(reason.into()),
        });
    }
}

/// The bytes of the items that are still what was planned.
pub async fn read(app: &App, due: Vec<Due>, batch: &mut Batch) -> anyhow::Result<Vec<(Due, InputFile)>> {
    let mut sources = Vec::with_capacity(due.len());
    for due in due {
        batch.positions.insert(due.item_id, due.position);
        if !matches!(due.state.as_deref(), Some("ready" | "published")) {
            batch.skip(&due, "it is not in the catalogue any more");
            continue;
        }
        if due.source_now.as_ref() != Some(&due.source_sha256) {
            batch.skip(&due, "its file is another one than when the campaign was planned");
            continue;
        }
        let sha256: [u8; 32] = due
            .source_sha256
            .as_slice()
            .try_into()
            .context("a SHA-256 of another length")?;
        let bytes = match app.store.read_content(&member_key(sha256)).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                batch.fail(&due, FailureKind::Damaged, "Its file is not in the store.");
                continue;
            }
            other => other.context("reading the file of an item")?,
        };
        if pinned::check(&bytes, &sha256, "a published file").is_err() {
            batch.fail(
                &due,
                FailureKind::Damaged,
                "Its file in the store is not the one that was published.",
            );
            continue;
        }
        let path = due.path.as_deref().unwrap_or_default();
        let path = catalog::name_of_copy(path, &bytes).to_owned();
        sources.push((due, InputFile { path, bytes }));
    }
    Ok(sources)
}

/// Takes the jail's answer for one file.
pub fn take(
    batch: &mut Batch,
    parts: &CampaignParts,
    due: &Due,
    answer: Result<Rendered, JailError>,
) -> anyhow::Result<()> {
    let rendered = match answer {
        Ok(rendered) => rendered,
        Err(error) => return refuse(batch, due, error),
    };
    if rendered.renditions.is_empty() {
        batch.skip(due, "there is no picture of such a file");
        return Ok(());
    }
    for (rendition, pinned) in rendered.renditions.into_iter().zip(parts.presets.iter()) {
        batch.drawn.push(Drawn {
            item_id: due.item_id,
            kind: due.kind.clone(),
            preset: rendition.preset,
            preset_sha256: pinned.preset.hash().to_vec(),
            format: rendition.format.as_str(),
            width: rendition.width_px.cast_signed(),
            height: rendition.height_px.cast_signed(),
            size_bytes: i64::try_from(rendition.bytes.len()).context("a picture of more than an exabyte")?,
            sha256: rendition.sha256,
        });
        batch.bytes.insert(rendition.sha256, rendition.bytes);
    }
    batch.settled.push(Settled {
        position: due.position,
        outcome: ItemOutcome::Done,
        failure: None,
        reason: None,
    });
    Ok(())
}

/// Sets a file aside that can not be drawn. What may go better later is left as it is.
fn refuse(batch: &mut Batch, due: &Due, error: JailError) -> anyhow::Result<()> {
    match error {
        JailError::Broken(error) => return Err(error),
        JailError::Starved { .. } | JailError::Deferred => {}
        JailError::Timeout { .. } => batch.fail(due, FailureKind::Timeout, "It takes too long to render."),
        JailError::Memory => batch.fail(due, FailureKind::Memory, "It needs too much memory to render."),
        JailError::Crash { .. } => batch.fail(due, FailureKind::Crash, "It crashes the renderer."),
        JailError::Refused(findings) => {
            let why = findings
                .first()
                .map_or("It was refused.", |finding| finding.message.as_str());
            batch.fail(due, FailureKind::Refused, why);
        }
    }
    Ok(())
}
