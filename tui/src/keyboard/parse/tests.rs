//! Sequences of terminals, whole and in parts.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::*;

fn parsed(parts: &[&[u8]]) -> Vec<Event> {
    let mut parser = Parser::default();
    let mut events = VecDeque::new();
    for part in parts {
        parser.push(part, &mut events);
    }
    events.extend(parser.give_up());
    events.into()
}

fn pressed(code: KeyCode, modifiers: KeyModifiers) -> Event {
    Event::Key(KeyEvent::new(code, modifiers))
}

#[test]
fn every_key_is_read_whole_or_byte_by_byte() {
    let keys: [(&[u8], Event); 17] = [
        (b"a", pressed(KeyCode::Char('a'), KeyModifiers::NONE)),
        (b"W", pressed(KeyCode::Char('W'), KeyModifiers::SHIFT)),
        ("ü".as_bytes(), pressed(KeyCode::Char('ü'), KeyModifiers::NONE)),
        ("🐦".as_bytes(), pressed(KeyCode::Char('🐦'), KeyModifiers::NONE)),
        (b"\r", pressed(KeyCode::Enter, KeyModifiers::NONE)),
        (b"\x7f", pressed(KeyCode::Backspace, KeyModifiers::NONE)),
        (b"\x03", pressed(KeyCode::Char('c'), KeyModifiers::CONTROL)),
        (b"\x1a", pressed(KeyCode::Char('z'), KeyModifiers::CONTROL)),
        (b"\x1b", pressed(KeyCode::Esc, KeyModifiers::NONE)),
        (b"\x1bb", pressed(KeyCode::Char('b'), KeyModifiers::ALT)),
        (b"\x1b[A", pressed(KeyCode::Up, KeyModifiers::NONE)),
        (b"\x1bOB", pressed(KeyCode::Down, KeyModifiers::NONE)),
        (b"\x1b[1;5C", pressed(KeyCode::Right, KeyModifiers::CONTROL)),
        (b"\x1b[3~", pressed(KeyCode::Delete, KeyModifiers::NONE)),
        (b"\x1b[5~", pressed(KeyCode::PageUp, KeyModifiers::NONE)),
        (b"\x1b[Z", pressed(KeyCode::BackTab, KeyModifiers::SHIFT)),
        (b"\x1b[200~one\ntwo\x1b[201~", Event::Paste("one\ntwo".to_owned())),
    ];
    for (bytes, event) in keys {
        assert_eq!(parsed(&[bytes]), std::slice::from_ref(&event), "{bytes:?}");
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(parsed(&single), [event], "{bytes:?} in parts");
    }
}

#[test]
fn click_and_wheel_are_read_with_their_place() {
    let mouse = |kind| {
        Event::Mouse(MouseEvent {
            kind,
            column: 11,
            row: 4,
            modifiers: KeyModifiers::NONE,
        })
    };
    assert_eq!(
        parsed(&[b"\x1b[<0;12;5M\x1b[<65;12;5M\x1b[<35;12;5M"]),
        [
            mouse(MouseEventKind::Down(MouseButton::Left)),
            mouse(MouseEventKind::ScrollDown)
        ]
    );
}

#[test]
fn replies_of_the_terminal_and_broken_bytes_are_no_keys() {
    let noise: [&[u8]; 9] = [
        b"\x1b_Gi=31;EBADF:no such thing\x1b\\",
        b"\x1b]52;c;c2VjcmV0\x07",
        b"\x1b]11;rgb:0000/0000/0000\x1b\\",
        b"\x1bP1$r0m\x1b\\",
        b"\x1b[24;80R",
        b"\x1b[?62;4c",
        b"\x1b[M !!",
        b"\xff\xfe\xc3",
        b"\x1b[I\x1b[O",
    ];
    for bytes in noise {
        assert_eq!(parsed(&[bytes]), [], "{bytes:?}");
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(parsed(&single), [], "{bytes:?} in parts");
    }
}

#[test]
fn endless_paste_and_sequence_are_cut() {
    let long = vec![b'x'; 100_000];
    let events = parsed(&[b"\x1b[200~", &long, &long, b"\x1b[201~q"]);
    let [Event::Paste(text), last] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(text.len(), MAX_PASTE_BYTES);
    assert_eq!(*last, pressed(KeyCode::Char('q'), KeyModifiers::NONE));
    let digits = vec![b'1'; 10_000];
    assert_eq!(parsed(&[b"\x1b[", &digits]).len(), 0);
}

#[test]
fn nothing_that_begins_and_never_ends_takes_the_keyboard_away() {
    for begin in [&b"\x1b]"[..], b"\x1bX", b"\x1b_G", b"\x1b[200~lost", b"\x1b[1;"] {
        let mut parser = Parser::default();
        let mut events = VecDeque::new();
        parser.push(begin, &mut events);
        assert!(parser.gap().is_some(), "{begin:?}");
        parser.give_up();
        parser.push(b"q", &mut events);
        assert_eq!(
            events.pop_back(),
            Some(pressed(KeyCode::Char('q'), KeyModifiers::NONE)),
            "{begin:?}"
        );
        assert_eq!(parser.gap(), None);
    }
}

#[test]
fn arbitrary_bytes_never_panic_and_never_pile_up() {
    let mut seed = 7_u64;
    let mut parser = Parser::default();
    let mut events = VecDeque::new();
    for _ in 0..200_000 {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let byte = match (seed >> 33) % 4 {
            0 => ESC,
            1 => b"[]O_P?<;~MR200m"[(seed >> 40) as usize % 15],
            _ => (seed >> 48) as u8,
        };
        parser.push(&[byte], &mut events);
        events.clear();
        assert!(parser.pending.len() <= MAX_PASTE_BYTES + PASTE_END.len() + 1);
    }
}
