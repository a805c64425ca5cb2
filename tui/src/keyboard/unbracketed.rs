//! Text that is pasted where the terminal does not put it in brackets: it comes as keys, and must not act as keys.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyModifiers};

/// Characters of one read that nobody types so fast. A key that is held down is one character many times.
const MIN_WORDS: usize = 8;
const MIN_WORD: usize = 16;
const MIN_DISTINCT: usize = 4;

/// The rest of a long text follows within this time.
const REST_WITHIN: Duration = Duration::from_millis(100);

/// Finds pasted text among the keys of a read.
#[derive(Debug, Default)]
pub struct Unbracketed {
    text_at: Option<Instant>,
}

impl Unbracketed {
    /// The events of one read, with pasted text as one event. `:` and `/` before the text open their line; Enter after it ends one.
    pub fn group(&mut self, events: Vec<Event>, now: Instant) -> Vec<Event> {
        let Some(text) = events.iter().map(character).collect::<Option<String>>() else {
            return events;
        };
        let is_rest = self
            .text_at
            .is_some_and(|at| now.saturating_duration_since(at) < REST_WITHIN);
        if text.is_empty() || (!is_rest && !is_pasted(&text)) {
            return events;
        }
        self.text_at = Some(now);
        let mut events = events;
        let end = events.pop_if(|event| !is_rest && *event == Event::Key(KeyCode::Enter.into()));
        let opens = !is_rest && text.starts_with([':', '/']);
        let start = opens.then(|| events.remove(0));
        let text = events.iter().filter_map(character).collect();
        start.into_iter().chain([Event::Paste(text)]).chain(end).collect()
    }
}

/// The character that a key types.
fn character(event: &Event) -> Option<char> {
    let Event::Key(key) = event else {
        return None;
    };
    match key.code {
        KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => Some(c),
        KeyCode::Enter => Some('\n'),
        KeyCode::Tab => Some('\t'),
        _ => None,
    }
}

fn is_pasted(text: &str) -> bool {
    let mut distinct: Vec<char> = text.chars().collect();
    let count = distinct.len();
    distinct.sort_unstable();
    distinct.dedup();
    let has_words = count >= MIN_WORDS && text.contains(' ');
    distinct.len() >= MIN_DISTINCT && (has_words || count >= MIN_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        let key = |c| match c {
            '\n' => KeyCode::Enter,
            c => KeyCode::Char(c),
        };
        text.chars().map(|c| Event::Key(key(c).into())).collect()
    }

    fn paste(text: &str) -> Event {
        Event::Paste(text.to_owned())
    }

    #[test]
    fn sentence_in_one_read_is_pasted_text_and_keys_are_keys() {
        let mut unbracketed = Unbracketed::default();
        let mut now = Instant::now();
        let mut group = |text: &str| {
            now += Duration::from_secs(1);
            unbracketed.group(keys(text), now)
        };
        for typed in ["j", "7\n", "jjjjjjjjjjjjjjjjjjjjjjjj", "WjjjRy", "/", "   ggg   ggg  "] {
            assert_eq!(group(typed), keys(typed), "{typed}");
        }
        assert_eq!(group("Wax it all"), [paste("Wax it all")]);
        assert_eq!(
            group("one Way\nor two\n"),
            [paste("one Way\nor two"), keys("\n")[0].clone()]
        );
        assert_eq!(
            group("/Set 3999\n"),
            [keys("/")[0].clone(), paste("Set 3999"), keys("\n")[0].clone()]
        );
    }

    #[test]
    fn end_of_a_long_text_is_text_and_what_is_typed_later_is_not() {
        let mut unbracketed = Unbracketed::default();
        let now = Instant::now();
        unbracketed.group(keys("a long text without brackets"), now);
        let later = |ms| now + Duration::from_millis(ms);
        assert_eq!(unbracketed.group(keys("W\nX"), later(20)), [paste("W\nX")]);
        assert_eq!(unbracketed.group(keys("W"), later(500)), keys("W"));
        let arrow = vec![Event::Key(KeyCode::Up.into())];
        assert_eq!(unbracketed.group(arrow.clone(), later(30)), arrow);
    }
}
