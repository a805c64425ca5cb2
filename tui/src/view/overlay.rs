//! What is drawn over a screen: help, the command palette, reasons, plans, edits.

use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};

use super::paper::{Paper, split_top};
use super::{bulk, edit, keys, plan, reasons, record};
use crate::state::App;
use crate::state::prompt::{Line, Prompt};
use crate::theme::Tone;

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &mut App) {
    match app.prompt.clone() {
        Some(Prompt::Help { top }) => {
            let top = draw_help(paper, area, app, top);
            app.prompt = Some(Prompt::Help { top });
        }
        Some(Prompt::Palette { line, cursor }) => draw_palette(paper, area, app, &line, cursor),
        Some(Prompt::Reasons(asked)) => reasons::draw(paper, area, app, asked),
        Some(Prompt::Record { top }) => {
            let top = record::draw(paper, area, app, top);
            app.prompt = Some(Prompt::Record { top });
        }
        Some(Prompt::Settle) => bulk::draw_settle(paper, area, app),
        Some(Prompt::Bulk(step)) => bulk::draw_plan(paper, area, app, &step),
        Some(Prompt::Why(line)) => plan::draw_why(paper, area, app, line.as_ref()),
        Some(Prompt::Plan(step)) => plan::draw_plan(paper, area, app, &step),
        Some(Prompt::Edit { top }) => {
            let top = edit::draw(paper, area, app, top);
            app.prompt = Some(Prompt::Edit { top });
        }
        _ => {}
    }
}

/// A box in the middle, as large as it needs to be; returns its inside.
pub fn window(paper: &mut Paper<'_>, area: Rect, width: u16, height: u16, title: &str) -> Rect {
    let (width, height) = ((width + 4).min(area.width), (height + 2).min(area.height));
    let frame = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(frame, paper.buffer);
    let edge = paper.theme.style(Tone::Accent);
    ratatui::widgets::Block::bordered()
        .border_style(edge)
        .render(frame, paper.buffer);
    paper.put(
        frame.x + 2,
        frame.y,
        frame.width.saturating_sub(4),
        &format!(" {title} "),
        Tone::Accent,
    );
    Rect {
        x: frame.x + 2,
        y: frame.y + 1,
        width: frame.width.saturating_sub(4),
        height: frame.height.saturating_sub(2),
    }
}

/// Returns how far it is scrolled, once there is an end to it.
fn draw_help(paper: &mut Paper<'_>, area: Rect, app: &App, top: usize) -> usize {
    let lines = keys::help(app.screen);
    let title = format!("Keys of {} (j k scroll, Esc closes)", app.screen.name());
    let inside = window(paper, area, 72, lines.len() as u16, &title);
    let last = lines.len().saturating_sub(usize::from(inside.height));
    let top = top.min(last);
    for (y, (key, meaning)) in (inside.y..inside.bottom()).zip(lines.iter().skip(top)) {
        if meaning.is_empty() {
            paper.put(inside.x, y, inside.width, key, Tone::Dim);
            continue;
        }
        paper.put(inside.x, y, 16, key, Tone::Accent);
        paper.put(inside.x + 16, y, inside.width.saturating_sub(16), meaning, Tone::Plain);
    }
    top
}

fn draw_palette(paper: &mut Paper<'_>, area: Rect, app: &App, line: &Line, cursor: usize) {
    let entries = app.entries(&line.text);
    let inside = window(paper, area, 50, 14, "Commands (Enter runs, Esc closes)");
    let (input, rest) = split_top(inside, 1);
    paper.put(input.x, input.y, input.width, &format!(":{}▏", line.text), Tone::Accent);
    if entries.is_empty() {
        paper.put(rest.x, rest.y, rest.width, "no command is called that", Tone::Dim);
    }
    let room = usize::from(rest.height);
    let skip = (cursor + 1).saturating_sub(room);
    for (y, (i, entry)) in (rest.y..rest.bottom()).zip(entries.iter().enumerate().skip(skip)) {
        let place = Rect { y, height: 1, ..rest };
        paper.put(place.x, y, place.width, &entry.words, Tone::Plain);
        paper.put_right(place, &entry.key, Tone::Dim);
        if i == cursor {
            let style = paper.theme.selected();
            paper.buffer.set_style(place, style);
        }
    }
}
