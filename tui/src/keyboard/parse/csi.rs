//! Sequences that begin with `ESC [`: keys with a name, pasted text, the mouse.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{Inside, Token};

/// Longer than any key; what is longer is no sequence.
const MAX_SEQUENCE_BYTES: usize = 64;

/// After `ESC [`: parameters, then one letter.
pub fn token(rest: &[u8]) -> Token {
    // The console's function keys: one more byte.
    if let [b'[', more @ ..] = rest {
        return if more.is_empty() {
            Token::Partial
        } else {
            Token::Event(4, None)
        };
    }
    let Some(at) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        let is_endless = rest.len() > MAX_SEQUENCE_BYTES;
        return if is_endless {
            Token::Event(2 + rest.len(), None)
        } else {
            Token::Partial
        };
    };
    if !(0x40..=0x7e).contains(&rest[at]) {
        return Token::Event(2 + at, None);
    }
    let used = 2 + at + 1;
    let parameters = std::str::from_utf8(&rest[..at]).unwrap_or_default();
    match rest[at] {
        b'~' if parameters == "200" => Token::Begin(used, Inside::Paste),
        // The old form of the mouse, which is never asked for: three more bytes.
        b'M' if at == 0 => match rest.len() {
            0..4 => Token::Partial,
            _ => Token::Event(used + 3, None),
        },
        b'M' | b'm' => Token::Event(used, mouse(parameters, rest[at]).map(Event::Mouse)),
        last => Token::Event(used, named_key(parameters, last).map(Event::Key)),
    }
}

fn numbers(parameters: &str) -> Vec<u16> {
    parameters
        .split(';')
        .map(|number| number.parse().unwrap_or(0))
        .collect()
}

pub fn function_key(letter: u8) -> Option<KeyCode> {
    Some(match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P'..=b'S' => KeyCode::F(1 + letter - b'P'),
        _ => return None,
    })
}

/// `3~`, `1;5C`, `A`.
fn named_key(parameters: &str, last: u8) -> Option<KeyEvent> {
    if parameters.starts_with(['?', '<', '>']) {
        return None;
    }
    let numbers = numbers(parameters);
    let code = match (last, numbers[0]) {
        (b'Z', _) => return Some(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)),
        // The position of the cursor, which nobody asked for, looks like F3 with Shift and more.
        (b'R', _) => return None,
        (b'~', 1 | 7) => KeyCode::Home,
        (b'~', 2) => KeyCode::Insert,
        (b'~', 3) => KeyCode::Delete,
        (b'~', 4 | 8) => KeyCode::End,
        (b'~', 5) => KeyCode::PageUp,
        (b'~', 6) => KeyCode::PageDown,
        (b'~', _) => return None,
        (letter, _) => function_key(letter)?,
    };
    let held = numbers.get(1).map_or(0, |number| number.saturating_sub(1));
    let mut modifiers = KeyModifiers::NONE;
    for (bit, modifier) in [KeyModifiers::SHIFT, KeyModifiers::ALT, KeyModifiers::CONTROL]
        .into_iter()
        .enumerate()
    {
        modifiers.set(modifier, held & (1 << bit) != 0);
    }
    Some(KeyEvent::new(code, modifiers))
}

/// `<0;column;row` with `M` for a press: the form of SGR.
fn mouse(parameters: &str, last: u8) -> Option<MouseEvent> {
    let &[button, column, row] = &numbers(parameters.strip_prefix('<')?)[..] else {
        return None;
    };
    let kind = match (button & !0b1_1100, last) {
        (0, b'M') => MouseEventKind::Down(MouseButton::Left),
        (0, _) => MouseEventKind::Up(MouseButton::Left),
        (64, b'M') => MouseEventKind::ScrollUp,
        (65, b'M') => MouseEventKind::ScrollDown,
        _ => return None,
    };
    Some(MouseEvent {
        kind,
        column: column.checked_sub(1)?,
        row: row.checked_sub(1)?,
        modifiers: KeyModifiers::NONE,
    })
}
