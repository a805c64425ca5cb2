//! Texts of CSS: split where no bracket and no string is open.

/// The parts between a character, outside of brackets and strings.
pub fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = find(text, |character| character == separator);
        rest = end.map(|end| &text[end + separator.len_utf8()..]);
        Some(&text[..end.unwrap_or(text.len())])
    })
}

/// The words of a value, outside of brackets and strings.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim_start();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = find(rest, char::is_whitespace).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = rest[end..].trim_start();
        Some(word)
    })
}

/// The place of the first such character outside of brackets and strings.
pub fn find(text: &str, is_wanted: impl Fn(char) -> bool) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, character) in text.char_indices() {
        if escaped {
            escaped = false;
            continue;
        }
        match (quote, character) {
            (_, '\\') => escaped = true,
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, _) if depth == 0 && is_wanted(character) => return Some(at),
            (None, '"' | '\'') => quote = Some(character),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// The name and the arguments of a call such as `rotate(45deg)`.
pub fn call(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.trim().split_once('(')?;
    Some((name.trim(), rest.strip_suffix(')')?))
}
