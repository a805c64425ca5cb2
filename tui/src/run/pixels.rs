//! Pictures that text does not cover: they go with the whole screen.

use super::Session;
use crate::state::case::Mode;
use crate::state::screen::Screen;
use crate::view;

/// Whether the last frame left pixels on the screen that text does not cover.
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum Pixels {
    None,
    /// Where they are depends on the way the case is looked at.
    Drawn(Option<Mode>),
}

impl Session {
    /// Sixel and iTerm2 pictures stay when text is drawn; they go with the whole screen.
    pub fn wipe_old_pixels(&mut self) -> anyhow::Result<()> {
        let covered = self.app.prompt.as_ref().is_some_and(view::covers_screen);
        let mode = self.app.case.as_ref().map(|case| case.mode);
        let shows = self.app.screen == Screen::Item && !covered && mode != Some(Mode::Source);
        let pixels = if shows { Pixels::Drawn(mode) } else { Pixels::None };
        if self.pixels != Pixels::None && self.pixels != pixels {
            self.screen.wipe()?;
        }
        self.pixels = pixels;
        Ok(())
    }
}
