//! The screens that have no folder of their own yet, as one [`Screen`](crate::shell::Screen).

use std::time::Instant;

use ratatui::layout::Rect;
use tradepost_common::events::Event;
use tradepost_common::operations::OperationKind;

use super::input::{DeadKey, OldAction, letters};
use super::prompt::Prompt;
use super::screen::{PAGES, Screen};
use super::{Legacy, screen};
use crate::canvas::Canvas;
use crate::list::AnyList;
use crate::shell::{Action, Badge, Destination, Entry, Handled, Hint, Page, Shell};
use crate::view;

/// One of the prompts that are not moved yet.
#[derive(Debug)]
pub struct OldPrompt(pub Prompt);

impl crate::shell::Screen for Legacy {
    fn pages(&self) -> &'static [Page] {
        &PAGES
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, cx: &mut Shell) {
        view::draw(canvas, area, self, cx);
    }

    fn act(&mut self, action: &Action, cx: &mut Shell) -> Handled {
        let on = screen(cx);
        match *action {
            Action::Letter(c) => match letters::own(c, on) {
                Some(old) => self.old_act(old, cx),
                None => return Handled::No,
            },
            Action::Step(step) if on == Screen::Letter => self.step(cx, step),
            Action::Cycle(order) if on == Screen::Letter => self.cycle(cx, order),
            Action::Open => self.open_selected(on, cx),
            Action::Back => return self.back(on, cx),
            Action::Mark(marking) => {
                if !self.mark(cx, marking) {
                    return Handled::No;
                }
            }
            Action::Copy => match self.copied(cx) {
                Some(text) => cx.copy(text),
                None => return Handled::No,
            },
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn list(&mut self, page: &Page) -> Option<&mut dyn AnyList> {
        self.list_of(Screen::with_name(page.name)?)
    }

    fn search(&self, cx: &Shell) -> Option<String> {
        self.dead_text(cx).map(str::to_owned)
    }

    fn set_search(&mut self, text: &str, cx: &mut Shell) {
        self.set_dead_text(cx, text);
    }

    fn read(&mut self, cx: &mut Shell) {
        self.read_what_is_shown(cx);
    }

    fn read_at(&self, cx: &Shell) -> Option<Instant> {
        self.data_from(cx)
    }

    fn hints(&self, cx: &Shell) -> Vec<Hint> {
        view::keys::hints(screen(cx)).to_vec()
    }

    fn export(&self, cx: &Shell) -> Option<String> {
        self.exported(cx)
    }

    fn enter(&mut self, cx: &mut Shell) {
        if screen(cx) == Screen::Letter && self.dead.letter.is_none() {
            cx.go(Screen::Letters.page());
        }
    }

    fn help(&self, page: &Page) -> &'static [Hint] {
        Screen::with_name(page.name).map_or(&[], view::keys::help)
    }

    fn entries(&self, _cx: &Shell) -> Vec<Entry> {
        self.old_entries()
    }

    fn badge(&self, page: &Page, cx: &Shell) -> Badge {
        let counts = cx.live.overview.as_ref().map(|o| o.counts).unwrap_or_default();
        let count = match Screen::with_name(page.name) {
            Some(Screen::Groups) => counts.dead_letters,
            _ => 0,
        };
        Badge { count, is_loud: false }
    }

    fn open(&mut self, destination: &Destination, cx: &mut Shell) -> Handled {
        match destination {
            Destination::DeadLettersOf(queue) => self.open_dead_of(cx, queue.clone()),
            Destination::DeadLetter(id) => self.open_letter(cx, *id),
            Destination::Upload(_) => return Handled::No,
        }
        Handled::Yes
    }

    fn event(&mut self, event: &Event, cx: &mut Shell) {
        self.changed(cx, event);
    }

    fn reconnected(&mut self, _cx: &mut Shell) {
        self.distrust();
    }

    fn tick(&mut self, cx: &mut Shell) {
        self.ask_after_plan(cx);
    }

    fn close(&mut self, cx: &mut Shell) {
        self.give_plan_up(cx);
    }
}

impl Legacy {
    pub fn old_act(&mut self, action: OldAction, cx: &mut Shell) {
        match action {
            OldAction::Dead(DeadKey::Edit) => self.edit_dead(cx),
            OldAction::Dead(DeadKey::Plan(kind)) => self.plan_for_dead(cx, kind),
        }
    }

    fn open_selected(&mut self, on: Screen, cx: &mut Shell) {
        match on {
            Screen::Groups => self.open_group(cx),
            Screen::Letters => self.open_selected_letter(cx),
            Screen::Letter => self.open_upload_of_letter(cx),
            _ => {}
        }
    }

    fn back(&mut self, on: Screen, cx: &mut Shell) -> Handled {
        if self.list_of(on).is_some_and(|list| !list.filter().is_empty()) {
            return Handled::No;
        }
        match on {
            Screen::Groups | Screen::Letters | Screen::Letter => self.leave_dead(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn old_entries(&self) -> Vec<Entry> {
        let act = |words: &str, key: char, action: OldAction| {
            Entry::new(words, key, move |legacy: &mut Self, cx| legacy.old_act(action, cx))
        };
        vec![
            act(
                "redrive dead letters",
                'R',
                OldAction::Dead(DeadKey::Plan(OperationKind::Redrive)),
            ),
            act("edit and retry a dead letter", 'E', OldAction::Dead(DeadKey::Edit)),
            act(
                "discard dead letters",
                'D',
                OldAction::Dead(DeadKey::Plan(OperationKind::Discard)),
            ),
            act(
                "purge dead letters",
                'X',
                OldAction::Dead(DeadKey::Plan(OperationKind::Purge)),
            ),
        ]
    }
}
