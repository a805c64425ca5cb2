//! What a style could load or run. Looser than a CSS parser: what only might be an address is treated as one.

/// Something in a style that needs a look.
#[derive(Debug, PartialEq, Eq)]
pub enum Danger {
    Import,
    /// The address inside `url(...)`.
    Url(String),
    /// Old browsers run these.
    Script,
}

/// Whether the value of any attribute needs [`dangers`]: a reference, or a spelling that could hide one.
pub fn may_refer(value: &str) -> bool {
    value.contains('(')
        && (value.contains('\\')
            || value.contains("/*")
            || find_ignoring_case(value, "url(").is_some()
            || find_ignoring_case(value, "image").is_some())
}

/// Lists them in order, after undoing comments and escapes.
pub fn dangers(text: &str) -> Vec<Danger> {
    let plain = undo_escapes(&without_comments(text)).to_lowercase();
    let mut dangers = Vec::new();
    if plain.contains("@import") {
        dangers.push(Danger::Import);
    }
    if ["expression(", "-moz-binding", "behavior:", "javascript:"]
        .iter()
        .any(|word| plain.contains(word))
    {
        dangers.push(Danger::Script);
    }
    for function in ["url(", "src(", "image(", "image-set("] {
        for (at, _) in plain.match_indices(function) {
            let inside = &plain[at + function.len()..];
            let address = inside
                .split(')')
                .next()
                .unwrap_or(inside)
                .trim()
                .trim_matches(['"', '\'']);
            dangers.push(Danger::Url(address.to_owned()));
        }
    }
    dangers
}

/// Text that names nothing to load has none of these.
fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    text.as_bytes()
        .windows(word.len())
        .position(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    plain + rest
}

/// `\72` and `\r` style escapes; a blank after the digits belongs to the escape.
fn undo_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        let mut code = 0_u32;
        let mut digits = 0;
        while let Some(digit) = characters
            .peek()
            .and_then(|next| next.to_digit(16))
            .filter(|_| digits < 6)
        {
            code = code * 16 + digit;
            digits += 1;
            characters.next();
        }
        if digits == 0 {
            plain.extend(characters.next().filter(|&escaped| escaped != '\n'));
        } else {
            plain.push(char::from_u32(code).unwrap_or('\u{FFFD}'));
            characters.next_if(|next| next.is_whitespace());
        }
    }
    plain
}
