//! The list that keys go to, and what is done otherwise than on other screens.

use super::screen::Screen;
use super::{Legacy, screen};
use crate::list::{AnyList, Order, Step};
use crate::shell::{Marking, Shell};
use crate::theme::Tone;

impl Legacy {
    /// The list that keys go to, if the screen has one.
    pub fn list_of(&mut self, on: Screen) -> Option<&mut dyn AnyList> {
        match on {
            Screen::Letter | Screen::Other => None,
            Screen::Groups => Some(&mut self.dead.groups.paged.list),
            Screen::Letters => Some(&mut self.dead.letters.paged.list),
        }
    }

    pub fn step(&mut self, cx: &mut Shell, step: Step) {
        if screen(cx) == Screen::Letter
            && let Some(letter) = &mut self.dead.letter
        {
            return letter.scroll(step);
        }
        if let Some(list) = self.list_of(screen(cx)) {
            list.step(step);
        }
    }

    pub fn cycle(&mut self, cx: &mut Shell, order: Order) {
        if screen(cx) == Screen::Letter {
            return self.cycle_letter(cx, order);
        }
        if let Some(list) = self.list_of(screen(cx)) {
            list.cycle(order);
        }
    }

    /// Says whether marking was done.
    pub fn mark(&mut self, cx: &mut Shell, marking: Marking) -> bool {
        if matches!((screen(cx), marking), (Screen::Groups | Screen::Letters, Marking::All)) {
            self.mean_all(cx);
            return true;
        }
        let why = self.cannot_mark(cx);
        if let Some(why) = why {
            cx.say(Tone::Dim, why);
        }
        why.is_some()
    }

    pub fn copied(&mut self, cx: &Shell) -> Option<String> {
        match screen(cx) {
            Screen::Letter => self.dead.letter.as_ref().map(|l| l.id.to_string()),
            Screen::Groups => self.dead.groups.paged.list.selected().map(|g| g.fingerprint.clone()),
            _ => None,
        }
    }
}
