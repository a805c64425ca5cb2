//! A line that is typed: the cursor moves with the arrows, Home, End and Ctrl with letters, as in a shell.

use std::ops::RangeInclusive;

use crossterm::event::{Event, KeyEvent};
use tui_input::backend::crossterm::to_input_request;
use tui_input::{Input as Buffer, InputRequest};

use crate::{format, text};

/// Longer notes than that nobody reads.
const MAX_CHARS: usize = 500;

/// A number that somebody typed, or what is wanted instead.
pub fn parse_number(text: &str, range: RangeInclusive<u32>) -> Result<u32, String> {
    let number = text.trim().parse().ok().filter(|n| range.contains(n));
    number.ok_or_else(|| {
        let (least, most) = (range.start(), format::count((*range.end()).into()));
        format!("enter a number from {least} to {most}")
    })
}

/// Parses a text; an empty one is `None`.
pub fn parse_optional<T>(text: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Result<Option<T>, String> {
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some),
    }
}

/// A line of at most 500 characters, free of control characters.
#[derive(Debug, Clone, Default)]
pub struct Input {
    buffer: Buffer,
}

impl Input {
    pub fn new(text: &str) -> Self {
        Self {
            buffer: Buffer::new(text.to_owned()),
        }
    }

    pub fn text(&self) -> &str {
        self.buffer.value()
    }

    /// Changes the line or moves the cursor, if the key does either.
    pub fn key(&mut self, key: KeyEvent) {
        match to_input_request(&Event::Key(key)) {
            Some(InputRequest::InsertChar(c)) => self.insert(c),
            Some(request) => {
                self.buffer.handle(request);
            }
            None => {}
        }
    }

    /// Inserts pasted text; line ends become spaces, other control characters go.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' | '\r' | '\t' => self.insert(' '),
                c if c.is_control() => {}
                c => self.insert(c),
            }
        }
    }

    fn insert(&mut self, c: char) {
        if self.text().chars().count() < MAX_CHARS {
            self.buffer.handle(InputRequest::InsertChar(c));
        }
    }

    /// The part around the cursor that fits into `cells`, with `▏` where the next character goes.
    pub fn shown(&self, cells: usize) -> String {
        let at = self.buffer.cursor();
        let before: String = self.text().chars().take(at).collect();
        let after: String = self.text().chars().skip(at).collect();
        let room = cells.saturating_sub(1);
        let before = text::cut_front(&before, room);
        let after = text::cut(&after, room.saturating_sub(text::width(&before)));
        format!("{before}▏{after}")
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    fn press(input: &mut Input, code: KeyCode, modifiers: KeyModifiers) {
        input.key(KeyEvent::new(code, modifiers));
    }

    fn control(input: &mut Input, c: char) {
        press(input, KeyCode::Char(c), KeyModifiers::CONTROL);
    }

    #[test]
    fn typing_is_bounded_and_free_of_control_characters() {
        let mut input = Input::default();
        input.paste("one\ntwo\u{1b} three");
        assert_eq!(input.text(), "one two three");
        control(&mut input, 'w');
        assert_eq!(input.text(), "one two ");
        input.paste(&"x".repeat(1000));
        assert_eq!(input.text().chars().count(), MAX_CHARS);
        control(&mut input, 'u');
        assert_eq!(input.text(), "");
    }

    #[test]
    fn cursor_moves_by_character_by_word_and_to_the_ends() {
        let mut input = Input::new("birds line");
        press(&mut input, KeyCode::Left, KeyModifiers::NONE);
        press(&mut input, KeyCode::Backspace, KeyModifiers::NONE);
        assert_eq!(input.text(), "birds lie");
        press(&mut input, KeyCode::Home, KeyModifiers::NONE);
        press(&mut input, KeyCode::Char('B'), KeyModifiers::SHIFT);
        press(&mut input, KeyCode::Delete, KeyModifiers::NONE);
        assert_eq!(input.text(), "Birds lie");
        press(&mut input, KeyCode::Right, KeyModifiers::CONTROL);
        control(&mut input, 'k');
        assert_eq!(input.text(), "Birds ");
        press(&mut input, KeyCode::End, KeyModifiers::NONE);
        input.paste("bold");
        control(&mut input, 'a');
        assert_eq!(input.shown(20), "▏Birds bold");
        control(&mut input, 'e');
        assert_eq!((input.text(), input.shown(6)), ("Birds bold", "…bold▏".to_owned()));
    }

    #[test]
    fn part_around_the_cursor_is_shown() {
        let mut input = Input::new("0123456789");
        for _ in 0..5 {
            press(&mut input, KeyCode::Left, KeyModifiers::NONE);
        }
        assert_eq!(input.shown(20), "01234▏56789");
        assert_eq!(input.shown(8), "01234▏5…");
    }
}
