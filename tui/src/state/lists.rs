//! The list that keys go to, and what is done otherwise than on other screens.

use super::campaigns::CampaignView;
use super::case::Pane;
use super::screen::Screen;
use super::{Legacy, screen};
use crate::list::{AnyList, Order, Step};
use crate::shell::{Marking, Shell};
use crate::theme::Tone;

impl Legacy {
    /// The list that keys go to, if the screen has one.
    pub fn list_of(&mut self, on: Screen) -> Option<&mut dyn AnyList> {
        match on {
            Screen::Overview | Screen::Letter | Screen::Other => None,
            Screen::Groups => Some(&mut self.dead.groups.paged.list),
            Screen::Letters => Some(&mut self.dead.letters.paged.list),
            Screen::Operations => Some(&mut self.operations.paged.list),
            Screen::Operation => self
                .operations
                .view
                .as_mut()
                .map(|v| &mut v.items.list as &mut dyn AnyList),
            Screen::Campaigns => Some(&mut self.campaigns.paged.list),
            Screen::Campaign => self.campaigns.view.as_mut().map(CampaignView::list),
            Screen::Queues => Some(&mut self.queues),
            Screen::Latency => Some(&mut self.latency),
            Screen::Review => Some(&mut self.cases.list),
            Screen::Uploads => Some(&mut self.uploads.list),
            Screen::Item => self.case.as_mut().map(|case| match case.pane {
                Pane::Findings => &mut case.findings as &mut dyn AnyList,
                Pane::Files => &mut case.files,
            }),
            Screen::Trace => self.trace.as_mut().map(|trace| match trace.pane {
                Pane::Findings => &mut trace.findings as &mut dyn AnyList,
                Pane::Files => &mut trace.attempts,
            }),
        }
    }

    pub fn step(&mut self, cx: &mut Shell, step: Step) {
        if screen(cx) == Screen::Letter
            && let Some(letter) = &mut self.dead.letter
        {
            return letter.scroll(step);
        }
        if screen(cx) == Screen::Item && self.step_in_mode(cx, step) {
            return;
        }
        if let Some(list) = self.list_of(screen(cx)) {
            list.step(step);
            self.follow_cursor(cx);
        }
    }

    pub fn cycle(&mut self, cx: &mut Shell, order: Order) {
        if screen(cx) == Screen::Letter {
            return self.cycle_letter(cx, order);
        }
        if let Some(list) = self.list_of(screen(cx)) {
            list.cycle(order);
            self.follow_cursor(cx);
        }
    }

    /// The other pane of a case follows, and what comes into sight is read.
    pub fn follow_cursor(&mut self, cx: &mut Shell) {
        if screen(cx) == Screen::Item
            && let Some(case) = &mut self.case
        {
            match case.pane {
                Pane::Findings => case.follow_finding(),
                Pane::Files => case.follow_file(),
            }
        }
    }

    /// Says whether marking was done.
    pub fn mark(&mut self, cx: &mut Shell, marking: Marking) -> bool {
        let in_case = screen(cx) == Screen::Item;
        if in_case && let Some(case) = &mut self.case {
            // Marks are of files, whichever pane the cursor is in.
            case.pane = Pane::Files;
        }
        if matches!((screen(cx), marking), (Screen::Groups | Screen::Letters, Marking::All)) {
            self.mean_all(cx);
            return true;
        }
        if let Some(why) = self.cannot_mark(cx) {
            cx.say(Tone::Dim, why);
            return true;
        }
        let Some(case) = self.case.as_mut().filter(|_| in_case) else {
            return false;
        };
        match marking {
            Marking::Range => case.files.mark_range(),
            Marking::All => case.files.mark_all(),
            Marking::One => case.files.toggle_mark(),
        }
        let split = case.split().in_words();
        cx.say(Tone::Plain, format!("a would approve {split}"));
        true
    }

    pub fn copied(&mut self, cx: &Shell) -> Option<String> {
        match (screen(cx), &self.case) {
            (Screen::Overview, _) => cx.live.overview.as_ref().map(|o| o.api_url.clone()),
            (Screen::Letter, _) => self.dead.letter.as_ref().map(|l| l.id.to_string()),
            (Screen::Groups, _) => self.dead.groups.paged.list.selected().map(|g| g.fingerprint.clone()),
            (Screen::Item, Some(case)) => case.file().map(|f| f.path.clone()),
            _ => None,
        }
    }
}
