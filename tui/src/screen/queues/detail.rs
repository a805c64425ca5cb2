//! One queue in words, and what went in and out in the last minute.

use time::OffsetDateTime;
use tradepost_common::queues::QueueRow;

use crate::canvas::document::Document;
use crate::format;
use crate::rows::running;
use crate::theme::Tone;

/// A job that runs for so long may hang.
const LONG: time::Duration = time::Duration::minutes(1);

/// Lines of a chart.
const CHART: usize = 5;

/// Running jobs that are shown.
const JOBS: usize = 8;

pub fn document(queue: &QueueRow, now: OffsetDateTime) -> Document {
    let backend = queue.backend;
    let mut document = Document::new(format!("{} ({backend}): the last 60 s, second by second", queue.name));
    let tone = if queue.paused { Tone::Warn } else { Tone::Plain };
    document.words(in_words(queue), tone);
    running_jobs(&mut document, queue, now);
    document.chart("in", &queue.sent_history, Tone::Accent, CHART);
    document.chart("out", &queue.done_history, Tone::Good, CHART);
    document
}

/// The jobs that run now, the longest running first.
fn running_jobs(document: &mut Document, queue: &QueueRow, now: OffsetDateTime) {
    let jobs = &queue.running;
    if jobs.is_empty() {
        return;
    }
    let count = format::plural(jobs.len() as i64, "job runs", "jobs run");
    document.heading(format!("{count} for a second or more"));
    for job in jobs.iter().take(JOBS) {
        let tone = if now - job.started_at < LONG {
            Tone::Plain
        } else {
            Tone::Warn
        };
        document.words(running::in_words(job, now), tone);
    }
    if jobs.len() > JOBS {
        let more = jobs.len() - JOBS;
        document.words(format!("{more} more: `tradepost queues running`"), Tone::Dim);
    }
}

/// The meaning of the numbers, in a sentence.
fn in_words(queue: &QueueRow) -> String {
    let waiting = queue.depth + queue.delayed;
    let mut words = format!(
        "{} of {} handlers busy, {} waiting",
        queue.working,
        queue.concurrency,
        format::count(waiting)
    );
    if queue.paused {
        let by = queue.paused_by.as_deref().unwrap_or("an operator");
        words = format!("PAUSED by {by}; {words}; P resumes");
    } else if waiting > 0 && queue.done_per_second > 0.0 {
        let left = waiting as f64 / queue.done_per_second;
        words.push_str(&format!("; empty in {} at this rate", format::span(left)));
    } else if waiting > 0 {
        words.push_str("; no message was finished in the last 10 s");
    }
    words.push_str(&format!(
        "; {}",
        format::plural(queue.workers.into(), "worker", "workers")
    ));
    if let Some(by) = &queue.concurrency_by {
        words.push_str(&format!("; {by} set the concurrency {}", queue.concurrency));
    }
    if queue.dead > 0 {
        words.push_str(&format!(
            "; {}",
            format::plural(queue.dead, "dead letter", "dead letters")
        ));
    }
    words
}
