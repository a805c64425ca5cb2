//! The list of uploads.

use ratatui::layout::Rect;

use super::Uploads;
use crate::canvas::listing::{self, Look};
use crate::canvas::{Canvas, split_top};
use crate::shell::Shell;

impl Uploads {
    pub fn draw_list(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        let (head, rest) = split_top(area, 1);
        canvas.heading(head, &format!("Uploads {}", listing::paged_position(&self.paged)));
        let empty = self.paged.when_empty("No uploads: `tradepost upload PACK.zip`");
        cx.rows_area = listing::draw(canvas, rest, &mut self.paged.list, &Look::new(cx.clock.utc, &empty));
    }
}
