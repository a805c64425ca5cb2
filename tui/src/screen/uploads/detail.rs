//! The upload under the cursor: what the list knows of it, and its trace once that was read.

use tradepost_common::queues::Attempt;
use tradepost_common::uploads::{Finding, UploadRow, UploadTrace};

use super::Uploads;
use super::trace::{Pane, Trace};
use crate::canvas::document::Document;
use crate::format;
use crate::rows::{finding, upload};
use crate::shell::Shell;
use crate::theme::Tone;

/// Cells of a bar.
const BAR: usize = 30;

impl Uploads {
    pub fn document(&self, cx: &Shell) -> Option<Document> {
        let row = self.paged.list.selected()?;
        let mut document = Document::new(row.title.as_deref().unwrap_or(&row.file_name));
        facts(&mut document, row, cx);
        let trace = self.trace.as_ref().filter(|trace| trace.id == row.id);
        if let Some(trace) = trace.and_then(|trace| trace.fetched.value.as_ref()) {
            trace_of(&mut document, trace);
        }
        Some(document)
    }
}

impl Trace {
    /// The finding or the failed attempt under the cursor.
    pub fn row_document(&self) -> Option<Document> {
        match self.pane {
            Pane::Findings => self.findings.selected().map(|row| finding_document(&row.finding)),
            Pane::Attempts => self.attempts.selected().map(|row| attempt_document(&row.attempt)),
        }
    }
}

fn finding_document(found: &Finding) -> Document {
    let severity = finding::severity(found.severity);
    let mut document = Document::new(&found.rule);
    document.fact_in("severity", severity.text, severity.tone);
    document.fact("file", found.file.as_deref().unwrap_or("(the pack)"));
    let place = finding::place(found);
    if !place.is_empty() {
        document.fact("line", place);
    }
    document.words(&found.message, Tone::Plain);
    if let Some(excerpt) = &found.excerpt {
        document.words(excerpt, Tone::Bad);
    }
    document
}

fn attempt_document(attempt: &Attempt) -> Document {
    let number = attempt.attempt;
    let mut document = Document::new(format!("{}: failed attempt {number}", attempt.queue));
    document.fact("file", attempt.file.as_deref().unwrap_or("-"));
    document.fact("at", format!("{} UTC", format::stamp(attempt.at)));
    document.fact("took", format::took(attempt.duration_ms as f64 / 1000.0));
    document.fact("message", attempt.message_id.to_string());
    document.words(&attempt.error, Tone::Bad);
    document
}

fn facts(document: &mut Document, row: &UploadRow, cx: &Shell) {
    let state = upload::state(row.state);
    document.fact_in("state", state.text, state.tone);
    document.fact("from", &row.account);
    document.fact("pack", format!("{}, {}", row.file_name, format::bytes(row.size_bytes)));
    let files = format::plural(row.files, "file", "files");
    document.fact("done", format!("{} of {files}", row.files_done));
    let ago = format::ago(row.created_at, cx.clock.utc);
    document.fact("started", format!("{} UTC, {ago} ago", format::stamp(row.created_at)));
    document.fact("id", row.id.to_string());
}

/// Stages, findings and failed attempts.
fn trace_of(document: &mut Document, trace: &UploadTrace) {
    document.heading("Stages");
    let longest = trace.stages.iter().map(|stage| stage.seconds).fold(0.0, f64::max);
    for stage in &trace.stages {
        let percent = stage.seconds * 100.0 / longest.max(f64::MIN_POSITIVE);
        let (here, tone) = match stage.left_at {
            None => (" is here", Tone::Accent),
            Some(_) => ("", Tone::Good),
        };
        document.spans(vec![
            (format!("{:<10}", stage.stage), Tone::Dim),
            (format!("{:>8} ", format::took(stage.seconds)), Tone::Plain),
            (format!("{}{here}", format::bar(percent as i64, BAR)), tone),
        ]);
    }
    document.heading(format::plural(trace.findings.len() as i64, "finding", "findings"));
    for found in &trace.findings {
        let severity = finding::severity(found.severity);
        let (file, place) = (found.file.as_deref().unwrap_or("(the pack)"), finding::place(found));
        document.words(
            format!("{} {} {file} {place}", severity.text, found.rule),
            severity.tone,
        );
        document.words(&found.message, Tone::Plain);
    }
    if !trace.attempts.is_empty() {
        document.heading("Failed attempts");
    }
    for attempt in &trace.attempts {
        let (queue, number) = (&attempt.queue, attempt.attempt);
        document.fact_in(queue, format!("attempt {number}: {}", attempt.error), Tone::Bad);
    }
}
