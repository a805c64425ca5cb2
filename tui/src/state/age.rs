//! The age of a screen's data.

use super::screen;
use crate::shell::Shell;
use std::time::Instant;

use super::Legacy;
use super::screen::Screen;

impl Legacy {
    /// The age of the screen's data; `None` while there is none.
    pub fn data_from(&self, cx: &Shell) -> Option<Instant> {
        let heard = cx.link.heard_at?;
        let revisions = &cx.live.revisions;
        let confirmed = |read: Option<Instant>, is_behind: bool| {
            let read = read?;
            // A list that has not changed is as fresh as the daemon's last word.
            Some(if is_behind { read } else { read.max(heard) })
        };
        match screen(cx) {
            Screen::Other => Some(heard),
            Screen::Groups => {
                let groups = &self.dead.groups.paged;
                confirmed(groups.read_at, groups.is_behind(revisions.dead))
            }
            Screen::Letters => {
                let letters = &self.dead.letters.paged;
                confirmed(letters.read_at, letters.is_behind(revisions.dead))
            }
            Screen::Letter => self
                .dead
                .letter
                .as_ref()
                .and_then(|l| confirmed(l.read_at, l.error.is_some() || l.asked_revision != revisions.dead)),
        }
    }
}
