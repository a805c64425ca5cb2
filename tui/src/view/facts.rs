//! One operation in a few lines.

use ratatui::layout::Rect;
use tradepost_common::operations::{Operation, OperationState};

use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::rows::operation::{bar, pace_in_words, percent, phase_in_words, state};
use crate::theme::Tone;

/// `redrive of render, fingerprint … by anna, 11-22 12:00:00 UTC`.
pub fn title(operation: &Operation) -> String {
    format!(
        "{} of {} by {}, {} UTC",
        operation.kind.as_str(),
        operation.what,
        operation.actor,
        format::stamp(operation.created_at)
    )
}

/// Where it stands, what came of it, how it goes, why: says how many lines it took.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, operation: &Operation) -> u16 {
    let lines: [Spans; 4] = [
        progress(operation, area.width),
        outcome(operation),
        vec![(pace_in_words(operation), Tone::Plain)],
        reason(operation),
    ];
    let mut rest = area;
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let (place, below) = split_top(rest, 1);
        if place.height > 0 {
            canvas.put_spans(place, line);
        }
        rest = below;
    }
    let note = operation.note.as_deref().unwrap_or("");
    let used = if note.is_empty() || rest.height == 0 {
        0
    } else {
        canvas.paragraph(rest, note, Tone::Warn)
    };
    rest.y - area.y + used
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
            words.push_str(&format!(" · all out in {}", format::span(left)));
        }
    }
    let room = usize::from(width.saturating_sub(64)).clamp(8, 40);
    vec![
        (format!("{}{phase}  ", shown.text), shown.tone),
        (
            format!("{} {}%  ", bar(operation, room), percent(operation)),
            Tone::Accent,
        ),
        (words, Tone::Plain),
    ]
}

fn outcome(operation: &Operation) -> Spans {
    let left_out: i64 = operation.left_out.iter().map(|l| l.messages).sum();
    let mut line: Spans = Vec::new();
    if operation.kind.sends() {
        let bad = if operation.refailed > 0 { Tone::Bad } else { Tone::Dim };
        line.push((
            format!("{} succeeded · ", format::count(operation.succeeded)),
            Tone::Good,
        ));
        line.push((format!("{} failed again · ", format::count(operation.refailed)), bad));
    }
    line.push((format!("{} left out", format::count(left_out)), Tone::Dim));
    line
}

fn reason(operation: &Operation) -> Spans {
    let reason = operation.reason.iter();
    reason
        .map(|reason| (format!("reason: {reason}"), Tone::Plain))
        .collect()
}
