//! The list, and the alert under the cursor in full.

use ratatui::layout::{Constraint, Layout, Rect};

use super::Alerts;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::shell::Shell;
use crate::theme::Tone;

impl Alerts {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let parts = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(5)];
        let [head, table, below] = Layout::vertical(parts).areas(area);
        canvas.heading(head, &format!("Alerts {}", listing::position(&self.list, "")));
        let look = Look::new(cx.clock.utc, "no alert: everything the daemon watches is well");
        cx.rows_area = listing::draw(canvas, table, &mut self.list, &look);
        if let Some(alert) = self.list.selected() {
            let (head, words) = split_top(below, 1);
            let seen = match &alert.acknowledged_by {
                Some(by) => format!("acknowledged by {by}"),
                None => "A acknowledges it".to_owned(),
            };
            let since = format::stamp(alert.since);
            canvas.heading(head, &format!("{} since {since} UTC · {seen}", alert.code));
            canvas.paragraph(words, &alert.message, Tone::Plain);
        }
    }
}
