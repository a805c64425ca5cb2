//! The last two lines: what happened or what is typed, and the keys.

use ratatui::layout::Rect;

use super::keys;
use super::paper::{Paper, split_top};
use crate::state::App;
use crate::state::prompt::Prompt;
use crate::text;
use crate::theme::Tone;

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &App) {
    let (first, second) = split_top(area, 1);
    match &app.prompt {
        Some(Prompt::Filter(line)) => {
            let words = format!("/{}▏", line.text);
            let used = paper.put(first.x, first.y, first.width, &words, Tone::Accent);
            let rest = first.width.saturating_sub(used + 2);
            paper.put(
                first.x + used + 2,
                first.y,
                rest,
                "! first: rows without it · Enter keeps · Esc clears",
                Tone::Dim,
            );
        }
        Some(Prompt::Note(line)) => {
            // What is typed last is what has to be seen.
            let shown = text::cut_front(&line.text, usize::from(first.width).saturating_sub(7));
            paper.put(first.x, first.y, first.width, &format!("note: {shown}▏"), Tone::Accent);
        }
        _ => draw_status(paper, first, app),
    }
    if let Some(Prompt::Note(_)) = &app.prompt {
        let words = "Enter keeps the note and decides nothing · Esc forgets the change";
        paper.put(second.x, second.y, second.width, words, Tone::Dim);
    } else {
        draw_hints(paper, second, keys::hints(app.screen));
    }
}

fn draw_hints(paper: &mut Paper<'_>, area: Rect, hints: &[keys::Help]) {
    let mut x = area.x;
    for (key, meaning) in hints {
        let cells = (text::width(key) + text::width(meaning) + 1) as u16;
        if x + cells > area.right() {
            return;
        }
        x += paper.put(x, area.y, cells, key, Tone::Accent) + 1;
        x += paper.put(x, area.y, cells, meaning, Tone::Dim) + 2;
    }
}

fn draw_status(paper: &mut Paper<'_>, area: Rect, app: &App) {
    if let Some(status) = &app.status {
        let sign = match status.tone {
            Tone::Bad | Tone::Loud => "!! ",
            Tone::Warn => "! ",
            _ => "",
        };
        let words = status.text.replace('\n', " ");
        paper.put(area.x, area.y, area.width, &format!("{sign}{words}"), status.tone);
    }
}
