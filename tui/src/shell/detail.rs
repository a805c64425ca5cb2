//! The row under the cursor in full: below the list, beside it where the terminal is wide, alone after Enter.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};

use super::Shell;
use super::keys::Action;
use super::prompt::{Label, Placement, Prompt, scrolled};
use super::screens::Screens;
use crate::canvas::Canvas;
use crate::list::Order;

/// From this width on the detail is beside the list.
const BESIDE_FROM: u16 = 150;

/// The detail is beside the list.
pub fn is_beside(area: Rect) -> bool {
    area.width >= BESIDE_FROM
}

/// Wider lines are hard to read.
const WIDEST: u16 = 120;

/// The rooms of a list with so many rows and of its detail.
pub fn split(area: Rect, rows: usize) -> [Rect; 2] {
    if is_beside(area) {
        let detail = (area.width * 2 / 5).min(WIDEST);
        let widths = [Constraint::Fill(1), Constraint::Length(2), Constraint::Length(detail)];
        let [list, _, detail] = Layout::horizontal(widths).areas(area);
        return [list, detail];
    }
    // Heading and titles, the rows, an empty line.
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(3);
    let most = area.height - (area.height * 3 / 10).max(4).min(area.height);
    let heights = [Constraint::Length(wanted.clamp(most.min(6), most)), Constraint::Fill(1)];
    Layout::vertical(heights).areas(area)
}

/// The detail alone, scrolled so far.
#[derive(Debug)]
pub struct DetailPrompt {
    pub top: usize,
}

impl Prompt for DetailPrompt {
    type Owner = Screens;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(self, key: KeyEvent, screens: &mut Screens, cx: &mut Shell) -> Option<Self> {
        let order = match key.code {
            KeyCode::Char('n') => Order::Rising,
            KeyCode::Char('N') => Order::Falling,
            _ => return scrolled(self.top, key).map(|top| Self { top }),
        };
        screens.act(Action::Cycle(order), cx);
        Some(Self { top: 0 })
    }

    fn label(&self, _screens: &Screens, _cx: &Shell) -> Label {
        Label {
            hint: "j k scroll  n N next row  Esc closes",
            ..Label::default()
        }
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, screens: &mut Screens, cx: &Shell) {
        let Some(document) = screens.shown_screen().detail(cx) else {
            return;
        };
        let width = area.width.saturating_sub(4).min(WIDEST);
        let lines = document.lines(width);
        let inside = canvas.window(area, width, lines.len() as u16, &document.title);
        self.top = self.top.min(lines.len().saturating_sub(usize::from(inside.height)));
        for (place, spans) in inside.rows().zip(lines.iter().skip(self.top)) {
            canvas.put_spans(place, spans);
        }
    }
}
