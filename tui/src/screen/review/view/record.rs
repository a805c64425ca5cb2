//! Everything about the contributor of a case: record, letters, decisions; as text that scrolls.

use ratatui::layout::Rect;
use tradepost_common::review::{CaseDetail, Decision, Letter, LetterKind};

use crate::canvas::Canvas;
use crate::format;
use crate::screen::review::Review;
use crate::text;
use crate::theme::Tone;

type Lines = Vec<(String, Tone)>;

/// Returns how far it is scrolled, once there is an end to it.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &Review, top: usize) -> usize {
    let Some(detail) = app.case.as_ref().and_then(|case| case.detail.as_ref()) else {
        return 0;
    };
    let width = 76.min(area.width.saturating_sub(4));
    let lines = lines(detail, usize::from(width));
    let title = format!("{} (j k scroll, Esc close)", detail.record.account);
    let inside = canvas.window(area, width, lines.len().min(200) as u16, &title);
    let top = top.min(lines.len().saturating_sub(usize::from(inside.height)));
    for (y, (line, tone)) in (inside.y..inside.bottom()).zip(lines.iter().skip(top)) {
        canvas.put(inside.x, y, inside.width, line, *tone);
    }
    top
}

/// The text, for lines of that width; the command line prints it too.
pub fn lines(detail: &CaseDetail, width: usize) -> Lines {
    let mut lines = Lines::new();
    record(&mut lines, detail, width);
    lines.push(("Letters".to_owned(), Tone::Accent));
    if detail.letters.is_empty() {
        lines.push(("  none".to_owned(), Tone::Dim));
    }
    for letter in &detail.letters {
        push_letter(&mut lines, letter, width);
    }
    lines.push(("Decisions".to_owned(), Tone::Accent));
    if detail.decision.is_none() && detail.history.is_empty() {
        lines.push(("  none".to_owned(), Tone::Dim));
    }
    for decision in detail.decision.iter().chain(&detail.history) {
        push_decision(&mut lines, decision, width);
    }
    lines
}

fn record(lines: &mut Lines, detail: &CaseDetail, width: usize) {
    let record = &detail.record;
    if record.banned {
        lines.push(("BANNED".to_owned(), Tone::Bad));
    }
    let trust = format!("{} since {}", record.trust, record.since.date());
    lines.push((text::clean(&trust).into_owned(), Tone::Plain));
    wrap(lines, &record.trust_rule, width, Tone::Dim);
    let counts = format!(
        "{}, {} published, {} rejected, {} in the last 90 days",
        format::plural(record.uploads, "upload", "uploads"),
        format::count(record.published),
        format::count(record.rejected),
        format::count(record.rejected_lately),
    );
    wrap(lines, &counts, width, Tone::Plain);
}

fn push_letter(lines: &mut Lines, letter: &Letter, width: usize) {
    let (did, tone) = match letter.kind {
        LetterKind::Question => ("asked", Tone::Plain),
        LetterKind::Answer => ("answered", Tone::Good),
        LetterKind::Appeal => ("appealed", Tone::Warn),
    };
    let head = format!("  {} {did}, {} UTC", letter.from, format::stamp(letter.at));
    lines.push((text::clean(&head).into_owned(), tone));
    wrap(lines, &letter.text, width, Tone::Plain);
}

fn push_decision(lines: &mut Lines, decision: &Decision, width: usize) {
    let mut head = format!(
        "{} by {}, {} UTC: {} published, {} rejected",
        decision.outcome,
        decision.by,
        format::stamp(decision.at),
        format::count(decision.items_published),
        format::count(decision.items_rejected),
    );
    if decision.banned {
        head.push_str(", banned");
    }
    let tone = match &decision.undone_by {
        Some(by) => {
            head.push_str(&format!(", UNDONE by {by}"));
            Tone::Dim
        }
        None => Tone::Plain,
    };
    wrap(lines, &head, width, tone);
    if let Some(reason) = &decision.reason {
        wrap(lines, &format!("The contributor read: {reason}"), width, Tone::Dim);
    }
}

/// Indented, in as many lines as it needs.
fn wrap(lines: &mut Lines, words: &str, width: usize, tone: Tone) {
    if words.is_empty() {
        return;
    }
    let broken = text::wrap(&text::clean(words), width.saturating_sub(2).max(8));
    lines.extend(broken.into_iter().map(|line| (format!("  {line}"), tone)));
}
