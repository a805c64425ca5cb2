//! The terminal as one value: what the loop feeds and draws.

use crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEventKind};
use ratatui::Frame;

use super::draw;
use super::effect::{Effect, Link, Update};
use super::keys::Action;
use super::screen::Screen;
use super::screens::Screens;
use super::{Click, Shell};
use crate::canvas::listing;
use crate::client::Failure;
use crate::clock::Clock;
use crate::list::Step;
use crate::pictures::Pictures;
use crate::theme::{Theme, Tone};

/// The shell and its screens.
pub struct App {
    pub shell: Shell,
    pub screens: Screens,
}

impl App {
    /// Opens on the main page of the first screen.
    pub fn new(screens: Vec<Box<dyn Screen>>, theme: Theme, pictures: Pictures, clock: Clock) -> Self {
        let screens = Screens::new(screens);
        let shell = Shell::new(theme, pictures, clock, screens.shown());
        Self { shell, screens }
    }

    /// Takes a key, for the prompt if one is open.
    pub fn key(&mut self, key: KeyEvent) {
        self.screens.key(key, &mut self.shell);
        self.settle();
    }

    pub fn act(&mut self, action: Action) {
        self.screens.act(action, &mut self.shell);
        self.settle();
    }

    /// Text from the clipboard goes where something is typed, and never becomes keys.
    pub fn paste(&mut self, text: &str) {
        self.screens.paste(text, &mut self.shell);
        self.settle();
    }

    pub fn click(&mut self, kind: MouseEventKind, column: u16, row: u16) {
        if self.shell.prompt.is_some() {
            return self.scroll_overlay(kind);
        }
        let rows = self.shell.rows_area;
        match kind {
            MouseEventKind::ScrollDown => self.act(Action::Step(Step::Down)),
            MouseEventKind::ScrollUp => self.act(Action::Step(Step::Up)),
            MouseEventKind::Down(MouseButton::Left) if rows.contains((column, row).into()) => {
                self.screens.click(usize::from(row - rows.y), &mut self.shell);
                self.settle();
            }
            MouseEventKind::Down(MouseButton::Left) => self.click_elsewhere(column, row),
            _ => {}
        }
    }

    fn scroll_overlay(&mut self, kind: MouseEventKind) {
        let code = match kind {
            MouseEventKind::ScrollDown => KeyCode::Down,
            MouseEventKind::ScrollUp => KeyCode::Up,
            _ => return,
        };
        if self.shell.has_overlay() {
            self.key(code.into());
        }
    }

    /// Titles of columns, tabs, keys of the last line.
    fn click_elsewhere(&mut self, column: u16, row: u16) {
        let rows = self.shell.rows_area;
        let start = rows.x + listing::GUTTER;
        if row + 1 == rows.y && (start..rows.right()).contains(&column) {
            self.screens.click_title(column - start, &mut self.shell);
            return self.settle();
        }
        let mut clicks = self.shell.clicks.iter();
        match clicks.find(|(place, _)| place.contains((column, row).into())) {
            Some(&(_, Click::Go(page))) => self.act(Action::Go(page)),
            Some(&(_, Click::Key(code))) => self.key(code.into()),
            None => {}
        }
    }

    pub fn update(&mut self, update: Update) {
        let cx = &mut self.shell;
        match update {
            Update::Link(link) => {
                if link == Link::Live {
                    cx.pictures.forget_failures();
                    if matches!(cx.link.link, Link::Lost { .. }) {
                        cx.say(Tone::Good, "Connected again");
                    }
                }
                cx.link.change(link, cx.clock.instant);
            }
            Update::Event(event) => self.screens.event(event, cx),
            Update::Call(callback) => self.screens.call(callback, cx),
            Update::Picture(key, shown) => cx.pictures.keep(key, shown),
            Update::Exported(Ok(path)) => cx.say(Tone::Good, format!("Written to {}", path.display())),
            Update::Exported(Err(why)) => cx.say(Tone::Bad, format!("Not exported: {why}")),
        }
        self.settle();
    }

    /// Takes an effect back whose queue is full.
    pub fn refuse(&mut self, effect: Effect) {
        let cx = &mut self.shell;
        let why = || Failure::Unreachable("too many requests are waiting; try again".to_owned());
        match effect {
            Effect::Read(request) => self.screens.call(request.refuse(why()), cx),
            Effect::Picture(_) => cx.pictures.asked = None,
            Effect::Write(request) => {
                self.screens.call(request.refuse(why()), cx);
                cx.say(Tone::Bad, "NOT done: too many requests are waiting; try again");
            }
            _ => cx.say(Tone::Bad, "NOT done: the previous export is still being written"),
        }
        self.settle();
    }

    /// Once a second.
    pub fn tick(&mut self) {
        self.shell.tick();
        self.screens.tick(&mut self.shell);
        self.settle();
    }

    /// Gives back whatever is held, before the terminal closes.
    pub fn close(&mut self) {
        self.screens.close(&mut self.shell);
    }

    /// Tells the screens about a change of page, then reads what is shown.
    fn settle(&mut self) {
        self.screens.settle(&mut self.shell);
    }

    pub fn draw(&mut self, frame: &mut Frame<'_>) {
        draw::draw(frame, &mut self.screens, &mut self.shell);
    }

    /// Asks for the next picture that the last frame had room for, one at a time.
    pub fn ask_for_pictures(&mut self) {
        let cx = &mut self.shell;
        if cx.pictures.asked.is_none() && cx.is_live() {
            let ahead = self.screens.current(cx).pictures_ahead(cx);
            let wanted = cx.pictures.next_wanted(&ahead);
            cx.pictures.asked.clone_from(&wanted);
            cx.effects.extend(wanted.map(Effect::Picture));
        }
    }

    /// Cells with pixels of images that text does not cover.
    pub fn picture_layout(&self) -> Option<(&'static str, u32)> {
        if self.shell.has_overlay() {
            return None;
        }
        let layout = self.screens.shown_screen().picture_layout(&self.shell);
        layout.map(|layout| (self.shell.page.name, layout))
    }
}
