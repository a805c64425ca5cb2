//! The screens: found by page or by type, and told what happens.

mod events;
mod keys;

use std::any::{Any, TypeId};
use std::time::Instant;

use tradepost_common::events::Event;

use super::callback::Callback;
use super::effect::Effect;
use super::entry::Entry;
use super::keys::Action;
use super::page::{Page, Place};
use super::screen::{Badge, Handled, Screen};
use super::{Label, Shell};

/// All screens, the page that is shown and the one before it.
pub struct Screens {
    all: Vec<Box<dyn Screen>>,
    shown: &'static Page,
    before: &'static Page,
    /// Events that came while the screen was frozen: the latest of each kind.
    held: Vec<Event>,
    last_press: Option<(char, Instant)>,
    /// Typed while the first rows of the page are on their way.
    typed_ahead: Vec<(Action, Instant)>,
}

impl Screens {
    /// The first page of the first screen is the one that opens.
    pub fn new(all: Vec<Box<dyn Screen>>) -> Self {
        let first = &all[0].pages()[0];
        Self {
            all,
            shown: first,
            before: first,
            held: Vec::new(),
            last_press: None,
            typed_ahead: Vec::new(),
        }
    }

    pub fn shown(&self) -> &'static Page {
        self.shown
    }

    /// All pages with the screens they belong to, in the order of the list.
    pub fn pages(&self) -> impl Iterator<Item = (&dyn Screen, &'static Page)> {
        let all = self.all.iter().map(Box::as_ref);
        all.flat_map(|screen| screen.pages().iter().map(move |page| (screen, page)))
    }

    pub fn page(&self, name: &str) -> Option<&'static Page> {
        self.pages().map(|(_, page)| page).find(|page| page.name == name)
    }

    /// The screen of that page.
    fn index(&self, page: &Page) -> usize {
        let mut pages = self.all.iter().map(|screen| screen.pages());
        pages.position(|pages| pages.contains(page)).unwrap_or(0)
    }

    pub fn current(&mut self, cx: &Shell) -> &mut dyn Screen {
        let at = self.index(cx.page);
        self.all[at].as_mut()
    }

    /// The screen of the page that is shown.
    pub fn shown_screen(&self) -> &dyn Screen {
        self.all[self.index(self.shown)].as_ref()
    }

    fn position(&self, owner: TypeId) -> Option<usize> {
        let mut types = self.all.iter().map(|screen| (screen.as_ref() as &dyn Any).type_id());
        types.position(|screen| screen == owner)
    }

    /// The screen of that type; the list itself for the prompts of the shell.
    pub fn owner(&mut self, owner: TypeId) -> Option<&mut dyn Any> {
        if owner == TypeId::of::<Self>() {
            return Some(self);
        }
        let at = self.position(owner)?;
        Some(self.all[at].as_mut())
    }

    /// As [`Self::owner`], read-only.
    pub fn peek(&self, owner: TypeId) -> Option<&dyn Any> {
        if owner == TypeId::of::<Self>() {
            return Some(self);
        }
        Some(self.all[self.position(owner)?].as_ref())
    }

    /// Runs a callback with its screen.
    pub fn call(&mut self, callback: Callback, cx: &mut Shell) {
        if let Some(owner) = self.owner(callback.owner()) {
            callback.run(owner, cx);
        }
    }

    #[cfg(test)]
    pub fn forget_last_press(&mut self) {
        self.last_press = None;
    }

    #[cfg(test)]
    pub fn get<S: Screen>(&mut self) -> &mut S {
        let owner = self.owner(TypeId::of::<S>()).expect("the screen is in the list");
        owner.downcast_mut().expect("that is its type")
    }

    /// The title of the tab that the page belongs to.
    pub fn title(&self, page: &Page) -> &'static str {
        match self.page(page.root()).map(|page| page.place) {
            Some(Place::Tab { title, .. } | Place::Letter { title, .. }) => title,
            _ => page.name,
        }
    }

    /// The number in a tab: of its own page and of those below it.
    pub fn badge(&self, tab: &Page, cx: &Shell) -> Badge {
        let pages = self.pages().filter(|(_, page)| page.root() == tab.name);
        pages.fold(Badge::default(), |sum, (screen, page)| {
            let badge = screen.badge(page, cx);
            Badge {
                count: sum.count + badge.count,
                is_loud: sum.is_loud || badge.is_loud,
            }
        })
    }

    /// Long work that the page does not show.
    pub fn progress(&self, cx: &Shell) -> Vec<String> {
        self.all.iter().flat_map(|screen| screen.progress(cx)).collect()
    }

    /// The lines of the palette.
    pub fn entries(&self, cx: &Shell) -> impl Iterator<Item = Entry> {
        self.all.iter().flat_map(|screen| screen.entries(cx))
    }

    pub fn tick(&mut self, cx: &mut Shell) {
        for screen in &mut self.all {
            screen.tick(cx);
        }
    }

    pub fn close(&mut self, cx: &mut Shell) {
        for screen in &mut self.all {
            screen.close(cx);
        }
    }

    /// Opens what a handler asked for, tells the screens about a change of page, and reads what is shown.
    pub fn settle(&mut self, cx: &mut Shell) {
        self.settle_pages(cx);
        self.act_typed_ahead(cx);
    }

    fn settle_pages(&mut self, cx: &mut Shell) {
        self.open_destinations(cx);
        while self.shown != cx.page {
            let left = std::mem::replace(&mut self.shown, cx.page);
            self.before = left;
            self.typed_ahead.clear();
            let at = self.index(left);
            self.all[at].leave(left, cx);
            self.current(cx).enter(cx);
            self.open_destinations(cx);
        }
        if cx.is_live() {
            self.current(cx).read(cx);
        }
    }

    fn open_destinations(&mut self, cx: &mut Shell) {
        for effect in std::mem::take(&mut cx.effects) {
            match effect {
                Effect::Open(destination) => {
                    let mut screens = self.all.iter_mut();
                    screens.any(|screen| screen.open(&destination, cx) == Handled::Yes);
                }
                other => cx.effects.push(other),
            }
        }
    }

    /// The words of the prompt at the bottom of the screen.
    pub fn label(&self, cx: &Shell) -> Option<Label> {
        let prompt = cx.prompt.as_ref()?;
        Some(prompt.label(self.peek(prompt.owner())?, cx))
    }
}
