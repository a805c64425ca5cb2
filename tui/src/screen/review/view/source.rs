//! The text of a file with the line of the finding marked and a caret below its column.

use ratatui::layout::Rect;
use tradepost_common::review::SourceLine;

use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::screen::review::source::SourceView;
use crate::text;
use crate::theme::Tone;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, view: &mut SourceView) {
    let (head, rest) = split_top(area, 1);
    canvas.heading(head, &title(view));
    let (message, rest) = split_top(rest, u16::from(view.message.is_some()));
    if let Some(words) = &view.message {
        canvas.line(message, words, Tone::Warn);
    }
    let (body, keys) = split_top(rest, rest.height.saturating_sub(1));
    canvas.line(
        keys,
        "j k g G scroll · ← → sideways · ] [ next, previous finding · v back",
        Tone::Dim,
    );
    // The caret has a line of its own.
    view.height = i32::from(body.height.saturating_sub(1).max(1));
    if let Some(why) = &view.error {
        canvas.paragraph(body, why, Tone::Bad);
        return;
    }
    let Some(source) = &view.source else {
        canvas.line(body, "Reading …", Tone::Dim);
        return;
    };
    let digits = source.total_lines.to_string().len();
    let room = usize::from(body.width).saturating_sub(digits + 5);
    view.place(room);
    draw_lines(canvas, body, view, digits);
}

fn title(view: &SourceView) -> String {
    let path = text::clean(&view.path);
    let place = match view.mark {
        Some((line, Some(column))) => {
            format!(" · line {}, column {column}", format::count(line.into()))
        }
        Some((line, None)) => format!(" · line {}", format::count(line.into())),
        None => String::new(),
    };
    let total = view.source.as_ref().map_or(String::new(), |source| {
        format!(" · {}", format::plural(source.total_lines.into(), "line", "lines"))
    });
    format!("{path}{place}{total}")
}

fn draw_lines(canvas: &mut Canvas<'_>, area: Rect, view: &SourceView, digits: usize) {
    let total = view.source.as_ref().map_or(0, |source| source.total_lines);
    let mut y = area.y;
    let mut number = view.top;
    while y < area.bottom() && number <= total {
        let mark = view.mark.filter(|(line, _)| *line == number);
        let place = Rect { y, height: 1, ..area };
        y += 1;
        let Some(line) = view.line(number) else {
            canvas.line(place, &format!("  {number:>digits$} │ …"), Tone::Dim);
            number += 1;
            continue;
        };
        draw_line(canvas, place, line, (number, digits), view.left, mark.is_some());
        if let Some((_, Some(column))) = mark.filter(|_| y < area.bottom()) {
            let below = Rect { y, height: 1, ..area };
            draw_caret(canvas, below, line, column, view.left, digits + 5);
            y += 1;
        }
        number = number.saturating_add(1);
    }
}

fn draw_line(
    canvas: &mut Canvas<'_>,
    area: Rect,
    line: &SourceLine,
    (number, digits): (i32, usize),
    left: usize,
    is_marked: bool,
) {
    let (sign, gutter_tone, tone) = if is_marked {
        ("▶", Tone::Bad, Tone::Accent)
    } else {
        (" ", Tone::Dim, Tone::Plain)
    };
    let gutter = format!("{sign} {number:>digits$} │ ");
    let used = canvas.put(area.x, area.y, area.width, &gutter, gutter_tone);
    let text = one_line(line);
    let shown = text.chars().skip(left).take(usize::from(area.width));
    let mut words: String = front(line, left).chars().chain(shown).collect();
    if line.hidden > 0 {
        let hidden = format::plural(line.hidden.into(), "character", "characters");
        words.push_str(&format!(" … {hidden} not shown"));
    }
    canvas.put(area.x + used, area.y, area.width.saturating_sub(used), &words, tone);
}

/// A sign that something is missing before what is shown.
fn front(line: &SourceLine, left: usize) -> &'static str {
    if line.first_column > 1 && left == 0 { "…" } else { "" }
}

/// Tabs take one cell, so that the caret stands below its column.
fn one_line(line: &SourceLine) -> String {
    line.text.replace('\t', " ")
}

/// Below the column of the finding, as far as it is on the screen.
fn draw_caret(canvas: &mut Canvas<'_>, area: Rect, line: &SourceLine, column: i32, left: usize, gutter: usize) {
    let at = usize::try_from(column.saturating_sub(line.first_column)).ok();
    let Some(skip) = at.and_then(|at| at.checked_sub(left)) else {
        return;
    };
    let before: String = one_line(line).chars().skip(left).take(skip).collect();
    let x = gutter + front(line, left).chars().count() + text::width(&text::clean(&before));
    if let Ok(x) = u16::try_from(x)
        && x < area.width
    {
        canvas.put(area.x + x, area.y, 1, "^", Tone::Bad);
    }
}
