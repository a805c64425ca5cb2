//! From state to screen. Drawing changes nothing but where lists are scrolled to.

pub mod alerts;
pub mod attempts;
pub mod audit;
pub mod bulk;
pub mod campaigns;
pub mod case_head;
pub mod compare;
mod edit;
pub mod facts;
pub mod findings;
mod foot;
pub mod groups;
pub mod item;
pub mod keys;
pub mod latency;
pub mod letter;
pub mod letters;
pub mod listing;
pub mod operation;
pub mod operations;
pub mod overlay;
pub mod overview;
pub mod paper;
mod picture;
mod plan;
pub mod queues;
mod reasons;
pub mod record;
pub mod review;
mod source;
mod tabs;
#[cfg(test)]
pub mod testdata;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod uploads;

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::format;
use crate::message::Link;
use crate::state::App;
use crate::state::paged::Paged;
use crate::state::prompt::Prompt;
use crate::state::screen::Screen;
use crate::table::Row;
use crate::theme::Tone;
use paper::{Paper, Spans, split_top};

/// Below this nothing sensible can be shown.
const SMALLEST: (u16, u16) = (60, 16);

pub fn draw(frame: &mut Frame<'_>, app: &mut App) {
    let area = frame.area();
    app.rows_area = Rect::default();
    app.picture_wish = None;
    app.beside_wishes.clear();
    let mut paper = Paper {
        buffer: frame.buffer_mut(),
        theme: app.theme,
    };
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let words = format!(
            "{} x {} is too small; {} x {} is the least",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        );
        paper.paragraph(area, &words, Tone::Warn);
        return;
    }
    let (tabs, rest) = split_top(area, 1);
    tabs::draw(&mut paper, tabs, app);
    let (line, rest) = split_top(rest, 1);
    draw_link(&mut paper, line, app);
    let rest = draw_banners(&mut paper, rest, app);
    let (body, foot) = split_top(rest, rest.height - 2);
    draw_body(&mut paper, body, app);
    foot::draw(&mut paper, foot, app);
    overlay::draw(&mut paper, body, app);
}

/// These are drawn over the screen; the others take its last line.
pub fn covers_screen(prompt: &Prompt) -> bool {
    matches!(
        prompt,
        Prompt::Help { .. }
            | Prompt::Palette { .. }
            | Prompt::Reasons(_)
            | Prompt::Record { .. }
            | Prompt::Settle
            | Prompt::Bulk(_)
            | Prompt::Why(_)
            | Prompt::Plan(_)
            | Prompt::Edit { .. }
    )
}

/// `+` when the daemon has more rows than were read.
pub fn paged_suffix<R: Row>(paged: &Paged<R>) -> String {
    let more = if paged.has_more() { "+" } else { "" };
    let failed = if paged.error.is_some() {
        " · not read again: see below"
    } else {
        ""
    };
    format!("{more}{failed}")
}

/// The state of the line and how old the data is. A lost line is loud.
fn draw_link(paper: &mut Paper<'_>, area: Rect, app: &App) {
    let age = app.data_age().map(|age| format::span(age.as_secs_f64()));
    let lost_for = app
        .clock
        .instant
        .saturating_duration_since(app.link_since)
        .as_secs_f64();
    match (&app.link, age) {
        (Link::Live, age) => {
            let age = age.map_or_else(|| "no data yet".to_owned(), |age| format!("data {age} old"));
            let mut spans: Spans = vec![("● live".to_owned(), Tone::Good), (format!(" · {age}"), Tone::Plain)];
            if let Some(overview) = &app.overview {
                spans.push((
                    format!(" · {} · {} {}", overview.api_url, overview.mode, overview.version),
                    Tone::Dim,
                ));
            }
            paper.put_spans(area, &spans);
            let now = format::stamp(app.clock.utc);
            paper.put_right(area, &format!("{} UTC", &now[6..]), Tone::Dim);
        }
        (Link::Connecting, _) => {
            paper.put(area.x, area.y, area.width, "○ connecting …", Tone::Warn);
        }
        (Link::Lost { why, .. }, Some(age)) => {
            let words = format!(
                "STALE: data {age} old, line lost {} ago, trying again: {why}",
                format::span(lost_for)
            );
            paper.bar(area, &words, Tone::Loud);
        }
        (Link::Lost { .. }, None) => {
            paper.bar(
                area,
                &format!("NOT CONNECTED for {}, trying again", format::span(lost_for)),
                Tone::Loud,
            );
        }
    }
}

fn draw_banners(paper: &mut Paper<'_>, area: Rect, app: &App) -> Rect {
    let mut rest = area;
    if let Some(left) = app.armed_for() {
        let (line, below) = split_top(rest, 1);
        rest = below;
        let words = format!(
            "WRITING IS ARMED for {}: keys change the marketplace. W disarms.",
            format::countdown(left)
        );
        paper.bar(line, &words, Tone::Banner);
    }
    if let Some(frozen) = &app.frozen {
        let (line, below) = split_top(rest, 1);
        rest = below;
        let words = format!("FROZEN at {} UTC. p goes on.", format::stamp(frozen.since));
        paper.bar(line, &words, Tone::Banner);
    }
    rest
}

fn draw_body(paper: &mut Paper<'_>, area: Rect, app: &mut App) {
    if app.overview.is_none() {
        draw_no_data(paper, area, app);
        return;
    }
    match app.screen {
        Screen::Overview => overview::draw(paper, area, app),
        Screen::Queues => queues::draw(paper, area, app),
        Screen::Groups => groups::draw(paper, area, app),
        Screen::Letters => letters::draw(paper, area, app),
        Screen::Letter => letter::draw(paper, area, app),
        Screen::Operations => operations::draw(paper, area, app),
        Screen::Operation => operation::draw(paper, area, app),
        Screen::Campaigns => campaigns::draw(paper, area, app),
        Screen::Campaign => campaigns::detail::draw(paper, area, app),
        Screen::Latency => latency::draw(paper, area, app),
        Screen::Alerts => alerts::draw(paper, area, app),
        Screen::Review => review::draw(paper, area, app),
        Screen::Item => item::draw(paper, area, app),
        Screen::Audit => audit::draw(paper, area, app),
        Screen::Uploads => uploads::draw(paper, area, app),
        Screen::Trace => trace::draw(paper, area, app),
    }
}

fn draw_no_data(paper: &mut Paper<'_>, area: Rect, app: &App) {
    let (_, middle) = split_top(area, area.height / 3);
    match &app.link {
        Link::Lost { why, .. } => {
            let used = paper.paragraph(middle, why, Tone::Bad);
            let (_, below) = split_top(middle, used + 1);
            paper.paragraph(below, "Trying again by itself. q quits.", Tone::Dim);
        }
        _ => {
            paper.paragraph(middle, "waiting for the daemon …", Tone::Dim);
        }
    }
}
