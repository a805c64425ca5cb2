//! Lines one below the other.

use ratatui::layout::Rect;

use super::{Canvas, split_top};
use crate::theme::Tone;

/// Writes lines one below the other.
pub struct Column<'a, 'b> {
    pub canvas: &'a mut Canvas<'b>,
    pub rest: Rect,
}

impl Column<'_, '_> {
    pub fn line(&mut self, words: &str, tone: Tone) {
        let (place, rest) = split_top(self.rest, 1);
        self.canvas.line(place, words, tone);
        self.rest = rest;
    }

    pub fn spans(&mut self, spans: &[(String, Tone)]) {
        let (place, rest) = split_top(self.rest, 1);
        if place.height > 0 {
            self.canvas.put_spans(place, spans);
        }
        self.rest = rest;
    }

    /// A text in so many lines at most.
    pub fn lines(&mut self, words: &str, tone: Tone, most: u16) {
        let place = Rect {
            height: most.min(self.rest.height),
            ..self.rest
        };
        let used = if place.height > 0 {
            self.canvas.paragraph(place, words, tone)
        } else {
            0
        };
        self.rest = split_top(self.rest, used).1;
    }
}
