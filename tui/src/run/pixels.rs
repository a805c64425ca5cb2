//! Pictures that text does not cover: they go with the whole screen.

use super::Session;
use crate::state::campaigns::Pictures;
use crate::state::case::Mode;
use crate::state::screen::Screen;
use crate::view;

/// Whether the last frame left pixels on the screen that text does not cover.
#[derive(PartialEq, Eq, Clone, Copy)]
pub enum Pixels {
    None,
    /// Where they are depends on the way the case is looked at.
    Drawn(Option<Mode>),
    /// The same for a sample of a campaign.
    Sample(Pictures),
}

impl Session {
    /// Sixel and iTerm2 pictures stay when text is drawn; they go with the whole screen.
    pub fn wipe_old_pixels(&mut self) -> anyhow::Result<()> {
        let covered = self.app.prompt.as_ref().is_some_and(view::covers_screen);
        let mode = self.app.case.as_ref().map(|case| case.mode);
        let sample = self.app.campaigns.view.as_ref().filter(|view| view.sample().is_some());
        let pixels = match (self.app.screen, sample) {
            _ if covered => Pixels::None,
            (Screen::Item, _) if mode != Some(Mode::Source) => Pixels::Drawn(mode),
            (Screen::Campaign, Some(view)) => Pixels::Sample(view.looking.at),
            _ => Pixels::None,
        };
        if self.pixels != Pixels::None && self.pixels != pixels {
            self.screen.wipe()?;
        }
        self.pixels = pixels;
        Ok(())
    }
}
