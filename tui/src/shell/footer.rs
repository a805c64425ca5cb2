//! The last two lines: the status or what is typed, and the keys.

use crossterm::event::KeyCode;
use ratatui::layout::Rect;

use super::prompt::{Label, Placement};
use super::screen::Hint;
use super::screens::Screens;
use super::{Click, Shell};
use crate::canvas::{Canvas, split_top};
use crate::text;
use crate::theme::Tone;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, screens: &Screens, cx: &mut Shell) {
    let (first, second) = split_top(area, 1);
    let label = screens.label(cx).unwrap_or_default();
    match cx.prompt.as_ref().map(|prompt| prompt.placement()) {
        Some(Placement::Line) => draw_input(canvas, first, &label, cx),
        Some(Placement::Question) => canvas.bar(first, &label.words, Tone::Banner),
        Some(Placement::Overlay) | None => draw_status(canvas, first, screens, cx),
    }
    if label.hint.is_empty() {
        let hints = screens.shown_screen().hints(cx);
        draw_hints(canvas, second, &hints, &mut cx.clicks);
    } else {
        canvas.line(second, label.hint, Tone::Dim);
    }
}

fn draw_input(canvas: &mut Canvas<'_>, area: Rect, label: &Label, cx: &Shell) {
    let room = usize::from(area.width).saturating_sub(text::width(&label.words));
    let input = cx.prompt.as_ref().and_then(|prompt| prompt.any_input());
    let typed = input.map_or(String::new(), |input| input.shown(room));
    let used = canvas.put(
        area.x,
        area.y,
        area.width,
        &format!("{}{typed}", label.words),
        Tone::Accent,
    );
    let rest = area.width.saturating_sub(used + 2);
    canvas.put(area.x + used + 2, area.y, rest, label.aside, Tone::Dim);
}

/// Draws as many hints as fit. The one for help is always drawn, because help lists the others.
fn draw_hints(canvas: &mut Canvas<'_>, area: Rect, hints: &[Hint], clicks: &mut Vec<(Rect, Click)>) {
    let cells = |(key, meaning): &Hint| (text::width(key) + text::width(meaning) + 1) as u16;
    let mut kept = hints
        .iter()
        .position(|(key, _)| *key == "?")
        .map(|at| cells(&hints[at]) + 2);
    let mut x = area.x;
    for hint in hints {
        if hint.0 == "?" {
            kept = None;
        }
        if x + cells(hint) + kept.unwrap_or(0) <= area.right() {
            let end = draw_hint(canvas, x, area.y, hint);
            let width = end - x;
            clicks.extend(key_of(hint.0).map(|code| (Rect { x, width, ..area }, Click::Key(code))));
            x = end;
        }
    }
}

/// The key to press for a hint; the first one of several.
fn key_of(words: &str) -> Option<KeyCode> {
    let word = words.split(' ').next()?;
    let mut chars = word.chars();
    match (word, chars.next(), chars.next()) {
        ("Enter", ..) => Some(KeyCode::Enter),
        ("Esc", ..) => Some(KeyCode::Esc),
        ("Tab", ..) => Some(KeyCode::Tab),
        ("Spc" | "Space", ..) => Some(KeyCode::Char(' ')),
        (_, Some(c), None) => Some(KeyCode::Char(c)),
        _ => None,
    }
}

fn draw_hint(canvas: &mut Canvas<'_>, mut x: u16, y: u16, (key, meaning): &Hint) -> u16 {
    x += canvas.put(x, y, text::width(key) as u16, key, Tone::Accent) + 1;
    x + canvas.put(x, y, text::width(meaning) as u16, meaning, Tone::Dim) + 2
}

fn draw_status(canvas: &mut Canvas<'_>, area: Rect, screens: &Screens, cx: &Shell) {
    let mut room = area;
    if let Some(words) = progress(screens, cx) {
        canvas.put_right(area, &words, Tone::Accent);
        room.width = area.width.saturating_sub(text::width(&words) as u16 + 2);
    }
    if let Some(status) = &cx.status {
        let sign = match status.tone {
            Tone::Bad | Tone::Loud => "!! ",
            Tone::Warn => "! ",
            _ => "",
        };
        let words = status.text.replace('\n', " ");
        canvas.put(room.x, room.y, room.width, &format!("{sign}{words}"), status.tone);
    }
}

/// Long work that goes on, on screens that do not show it: the first in words, the others as a number.
fn progress(screens: &Screens, cx: &Shell) -> Option<String> {
    let all = screens.progress(cx);
    let more = match all.len() {
        0 | 1 => String::new(),
        n => format!(" (+{})", n - 1),
    };
    all.first().map(|first| format!("{first}{more}"))
}
