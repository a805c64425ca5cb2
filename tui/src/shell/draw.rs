//! The frame: tabs, the link, banners, the page, the footer, a box over it all.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use super::effect::Link;
use super::prompt::Placement;
use super::screens::Screens;
use super::{Shell, detail, footer, picture, tabs};
use crate::canvas::{Canvas, Spans, split_top};
use crate::format;
use crate::text;
use crate::theme::Tone;

/// Below this nothing sensible can be shown.
const SMALLEST: (u16, u16) = (60, 16);

pub fn draw(frame: &mut Frame<'_>, screens: &mut Screens, cx: &mut Shell) {
    let area = frame.area();
    cx.rows_area = Rect::default();
    cx.clicks.clear();
    cx.pictures.on_screen.clear();
    let mut canvas = Canvas {
        buffer: frame.buffer_mut(),
        theme: cx.theme,
    };
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let words = format!(
            "{} x {} is too small; the minimum is {} x {}",
            area.width, area.height, SMALLEST.0, SMALLEST.1
        );
        canvas.paragraph(area, &words, Tone::Warn);
        return;
    }
    let heights = [
        Constraint::Length(1),
        Constraint::Length(link_height(area.width, screens, cx)),
        Constraint::Fill(1),
        Constraint::Length(2),
    ];
    let [tabs, link, body, foot] = Layout::vertical(heights).areas(area);
    tabs::draw(&mut canvas, tabs, screens, cx);
    draw_link(&mut canvas, link, screens, cx);
    let body = draw_banners(&mut canvas, body, cx);
    if cx.live.overview.is_some() {
        draw_page(&mut canvas, body, screens, cx);
    } else {
        draw_no_data(&mut canvas, body, cx);
    }
    footer::draw(&mut canvas, foot, screens, cx);
    draw_overlay(&mut canvas, body, screens, cx);
}

/// The page, with the row under the cursor in full if the screen has that.
fn draw_page(canvas: &mut Canvas<'_>, area: Rect, screens: &mut Screens, cx: &mut Shell) {
    let page = cx.page;
    let screen = screens.current(cx);
    cx.has_side_pane = detail::is_beside(area);
    let document = screen.detail(cx);
    let Some(document) = document else {
        return screen.draw(canvas, area, cx);
    };
    let rows = screen.list(page).map_or(0, |list| list.shown_len()) + screen.lines_above(cx);
    let [list, detail] = detail::split(area, rows);
    screen.draw(canvas, list, cx);
    let room = document.draw(canvas, detail);
    if cx.has_side_pane
        && let Some(key) = screens.current(cx).preview(room, cx)
    {
        cx.pictures.on_screen.push(key.clone());
        picture::draw_key(canvas, room, &key, cx);
    }
}

fn draw_overlay(canvas: &mut Canvas<'_>, area: Rect, screens: &mut Screens, cx: &mut Shell) {
    let Some(mut prompt) = cx.prompt.take() else {
        return;
    };
    if prompt.placement() == Placement::Overlay
        && let Some(owner) = screens.owner(prompt.owner())
    {
        prompt.draw(canvas, area, owner, cx);
    }
    cx.prompt = Some(prompt);
}

/// The lines of the link: a lost one says what to do in full.
fn link_height(width: u16, screens: &Screens, cx: &Shell) -> u16 {
    let lines = |words: String| text::wrap(&words, usize::from(width)).len() as u16;
    stale(screens, cx).map_or(1, lines).min(4)
}

/// The link is lost and there is data.
fn stale(screens: &Screens, cx: &Shell) -> Option<String> {
    let Link::Lost { why, .. } = &cx.link.link else {
        return None;
    };
    let since = |at| format::span(cx.clock.instant.saturating_duration_since(at).as_secs_f64());
    let (age, lost_for) = (since(screens.shown_screen().read_at(cx)?), since(cx.link.since));
    Some(format!(
        "STALE: data {age} old, link lost {lost_for} ago, reconnecting: {why}"
    ))
}

/// The state of the link and the age of the data. A lost link is loud.
fn draw_link(canvas: &mut Canvas<'_>, area: Rect, screens: &Screens, cx: &Shell) {
    let now = cx.clock.instant;
    let age = screens
        .shown_screen()
        .read_at(cx)
        .map(|at| now.saturating_duration_since(at));
    let age = age.map(|age| format::span(age.as_secs_f64()));
    let lost_for = now.saturating_duration_since(cx.link.since).as_secs_f64();
    match (&cx.link.link, age) {
        (Link::Live, age) => {
            let age = age.map_or_else(|| "no data yet".to_owned(), |age| format!("data {age} old"));
            let mut spans: Spans = vec![("● live".to_owned(), Tone::Good), (format!(" · {age}"), Tone::Plain)];
            if let Some(overview) = &cx.live.overview {
                spans.push((
                    format!(" · {} · {} {}", overview.api_url, overview.mode, overview.version),
                    Tone::Dim,
                ));
            }
            canvas.put_spans(area, &spans);
            let now = format::stamp(cx.clock.utc);
            canvas.put_right(area, &format!("{} UTC", &now[6..]), Tone::Dim);
        }
        (Link::Connecting, _) => {
            canvas.put(area.x, area.y, area.width, "○ connecting …", Tone::Warn);
        }
        (Link::Lost { .. }, Some(_)) => {
            canvas.buffer.set_style(area, canvas.theme.style(Tone::Loud));
            canvas.paragraph(area, &stale(screens, cx).unwrap_or_default(), Tone::Loud);
        }
        (Link::Lost { .. }, None) => {
            canvas.bar(
                area,
                &format!("NOT CONNECTED for {}, reconnecting", format::span(lost_for)),
                Tone::Loud,
            );
        }
    }
}

fn draw_banners(canvas: &mut Canvas<'_>, area: Rect, cx: &Shell) -> Rect {
    let mut rest = area;
    if let Some(left) = cx.armed_for() {
        let (line, below) = split_top(rest, 1);
        rest = below;
        let words = format!(
            "WRITING IS ARMED for {}: keys change the marketplace. Ctrl-W disarms.",
            format::countdown(left)
        );
        canvas.bar(line, &words, Tone::Banner);
    }
    if let Some(since) = cx.frozen_since {
        let (line, below) = split_top(rest, 1);
        rest = below;
        let words = format!("FROZEN at {} UTC. p resumes.", format::stamp(since));
        canvas.bar(line, &words, Tone::Banner);
    }
    rest
}

fn draw_no_data(canvas: &mut Canvas<'_>, area: Rect, cx: &Shell) {
    let (_, middle) = split_top(area, area.height / 3);
    match &cx.link.link {
        Link::Lost { why, .. } => {
            let used = canvas.paragraph(middle, why, Tone::Bad);
            let (_, below) = split_top(middle, used + 1);
            canvas.paragraph(below, "Reconnecting automatically. q quits.", Tone::Dim);
        }
        _ => {
            canvas.paragraph(middle, "Waiting for the daemon …", Tone::Dim);
        }
    }
}
