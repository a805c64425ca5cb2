//! From state to screen. Drawing changes nothing but where lists are scrolled to.

mod edit;
pub mod groups;
pub mod keys;
pub mod letter;
pub mod letters;
pub mod overlay;
mod plan;
#[cfg(test)]
pub(crate) use crate::testdata;
#[cfg(test)]
mod tests;

use ratatui::layout::Rect;

use crate::canvas::Canvas;
use crate::shell::Shell;
use crate::state::screen::Screen;
use crate::state::{Legacy, screen};

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    match screen(cx) {
        Screen::Groups => groups::draw(canvas, area, app, cx),
        Screen::Letters => letters::draw(canvas, area, app, cx),
        Screen::Letter => letter::draw(canvas, area, app),
        Screen::Other => {}
    }
}
