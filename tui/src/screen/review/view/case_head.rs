//! The head of a case: how severe, whose, who has it, what a decision would do, how long there is.

use ratatui::layout::Rect;
use time::OffsetDateTime;
use tradepost_common::review::{CaseDetail, CaseRow, ContributorRecord, LetterKind, QuestionState, Relation};

use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::rows::finding;
use crate::screen::review::Review;
use crate::screen::review::case::{CaseView, Claim};
use crate::shell::Shell;
use crate::text;
use crate::theme::Tone;

/// Draws it and says how many lines it took.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    case: &CaseView,
    detail: &CaseDetail,
    app: &Review,
    cx: &Shell,
) -> u16 {
    draw_title(canvas, area, case, detail, cx);
    let (_, second) = split_top(area, 1);
    let licence = detail.licence.as_deref().unwrap_or("no licence");
    let record = format!("{} · {licence}", record_in_words(&detail.record));
    let tone = if detail.record.banned { Tone::Bad } else { Tone::Plain };
    canvas.line(second, &record, tone);
    let (_, third) = split_top(area, 2);
    draw_decision(canvas, third, case, detail, app, cx);
    let (_, fourth) = split_top(area, 3);
    if fourth.height > 0 {
        canvas.put_spans(fourth, &signs(detail, cx.clock.utc));
    }
    let (_, fifth) = split_top(area, 4);
    match last_letter(detail) {
        Some(words) if fifth.height > 0 => {
            canvas.line(fifth, &words, Tone::Accent);
            5
        }
        _ => 4,
    }
}

/// Draws the facts of a case and the effect of a decision above the image.
pub fn draw_short(
    canvas: &mut Canvas<'_>,
    area: Rect,
    case: &CaseView,
    detail: &CaseDetail,
    app: &Review,
    cx: &Shell,
) -> u16 {
    draw_title(canvas, area, case, detail, cx);
    let (_, second) = split_top(area, 1);
    draw_decision(canvas, second, case, detail, app, cx);
    2
}

fn draw_title(canvas: &mut Canvas<'_>, area: Rect, case: &CaseView, detail: &CaseDetail, cx: &Shell) {
    let severity = finding::severity(detail.case.severity);
    let (mut held, tone) = held_in_words(case, detail, cx);
    if !case.others.is_empty() {
        held.push_str(&format!(" · also here: {}", case.others.join(", ")));
    }
    let most = usize::from(area.width) * 2 / 3;
    let held = text::cut(&held, most).into_owned();
    let room = usize::from(area.width).saturating_sub(text::width(&held) + text::width(&severity.text) + 3);
    let title = text::clean(&case.title).into_owned();
    let first: Spans = vec![
        (severity.text, severity.tone),
        (" ".to_owned(), Tone::Plain),
        (text::cut(&title, room).into_owned(), Tone::Accent),
    ];
    canvas.put_spans(area, &first);
    canvas.put_right(area, &held, tone);
}

fn held_in_words(case: &CaseView, detail: &CaseDetail, cx: &Shell) -> (String, Tone) {
    match &case.claim {
        _ if detail.decision.is_some() => ("decided".to_owned(), Tone::Warn),
        Claim::Held => ("claimed by you".to_owned(), Tone::Good),
        Claim::Asked => ("claiming …".to_owned(), Tone::Dim),
        Claim::Refused(_) => {
            let holder = detail.case.claimed_by.as_deref().filter(|by| !cx.is_me(by));
            let until = detail.claim_until.map(|until| until - cx.clock.utc);
            let left = until.filter(|left| left.is_positive());
            let left = left.map_or(String::new(), |left| {
                format!(", {} left", format::countdown(left.unsigned_abs()))
            });
            (
                format!("HELD by {}{left}", holder.unwrap_or("another moderator")),
                Tone::Warn,
            )
        }
        Claim::None if cx.armed_for().is_none() => ("read-only (W claims)".to_owned(), Tone::Dim),
        Claim::None => ("not claimed".to_owned(), Tone::Dim),
    }
}

/// `anna (new): 3 uploads, 1 published, 1 rejected · 2 more published packs make it trusted · since 2026-10-13`.
pub fn record_in_words(record: &ContributorRecord) -> String {
    let banned = if record.banned { "BANNED " } else { "" };
    let uploads = format::plural(record.uploads, "upload", "uploads");
    let mut words = format!(
        "{banned}{} ({}): {uploads}, {} published, {} rejected",
        record.account,
        record.trust,
        format::count(record.published),
        format::count(record.rejected),
    );
    if record.rejected_lately > 0 {
        words.push_str(&format!(" ({} in 90 days)", format::count(record.rejected_lately)));
    }
    if !record.trust_rule.is_empty() {
        words.push_str(&format!(" · {}", record.trust_rule));
    }
    words.push_str(&format!(" · since {}", record.since.date()));
    words
}

fn draw_decision(canvas: &mut Canvas<'_>, area: Rect, case: &CaseView, detail: &CaseDetail, app: &Review, cx: &Shell) {
    if area.height == 0 {
        return;
    }
    let (words, tone) = decision_in_words(case, detail, cx.clock.utc);
    let hint = undo_hint(app, cx).filter(|_| detail.decision.is_none());
    let mut room = area;
    if let Some(hint) = hint {
        let cells = text::width(&hint).min(usize::from(area.width) / 2);
        canvas.put_right(area, &text::cut(&hint, cells), Tone::Dim);
        room.width = area.width.saturating_sub(cells as u16 + 2);
    }
    canvas.put(room.x, room.y, room.width, &words, tone);
}

/// The decision that `a` would make, why the last one was not taken, or the decision that was made and the time to undo it.
fn decision_in_words(case: &CaseView, detail: &CaseDetail, now: OffsetDateTime) -> (String, Tone) {
    if let Some(decision) = &detail.decision {
        let mut words = format!("DECIDED: {} by {}", decision.outcome, decision.by);
        match decision.undo_until.map(|until| until - now) {
            Some(left) if left.is_positive() => {
                let left = format::countdown(left.unsigned_abs());
                words.push_str(&format!(" · u undoes it: {left} left"));
            }
            _ => words.push_str(" · too late to undo"),
        }
        return (words, Tone::Warn);
    }
    if let Some(trouble) = &case.trouble {
        return (trouble.clone(), Tone::Bad);
    }
    let mut words = format!("a approves {}", case.split().in_words());
    if !case.note.is_empty() {
        words.push_str(&format!(" · note: {}", case.note));
    }
    (words, Tone::Plain)
}

/// `9:12 left: u undoes birds / line (approved)`.
pub fn undo_hint(app: &Review, cx: &Shell) -> Option<String> {
    let made = app
        .recent_decisions
        .iter()
        .rev()
        .find(|made| made.until > cx.clock.utc)?;
    let left = format::countdown((made.until - cx.clock.utc).unsigned_abs());
    Some(format!("{left} left: u undoes {}", made.in_words()))
}

/// `! 5m over target`, `due in 3h05m`.
pub fn due(row: &CaseRow, now: OffsetDateTime) -> (String, Tone) {
    let left = (row.due_at - now).as_seconds_f64();
    if left < 0.0 {
        (format!("! {} overdue", format::span(-left)), Tone::Bad)
    } else {
        (format!("due in {}", format::span(left)), Tone::Dim)
    }
}

/// The time it waits, and what else is to be known before it is decided.
fn signs(detail: &CaseDetail, now: OffsetDateTime) -> Spans {
    let row = &detail.case;
    let mut parts = Spans::new();
    if detail.decision.is_none() {
        parts.push(due(row, now));
    }
    let looks = &detail.look_alikes;
    let copies = |later: bool| {
        looks
            .iter()
            .any(|look| look.relation != Relation::Look && !look.same_contributor && look.other_is_later() == later)
    };
    if copies(false) {
        parts.push(("DUPLICATE of another contributor (d)".to_owned(), Tone::Bad));
    } else if copies(true) {
        parts.push(("copied later by another contributor (d)".to_owned(), Tone::Warn));
    } else if !looks.is_empty() {
        let count = format::plural(looks.len() as i64, "look-alike", "look-alikes");
        parts.push((format!("{count} (d)"), Tone::Warn));
    }
    parts.extend(row_signs(row));
    let on_record = detail.letters.len() + detail.history.len();
    if on_record > 0 {
        parts.push((format!("{on_record} in the record (i)"), Tone::Accent));
    }
    parts.push((format!("waits {}", format::ago(row.opened_at, now)), Tone::Dim));
    joined(parts)
}

/// Appeal, question and cluster, in words.
pub fn row_signs(row: &CaseRow) -> Spans {
    let mut parts: Spans = Vec::new();
    if row.appeal {
        parts.push(("APPEAL".to_owned(), Tone::Warn));
    }
    match row.question {
        Some(QuestionState::Asked) => parts.push(("asked, no answer yet".to_owned(), Tone::Dim)),
        Some(QuestionState::Answered) => parts.push(("ANSWERED".to_owned(), Tone::Good)),
        None => {}
    }
    if row.cluster_size > 1 {
        let size = format::count(row.cluster_size);
        parts.push((format!("look-alike group of {size} (C)"), Tone::Accent));
    }
    parts
}

/// The parts with dots between them.
pub fn joined(parts: Spans) -> Spans {
    let mut line = Spans::new();
    for part in parts {
        if !line.is_empty() {
            line.push((" · ".to_owned(), Tone::Dim));
        }
        line.push(part);
    }
    line
}

/// The last word of the contributor, or the question that waits for one.
fn last_letter(detail: &CaseDetail) -> Option<String> {
    let letter = detail.letters.last()?;
    let did = match letter.kind {
        LetterKind::Question => "asked",
        LetterKind::Answer => "answered",
        LetterKind::Appeal => "appealed",
    };
    Some(format!("{} {did}: {}", letter.from, letter.text))
}
