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
            Screen::Campaigns => rows(&self.campaigns.paged.list),
            Screen::Campaign => self.campaigns.view.as_ref().and_then(|view| {
                let samples: Vec<_> = view.samples.list.shown().collect();
                let failures: Vec<_> = view.set_aside.list.shown().collect();
                pretty(&serde_json::json!({ "campaign": view.campaign, "samples": samples, "failures": failures }))
            }),
        }
    }
}
