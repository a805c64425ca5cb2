//! The overview: the whole marketplace at a glance, what is wrong on top. All of it comes with the event stream.

mod cli;
#[cfg(test)]
mod tests;
mod view;

use ratatui::layout::Rect;

use crate::canvas::Canvas;
use crate::cli::Subcommand;
use crate::export;
use crate::shell::{Action, Handled, Hint, Page, Screen, Shell};

static PAGES: [Page; 1] = [Page::tab("overview", '1', "Overview", "Over")];

#[derive(Default)]
pub struct Overview;

impl Screen for Overview {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        view::draw(canvas, area, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        let url = cx.live.overview.as_ref().map(|overview| overview.api_url.clone());
        match (action, url) {
            (Action::Copy, Some(url)) => cx.copy(url),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn hints(&self, _cx: &Shell) -> Vec<Hint> {
        vec![
            ("?", "help"),
            (":", "commands"),
            ("p", "freeze"),
            ("e", "export"),
            ("T", "theme"),
            ("W", "arm writing"),
            ("q", "quit"),
        ]
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        cx.live.overview.as_ref().and_then(export::pretty)
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::StatusArgs>()]
    }
}
