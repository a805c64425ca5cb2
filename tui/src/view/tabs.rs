//! The first line: the screens, and how much waits on each.

use ratatui::layout::Rect;
use tradepost_common::overview::Severity;

use super::campaigns::is_on;
use super::paper::Paper;
use crate::state::App;
use crate::state::screen::{Screen, TABS};
use crate::text;
use crate::theme::Tone;

struct Tab {
    words: String,
    screen: Screen,
    loud: bool,
}

/// How names are written: as much as fits.
const STYLES: [(Names, u16); 3] = [(Names::Full, 2), (Names::Full, 1), (Names::Short, 1)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Full,
    Short,
}

pub fn draw(paper: &mut Paper<'_>, area: Rect, app: &App) {
    let fitting = STYLES.into_iter().map(|(names, gap)| (tabs(app, names), gap));
    let mut last = None;
    for (tabs, gap) in fitting {
        let fits = width(&tabs, gap) <= area.width;
        last = Some((tabs, gap));
        if fits {
            break;
        }
    }
    let Some((tabs, gap)) = last else {
        return;
    };
    let mut rest = area.width.saturating_sub(width(&tabs, gap));
    let mut x = area.x;
    if gap > 1 && rest > 11 {
        x += paper.put(x, area.y, 11, "tradepost", Tone::Dim) + 2;
        rest -= 11;
    }
    for tab in &tabs {
        let left = area.right().saturating_sub(x);
        let used = if tab.screen == app.screen.tab() {
            paper.put_styled(x, area.y, left, &tab.words, paper.theme.selected())
        } else {
            let tone = if tab.loud { Tone::Bad } else { Tone::Plain };
            paper.put(x, area.y, left, &tab.words, tone)
        };
        x += used + gap;
    }
    draw_you(paper, area, rest, app);
}

/// Who looks, where there is room.
fn draw_you(paper: &mut Paper<'_>, area: Rect, room: u16, app: &App) {
    let Some(you) = &app.you else {
        return;
    };
    let roles: Vec<&str> = you.roles.iter().map(|r| r.as_str()).collect();
    let words = format!("{} ({})", you.user, roles.join(", "));
    if text::width(&words) + 2 <= usize::from(room) {
        paper.put_right(area, &words, Tone::Dim);
    }
}

fn width(tabs: &[Tab], gap: u16) -> u16 {
    let words: usize = tabs.iter().map(|tab| text::width(&tab.words)).sum();
    words as u16 + gap * tabs.len().saturating_sub(1) as u16
}

fn tabs(app: &App, names: Names) -> Vec<Tab> {
    let tab = |screen: Screen| {
        let name = match names {
            Names::Full => screen.name(),
            Names::Short => screen.short_name(),
        };
        let (count, loud) = count(screen, app);
        let words = match count {
            1.. => format!("{} {name}({})", screen.key(), compact(count)),
            _ => format!("{} {name}", screen.key()),
        };
        Tab { words, screen, loud }
    };
    TABS.into_iter().map(tab).collect()
}

/// `12`, `999`, `12k`, `3M`.
fn compact(n: i64) -> String {
    match n {
        ..1_000 => n.to_string(),
        1_000..1_000_000 => format!("{}k", n / 1_000),
        _ => format!("{}M", n / 1_000_000),
    }
}

/// How many things wait on a screen, and whether one of them cannot.
fn count(screen: Screen, app: &App) -> (i64, bool) {
    let counts = app.overview.as_ref().map(|o| o.counts).unwrap_or_default();
    match screen {
        Screen::Alerts => {
            let alerts = app.alerts.rows();
            let is_loud = |a: &&_| is_new_and_critical(a);
            (alerts.len() as i64, alerts.iter().any(|a| is_loud(&a)))
        }
        Screen::Review => (counts.cases_open, false),
        Screen::Groups => (counts.dead_letters, false),
        Screen::Operations => {
            let started = app.operations.live.iter().filter(|o| o.started_at.is_some());
            let campaigns = app.campaigns.paged.list.rows().iter().filter(|c| is_on(c));
            ((started.count() + campaigns.count()) as i64, false)
        }
        _ => (0, false),
    }
}

fn is_new_and_critical(alert: &tradepost_common::overview::Alert) -> bool {
    alert.severity == Severity::Critical && alert.acknowledged_by.is_none()
}
