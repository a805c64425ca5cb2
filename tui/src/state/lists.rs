//! Keys that move, filter, sort and mark: the same for every list, whatever its rows are.

use time::OffsetDateTime;

use super::App;
use super::campaigns::CampaignView;
use super::case::Pane;
use super::list::{Filter, List, Order, Step};
use super::prompt::{Line, Prompt};
use super::screen::Screen;
use crate::input::Action;
use crate::message::Effect;
use crate::table::Row;
use crate::theme::Tone;

/// A list of any rows.
pub trait AnyList {
    fn step(&mut self, step: Step);
    fn cycle(&mut self, order: Order);
    fn select_line(&mut self, line: usize);
    fn filter(&self) -> &Filter;
    fn set_filter(&mut self, filter: Filter, now: OffsetDateTime);
    fn sort_next(&mut self, now: OffsetDateTime);
    fn sort_reverse(&mut self, now: OffsetDateTime);
    /// `sorted by SIZE, falling`.
    fn sort_in_words(&self) -> String;
    fn toggle_mark(&mut self);
    fn mark_range(&mut self);
    fn mark_all(&mut self);
    fn marked(&self) -> usize;
    /// The id of the row under the cursor.
    fn selected_id(&self) -> Option<String>;
}

impl<R: Row> AnyList for List<R> {
    fn step(&mut self, step: Step) {
        self.step(step);
    }

    fn cycle(&mut self, order: Order) {
        self.cycle(order);
    }

    fn select_line(&mut self, line: usize) {
        self.select_line(line);
    }

    fn filter(&self) -> &Filter {
        self.filter()
    }

    fn set_filter(&mut self, filter: Filter, now: OffsetDateTime) {
        self.set_filter(filter, now);
    }

    fn sort_next(&mut self, now: OffsetDateTime) {
        self.sort_next(now);
    }

    fn sort_reverse(&mut self, now: OffsetDateTime) {
        self.sort_reverse(now);
    }

    fn sort_in_words(&self) -> String {
        let Some(sort) = self.sort() else {
            return "sorted as the daemon sends them".to_owned();
        };
        let order = match sort.order {
            Order::Rising => "rising",
            Order::Falling => "falling",
        };
        format!("sorted by {}, {order}", R::columns()[sort.column].title)
    }

    fn toggle_mark(&mut self) {
        self.toggle_mark();
    }

    fn mark_range(&mut self) {
        self.mark_range();
    }

    fn mark_all(&mut self) {
        self.mark_all();
    }

    fn marked(&self) -> usize {
        self.marks().len()
    }

    fn selected_id(&self) -> Option<String> {
        self.selected().map(|row| row.id().to_string())
    }
}

impl App {
    /// The list that keys go to, if the screen has one.
    pub fn list(&mut self) -> Option<&mut dyn AnyList> {
        match self.screen {
            Screen::Overview | Screen::Letter => None,
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
            Screen::Alerts => Some(&mut self.alerts),
            Screen::Review => Some(&mut self.cases.list),
            Screen::Audit => Some(&mut self.audit.list),
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

    pub fn step(&mut self, step: Step) {
        if self.screen == Screen::Letter
            && let Some(letter) = &mut self.dead.letter
        {
            return letter.scroll(step);
        }
        if self.screen == Screen::Item && self.step_in_mode(step) {
            return;
        }
        if let Some(list) = self.list() {
            list.step(step);
            self.follow_cursor();
        }
    }

    pub fn cycle(&mut self, order: Order) {
        if self.screen == Screen::Letter {
            return self.cycle_letter(order);
        }
        if let Some(list) = self.list() {
            list.cycle(order);
            self.follow_cursor();
        }
    }

    /// A click on a line of the list.
    pub fn click(&mut self, line: usize) {
        if let Some(list) = self.list() {
            list.select_line(line);
            self.follow_cursor();
        }
    }

    /// The other pane of a case follows, and what comes into sight is read.
    fn follow_cursor(&mut self) {
        if self.screen == Screen::Item
            && let Some(case) = &mut self.case
        {
            match case.pane {
                Pane::Findings => case.follow_finding(),
                Pane::Files => case.follow_file(),
            }
        }
        self.read_what_is_shown();
    }

    pub fn ask_filter(&mut self) {
        if let Some(text) = self.dead_text() {
            self.prompt = Some(Prompt::Filter(Line::new(text)));
            return;
        }
        match self.list().map(|list| list.filter().clone()) {
            Some(filter) => {
                let bang = if filter.inverse { "!" } else { "" };
                self.prompt = Some(Prompt::Filter(Line::new(&format!("{bang}{}", filter.text))));
            }
            None => self.say(Tone::Dim, "nothing to filter here"),
        }
    }

    pub fn set_filter(&mut self, typed: &str) {
        if self.dead_text().is_some() {
            return self.set_dead_text(typed);
        }
        let now = self.clock.utc;
        if let Some(list) = self.list() {
            list.set_filter(Filter::parse(typed), now);
            self.follow_cursor();
        }
    }

    /// Takes the filter away; says whether there was one.
    pub fn clear_filter(&mut self) -> bool {
        let had_one = self.list().is_some_and(|list| !list.filter().is_empty());
        if had_one {
            self.set_filter("");
        }
        had_one
    }

    pub fn sort(&mut self, action: &Action) {
        let now = self.clock.utc;
        let Some(list) = self.list() else {
            return self.say(Tone::Dim, "nothing to sort here");
        };
        match action {
            Action::SortReverse => list.sort_reverse(now),
            _ => list.sort_next(now),
        }
        let words = list.sort_in_words();
        self.say(Tone::Plain, words);
    }

    pub fn mark(&mut self, action: &Action) {
        let in_case = self.screen == Screen::Item;
        if in_case && let Some(case) = &mut self.case {
            // Marks are of files, whichever pane the cursor is in.
            case.pane = Pane::Files;
        }
        if matches!(
            (self.screen, action),
            (Screen::Groups | Screen::Letters, Action::MarkAll)
        ) {
            return self.mean_all();
        }
        if let Some(why) = self.cannot_mark() {
            return self.say(Tone::Dim, why);
        }
        let Some(list) = self.list() else {
            return;
        };
        match action {
            Action::MarkRange => list.mark_range(),
            Action::MarkAll => list.mark_all(),
            _ => list.toggle_mark(),
        }
        let count = list.marked();
        match self
            .case
            .as_ref()
            .filter(|_| in_case)
            .map(|case| case.split().in_words())
        {
            Some(split) => self.say(Tone::Plain, format!("a would approve {split}")),
            None => self.say(Tone::Plain, format!("{count} marked")),
        }
    }

    pub fn copy(&mut self) {
        let text = match (self.screen, &self.case) {
            (Screen::Overview, _) => self.overview.as_ref().map(|o| o.api_url.clone()),
            (Screen::Letter, _) => self.dead.letter.as_ref().map(|l| l.id.to_string()),
            (Screen::Groups, _) => self.dead.groups.paged.list.selected().map(|g| g.fingerprint.clone()),
            (Screen::Item, Some(case)) => case.file().map(|f| f.path.clone()),
            _ => self.list().and_then(|list| list.selected_id()),
        };
        match text {
            Some(text) => {
                self.say(Tone::Plain, format!("copied {text}"));
                self.effects.push(Effect::Copy(text));
            }
            None => self.say(Tone::Dim, "nothing to copy"),
        }
    }
}
