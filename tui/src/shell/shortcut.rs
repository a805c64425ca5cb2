//! `'` and a letter: screens beyond the ten with a digit.

use crossterm::event::{KeyCode, KeyEvent};

use super::Shell;
use super::keys::plain;
use super::page::{Page, Place};
use super::prompt::{Label, Placement, Prompt};
use super::screens::Screens;
use crate::theme::Tone;

/// Waits for the letter of a screen.
#[derive(Debug)]
pub struct ShortcutPrompt;

fn letters(screens: &Screens) -> impl Iterator<Item = (char, &'static str, &'static Page)> {
    screens.pages().filter_map(|(_, page)| match page.place {
        Place::Letter { key, title } => Some((key, title, page)),
        _ => None,
    })
}

impl Prompt for ShortcutPrompt {
    type Owner = Screens;
    const PLACEMENT: Placement = Placement::Line;

    fn key(self, key: KeyEvent, screens: &mut Screens, cx: &mut Shell) -> Option<Self> {
        let Some(KeyCode::Char(c)) = plain(key) else {
            return None;
        };
        match letters(screens).find(|(letter, ..)| *letter == c) {
            Some((.., page)) => cx.go(page),
            None => cx.say(Tone::Warn, format!("No screen opens with '{c}. : lists all by name")),
        }
        None
    }

    fn label(&self, screens: &Screens, _cx: &Shell) -> Label {
        let known: Vec<String> = letters(screens).map(|(c, title, _)| format!("{c} {title}")).collect();
        let words = match known.is_empty() {
            true => "Every screen has a digit".to_owned(),
            false => format!("Open: {}", known.join(" · ")),
        };
        Label {
            words,
            hint: "a letter opens its screen · Esc cancel",
            ..Label::default()
        }
    }
}
