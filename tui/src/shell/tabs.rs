//! The first line: the screens, and how much waits on each.

use ratatui::layout::Rect;

use super::page::{Page, Place};
use super::screens::Screens;
use super::{Click, Shell};
use crate::canvas::Canvas;
use crate::text;
use crate::theme::Tone;

struct Tab {
    words: String,
    page: &'static Page,
    is_loud: bool,
}

/// The forms of the tabs, the longest first: names and the gap between them.
const STYLES: [(Names, u16); 4] = [(Names::Full, 2), (Names::Full, 1), (Names::Short, 1), (Names::Shown, 1)];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Full,
    Short,
    /// Only the tab that is shown has a name.
    Shown,
}

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, screens: &Screens, cx: &mut Shell) {
    let fitting = STYLES.into_iter().map(|(names, gap)| (tabs(screens, cx, names), gap));
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
        x += canvas.put(x, area.y, 11, "tradepost", Tone::Dim) + 2;
        rest -= 11;
    }
    for tab in &tabs {
        let left = area.right().saturating_sub(x);
        let used = if tab.page.name == cx.page.root() {
            canvas.put_styled(x, area.y, left, &tab.words, canvas.theme.selected())
        } else {
            let tone = if tab.is_loud { Tone::Bad } else { Tone::Plain };
            canvas.put(x, area.y, left, &tab.words, tone)
        };
        let place = Rect { x, width: used, ..area };
        cx.clicks.push((place, Click::Go(tab.page)));
        x += used + gap;
    }
    draw_user(canvas, area, rest, cx);
}

/// The user and the roles, where there is room.
fn draw_user(canvas: &mut Canvas<'_>, area: Rect, room: u16, cx: &Shell) {
    let Some(you) = &cx.you else {
        return;
    };
    let roles: Vec<&str> = you.roles.iter().map(|r| r.as_str()).collect();
    let words = format!("{} ({})", you.user, roles.join(", "));
    if text::width(&words) + 2 <= usize::from(room) {
        canvas.put_right(area, &words, Tone::Dim);
    }
}

fn width(tabs: &[Tab], gap: u16) -> u16 {
    let words: usize = tabs.iter().map(|tab| text::width(&tab.words)).sum();
    words as u16 + gap * tabs.len().saturating_sub(1) as u16
}

/// The ten with a digit, and the one that is shown if it has a letter.
fn tabs(screens: &Screens, cx: &Shell, names: Names) -> Vec<Tab> {
    let tab = |page: &'static Page| {
        let is_shown = page.name == cx.page.root();
        let name = match (page.place, names) {
            (Place::Letter { .. }, _) if !is_shown => return None,
            (Place::Tab { .. }, Names::Shown) if !is_shown => "",
            (Place::Tab { short, .. }, Names::Short | Names::Shown) => short,
            (Place::Tab { title, .. } | Place::Letter { title, .. }, _) => title,
            (Place::Below(_), _) => return None,
        };
        let mut words = format!("{} {name}", page.shortcut()?).trim_end().to_owned();
        let badge = screens.badge(page, cx);
        if badge.count > 0 {
            words.push_str(&format!("({})", compact(badge.count)));
        }
        Some(Tab {
            words,
            page,
            is_loud: badge.is_loud,
        })
    };
    let mut tabs: Vec<Tab> = screens.pages().filter_map(|(_, page)| tab(page)).collect();
    // The digits as on the keyboard: 0 after 9, letters last.
    tabs.sort_by_key(|tab| match tab.page.place {
        Place::Tab { key: '0', .. } => ':',
        Place::Tab { key, .. } => key,
        _ => char::MAX,
    });
    tabs
}

/// `12`, `999`, `12k`, `3M`.
fn compact(n: i64) -> String {
    match n {
        ..1_000 => n.to_string(),
        1_000..1_000_000 => format!("{}k", n / 1_000),
        _ => format!("{}M", n / 1_000_000),
    }
}
