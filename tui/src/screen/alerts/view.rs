//! The list, and the alert under the cursor in full.

use ratatui::layout::Rect;

use super::Alerts;
use crate::canvas::document::Document;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::format;
use crate::rows::alert;
use crate::shell::Shell;
use crate::theme::Tone;

impl Alerts {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, table) = split_top(area, 1);
        canvas.heading(head, &format!("Alerts {}", listing::position(&self.list)));
        let look = Look::new(cx.clock.utc, "No alerts");
        cx.rows_area = listing::draw(canvas, table, &mut self.list, &look);
    }

    /// The alert under the cursor.
    pub fn document(&self, cx: &Shell) -> Option<Document> {
        let alert = self.list.selected()?;
        let severity = alert::severity(alert.severity);
        let mut document = Document::new(&alert.code);
        document.words(&alert.message, Tone::Plain);
        document.fact_in("severity", severity.text, severity.tone);
        let (since, ago) = (format::stamp(alert.since), format::ago(alert.since, cx.clock.utc));
        document.fact("since", format!("{since} UTC, for {ago}"));
        match &alert.acknowledged_by {
            Some(by) => document.fact("acknowledged", format!("by {by}")),
            None => document.fact_in("acknowledged", "no (A)", Tone::Warn),
        }
        Some(document)
    }
}
