//! Everything that is known of one dead letter, as text.

use tradepost_common::dead::{DeadAttempt, DeadDetail, Part};
use tradepost_common::queues::AttemptOutcome;

use crate::canvas::Spans;
use crate::export;
use crate::format;
use crate::text;
use crate::theme::Tone;

/// The message as lines of one width.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub width: u16,
    pub lines: Vec<Spans>,
}

impl Document {
    pub fn new(detail: &DeadDetail, width: u16) -> Self {
        let mut page = Self {
            width,
            lines: Vec::new(),
        };
        page.payload(detail);
        page.links(detail);
        page.attributes(detail);
        page.attempts(&detail.history);
        page.operations(&detail.operations);
        page
    }

    fn heading(&mut self, words: &str) {
        let rule = usize::from(self.width).saturating_sub(text::width(words) + 1);
        self.lines
            .push(vec![(format!("{words} "), Tone::Accent), ("─".repeat(rule), Tone::Dim)]);
    }

    fn fact(&mut self, name: &str, value: &str) {
        let room = usize::from(self.width.saturating_sub(12));
        for (i, line) in text::wrap(&text::clean(value), room).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            self.lines
                .push(vec![(format!("{name:<12}"), Tone::Dim), (line, Tone::Plain)]);
        }
    }

    /// Lines of JSON are broken where they are too long, never cut.
    fn payload(&mut self, detail: &DeadDetail) {
        let size = format::bytes(detail.attributes.payload_bytes);
        self.heading(&format!("Payload, {size}"));
        let width = usize::from(self.width).max(1);
        for line in export::pretty(&detail.payload).unwrap_or_default().lines() {
            let line = text::clean(line);
            for piece in text::pieces(&line, width) {
                self.lines.push(vec![(piece.to_owned(), Tone::Plain)]);
            }
        }
    }

    fn links(&mut self, detail: &DeadDetail) {
        let links = &detail.links;
        self.heading("Belongs to");
        match links.upload_id {
            Some(id) => {
                let state = links.upload_state.as_deref().unwrap_or("state unknown");
                self.fact("upload", &format!("{id} ({state}); Enter opens its trace"));
            }
            None => self.fact("upload", "none"),
        }
        if let Some(account) = &links.account {
            self.fact("account", account);
        }
        if let Some(id) = links.set_id {
            self.fact("set", &id.to_string());
        }
        if let Some(id) = links.item_id {
            self.fact("item", &id.to_string());
        }
    }

    fn attributes(&mut self, detail: &DeadDetail) {
        let (row, attributes) = (&detail.row, &detail.attributes);
        self.heading("Attributes");
        self.fact("message", &row.id.to_string());
        self.fact("fingerprint", &row.fingerprint);
        self.fact("lane", attributes.lane.as_str());
        self.fact("backend", attributes.backend.as_str());
        self.fact("received", &format::plural(attributes.receives.into(), "time", "times"));
        self.fact("sent", &format!("{} UTC", format::stamp(row.enqueued_at)));
        self.fact(
            "dead since",
            &format!("{} UTC, dead letter #{}", format::stamp(row.died_at), row.seq),
        );
    }

    fn attempts(&mut self, history: &[DeadAttempt]) {
        match history.len() {
            0 => self.heading("No recorded attempts"),
            1 => self.heading("1 failed attempt"),
            n => self.heading(&format!("{n} failed attempts, newest first")),
        }
        for attempt in history {
            self.attempt(attempt);
        }
    }

    fn attempt(&mut self, attempt: &DeadAttempt) {
        let run = attempt.redrives + 1;
        let tried = &attempt.attempt;
        let head = format!(
            "  run {run}, attempt {}, {} UTC, took {}, {}",
            tried.attempt,
            format::stamp(tried.at),
            format::took(tried.duration_ms as f64 / 1000.0),
            attempt.worker
        );
        let dead = if tried.outcome == AttemptOutcome::Dead {
            "DEAD"
        } else {
            "    "
        };
        self.lines.push(vec![(dead.to_owned(), Tone::Bad), (head, Tone::Dim)]);
        let room = usize::from(self.width.saturating_sub(6));
        for line in text::wrap(&text::clean(&tried.error), room) {
            self.lines.push(vec![(format!("      {line}"), Tone::Plain)]);
        }
    }

    fn operations(&mut self, parts: &[Part]) {
        self.heading("Operations");
        if parts.is_empty() {
            self.lines.push(vec![("none".to_owned(), Tone::Dim)]);
        }
        for part in parts {
            let words = format!(
                "{} {:<8} {:<10} by {}  {}",
                format::stamp(part.at),
                part.kind,
                part.state,
                part.actor,
                part.operation_id
            );
            self.lines.push(vec![(words, Tone::Plain)]);
        }
    }
}
