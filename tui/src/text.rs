//! Words on a screen: widths, cutting, cleaning and fuzzy matching.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Replaces everything that could move the cursor or reorder text. Names in packs are hostile.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .map(|c| if is_unsafe(c) { '\u{fffd}' } else { c })
            .collect(),
    )
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The cells that the text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, cut at the end to at most `cells`, with `…` where something is missing.
pub fn cut(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut kept = String::with_capacity(cells + 3);
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > cells - 1 {
            break;
        }
        used += w;
        kept.push(c);
    }
    kept.push('…');
    Cow::Owned(kept)
}

/// The text, cut at the front: the end of a path says more than its start.
pub fn cut_front(text: &str, cells: usize) -> Cow<'_, str> {
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    if cells == 0 {
        return Cow::Borrowed("");
    }
    let mut start = text.len();
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        let w = c.width().unwrap_or(0);
        if used + w > cells - 1 {
            break;
        }
        used += w;
        start = at;
    }
    Cow::Owned(format!("…{}", &text[start..]))
}

/// Breaks the text into lines of at most `cells`, at spaces where there are some.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word = word;
        loop {
            let gap = usize::from(!line.is_empty());
            if line.width() + gap + word.width() <= cells {
                if gap == 1 {
                    line.push(' ');
                }
                line.push_str(word);
                break;
            }
            if line.is_empty() {
                let at = split_at_width(word, cells);
                lines.push(word[..at].to_owned());
                word = &word[at..];
                if word.is_empty() {
                    break;
                }
            } else {
                lines.push(std::mem::take(&mut line));
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text in pieces of at most `cells`, nothing left out.
pub fn pieces(text: &str, cells: usize) -> Vec<&str> {
    let mut rest = text;
    let mut pieces = Vec::new();
    while rest.width() > cells.max(1) {
        let (piece, after) = rest.split_at(split_at_width(rest, cells.max(1)));
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The byte offset of the longest start that fits; at least one character.
fn split_at_width(word: &str, cells: usize) -> usize {
    let mut used = 0;
    for (at, c) in word.char_indices() {
        used += c.width().unwrap_or(0);
        if used > cells && at > 0 {
            return at;
        }
    }
    word.len()
}

/// The cost of `needle` as a subsequence of `hay`; smaller is better, `None` is no match.
pub fn fuzzy(needle: &str, hay: &str) -> Option<usize> {
    let mut cost = 0;
    let mut chars = hay.char_indices();
    let mut last: Option<usize> = None;
    for wanted in needle.chars().filter(|c| !c.is_whitespace()) {
        let wanted = wanted.to_ascii_lowercase();
        let (at, _) = chars.find(|(_, c)| c.to_ascii_lowercase() == wanted)?;
        cost += match last {
            Some(before) => at - before - 1,
            None => at,
        };
        last = Some(at);
    }
    Some(cost * 100 + hay.len())
}

/// Finds `needle` in `hay`; capitals count only when the needle has some.
pub fn contains(hay: &str, needle: &str) -> bool {
    if needle.chars().any(char::is_uppercase) {
        return hay.contains(needle);
    }
    hay.to_lowercase().contains(needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_cells_and_not_bytes() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("ab", 4), "ab");
        assert_eq!(cut_front("icons/very/long.svg", 9), "…long.svg");
    }

    #[test]
    fn names_cannot_carry_escape_sequences() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
        assert_eq!(clean("x\u{202e}gvs"), "x\u{fffd}gvs");
        assert!(matches!(clean("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn wrapping_breaks_at_spaces_and_inside_long_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(pieces("  \"ab\": 1", 4), ["  \"a", "b\": ", "1"]);
        assert_eq!(pieces("日本語", 3), ["日", "本", "語"]);
        assert_eq!(pieces("", 3), [""]);
    }

    #[test]
    fn fuzzy_prefers_what_is_together_and_early() {
        let close = fuzzy("que", "queues").expect("matches");
        let far = fuzzy("que", "quit the terminal").expect("matches");
        assert!(close < far);
        assert!(fuzzy("xyz", "queues").is_none());
    }
}
