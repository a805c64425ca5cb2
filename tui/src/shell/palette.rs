//! `:`: everything that can be asked for by name.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;

use super::Shell;
use super::callback::Callback;
use super::keys::{Action, Sorting};
use super::page::Place;
use super::prompt::{Placement, Prompt};
use super::screens::Screens;
use crate::canvas::{Canvas, split_top};
use crate::input::Input;
use crate::text;
use crate::theme::{Theme, Tone};

/// The palette while something is typed.
#[derive(Debug, Default)]
pub struct Palette {
    input: Input,
    cursor: usize,
}

/// A line and what runs it.
struct Line {
    words: String,
    key: String,
    command: Command,
}

enum Command {
    Act(Action),
    Theme(Theme),
    /// A command of a screen.
    Call(Callback),
}

impl Prompt for Palette {
    type Owner = Screens;
    const PLACEMENT: Placement = Placement::Overlay;

    fn key(mut self, key: KeyEvent, screens: &mut Screens, cx: &mut Shell) -> Option<Self> {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return None,
            KeyCode::Enter => {
                self.run(screens, cx);
                return None;
            }
            KeyCode::Up | KeyCode::BackTab => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Char('p') if is_control => self.cursor = self.cursor.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.down(screens, cx),
            KeyCode::Char('n') if is_control => self.down(screens, cx),
            _ => {
                self.input.key(key);
                self.cursor = 0;
            }
        }
        Some(self)
    }

    fn input(&self) -> Option<&Input> {
        Some(&self.input)
    }

    fn input_mut(&mut self) -> Option<&mut Input> {
        Some(&mut self.input)
    }

    fn draw(&mut self, canvas: &mut Canvas<'_>, area: Rect, screens: &mut Screens, cx: &Shell) {
        let lines = lines(self.input.text(), screens, cx);
        let inside = canvas.window(area, 50, 14, "Commands (Enter run, Esc close)");
        let (input, rest) = split_top(inside, 1);
        let typed = self.input.shown(usize::from(input.width).saturating_sub(1));
        canvas.line(input, &format!(":{typed}"), Tone::Accent);
        if lines.is_empty() {
            canvas.line(rest, "No such command", Tone::Dim);
        }
        let skip = (self.cursor + 1).saturating_sub(usize::from(rest.height));
        for (y, (i, line)) in (rest.y..rest.bottom()).zip(lines.iter().enumerate().skip(skip)) {
            let place = Rect { y, height: 1, ..rest };
            canvas.line(place, &line.words, Tone::Plain);
            canvas.put_right(place, &line.key, Tone::Dim);
            if i == self.cursor {
                canvas.select(place);
            }
        }
    }
}

impl Palette {
    fn down(&mut self, screens: &Screens, cx: &Shell) {
        let last = lines(self.input.text(), screens, cx).len().saturating_sub(1);
        self.cursor = (self.cursor + 1).min(last);
    }

    fn run(self, screens: &mut Screens, cx: &mut Shell) {
        let typed = self.input.text();
        match lines(typed, screens, cx)
            .into_iter()
            .nth(self.cursor)
            .map(|line| line.command)
        {
            None => cx.say(Tone::Warn, format!("No such command: {typed:?}")),
            Some(Command::Act(action)) => screens.act(action, cx),
            Some(Command::Theme(theme)) => cx.set_theme(theme),
            Some(Command::Call(callback)) => screens.call(callback, cx),
        }
    }
}

/// The words of the lines that fit what was typed.
#[cfg(test)]
pub fn words(typed: &str, screens: &Screens, cx: &Shell) -> Vec<String> {
    lines(typed, screens, cx).into_iter().map(|line| line.words).collect()
}

/// The lines that fit what was typed, the best first.
fn lines(typed: &str, screens: &Screens, cx: &Shell) -> Vec<Line> {
    let all = pages(screens)
        .chain(screens.entries(cx).map(|entry| Line {
            words: text::clean(&entry.words).into_owned(),
            key: entry.key,
            command: Command::Call(entry.run),
        }))
        .chain(common())
        .chain(themes());
    let mut found: Vec<(usize, Line)> = all
        .filter_map(|line| text::fuzzy(typed, &line.words).map(|cost| (cost, line)))
        .collect();
    if !typed.trim().is_empty() {
        found.sort_by_key(|(cost, _)| *cost);
    }
    found.into_iter().map(|(_, line)| line).collect()
}

fn pages(screens: &Screens) -> impl Iterator<Item = Line> {
    let pages = screens.pages().map(|(_, page)| page);
    pages
        .filter(|page| !matches!(page.place, Place::Below(_)))
        .map(|page| Line {
            words: page.name.to_owned(),
            key: page.shortcut().unwrap_or_default(),
            command: Command::Act(Action::Go(page)),
        })
}

fn common() -> impl Iterator<Item = Line> {
    let act = |words: &str, key: char, action| Line {
        words: words.to_owned(),
        key: key.to_string(),
        command: Command::Act(action),
    };
    [
        act("arm writing", 'W', Action::Arm),
        act("freeze", 'p', Action::Freeze),
        act("filter", '/', Action::AskFilter),
        act("sort by next column", 's', Action::Sort(Sorting::NextColumn)),
        act("sort in reverse", 'S', Action::Sort(Sorting::Reverse)),
        act("export as JSON", 'e', Action::Export),
        act("copy", 'y', Action::Copy),
        act("mouse on or off", '%', Action::Mouse),
        act("help", '?', Action::Help),
        act("quit", 'q', Action::Quit),
    ]
    .into_iter()
}

fn themes() -> impl Iterator<Item = Line> {
    [Theme::Dark, Theme::Light, Theme::Mono].into_iter().map(|theme| Line {
        words: format!("theme {}", theme.as_str()),
        key: "T".to_owned(),
        command: Command::Theme(theme),
    })
}
