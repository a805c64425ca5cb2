//! From state to screen. Drawing changes nothing but where lists are scrolled to.

pub mod attempts;
pub mod bulk;
pub mod campaigns;
pub mod case_head;
pub mod compare;
mod edit;
pub mod facts;
pub mod findings;
pub mod foot;
pub mod groups;
pub mod item;
pub mod keys;
pub mod latency;
pub mod letter;
pub mod letters;
pub mod operation;
pub mod operations;
pub mod overlay;
pub mod overview;
mod picture;
mod plan;
pub mod queues;
mod reasons;
pub mod record;
pub mod review;
mod source;
#[cfg(test)]
pub mod testdata;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod uploads;

use ratatui::layout::Rect;

use crate::canvas::Canvas;
use crate::shell::Shell;
use crate::state::screen::Screen;
use crate::state::{Legacy, screen};

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, app: &mut Legacy, cx: &mut Shell) {
    match screen(cx) {
        Screen::Overview => overview::draw(canvas, area, app, cx),
        Screen::Queues => queues::draw(canvas, area, app, cx),
        Screen::Groups => groups::draw(canvas, area, app, cx),
        Screen::Letters => letters::draw(canvas, area, app, cx),
        Screen::Letter => letter::draw(canvas, area, app),
        Screen::Operations => operations::draw(canvas, area, app, cx),
        Screen::Operation => operation::draw(canvas, area, app, cx),
        Screen::Campaigns => campaigns::draw(canvas, area, app, cx),
        Screen::Campaign => campaigns::detail::draw(canvas, area, app, cx),
        Screen::Latency => latency::draw(canvas, area, app, cx),
        Screen::Review => review::draw(canvas, area, app, cx),
        Screen::Item => item::draw(canvas, area, app, cx),
        Screen::Uploads => uploads::draw(canvas, area, app, cx),
        Screen::Other => {}
        Screen::Trace => trace::draw(canvas, area, app, cx),
    }
}

/// Keys go to the pane of that name.
pub fn focus_of(pane: crate::state::case::Pane, current: crate::state::case::Pane) -> crate::canvas::listing::Focus {
    match pane == current {
        true => crate::canvas::listing::Focus::Here,
        false => crate::canvas::listing::Focus::Elsewhere,
    }
}
