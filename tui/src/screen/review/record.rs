//! The contributor's record, letters and earlier decisions, over the screen.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::{Review, view};
use crate::canvas::Canvas;
use crate::shell::{Placement, Prompt, Shell, scrolled};

/// The record, scrolled so far.
#[derive(Debug)]
pub struct RecordPrompt {
    top: usize,
}

impl Review {
    pub fn show_record(&mut self, cx: &mut Shell) {
        if self.case.as_ref().is_some_and(|case| case.detail.is_some()) {
            cx.ask(RecordPrompt { top: 0 });
        }
    }
}

impl Prompt for RecordPrompt {
    type Owner = Review;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(self, key: KeyEvent, _review: &mut Review, _cx: &mut Shell) -> Option<Self> {
        scrolled(self.top, key).map(|top| Self { top })
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, review: &mut Review, _cx: &Shell) {
        self.top = view::record::draw(canvas, area, review, self.top);
    }
}
