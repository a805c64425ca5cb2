//! The list with the operation under the cursor, and one operation with its messages.

use ratatui::layout::Rect;
use tradepost_common::operations::{Operation, OperationState};

use super::Operations;
use super::detail::Detail;
use crate::canvas::column::Column;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::rows::operation::{pace_in_words, percent, phase_in_words, state};
use crate::rows::operation_item::item_state;
use crate::shell::Shell;
use crate::theme::Tone;

/// Lines of an operation at most, without its heading.
const FACTS: u16 = 6;

/// Fits beside and below the list.
const NARROW: u16 = 80;

impl Operations {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        let position = listing::paged_position(&self.paged);
        canvas.heading(head, &format!("Operations {position} · Tab campaigns"));
        let empty = self.paged.when_empty("No operations: R on dead letters (3) plans one");
        let look = Look::new(cx.clock.utc, &empty);
        cx.rows_area = listing::draw(canvas, table, &mut self.paged.list, &look);
    }

    /// The operation under the cursor.
    pub fn document(&self) -> Option<Document> {
        let operation = self.paged.list.selected()?;
        let mut document = Document::new(title(operation));
        for spans in facts(operation, NARROW) {
            document.spans(spans);
        }
        for (name, words, tone) in [
            ("reason", &operation.reason, Tone::Plain),
            ("note", &operation.note, Tone::Warn),
        ] {
            if let Some(words) = words {
                document.fact_in(name, words, tone);
            }
        }
        for left in &operation.left_out {
            let count = format::count(left.messages);
            document.fact_in("skipped", format!("{count}: {}", left.reason), Tone::Warn);
        }
        Some(document)
    }
}

impl Detail {
    pub fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, rest) = split_top(area, 1);
        let Some(operation) = &self.fetched.value else {
            canvas.heading(head, &format!("Operation {}", self.id));
            let words = self.fetched.error.as_deref().unwrap_or("Reading …");
            canvas.paragraph(rest, words, Tone::Dim);
            return;
        };
        canvas.heading(head, &title(operation));
        let (facts, _) = split_top(rest, FACTS);
        let mut column = Column { canvas, rest: facts };
        draw_facts(&mut column, operation);
        let used = facts.height - column.rest.height;
        column.rest = split_top(rest, used).1;
        let room = usize::from(column.rest.height / 4);
        for left in operation.left_out.iter().take(room) {
            let words = format!("{:>9} skipped: {}", format::count(left.messages), left.reason);
            column.line(&words, Tone::Warn);
        }
        let (head, rest) = split_top(column.rest, 1);
        let which = self.state.map_or("all", |state| state.as_str()).replace('_', " ");
        let position = listing::paged_position(&self.items);
        canvas.heading(head, &format!("Messages: {which} {position} · Tab next state"));
        let empty = self.items.when_empty("No messages: Tab next state");
        cx.rows_area = listing::draw(canvas, rest, &mut self.items.list, &Look::new(cx.clock.utc, &empty));
    }
}

impl Detail {
    /// The message under the cursor.
    pub fn item_document(&self) -> Option<Document> {
        let item = self.items.list.selected()?;
        let mut document = Document::new(item.subject.as_deref().unwrap_or("Message"));
        let state = item_state(item.state);
        document.fact_in("state", state.text, state.tone);
        document.fact("queue", &item.queue);
        document.fact("message", item.message_id.to_string());
        document.fact("at", format!("{} UTC", format::stamp(item.at)));
        if let Some(reason) = &item.reason {
            document.words(reason, state.tone);
        }
        Some(document)
    }
}

/// `redrive of render, fingerprint … by anna, 11-22 12:00:00 UTC`.
fn title(operation: &Operation) -> String {
    format!(
        "{} of {} by {}, {} UTC",
        operation.kind.as_str(),
        operation.what,
        operation.actor,
        format::stamp(operation.created_at)
    )
}

/// Progress, outcome, rate, in that width.
fn facts(operation: &Operation, width: u16) -> [Spans; 3] {
    let pace = vec![(pace_in_words(operation), Tone::Plain)];
    [progress(operation, width), outcome(operation), pace]
}

/// Progress, outcome, rate, reason, note.
fn draw_facts(column: &mut Column<'_, '_>, operation: &Operation) {
    for spans in facts(operation, column.rest.width) {
        column.spans(&spans);
    }
    if let Some(reason) = &operation.reason {
        column.line(&format!("reason: {reason}"), Tone::Plain);
    }
    if let Some(note) = &operation.note {
        column.lines(note, Tone::Warn, FACTS);
    }
}

fn progress(operation: &Operation, width: u16) -> Spans {
    let shown = state(operation.state);
    let phase = phase_in_words(operation);
    let mut words = format!(
        "{} of {}",
        format::count(operation.acted),
        format::count(operation.eligible())
    );
    if operation.state == OperationState::Running {
        words.push_str(&format!(" · {}/s", format::count(operation.rate.round() as i64)));
        if let Some(left) = operation.eta_seconds {
            words.push_str(&format!(" · ETA {}", format::span(left)));
        }
    }
    let room = usize::from(width.saturating_sub(64)).clamp(8, 40);
    let done = format!("{} {}%  ", format::bar(percent(operation), room), percent(operation));
    vec![
        (format!("{}{phase}  ", shown.text), shown.tone),
        (done, Tone::Accent),
        (words, Tone::Plain),
    ]
}

fn outcome(operation: &Operation) -> Spans {
    let left_out: i64 = operation.left_out.iter().map(|left| left.messages).sum();
    let mut line: Spans = Vec::new();
    if operation.kind.sends() {
        let bad = if operation.refailed > 0 { Tone::Bad } else { Tone::Dim };
        let (good, again) = (format::count(operation.succeeded), format::count(operation.refailed));
        line.push((format!("{good} succeeded · "), Tone::Good));
        line.push((format!("{again} failed again · "), bad));
    }
    line.push((format!("{} skipped", format::count(left_out)), Tone::Dim));
    line
}
