//! Running jobs as rows.

use time::OffsetDateTime;
use tradepost_common::ids::MessageId;
use tradepost_common::queues::{Lane, RunningJob};

use crate::format;
use crate::table::{Cell, Column, Key, Row, Width};
use crate::theme::Tone;

impl Row for RunningJob {
    type Id = MessageId;

    fn id(&self) -> MessageId {
        self.message_id
    }

    fn columns() -> &'static [Column<Self>] {
        &COLUMNS
    }
}

type Col = Column<RunningJob>;

static COLUMNS: [Col; 8] = [
    Col::left(
        "MESSAGE",
        Width::Fixed(36),
        |j, _| Cell::plain(j.message_id.to_string()),
        |j| Key::text(j.message_id.to_string()),
    ),
    Col::left(
        "QUEUE",
        Width::Fixed(7),
        |j, _| Cell::plain(&j.queue),
        |j| Key::text(&j.queue),
    ),
    Col::left("JOB", Width::Grow(6), |j, _| Cell::plain(job(j)), |j| Key::text(job(j))),
    Col::right(
        "RUNNING",
        Width::Fixed(7),
        |j, now| Cell::plain(format::ago(j.started_at, now)),
        |j| Key::time(j.started_at),
    ),
    Col::left(
        "ATTEMPT",
        Width::Fixed(16),
        |j, _| attempt(j),
        |j| Key::count(j.attempt.into()),
    ),
    Col::left(
        "UPLOAD",
        Width::Fixed(36),
        |j, _| Cell::dim(j.upload_id.map_or_else(|| "-".to_owned(), |id| id.to_string())),
        |j| Key::text(j.upload_id.map(|id| id.to_string()).unwrap_or_default()),
    ),
    Col::left(
        "WORKER",
        Width::Grow(8),
        |j, _| Cell::plain(&j.worker),
        |j| Key::text(&j.worker),
    ),
    Col::left(
        "FILE",
        Width::GrowPath(8),
        |j, _| Cell::plain(j.file.as_deref().unwrap_or("-")),
        |j| Key::text(j.file.clone().unwrap_or_default()),
    ),
];

/// `render`, `render (bulk)`.
fn job(job: &RunningJob) -> String {
    match job.lane {
        Lane::Interactive => job.job.clone(),
        Lane::Bulk => format!("{} (bulk)", job.job),
    }
}

/// `attempt 2`, `run 2, attempt 1`.
fn attempt(job: &RunningJob) -> Cell {
    let tone = if job.attempt > 1 { Tone::Warn } else { Tone::Plain };
    let run = match job.run {
        1 => String::new(),
        run => format!("run {run}, "),
    };
    Cell::new(format!("{run}attempt {}", job.attempt), tone)
}

/// `12m render (bulk) icons/a.svg · attempt 2 · on host:4711`.
pub fn in_words(running: &RunningJob, now: OffsetDateTime) -> String {
    let mut words = format!("{:>6} {}", format::ago(running.started_at, now), job(running));
    if let Some(file) = &running.file {
        words.push_str(&format!(" {file}"));
    }
    if let Some(upload) = running.upload_id {
        words.push_str(&format!(" · upload {}", format::short_id(&upload.to_string())));
    }
    format!("{words} · {} · on {}", attempt(running).text, running.worker)
}
