//! The screens, and what keys and events do to whichever is shown.

use std::any::{Any, TypeId};
use std::time::{Duration, Instant};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tradepost_common::events::{Event, Snapshot};

use super::effect::Effect;
use super::filter::FilterPrompt;
use super::help::HelpPrompt;
use super::keys::{self, Action, Marking, Sorting};
use super::page::{Page, Place};
use super::palette::Palette;
use super::prompt::Form;
use super::screen::{Badge, Handled, Screen};
use super::shortcut::ShortcutPrompt;
use super::{Shell, entry::Entry};
use crate::input::Input;
use crate::list::{AnyList, Filter, Step};
use crate::picture::Pan;
use crate::theme::Tone;

/// The same key again within this time is a key that is held down.
const HELD_DOWN: Duration = Duration::from_millis(150);

/// All screens, the page that is shown and the one before it.
pub struct Screens {
    all: Vec<Box<dyn Screen>>,
    shown: &'static Page,
    before: &'static Page,
    /// Events that came while the screen was frozen: the latest of each kind.
    held: Vec<Event>,
    last_press: Option<(char, Instant)>,
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

    /// The screen of that type; the list itself for the prompts of the shell.
    pub fn owner(&mut self, owner: TypeId) -> Option<&mut dyn Any> {
        if owner == TypeId::of::<Self>() {
            return Some(self);
        }
        let screens = self.all.iter_mut().map(|screen| screen.as_mut() as &mut dyn Any);
        screens.into_iter().find(|screen| (**screen).type_id() == owner)
    }

    /// The same, to look at.
    pub fn peek(&self, owner: TypeId) -> Option<&dyn Any> {
        if owner == TypeId::of::<Self>() {
            return Some(self);
        }
        let mut screens = self.all.iter().map(|screen| screen.as_ref() as &dyn Any);
        screens.find(|screen| (**screen).type_id() == owner)
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

    /// The lines of the palette, each with the number of its screen.
    pub fn entries(&self, cx: &Shell) -> Vec<(usize, Entry)> {
        let screens = self.all.iter().enumerate();
        screens
            .flat_map(|(at, screen)| screen.entries(cx).into_iter().map(move |entry| (at, entry)))
            .collect()
    }

    pub fn run(&mut self, at: usize, entry: Entry, cx: &mut Shell) {
        entry.run(self.all[at].as_mut(), cx);
    }

    /// Where a letter does something, for somebody who presses it elsewhere: `dead-letters (3), campaigns (4)`.
    fn users(&self, letter: char) -> Vec<String> {
        let mut users = Vec::new();
        let mut last = "";
        for (screen, page) in self.pages() {
            let has_it = |(key, _): &(&str, &str)| key.split(' ').any(|word| word == letter.encode_utf8(&mut [0; 4]));
            if last != screen.pages()[0].name && screen.help(page).iter().any(has_it) {
                last = screen.pages()[0].name;
                let shortcut = self.page(page.root()).and_then(Page::shortcut).unwrap_or_default();
                users.push(format!("{} ({shortcut})", page.name));
            }
        }
        users
    }

    pub fn key(&mut self, key: KeyEvent, cx: &mut Shell) {
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return cx.effects.push(Effect::Quit);
        }
        if let KeyCode::Char(c) = key.code
            && self.is_held_down(c, cx)
            && self.must_be_pressed_anew(c, cx)
        {
            return;
        }
        let Some(prompt) = cx.prompt.take() else {
            if let Some(action) = keys::action(key) {
                self.act(action, cx);
            }
            return;
        };
        if let Some(owner) = self.owner(prompt.owner()) {
            prompt.key(key, owner, cx);
        }
    }

    /// Remembers the key.
    fn is_held_down(&mut self, key: char, cx: &Shell) -> bool {
        let now = cx.clock.instant;
        let before = self.last_press.replace((key, now));
        before.is_some_and(|(last, at)| last == key && now.saturating_duration_since(at) < HELD_DOWN)
    }

    /// Keys that decide, and the answer to a question, are not taken from a key that is held down.
    fn must_be_pressed_anew(&mut self, key: char, cx: &Shell) -> bool {
        let prompt = cx.prompt.as_ref();
        let is_typing = prompt.is_some_and(|prompt| prompt.form() != Form::Overlay);
        let is_answer = key == 'y' && prompt.is_some_and(|prompt| prompt.is_question());
        is_answer || (!is_typing && self.current(cx).is_decision(key, cx))
    }

    pub fn paste(&mut self, text: &str, cx: &mut Shell) {
        let Some(mut prompt) = cx.prompt.take() else {
            return;
        };
        if let Some(owner) = self.owner(prompt.owner()) {
            prompt.paste(text, owner, cx);
        }
        cx.prompt.get_or_insert(prompt);
    }

    pub fn click(&mut self, line: usize, cx: &mut Shell) {
        if let Some(list) = self.list(cx) {
            list.select_line(line);
            self.current(cx).moved(cx);
        }
    }

    pub fn act(&mut self, action: Action, cx: &mut Shell) {
        if self.current(cx).act(&action, cx) == Handled::Yes {
            return;
        }
        match action {
            Action::Letter(c) => self.letter(c, cx),
            Action::Go(page) => cx.go(page),
            Action::LastPage => cx.go(self.before),
            Action::Step(step) => self.move_cursor(cx, |list| list.step(step)),
            Action::Cycle(order) => self.move_cursor(cx, |list| list.cycle(order)),
            Action::Arrow(Pan::Up) => self.act(Action::Step(Step::Up), cx),
            Action::Arrow(Pan::Down) => self.act(Action::Step(Step::Down), cx),
            Action::Arrow(Pan::Left | Pan::Right) | Action::Open => {}
            Action::OtherPane => self.next_of_tab(cx),
            Action::Back => self.back(cx),
            Action::AskCommand => cx.ask(Palette::default()),
            Action::AskShortcut => cx.ask(ShortcutPrompt),
            Action::AskFilter => self.ask_filter(cx),
            Action::Sort(sorting) => self.sort(sorting, cx),
            Action::Columns => cx.say(Tone::Dim, "columns here follow the width of the terminal"),
            Action::Mark(marking) => self.mark(marking, cx),
            Action::Copy => self.copy(cx),
            Action::Export => self.export(cx),
            Action::Freeze => self.freeze(cx),
            Action::Mouse => cx.turn_mouse(),
            Action::Theme => cx.set_theme(cx.theme.next()),
            Action::Help => cx.ask(HelpPrompt { top: 0 }),
            Action::Quit => cx.effects.push(Effect::Quit),
            Action::Arm => {
                let was_armed = cx.armed_for().is_some();
                cx.arm();
                if !was_armed && cx.armed_for().is_some() {
                    self.current(cx).armed(cx);
                }
            }
        }
    }

    fn letter(&mut self, c: char, cx: &mut Shell) {
        let is_tab = |place: Place| matches!(place, Place::Tab { key, .. } if key == c);
        let tab = self.pages().map(|(_, page)| page).find(|page| is_tab(page.place));
        if let Some(page) = tab {
            return self.act(Action::Go(page), cx);
        }
        match keys::common(c) {
            Some(action) => self.act(action, cx),
            None if c.is_uppercase() => {
                let users = self.users(c);
                if !users.is_empty() {
                    cx.say(Tone::Dim, format!("{c} is a key of {}", users.join(", ")));
                }
            }
            None => {}
        }
    }

    fn list(&mut self, cx: &Shell) -> Option<&mut dyn AnyList> {
        let page = cx.page;
        self.current(cx).list(page)
    }

    fn move_cursor(&mut self, cx: &mut Shell, change: impl FnOnce(&mut dyn AnyList)) {
        if let Some(list) = self.list(cx) {
            change(list);
            self.current(cx).moved(cx);
        }
    }

    fn ask_filter(&mut self, cx: &mut Shell) {
        if let Some(text) = self.current(cx).search(cx) {
            return cx.ask(FilterPrompt(Input::new(&text)));
        }
        match self.list(cx).map(|list| list.filter().typed()) {
            Some(typed) => cx.ask(FilterPrompt(Input::new(&typed))),
            None => cx.say(Tone::Dim, "nothing to filter here"),
        }
    }

    pub fn set_filter(&mut self, typed: &str, cx: &mut Shell) {
        if self.current(cx).search(cx).is_some() {
            return self.current(cx).set_search(typed, cx);
        }
        let now = cx.clock.utc;
        self.move_cursor(cx, |list| list.set_filter(Filter::parse(typed), now));
    }

    /// Shows the next screen of those that share the tab.
    fn next_of_tab(&self, cx: &mut Shell) {
        let mains = self.all.iter().map(|screen| &screen.pages()[0]);
        let mains: Vec<&'static Page> = mains.filter(|page| page.root() == cx.page.root()).collect();
        match mains.iter().position(|main| *main == cx.page) {
            Some(at) if mains.len() > 1 => cx.go(mains[(at + 1) % mains.len()]),
            _ => cx.say(Tone::Dim, "this screen has one pane"),
        }
    }

    /// Takes the filter back, then goes to the page that this one belongs to.
    fn back(&mut self, cx: &mut Shell) {
        if self.list(cx).is_some_and(|list| !list.filter().is_empty()) {
            return self.set_filter("", cx);
        }
        if let Some(above) = self.page(cx.page.root()) {
            cx.go(above);
        }
    }

    fn sort(&mut self, sorting: Sorting, cx: &mut Shell) {
        let now = cx.clock.utc;
        let Some(list) = self.list(cx) else {
            return cx.say(Tone::Dim, "nothing to sort here");
        };
        match sorting {
            Sorting::Reverse => list.sort_reverse(now),
            Sorting::NextColumn => list.sort_next(now),
        }
        let words = list.sort_in_words();
        cx.say(Tone::Plain, words);
    }

    fn mark(&mut self, marking: Marking, cx: &mut Shell) {
        let Some(list) = self.list(cx) else {
            return;
        };
        match marking {
            Marking::One => list.toggle_mark(),
            Marking::Range => list.mark_range(),
            Marking::All => list.mark_all(),
        }
        let count = list.marked();
        cx.say(Tone::Plain, format!("{count} marked"));
    }

    fn copy(&mut self, cx: &mut Shell) {
        match self.list(cx).and_then(|list| list.selected_id()) {
            Some(text) => cx.copy(text),
            None => cx.say(Tone::Dim, "nothing to copy"),
        }
    }

    fn export(&mut self, cx: &mut Shell) {
        match self.current(cx).export(cx) {
            Some(json) => {
                let page = cx.page.name;
                cx.effects.push(Effect::Export { page, json });
            }
            None => cx.say(Tone::Dim, "nothing to export yet"),
        }
    }

    fn freeze(&mut self, cx: &mut Shell) {
        if cx.frozen_since.take().is_none() {
            cx.frozen_since = Some(cx.clock.utc);
            return;
        }
        for event in std::mem::take(&mut self.held) {
            self.change(event, cx);
        }
    }

    pub fn event(&mut self, event: Event, cx: &mut Shell) {
        cx.link.heard_at = Some(cx.clock.instant);
        match event {
            Event::Snapshot(snapshot) => self.snapshot(*snapshot, cx),
            change => self.change(change, cx),
        }
    }

    fn snapshot(&mut self, snapshot: Snapshot, cx: &mut Shell) {
        cx.you = Some(snapshot.you);
        for change in [
            Event::Overview(Box::new(snapshot.overview)),
            Event::Queues {
                queues: snapshot.queues,
            },
            Event::Latency {
                latency: snapshot.latency,
            },
            Event::Operations {
                operations: snapshot.operations,
            },
            Event::Changed(snapshot.revisions),
        ] {
            self.change(change, cx);
        }
        for screen in &mut self.all {
            screen.reconnected(cx);
        }
    }

    /// A frozen screen stands still: of each kind of event the latest is kept.
    fn change(&mut self, event: Event, cx: &mut Shell) {
        if cx.frozen_since.is_some() {
            let kind = std::mem::discriminant(&event);
            self.held.retain(|held| std::mem::discriminant(held) != kind);
            return self.held.push(event);
        }
        cx.live.update(&event);
        for screen in &mut self.all {
            screen.event(&event, cx);
        }
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
        self.open_destinations(cx);
        while self.shown != cx.page {
            let left = std::mem::replace(&mut self.shown, cx.page);
            self.before = left;
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
    pub fn label(&self, cx: &Shell) -> Option<super::Label> {
        let prompt = cx.prompt.as_ref()?;
        Some(prompt.label(self.peek(prompt.owner())?, cx))
    }
}
