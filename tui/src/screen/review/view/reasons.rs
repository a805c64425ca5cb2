//! The overlay that asks why, and shows what the contributor will be told.

use ratatui::layout::Rect;
use tradepost_common::review::REASONS;

use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::screen::review::Review;
use crate::screen::review::reasons::{NOTE_ALONE, Others, Reasons, Refusal, contributor_text};
use crate::text;
use crate::theme::Tone;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &Review, asked: Reasons) {
    let inside = canvas.window(area, 72, 16, &title(app, asked.what));
    let (list, rest) = split_top(inside, 10);
    draw_list(canvas, list, asked);
    let (preview, keys) = split_top(rest, rest.height.saturating_sub(2));
    draw_preview(canvas, preview, app, asked);
    let (first, second) = split_top(keys, 1);
    canvas.line(first, &question(asked), Tone::Accent);
    canvas.line(second, turn(asked.what), Tone::Dim);
}

fn title(app: &Review, what: Refusal) -> String {
    let Some(case) = app.case.as_ref().filter(|_| what != Refusal::Bulk) else {
        let words = app.bulk_target.as_ref().map_or("", |s| s.words.as_str());
        return format!("Reject {words}?");
    };
    let title = text::clean(&case.title).into_owned();
    let title = text::cut(&title, 30);
    let files = |n: usize| format::plural(n as i64, "file", "files");
    match what {
        Refusal::Marked => {
            let split = case.split();
            format!("Reject {} of {title}, approve {}?", files(split.marked), split.publish)
        }
        Refusal::Ban(_) => {
            let detail = case.detail.as_ref();
            let who = detail.map_or("the contributor", |d| d.record.account.as_str());
            format!("Reject {title} and BAN {who}?")
        }
        Refusal::Pack | Refusal::Bulk => {
            format!("Reject {title} ({})?", files(case.files.rows().len()))
        }
    }
}

fn draw_list(canvas: &mut Canvas<'_>, area: Rect, asked: Reasons) {
    let titles = REASONS.iter().map(|reason| reason.title);
    let lines = titles.chain(std::iter::once("note only"));
    for (y, (i, words)) in (area.y..area.bottom()).zip(lines.enumerate()) {
        let place = Rect { y, height: 1, ..area };
        let key = if i == NOTE_ALONE { 0 } else { i + 1 };
        canvas.put(place.x + 1, y, 2, &key.to_string(), Tone::Accent);
        canvas.put(place.x + 4, y, place.width.saturating_sub(4), words, Tone::Plain);
        if asked.cursor == Some(i) {
            canvas.put(place.x, y, 1, "›", Tone::Accent);
            canvas.buffer.set_style(place, canvas.theme.selected());
        }
    }
}

/// Word for word what is sent.
fn draw_preview(canvas: &mut Canvas<'_>, area: Rect, app: &Review, asked: Reasons) {
    let note = app.note_for(asked.what);
    let words = match asked.cursor {
        Some(at) => match contributor_text(REASONS.get(at), note).as_str() {
            "" => "m: write the note".to_owned(),
            told => format!("The contributor will read: {told}"),
        },
        None if note.is_empty() => "j k show what the contributor will read".to_owned(),
        None => format!("The contributor will read the text of the reason, then: {note}"),
    };
    if area.height > 0 {
        canvas.paragraph(area, &words, Tone::Warn);
    }
}

fn question(asked: Reasons) -> String {
    let does = match asked.what {
        Refusal::Pack => "reject",
        Refusal::Marked => "reject the marked, approve the rest",
        Refusal::Ban(_) => "ban, after a question",
        Refusal::Bulk => "plan",
    };
    match asked.cursor {
        Some(_) => format!("1-9, or y for this one: {does} · m note · Esc cancel"),
        None => format!("1-9 {does} · j k preview · m note · Esc cancel"),
    }
}

fn turn(what: Refusal) -> &'static str {
    match what {
        Refusal::Pack => "f: only the marked files",
        Refusal::Marked => "f: the whole pack",
        Refusal::Ban(Others::Kept) => "f: reject ALL their open cases (now: only this one)",
        Refusal::Ban(Others::Rejected) => "f: reject only this one (now: ALL their open cases)",
        Refusal::Bulk => "",
    }
}
