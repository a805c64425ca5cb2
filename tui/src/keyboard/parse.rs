//! Bytes of the terminal become events. Replies of the terminal to anything never become keys.

mod csi;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";
/// Nobody pastes more into a line of 500 characters.
const MAX_PASTE_BYTES: usize = 64 << 10;
/// The rest of a key follows its first byte at once: an Esc that stays alone for so long is the key.
const KEY_GAP: Duration = Duration::from_millis(30);
/// After such a pause the end of a reply, or of a pasted text, does not come any more.
const REPLY_GAP: Duration = Duration::from_millis(200);
const PASTE_GAP: Duration = Duration::from_secs(2);

/// Puts sequences together that come in parts.
#[derive(Debug, Default)]
pub struct Parser {
    /// The sequence that has begun.
    pending: Vec<u8>,
    inside: Inside,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Keys,
    Paste,
    /// A reply of the terminal: everything up to its end is dropped.
    Reply,
}

/// The part of the input that the first bytes are.
enum Token {
    /// More bytes are needed.
    Partial,
    /// The number of bytes read, and their event: most sequences that are no key have none.
    Event(usize, Option<Event>),
    Begin(usize, Inside),
}

impl Parser {
    /// The pause that ends what has begun; `None` when nothing has.
    pub fn gap(&self) -> Option<Duration> {
        match self.inside {
            Inside::Keys if self.pending.is_empty() => None,
            Inside::Keys => Some(KEY_GAP),
            Inside::Reply => Some(REPLY_GAP),
            Inside::Paste => Some(PASTE_GAP),
        }
    }

    pub fn push(&mut self, bytes: &[u8], events: &mut VecDeque<Event>) {
        self.pending.extend_from_slice(bytes);
        while !self.pending.is_empty() {
            let used = match self.inside {
                Inside::Keys => match token(&self.pending) {
                    Token::Partial => return,
                    Token::Event(used, event) => {
                        events.extend(event);
                        used
                    }
                    Token::Begin(used, inside) => {
                        self.inside = inside;
                        used
                    }
                },
                Inside::Paste => match self.end_of_paste() {
                    Some((text, used)) => {
                        events.push_back(Event::Paste(text));
                        self.inside = Inside::Keys;
                        used
                    }
                    None => return,
                },
                Inside::Reply => match end_of_reply(&self.pending) {
                    Some(used) => {
                        self.inside = Inside::Keys;
                        used
                    }
                    // The last byte may be the Esc of the end.
                    None => self.pending.len() - usize::from(self.pending.last() == Some(&ESC)),
                },
            };
            if used == 0 {
                return;
            }
            self.pending.drain(..used);
        }
    }

    /// No more bytes come: an Esc is the key, a text is pasted as far as it came, other beginnings are nothing.
    pub fn give_up(&mut self) -> Option<Event> {
        let pending = std::mem::take(&mut self.pending);
        match std::mem::take(&mut self.inside) {
            Inside::Keys if pending == [ESC] => Some(key(KeyCode::Esc)),
            Inside::Paste => Some(Event::Paste(String::from_utf8_lossy(&pending).into_owned())),
            Inside::Keys | Inside::Reply => None,
        }
    }

    /// The rest is dropped.
    fn end_of_paste(&mut self) -> Option<(String, usize)> {
        let end = find(&self.pending, PASTE_END);
        let kept = end.unwrap_or(self.pending.len()).min(MAX_PASTE_BYTES);
        match end {
            Some(at) => {
                let text = String::from_utf8_lossy(&self.pending[..kept]).into_owned();
                Some((text, at + PASTE_END.len()))
            }
            None => {
                let tail = self.pending.len().saturating_sub(PASTE_END.len());
                if kept < tail {
                    self.pending.drain(kept..tail);
                }
                None
            }
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

/// BEL or ST.
fn end_of_reply(bytes: &[u8]) -> Option<usize> {
    let bell = bytes.iter().position(|&byte| byte == 7).map(|at| at + 1);
    let string_end = find(bytes, b"\x1b\\").map(|at| at + 2);
    bell.into_iter().chain(string_end).min()
}

fn token(bytes: &[u8]) -> Token {
    match bytes {
        [ESC] => Token::Partial,
        [ESC, b'[', rest @ ..] => csi::token(rest),
        [ESC, b'O'] => Token::Partial,
        [ESC, b'O', letter, ..] => Token::Event(3, csi::function_key(*letter).map(key)),
        [ESC, b'P' | b']' | b'^' | b'_' | b'X', ..] => Token::Begin(2, Inside::Reply),
        [ESC, ESC, ..] => Token::Event(1, Some(key(KeyCode::Esc))),
        [ESC, rest @ ..] => match character(rest) {
            Some((used, Some(event))) => Token::Event(1 + used, Some(Event::Key(with_alt(event)))),
            Some((used, None)) => Token::Event(1 + used, None),
            None => Token::Partial,
        },
        _ => match character(bytes) {
            Some((used, event)) => Token::Event(used, event.map(Event::Key)),
            None => Token::Partial,
        },
    }
}

fn key(code: KeyCode) -> Event {
    Event::Key(code.into())
}

fn with_alt(mut key: KeyEvent) -> KeyEvent {
    key.modifiers |= KeyModifiers::ALT;
    key
}

/// A key of one character, with the bytes it takes; `None`: there are more to come.
fn character(bytes: &[u8]) -> Option<(usize, Option<KeyEvent>)> {
    let control = |letter: u8| KeyEvent::new(KeyCode::Char(char::from(letter)), KeyModifiers::CONTROL);
    let key = match bytes[0] {
        b'\r' => KeyCode::Enter.into(),
        b'\t' => KeyCode::Tab.into(),
        0x7f => KeyCode::Backspace.into(),
        0 => control(b' '),
        byte @ 1..=0x1a => control(byte - 1 + b'a'),
        byte @ 0x1c..=0x1f => control(byte - 0x1c + b'4'),
        first => return utf8(bytes, first),
    };
    Some((1, Some(key)))
}

fn utf8(bytes: &[u8], first: u8) -> Option<(usize, Option<KeyEvent>)> {
    let length = match first {
        0..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return Some((1, None)),
    };
    if bytes.len() < length {
        return None;
    }
    let Some(c) = std::str::from_utf8(&bytes[..length])
        .ok()
        .and_then(|text| text.chars().next())
    else {
        return Some((1, None));
    };
    let shift = if c.is_uppercase() {
        KeyModifiers::SHIFT
    } else {
        KeyModifiers::NONE
    };
    Some((length, Some(KeyEvent::new(KeyCode::Char(c), shift))))
}
