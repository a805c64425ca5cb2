//! Keys: for the prompt, the screen, or what they do on every screen.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent};

use super::Screens;
use crate::input::Input;
use crate::list::{AnyList, Filter, Step};
use crate::picture::Pan;
use crate::shell::detail::DetailPrompt;
use crate::shell::filter::FilterPrompt;
use crate::shell::help::HelpPrompt;
use crate::shell::keys::{self, Sorting};
use crate::shell::page::Place;
use crate::shell::palette::Palette;
use crate::shell::shortcut::ShortcutPrompt;
use crate::shell::{Action, Effect, Handled, Hint, Marking, Page, Placement, Shell};
use crate::theme::Tone;

/// The same key again within this time is a key that is held down.
const HELD_DOWN: Duration = Duration::from_millis(150);

/// Keys that wait for the first rows of a page at most, and for how long.
const TYPED_AHEAD: usize = 8;
const TYPED_AHEAD_FOR: Duration = Duration::from_secs(3);

impl Screens {
    /// The screens that know a letter, for the refusal on other screens: `dead-letters (3), campaigns (4)`.
    fn users(&self, letter: char) -> Vec<String> {
        let is_letter = |word: &str| word.chars().eq([letter]);
        let has_it = |(key, _): &Hint| key.split(' ').any(is_letter);
        let using = self.all.iter().filter_map(|screen| {
            let mut pages = screen.pages().iter();
            pages.find(|page| screen.help(page).iter().any(has_it))
        });
        let shortcut = |page: &Page| self.page(page.root()).and_then(Page::shortcut).unwrap_or_default();
        using
            .map(|page| format!("{} ({})", page.name, shortcut(page)))
            .collect()
    }

    pub fn key(&mut self, key: KeyEvent, cx: &mut Shell) {
        if keys::action(key) == Some(Action::Quit) {
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
        let is_typing =
            prompt.is_some_and(|prompt| prompt.placement() != Placement::Overlay || prompt.any_input().is_some());
        let is_answer = key == 'y' && prompt.is_some_and(|prompt| prompt.is_question());
        is_answer || (!is_typing && self.current(cx).is_decision(key, cx))
    }

    pub fn paste(&mut self, text: &str, cx: &mut Shell) {
        let Some(mut prompt) = cx.prompt.take() else {
            return cx.say(Tone::Warn, "Pasted text is ignored: no input is open");
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

    /// Sorts by the column whose title is there.
    pub fn click_title(&mut self, x: u16, cx: &mut Shell) {
        let now = cx.clock.utc;
        if let Some(list) = self.list(cx) {
            list.sort_at(x, now);
            cx.say(Tone::Plain, list.sort_in_words());
        }
    }

    pub fn act(&mut self, action: Action, cx: &mut Shell) {
        if self.must_wait(&action, cx) {
            return self.typed_ahead.push((action, cx.clock.instant));
        }
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
            Action::Arrow(Pan::Left) => self.act(Action::Step(Step::Left), cx),
            Action::Arrow(Pan::Right) => self.act(Action::Step(Step::Right), cx),
            Action::Open => {
                if self.current(cx).detail(cx).is_some() {
                    cx.ask(DetailPrompt { top: 0 });
                }
            }
            Action::OtherPane => self.next_of_tab(cx),
            Action::Back => self.back(cx),
            Action::AskCommand => cx.ask(Palette::default()),
            Action::AskShortcut => cx.ask(ShortcutPrompt),
            Action::AskFilter => self.ask_filter(cx),
            Action::Sort(sorting) => self.sort(sorting, cx),
            Action::Columns => cx.say(
                Tone::Dim,
                "columns follow the width of the terminal; < > scroll sideways",
            ),
            Action::Mark(marking) => self.mark(marking, cx),
            Action::Copy => self.copy(cx),
            Action::Export => self.export(cx),
            Action::Freeze => self.freeze(cx),
            Action::Mouse => cx.turn_mouse(),
            Action::Theme => cx.set_theme(cx.theme.next()),
            Action::Help => cx.ask(HelpPrompt { top: 0 }),
            Action::Quit => cx.effects.push(Effect::Quit),
            Action::Disarm => cx.disarm(),
            Action::Arm => {
                let was_armed = cx.armed_for().is_some();
                cx.arm();
                if !was_armed && cx.armed_for().is_some() {
                    self.current(cx).armed(cx);
                }
            }
        }
    }

    /// Keys that move or open wait for rows that are on their way.
    fn must_wait(&mut self, action: &Action, cx: &Shell) -> bool {
        matches!(action, Action::Open | Action::Step(_) | Action::Cycle(_))
            && cx.is_live()
            && cx.prompt.is_none()
            && self.typed_ahead.len() < TYPED_AHEAD
            && self.awaits_rows(cx)
    }

    /// The first rows of the page, or those of its filter, are on their way.
    fn awaits_rows(&mut self, cx: &Shell) -> bool {
        let is_read = self.current(cx).read_at(cx).is_some();
        self.list(cx)
            .is_some_and(|list| list.awaits_rows() || (!is_read && list.shown_len() == 0))
    }

    /// Acts on what was typed before the first rows came, unless that is long ago.
    pub(super) fn act_typed_ahead(&mut self, cx: &mut Shell) {
        if self.typed_ahead.is_empty() || self.awaits_rows(cx) {
            return;
        }
        for (action, at) in std::mem::take(&mut self.typed_ahead) {
            if cx.prompt.is_none() && cx.clock.instant.saturating_duration_since(at) < TYPED_AHEAD_FOR {
                self.act(action, cx);
                self.settle_pages(cx);
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
            None => cx.say(Tone::Dim, "Nothing to filter here"),
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
            _ => cx.say(Tone::Dim, "This screen has one pane"),
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
            return cx.say(Tone::Dim, "Nothing to sort here");
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
            None => cx.say(Tone::Dim, "Nothing to copy"),
        }
    }

    fn export(&mut self, cx: &mut Shell) {
        match self.current(cx).export(cx) {
            Some(json) => {
                let page = cx.page.name;
                cx.effects.push(Effect::Export { page, json });
            }
            None => cx.say(Tone::Dim, "Nothing to export yet"),
        }
    }
}
