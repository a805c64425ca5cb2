//! Ways to look at a case: the picture alone, larger or moved, beside a look-alike, or as text.

use super::case::{CaseView, Mode, Pane};
use super::keys::ReviewKey;
use super::{Review, case_page};
use crate::list::{Order, Step};
use crate::picture::{Pan, Zoom};
use crate::shell::{Screen, Shell};
use crate::theme::Tone;

impl Review {
    /// Keys that change what is seen and nothing else.
    pub fn look(&mut self, cx: &mut Shell, key: ReviewKey) {
        match key {
            ReviewKey::Source => self.turn_source(cx),
            ReviewKey::Compare => self.turn_compare(cx),
            ReviewKey::Background => {
                cx.pictures.background = cx.pictures.background.next();
                cx.say(Tone::Plain, format!("Background: {}", cx.pictures.background.as_str()));
            }
            _ => {}
        }
        let background = cx.pictures.background;
        let Some(case) = &mut self.case else {
            return;
        };
        case.background = background;
        match key {
            ReviewKey::Blur => case.turn_blur(),
            ReviewKey::Full => turn_full(case),
            ReviewKey::Closer => case.zoom = case.zoom.closer(),
            ReviewKey::Wider => case.zoom = case.zoom.wider(),
            ReviewKey::Other(order) => self.cycle_look(cx, order),
            _ => {}
        }
    }

    /// Arrows move what is looked at closely, and the list otherwise.
    pub fn arrow(&mut self, cx: &mut Shell, pan: Pan) {
        let order = match pan {
            Pan::Left | Pan::Up => Order::Falling,
            Pan::Right | Pan::Down => Order::Rising,
        };
        let step = match pan {
            Pan::Up => Some(Step::Up),
            Pan::Down => Some(Step::Down),
            Pan::Left | Pan::Right => None,
        };
        let case = self.case.as_mut().filter(|_| cx.page == case_page());
        match case.map(|case| (case.mode, case)) {
            Some((Mode::Source, _)) if step.is_none() => self.shift_source(order),
            Some((Mode::Compare | Mode::Lists | Mode::Full, case)) if !case.zoom.is_whole() => {
                case.zoom = case.zoom.pan(pan);
            }
            Some((Mode::Compare, _)) if step.is_none() => self.cycle_look(cx, order),
            _ => {
                if let Some(step) = step {
                    self.step(cx, step);
                }
            }
        }
    }

    /// Moves the cursor of the list, or what the mode has in its place.
    fn step(&mut self, cx: &mut Shell, step: Step) {
        if self.step_in_mode(cx, step) {
            return;
        }
        if let Some(list) = self.list(cx.page) {
            list.step(step);
            self.moved(cx);
        }
    }

    /// Back to the lists; says whether something else was there.
    pub fn leave_mode(&mut self, cx: &mut Shell) -> bool {
        let case = self.case.as_mut().filter(|_| cx.page == case_page());
        case.is_some_and(|case| std::mem::replace(&mut case.mode, Mode::Lists) != Mode::Lists)
    }

    /// Enter: from a finding to its text, from a file to its picture, and back.
    pub fn open_in_case(&mut self, cx: &mut Shell) {
        let Some(case) = &mut self.case else {
            return;
        };
        match (case.mode, case.pane) {
            (Mode::Lists, Pane::Findings) if case.finding().is_some_and(|f| f.file.is_some()) => self.turn_source(cx),
            (Mode::Lists, Pane::Findings) => case.pane = Pane::Files,
            (Mode::Lists, Pane::Files) => turn_full(case),
            _ => case.mode = Mode::Lists,
        }
    }

    /// Steps in a mode that has its own; says whether it had.
    pub fn step_in_mode(&mut self, cx: &mut Shell, step: Step) -> bool {
        match self.case.as_ref().map(|case| case.mode) {
            Some(Mode::Source) => self.scroll_source(cx, step),
            Some(Mode::Compare) => match step {
                Step::Up | Step::HalfUp => self.cycle_look(cx, Order::Falling),
                Step::Down | Step::HalfDown => self.cycle_look(cx, Order::Rising),
                Step::First => self.show_look(0),
                Step::Last => self.show_look(usize::MAX),
                Step::Left | Step::Right => {}
            },
            _ => return false,
        }
        true
    }

    fn turn_compare(&mut self, cx: &mut Shell) {
        let Some(case) = &mut self.case else {
            return;
        };
        if case.mode == Mode::Compare {
            case.mode = Mode::Lists;
            return;
        }
        let looks = case.detail.as_ref().map_or(&[][..], |d| &d.look_alikes);
        if looks.is_empty() {
            return cx.say(Tone::Plain, "This case has no look-alikes");
        }
        // The file under the cursor first.
        let of_file = case
            .file()
            .and_then(|file| looks.iter().position(|l| l.item == file.id));
        let at = of_file.unwrap_or(0);
        case.mode = Mode::Compare;
        self.show_look(at);
    }

    fn cycle_look(&mut self, cx: &mut Shell, order: Order) {
        let Some(case) = &self.case else {
            return;
        };
        if case.mode == Mode::Source {
            return self.cycle_source(cx, order);
        }
        if case.mode != Mode::Compare {
            let step = if order == Order::Rising { Step::Down } else { Step::Up };
            return self.step(cx, step);
        }
        let len = case.detail.as_ref().map_or(0, |d| d.look_alikes.len()).max(1);
        let at = match order {
            Order::Rising => (case.look + 1) % len,
            Order::Falling => (case.look + len - 1) % len,
        };
        self.show_look(at);
    }

    fn show_look(&mut self, at: usize) {
        let Some(case) = &mut self.case else {
            return;
        };
        let len = case.detail.as_ref().map_or(0, |d| d.look_alikes.len());
        case.look = at.min(len.saturating_sub(1));
        case.zoom = Zoom::default();
        if let Some(item) = case.look_alike().map(|look| look.item) {
            case.files.select(&item);
        }
    }
}

fn turn_full(case: &mut CaseView) {
    case.mode = match case.mode {
        Mode::Full => Mode::Lists,
        _ => Mode::Full,
    };
    // Moving goes through the files, whichever list was used before.
    case.pane = Pane::Files;
}
