//! The last two lines: what happened or what is typed, and the keys.

use ratatui::layout::Rect;

use super::paper::{Paper, split_top};
use super::{campaigns, keys, operations};
use crate::format;
use crate::state::App;
use crate::state::prompt::{NumberOf, Prompt, Sure};
use crate::state::screen::Screen;
use crate::state::writing::most;
use crate::text;
use crate::theme::Tone;

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &App) {
    let (first, second) = split_top(area, 1);
    match &app.prompt {
        Some(Prompt::Filter(line)) => {
            let words = format!("/{}▏", line.text);
            let used = paper.put(first.x, first.y, first.width, &words, Tone::Accent);
            let rest = first.width.saturating_sub(used + 2);
            let hint = if app.dead_text().is_some() {
                "in file names and errors, by the daemon · Enter keeps · Esc clears"
            } else {
                "! first: rows without it · Enter keeps · Esc clears"
            };
            paper.put(first.x + used + 2, first.y, rest, hint, Tone::Dim);
        }
        Some(Prompt::Note { line, .. }) => draw_typed(paper, first, "note: ", &line.text),
        Some(Prompt::Question(line)) => draw_typed(paper, first, "question: ", &line.text),
        Some(Prompt::Number { of, line }) => {
            let words = format!("{}: {}▏", number_in_words(of, app), line.text);
            paper.put(first.x, first.y, first.width, &words, Tone::Accent);
        }
        Some(Prompt::Campaign(line)) => draw_typed(paper, first, "plan: ", &line.text),
        Some(Prompt::Sure(sure)) => {
            paper.bar(first, &sure_in_words(sure, app), Tone::Banner);
        }
        _ => draw_status(paper, first, app),
    }
    let words = match &app.prompt {
        Some(Prompt::Note { .. }) => "Enter keeps the note and decides nothing · Esc forgets the change",
        Some(Prompt::Question(_)) => "the contributor reads it; Enter shows it once more and sends nothing · Esc: no",
        Some(Prompt::Sure(Sure::Ask(_))) => "y sends it, and the case waits for the answer · Esc or n: back",
        Some(Prompt::Campaign(_)) => campaigns::keys::PLAN_HINT,
        Some(Prompt::Number { .. }) => "Enter changes it · Esc leaves it",
        Some(Prompt::Sure(_)) => "y does it · Esc or n: no",
        _ if matches!(app.screen, Screen::Campaigns | Screen::Campaign) => {
            return draw_hints(paper, second, &campaigns::keys::hints(app));
        }
        _ => return draw_hints(paper, second, keys::hints(app.screen)),
    };
    paper.put(second.x, second.y, second.width, words, Tone::Dim);
}

/// What is typed last is what has to be seen.
fn draw_typed(paper: &mut Paper<'_>, area: Rect, label: &str, typed: &str) {
    let room = usize::from(area.width).saturating_sub(text::width(label) + 1);
    let shown = text::cut_front(typed, room);
    paper.put(area.x, area.y, area.width, &format!("{label}{shown}▏"), Tone::Accent);
}

fn sure_in_words(sure: &Sure, app: &App) -> String {
    match sure {
        Sure::Resume(_) => "It stopped by itself. Go on all the same?".to_owned(),
        Sure::Cancel(_) => "Cancel the operation? What is done stays done.".to_owned(),
        Sure::Campaign(_, step) => campaigns::keys::question(*step, app.meant_campaign()),
        Sure::Ban(ban) => {
            let row = app.row_in_hand();
            let who = row.map_or("the contributor", |row| row.contributor.as_str());
            let what = if ban.reject_open {
                "ALL their open cases"
            } else {
                "this pack"
            };
            format!("BAN {who} and reject {what}? They can upload no more.")
        }
        Sure::Ask(question) => format!("They will read: {question}"),
        Sure::Undo(made) => format!("Undo {}: each is open again?", made.in_words()),
        Sure::Unban(account) => format!("Let {account} upload again?"),
    }
}

fn number_in_words(of: &NumberOf, app: &App) -> String {
    let most = format::count(most(of).into());
    match of {
        NumberOf::Concurrency(name) => {
            let now = app
                .queues
                .rows()
                .iter()
                .find(|q| q.name == *name)
                .map_or(0, |q| q.concurrency);
            format!("handlers of {name} at once (1 to {most}, empty: as configured; {now} now)")
        }
        NumberOf::CampaignRate(_) => format!("items a second at most (1 to {most}, empty: no limit)"),
        NumberOf::Rate(_) => format!("messages a second at most (1 to {most})"),
    }
}

/// What runs, on screens that do not show it.
fn progress(app: &App) -> Option<String> {
    if app.screen.tab() == Screen::Operations {
        return None;
    }
    let started = app.operations.live.iter().filter(|o| o.started_at.is_some());
    let campaigns = app.campaigns.paged.list.rows().iter().filter(|c| campaigns::is_on(c));
    let mut on = started
        .map(operations::in_short)
        .chain(campaigns.map(campaigns::in_short));
    let newest = on.next()?;
    let more = match on.count() {
        0 => String::new(),
        n => format!(" (+{n})"),
    };
    Some(format!("{newest}{more}"))
}

/// As many as fit; help always has its room, because it has the others.
fn draw_hints(paper: &mut Paper<'_>, area: Rect, hints: &[keys::Help]) {
    let cells = |(key, meaning): &keys::Help| (text::width(key) + text::width(meaning) + 1) as u16;
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
            x = draw_hint(paper, x, area.y, hint);
        }
    }
}

fn draw_hint(paper: &mut Paper<'_>, mut x: u16, y: u16, (key, meaning): &keys::Help) -> u16 {
    x += paper.put(x, y, text::width(key) as u16, key, Tone::Accent) + 1;
    x + paper.put(x, y, text::width(meaning) as u16, meaning, Tone::Dim) + 2
}

fn draw_status(paper: &mut Paper<'_>, area: Rect, app: &App) {
    let mut room = area;
    if let Some(words) = progress(app) {
        paper.put_right(area, &words, Tone::Accent);
        room.width = area.width.saturating_sub(text::width(&words) as u16 + 2);
    }
    if let Some(status) = &app.status {
        let sign = match status.tone {
            Tone::Bad | Tone::Loud => "!! ",
            Tone::Warn => "! ",
            _ => "",
        };
        let words = status.text.replace('\n', " ");
        paper.put(room.x, room.y, room.width, &format!("{sign}{words}"), status.tone);
    }
}
