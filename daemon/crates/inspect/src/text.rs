//! Texts of strangers.

use tradepost_base::text::is_hidden;

/// A text of somebody's, made fit for a terminal or a log: at most `most` characters, control and text-direction characters replaced.
pub fn clean(text: &str, most: usize) -> String {
    let visible = |character: char| match character {
        '\t' | '\n' | '\r' => ' ',
        character if is_hidden(character) || matches!(character, '\u{200C}' | '\u{200D}') => '\u{FFFD}',
        character => character,
    };
    let mut cleaned: String = text.chars().take(most).map(visible).collect();
    if text.chars().nth(most).is_some() {
        cleaned.pop();
        cleaned.push('…');
    }
    cleaned
}

/// A size in words: whole mebibytes or kibibytes where it is that.
pub fn size(bytes: u64) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}
