//! The screen as JSON: what passes the filter, in the order shown.

use super::Legacy;
use super::screen;
use super::screen::Screen;
use crate::export::{pretty, rows};
use crate::shell::Shell;

impl Legacy {
    /// `None` while the screen has nothing.
    pub fn exported(&self, cx: &Shell) -> Option<String> {
        match screen(cx) {
            Screen::Other => None,
            Screen::Groups => rows(&self.dead.groups.paged.list),
            Screen::Letters => rows(&self.dead.letters.paged.list),
            Screen::Letter => self
                .dead
                .letter
                .as_ref()
                .and_then(|l| l.detail.as_ref())
                .and_then(pretty),
        }
    }
}
