//! What a message of a campaign does: draws some items, files the pictures, marks the items.
//!
//! It goes in batches: a batch is read, drawn, stored, and settled in one transaction. A message that comes twice finds nothing left to do.

mod batch;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use sqlx::PgConnection;
use tradepost_common::campaigns::CampaignState;
use tradepost_queue::Outcome;
use tradepost_render::presets::Preset;

use self::batch::{Batch, read, take};
use super::queries::{self, Drawn, Due, Range, Row, Tally};
use super::samples;
use crate::app::App;
use crate::catalog::gc;
use crate::jobs::CampaignJob;
use crate::objects::rendition_key;

/// Items that are drawn and settled together.
const BATCH: i64 = 16;
/// A message releases its permit after this time, and goes on later.
const SLICE: Duration = Duration::from_secs(2);
const BETWEEN_SLICES: Duration = Duration::from_millis(100);
/// How long a message holds its permit while others pass.
const PATIENCE: Duration = Duration::from_millis(500);
/// All places are taken.
const NO_PLACE: Duration = Duration::from_millis(500);
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
///
/// # Errors
/// When the jail is broken, or the store or the database do not answer.
pub async fn run(app: &Arc<App>, job: CampaignJob, attempt: u32) -> anyhow::Result<Outcome> {
    let Ok(_place) = app.campaigns.places.try_acquire() else {
        return Ok(Outcome::Retry(NO_PLACE));
    };
    let began = Instant::now();
    loop {
        let Some(row) = queries::find(&app.db, job.campaign).await? else {
            return Ok(Outcome::Discard("the campaign is gone".to_owned()));
        };
        if !is_drawing(&row, &job) {
            return Ok(Outcome::Discard(format!(
                "the campaign is {}, or was started anew",
                row.state.as_str()
            )));
        }
        if !row.is_ours() {
            return Ok(Outcome::Retry(NOT_OURS));
        }
        if began.elapsed() > SLICE || !app.campaigns.courtesy.let_pass(PATIENCE).await {
            return Ok(Outcome::Retry(BETWEEN_SLICES));
        }
        let due = queries::waiting(&app.db, job.campaign, range(&job), BATCH).await?;
        if due.is_empty() {
            return Ok(Outcome::Done);
        }
        let started = Instant::now();
        let progress = draw(app, &row, due, attempt).await?;
        app.campaigns.courtesy.drew(started.elapsed());
        if progress == Progress::None {
            return Ok(Outcome::Retry(BETWEEN_SLICES));
        }
    }
}

fn is_drawing(row: &Row, job: &CampaignJob) -> bool {
    matches!(row.state, CampaignState::Canary | CampaignState::Running) && row.run == job.run
}

/// Gives up what is left of a message's items, for an operator who gave up the message.
///
/// # Errors
/// When the database does not answer.
pub async fn give_up(tx: &mut PgConnection, job: &CampaignJob, reason: &str) -> sqlx::Result<()> {
    if queries::lock(&mut *tx, job.campaign)
        .await?
        .is_none_or(|row| row.run != job.run)
    {
        return Ok(());
    }
    let given_up = queries::give_up(&mut *tx, job.campaign, range(job), reason).await?;
    let tally = Tally {
        failed: given_up.cast_signed(),
        ..Tally::default()
    };
    queries::add(tx, job.campaign, &tally).await
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Some,
    None,
}

async fn draw(app: &App, row: &Row, due: Vec<Due>, attempt: u32) -> anyhow::Result<Progress> {
    let canary: HashSet<_> = due.iter().filter(|due| due.canary).map(|due| due.item_id).collect();
    let mut batch = Batch::default();
    let sources = read(app, due, &mut batch).await?;
    let presets: Arc<[Preset]> = row.presets.iter().map(|pinned| pinned.preset.clone()).collect();
    let files = sources.iter().map(|(_, file)| file.clone()).collect();
    let (answers, cpu) = app.jail.render_many(files, &presets).await;
    batch.cpu = cpu;
    for ((due, _), answer) in sources.iter().zip(answers) {
        take(&mut batch, row, due, answer, attempt)?;
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
async fn settle(app: &App, row: &Row, batch: &Batch, compared: &[samples::Compared]) -> anyhow::Result<()> {
    let presets: Vec<String> = row.presets.iter().map(|pinned| pinned.preset.name.clone()).collect();
    let mut tx = app.db.begin().await?;
    let now = queries::lock(&mut tx, row.id).await?;
    if now.is_none_or(|now| now.run != row.run || !matches!(now.state, CampaignState::Canary | CampaignState::Running))
    {
        // It was paused or aborted: what was drawn is drawn again, or never.
        return Ok(());
    }
    let ours: HashSet<i32> = queries::settle(&mut tx, row.id, &batch.settled)
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
    let outputs = queries::insert_renditions(&mut tx, row.generation, &drawn).await?;
    let pictures: Vec<gc::Key> = drawn.iter().map(|drawn| (drawn.sha256, drawn.format)).collect();
    gc::keep(&mut tx, &pictures).await?;
    for one in compared.iter().filter(|one| is_ours(&batch.drawn[one.drawn])) {
        queries::insert_sample(&mut tx, row.id, &batch.drawn[one.drawn], one.old.as_ref(), one.likeness).await?;
    }
    let count = |state: &str| {
        let of_state = batch
            .settled
            .iter()
            .filter(|one| one.state == state && ours.contains(&one.position));
        of_state.count() as i64
    };
    let tally = Tally {
        done: count("done"),
        failed: count("failed"),
        skipped: count("skipped"),
        outputs: outputs.cast_signed(),
        bytes_before: queries::shown_bytes(&mut tx, &items, &presets).await?,
        bytes_after: drawn.iter().map(|drawn| drawn.size_bytes).sum(),
        cpu_seconds: batch.cpu.as_secs_f64(),
    };
    queries::add(&mut tx, row.id, &tally).await?;
    tx.commit().await?;
    Ok(())
}
