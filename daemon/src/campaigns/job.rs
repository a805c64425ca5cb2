//! Draws the items of one message of a campaign, files the pictures, marks the items.
//!
//! A batch is read, drawn, stored, and settled in one transaction. A message that comes twice finds nothing left to do.

mod batch;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::operations::OperationState;
use tradepost_queue::Outcome;
use tradepost_render::presets::Preset;

use self::batch::{Batch, read, take};
use super::queries::{self, CampaignRow, Drawn, Due, ItemOutcome, Range, Tally};
use super::{samples, service};
use crate::app::App;
use crate::catalog::gc;
use crate::jobs::CampaignJob;
use crate::objects::rendition_key;
use crate::operations::{OperationRow, service as operations};

/// Items that are drawn and settled together.
const BATCH: i64 = 16;
/// A message releases its permit after this time, and goes on later.
const SLICE: Duration = Duration::from_secs(2);
const BETWEEN_SLICES: Duration = Duration::from_millis(100);
/// A throttled message holds its permit for this long.
const PATIENCE: Duration = Duration::from_millis(500);
/// All permits are taken.
const NO_PERMIT: Duration = Duration::from_millis(500);
/// Another release has to draw it.
const NOT_OURS: Duration = Duration::from_secs(5);

fn range(job: &CampaignJob) -> Range {
    Range {
        from: job.from,
        to: job.to,
        only_canary: job.canary,
    }
}

/// Draws what is left of a message's items.
pub async fn run(app: &Arc<App>, job: CampaignJob) -> anyhow::Result<Outcome> {
    let Ok(_permit) = app.bulk.permits.try_acquire() else {
        return Ok(Outcome::Retry(NO_PERMIT));
    };
    let began = Instant::now();
    loop {
        let Some(row) = service::find_row(&app.db, job.campaign).await? else {
            return Ok(Outcome::Discard("the campaign is gone".to_owned()));
        };
        if !is_drawing(&row.operation, job.run) {
            return Ok(Outcome::Discard(format!(
                "the campaign is {}, or was started anew",
                row.state()
            )));
        }
        if !row.parts.is_ours() {
            return Ok(Outcome::Retry(NOT_OURS));
        }
        if began.elapsed() > SLICE || !app.bulk.throttle.ready(PATIENCE).await {
            return Ok(Outcome::Retry(BETWEEN_SLICES));
        }
        let due = queries::waiting(&app.db, job.campaign, range(&job), BATCH).await?;
        if due.is_empty() {
            return Ok(Outcome::Done);
        }
        let started = Instant::now();
        let progress = draw(app, &row, due).await?;
        app.bulk.throttle.batch_done(started.elapsed());
        if progress == Progress::None {
            return Ok(Outcome::Retry(BETWEEN_SLICES));
        }
    }
}

fn is_drawing(operation: &OperationRow, run: i32) -> bool {
    operation.state == OperationState::Running && operation.run == run
}

/// Gives up what is left of a message's items, for an operator who gave up the message.
pub async fn give_up(tx: &mut PgConnection, job: &CampaignJob, reason: &str) -> sqlx::Result<()> {
    let operation = operations::lock_any(&mut *tx, job.campaign).await?;
    let Some(mut operation) = operation.filter(|operation| operation.run == job.run) else {
        return Ok(());
    };
    let given_up = queries::give_up(&mut *tx, job.campaign, range(job), reason)
        .await?
        .cast_signed();
    operation.acted += given_up;
    operation.refailed += given_up;
    operations::save(tx, &operation).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Some,
    None,
}

async fn draw(app: &App, row: &CampaignRow, due: Vec<Due>) -> anyhow::Result<Progress> {
    let canary: HashSet<_> = due.iter().filter(|due| due.canary).map(|due| due.item_id).collect();
    let mut batch = Batch::default();
    let sources = read(app, due, &mut batch).await?;
    let presets: Arc<[Preset]> = row.parts.presets.iter().map(|pinned| pinned.preset.clone()).collect();
    let files = sources.iter().map(|(_, file)| file.clone()).collect();
    let (answers, cpu) = app.jail.render_many(files, &presets).await;
    batch.cpu = cpu;
    for ((due, _), answer) in sources.iter().zip(answers) {
        take(&mut batch, &row.parts, due, answer)?;
    }
    if batch.settled.is_empty() {
        return Ok(Progress::None);
    }
    let objects = batch.drawn.iter().filter_map(|drawn| {
        let bytes = batch.bytes.get(&drawn.sha256)?;
        Some((rendition_key(drawn.sha256, drawn.format), bytes.clone()))
    });
    let objects: Vec<_> = objects.collect();
    app.store
        .put_content(objects.clone())
        .await
        .context("storing the pictures")?;
    let compared = samples::compare_all(app, &batch.drawn, &batch.bytes, |item| canary.contains(&item)).await?;
    if let Err(error) = settle(app, row, &batch, &compared).await {
        // The items are still waiting: they are rendered again.
        gc::restore(&app.db, &app.store, error, objects).await?;
        return Ok(Progress::None);
    }
    Ok(Progress::Some)
}

/// One transaction: the marks, the pictures of items that nobody else settled meanwhile, the samples, the sums.
async fn settle(app: &App, row: &CampaignRow, batch: &Batch, compared: &[samples::Compared]) -> anyhow::Result<()> {
    let id = row.operation.id;
    let mut tx = app.db.begin().await?;
    let now = operations::lock_any(&mut tx, id).await?;
    let Some(mut operation) = now.filter(|now| is_drawing(now, row.operation.run)) else {
        // It was paused or aborted: what was drawn is drawn again, or never.
        return Ok(());
    };
    let ours: HashSet<i32> = queries::settle(&mut tx, id, &batch.settled)
        .await?
        .into_iter()
        .collect();
    let is_ours = |drawn: &Drawn| {
        batch
            .positions
            .get(&drawn.item_id)
            .is_some_and(|position| ours.contains(position))
    };
    let drawn: Vec<&Drawn> = batch.drawn.iter().filter(|drawn| is_ours(drawn)).collect();
    let items: Vec<_> = drawn
        .iter()
        .map(|drawn| drawn.item_id)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let outputs = queries::insert_renditions(&mut tx, row.parts.generation, &drawn).await?;
    let pictures: Vec<gc::Key> = drawn.iter().map(|drawn| (drawn.sha256, drawn.format)).collect();
    gc::keep(&mut tx, &pictures).await?;
    for one in compared.iter().filter(|one| is_ours(&batch.drawn[one.drawn])) {
        queries::insert_sample(&mut tx, id, &batch.drawn[one.drawn], one.old.as_ref(), one.likeness).await?;
    }
    let count = |outcome: ItemOutcome| {
        let settled = batch.settled.iter();
        let of_outcome = settled.filter(|one| one.outcome == outcome && ours.contains(&one.position));
        of_outcome.count() as i64
    };
    operation.acted += ours.len() as i64;
    operation.succeeded += count(ItemOutcome::Done);
    operation.refailed += count(ItemOutcome::Failed);
    operations::save(&mut tx, &operation).await?;
    let tally = Tally {
        outputs: outputs.cast_signed(),
        bytes_before: queries::shown_bytes(&mut tx, &items, &row.parts.preset_names()).await?,
        bytes_after: drawn.iter().map(|drawn| drawn.size_bytes).sum(),
        cpu_seconds: batch.cpu.as_secs_f64(),
    };
    queries::add(&mut tx, id, &tally).await?;
    tx.commit().await?;
    Ok(())
}
