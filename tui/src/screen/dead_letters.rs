//! Dead letters: groups with the same error, the messages of a group, one message; redrive, edit, discard and purge.

mod cli;
mod document;
mod edit;
mod edit_prompt;
mod groups;
mod keys;
mod letter;
mod letters;
mod plan;
mod plan_prompt;
mod reason;
mod selected;
mod target;
#[cfg(test)]
mod tests;

use std::time::Instant;

use ratatui::layout::Rect;
use tradepost_common::dead::{DeadGroup, DeadRow};
use tradepost_common::events::Event;
use tradepost_common::operations::OperationKind;

use crate::canvas::Canvas;
use crate::canvas::document::Document;
use crate::cli::Subcommand;
use crate::export;
use crate::list::AnyList;
use crate::paged::First;
use crate::shell::{Action, Badge, Destination, Entry, Handled, Hint, Page, Screen, Shell};
use edit::Edited;
use letter::Letter;
use plan::Plan;
use selected::{AnySelected, Selected};

static PAGES: [Page; 3] = [
    Page::tab("dead-groups", '3', "Dead", "Dead"),
    Page::below("dead-letters", "dead-groups"),
    Page::below("dead-letter", "dead-groups"),
];

/// The pages, from all dead letters to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Groups,
    Letters,
    Letter,
}

impl Level {
    fn page(self) -> &'static Page {
        &PAGES[self as usize]
    }

    /// `None` on a page of another screen.
    fn on(page: &Page) -> Option<Self> {
        [Self::Groups, Self::Letters, Self::Letter]
            .into_iter()
            .find(|level| level.page() == page)
    }
}

pub struct DeadLetters {
    groups: Selected<DeadGroup>,
    /// Dead letters of all groups that are shown.
    messages: i64,
    letters: Selected<DeadRow>,
    letter: Option<Letter>,
    /// A plan that waits for an answer.
    plan: Option<Plan>,
    /// Plans asked for so far.
    tickets: u64,
    edited: Option<Edited>,
}

impl Default for DeadLetters {
    fn default() -> Self {
        Self {
            groups: Selected::new(First::Sorted),
            messages: 0,
            letters: Selected::new(First::Newest),
            letter: None,
            plan: None,
            tickets: 0,
            edited: None,
        }
    }
}

impl DeadLetters {
    /// The list of the page, if it has one.
    fn shown(&self, page: &Page) -> Option<&dyn AnySelected> {
        match Level::on(page)? {
            Level::Groups => Some(&self.groups),
            Level::Letters => Some(&self.letters),
            Level::Letter => None,
        }
    }

    fn shown_mut(&mut self, page: &Page) -> Option<&mut dyn AnySelected> {
        match Level::on(page)? {
            Level::Groups => Some(&mut self.groups),
            Level::Letters => Some(&mut self.letters),
            Level::Letter => None,
        }
    }
}

impl Screen for DeadLetters {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        match (Level::on(cx.page), &mut self.letter) {
            (Some(Level::Groups), _) => self.draw_groups(canvas, area, cx),
            (Some(Level::Letters), _) => self.draw_letters(canvas, area, cx),
            (_, Some(letter)) => letter.draw(canvas, area),
            (_, None) => {}
        }
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        let is_letter = cx.page == Level::Letter.page();
        match (*action, &mut self.letter) {
            (Action::Letter('R'), _) => self.plan_act(cx, OperationKind::Redrive),
            (Action::Letter('D'), _) => self.plan_act(cx, OperationKind::Discard),
            (Action::Letter('X'), _) => self.plan_act(cx, OperationKind::Purge),
            (Action::Letter('E'), _) => self.edit_selected(cx),
            (Action::Step(step), Some(letter)) if is_letter => letter.scroll(step),
            (Action::Cycle(order), _) if is_letter => {
                self.letters.paged.list.cycle(order);
                self.open_selected_letter(cx);
            }
            (Action::Open, _) => self.open_selected(cx),
            (Action::Back, _) => return self.back(cx),
            (Action::Mark(marking), _) => return self.mark(marking, cx),
            (Action::Copy, _) => match self.copied(cx.page) {
                Some(text) => cx.copy(text),
                None => return Handled::No,
            },
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, page: &Page) -> Option<&mut dyn AnyList> {
        Some(self.shown_mut(page)?.list())
    }

    /// The daemon searches: there may be a million of them.
    fn search(&self, cx: &Shell) -> Option<String> {
        Some(self.shown(cx.page)?.query().text.clone().unwrap_or_default())
    }

    fn set_search(&mut self, text: &str, cx: &mut Shell) {
        if let Some(list) = self.shown_mut(cx.page) {
            list.search(text);
        }
    }

    fn read(&mut self, cx: &mut Shell) {
        match (Level::on(cx.page), &mut self.letter) {
            (Some(Level::Groups), _) => self.read_groups(cx),
            (Some(Level::Letters), _) => self.read_letters(cx),
            (_, Some(letter)) => letter.read(cx),
            (_, None) => {}
        }
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        match self.shown(cx.page) {
            Some(list) => list.data_from(cx),
            None => {
                let fetched = &self.letter.as_ref()?.fetched;
                fetched.data_from(cx.live.revisions.dead, cx.link.heard_at)
            }
        }
    }

    fn detail(&self, cx: &Shell) -> Option<Document> {
        match Level::on(cx.page)? {
            Level::Groups => self.group_document(),
            Level::Letters => self.letter_document(cx),
            Level::Letter => None,
        }
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        Level::on(cx.page).map_or_else(Vec::new, |level| keys::hints(level).to_vec())
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        match self.shown(cx.page) {
            Some(list) => list.export(),
            None => export::pretty(self.letter.as_ref()?.fetched.value.as_ref()?),
        }
    }

    fn enter(&mut self, cx: &mut Shell) {
        if cx.page == Level::Letter.page() && self.letter.is_none() {
            cx.go(Level::Letters.page());
        }
    }

    fn help(&self, page: &Page) -> &'static [Hint] {
        Level::on(page).map_or(&[], keys::help)
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        let plan = |words: &str, key: &str, kind| {
            Entry::new(words, key, move |screen: &mut Self, cx| screen.plan_act(cx, kind))
        };
        vec![
            plan("redrive dead letters", "R", OperationKind::Redrive),
            Entry::new("edit and retry a dead letter", "E", Self::edit_selected),
            plan("discard dead letters", "D", OperationKind::Discard),
            plan("purge dead letters", "X", OperationKind::Purge),
        ]
    }

    fn badge(&self, page: &Page, cx: &Shell) -> Badge {
        let overview = cx.live.overview.as_ref().filter(|_| page == Level::Groups.page());
        Badge {
            count: overview.map_or(0, |overview| overview.counts.dead_letters),
            is_loud: false,
        }
    }

    fn open(&mut self, destination: &Destination, cx: &mut Shell) -> Handled {
        match destination {
            Destination::DeadLettersOf(queue) => self.open_groups_of(queue, cx),
            Destination::DeadLetter(id) => self.open_letter(*id, cx),
            Destination::Upload(_) | Destination::Order(_) => return Handled::No,
        }
        Handled::Yes
    }

    fn event(&mut self, event: &Event, cx: &mut Shell) {
        if let Event::Operations { operations } = event {
            for operation in operations {
                self.refresh_plan(operation, cx.clock);
            }
        }
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.groups.paged.invalidate();
        self.letters.paged.invalidate();
        if let Some(letter) = &mut self.letter {
            letter.fetched.invalidate();
        }
    }

    fn tick(&mut self, cx: &mut Shell) {
        self.ask_after_plan(cx);
    }

    fn close(&mut self, cx: &mut Shell) {
        self.discard_plan(cx);
    }

    fn subcommands() -> Vec<Subcommand> {
        vec![Subcommand::new::<cli::DeadArgs>()]
    }
}
