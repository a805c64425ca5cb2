//! Drawing by meaning: text with a tone, headings, boxes, lists.

pub mod column;
pub mod document;
pub mod listing;

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::widgets::{Block, Clear, Widget};

use crate::text;
use crate::theme::{Theme, Tone};

/// The cells of a frame and their colours.
pub struct Canvas<'a> {
    pub buffer: &'a mut Buffer,
    pub theme: Theme,
}

/// Pieces of a line, each with its meaning.
pub type Spans = Vec<(String, Tone)>;

impl Canvas<'_> {
    /// Writes at most `cells` of the text and says how many it took.
    pub fn put(&mut self, x: u16, y: u16, cells: u16, words: &str, tone: Tone) -> u16 {
        self.put_styled(x, y, cells, words, self.theme.style(tone))
    }

    pub fn put_styled(&mut self, x: u16, y: u16, cells: u16, words: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x >= area.right() {
            return 0;
        }
        let cells = cells.min(area.right() - x);
        let clean = text::clean(words);
        let cut = text::cut(&clean, usize::from(cells));
        let (end, _) = self.buffer.set_stringn(x, y, &cut, usize::from(cells), style);
        end.saturating_sub(x)
    }

    /// Writes on the first line of the area.
    pub fn line(&mut self, area: Rect, words: &str, tone: Tone) {
        if area.height > 0 {
            self.put(area.x, area.y, area.width, words, tone);
        }
    }

    /// Writes pieces one after the other on the first line of the area.
    pub fn put_spans(&mut self, area: Rect, spans: &[(String, Tone)]) -> u16 {
        let mut x = area.x;
        for (words, tone) in spans {
            let left = area.right().saturating_sub(x);
            x += self.put(x, area.y, left, words, *tone);
        }
        x - area.x
    }

    /// Writes at the right end of the first line of the area.
    pub fn put_right(&mut self, area: Rect, words: &str, tone: Tone) {
        let clean = text::clean(words);
        let cells = text::width(&clean).min(usize::from(area.width)) as u16;
        self.put(area.right() - cells, area.y, cells, words, tone);
    }

    /// The whole first line of the area in one tone, with text.
    pub fn bar(&mut self, area: Rect, words: &str, tone: Tone) {
        let style = self.theme.style(tone);
        self.buffer.set_style(Rect { height: 1, ..area }, style);
        self.put(area.x, area.y, area.width, words, tone);
    }

    /// Text in as many lines as it needs and the area has; says how many it took.
    pub fn paragraph(&mut self, area: Rect, words: &str, tone: Tone) -> u16 {
        let clean = text::clean(words);
        let lines = text::wrap(&clean, usize::from(area.width));
        let room = usize::from(area.height);
        let more = lines.len() > room;
        for (i, line) in lines.iter().take(room).enumerate() {
            let y = area.y + i as u16;
            self.put(area.x, y, area.width, line, tone);
            if more && i + 1 == room {
                self.put(area.right().saturating_sub(1), y, 1, "…", Tone::Dim);
            }
        }
        lines.len().min(room) as u16
    }

    /// A heading with a rule to the right edge.
    pub fn heading(&mut self, area: Rect, words: &str) {
        let used = self.put(area.x, area.y, area.width, words, Tone::Accent) + 1;
        let rest = area.width.saturating_sub(used);
        self.put(area.x + used, area.y, rest, &"─".repeat(usize::from(rest)), Tone::Dim);
    }

    /// Shows the first line of the area as the one under the cursor.
    pub fn select(&mut self, area: Rect) {
        let style = self.theme.selected();
        self.buffer.set_style(Rect { height: 1, ..area }, style);
    }

    /// Draws a box in the middle, as large as it needs to be; returns its inside.
    pub fn window(&mut self, area: Rect, width: u16, height: u16, title: &str) -> Rect {
        let (width, height) = ((width + 4).min(area.width), (height + 2).min(area.height));
        let frame = Rect {
            x: area.x + (area.width - width) / 2,
            y: area.y + (area.height - height) / 2,
            width,
            height,
        };
        Clear.render(frame, self.buffer);
        let edge = self.theme.style(Tone::Accent);
        Block::bordered().border_style(edge).render(frame, self.buffer);
        let room = frame.width.saturating_sub(4);
        self.put(frame.x + 2, frame.y, room, &format!(" {title} "), Tone::Accent);
        Rect {
            x: frame.x + 2,
            y: frame.y + 1,
            width: room,
            height: frame.height.saturating_sub(2),
        }
    }
}

/// The first `height` lines of the area, and what is below them.
pub fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let [top, rest] = Layout::vertical([Constraint::Length(height), Constraint::Fill(1)]).areas(area);
    (top, rest)
}

/// The first `width` columns of the area, and what is right of them.
pub fn split_left(area: Rect, width: u16) -> (Rect, Rect) {
    let [left, rest] = Layout::horizontal([Constraint::Length(width), Constraint::Fill(1)]).areas(area);
    (left, rest)
}
