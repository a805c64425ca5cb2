//! The parser of selectors.

use super::{Combinator, Counted, Part, Selector, Side};

const MAX_DEPTH: usize = 4;
const MAX_COMPOUNDS: usize = 32;

/// A list such as `a, .b`; `None` when one of it is unknown, which makes the whole rule void.
pub fn parse_list(text: &str) -> Option<Vec<Selector>> {
    list(text, 0)
}

fn list(text: &str, depth: usize) -> Option<Vec<Selector>> {
    super::super::text::split(text, ',')
        .map(|one| parse(one.trim(), depth))
        .collect()
}

fn parse(text: &str, depth: usize) -> Option<Selector> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut input = Input { rest: text };
    let mut compounds = Vec::new();
    let mut combinator = Combinator::None;
    loop {
        compounds.push((compound(&mut input, depth)?, combinator));
        if compounds.len() > MAX_COMPOUNDS {
            return None;
        }
        let blank = input.skip_blanks();
        combinator = match input.peek() {
            None => break,
            Some('>') => Combinator::Child,
            Some('+') => Combinator::Next,
            Some('~') => Combinator::Later,
            Some(_) if blank => Combinator::Descendant,
            Some(_) => return None,
        };
        if combinator != Combinator::Descendant {
            input.next();
            input.skip_blanks();
        }
    }
    compounds.reverse();
    Some(Selector { compounds })
}

fn compound(input: &mut Input<'_>, depth: usize) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(first) = input.peek() {
        let part = match first {
            '*' => {
                input.next();
                Part::Universal
            }
            '.' => {
                input.next();
                Part::Class(input.name()?)
            }
            '#' => {
                input.next();
                Part::Id(input.name()?)
            }
            '[' => attribute(input.bracket('[', ']')?)?,
            ':' => {
                input.next();
                // Text before and after an element is not drawn.
                if input.peek() == Some(':') {
                    return None;
                }
                pseudo(input, depth)?
            }
            _ if parts.is_empty() && is_name(first) => Part::Tag(input.name()?),
            // A name space, such as svg|path.
            '|' if parts.len() <= 1 => {
                input.next();
                parts.clear();
                continue;
            }
            _ => break,
        };
        parts.push(part);
    }
    (!parts.is_empty()).then_some(parts)
}

fn attribute(inside: &str) -> Option<Part> {
    let at = inside.find(['=', '~', '|', '^', '$', '*']);
    let (name, rest) = inside.split_at(at.unwrap_or(inside.len()));
    let operator = rest.chars().next().unwrap_or('\0');
    let value = rest.trim_start_matches(['~', '|', '^', '$', '*']);
    let value = value.strip_prefix('=').unwrap_or_default().trim();
    let unquoted = value.trim_matches(['"', '\'']);
    let name = name.trim().replace('|', ":").replace("xlink:", "");
    (!name.is_empty() && name.chars().all(|one| is_name(one) || one == ':')).then(|| Part::Attribute {
        name,
        operator,
        value: unquoted.to_owned(),
    })
}

fn pseudo(input: &mut Input<'_>, depth: usize) -> Option<Part> {
    let name = input.name()?.to_ascii_lowercase();
    let inside = if input.peek() == Some('(') {
        Some(input.bracket('(', ')')?)
    } else {
        None
    };
    let nth = |text: &str, counted, side| {
        let (step, offset) = steps(text)?;
        Some(Part::Nth {
            step,
            offset,
            counted,
            side,
        })
    };
    match (name.as_str(), inside) {
        ("root" | "scope", None) => Some(Part::Root),
        ("empty", None) => Some(Part::Empty),
        ("link" | "any-link", None) => Some(Part::Link),
        ("first-child", None) => nth("1", Counted::All, Side::Start),
        ("last-child", None) => nth("1", Counted::All, Side::End),
        ("first-of-type", None) => nth("1", Counted::SameTag, Side::Start),
        ("last-of-type", None) => nth("1", Counted::SameTag, Side::End),
        ("only-child", None) => only(":first-child:last-child"),
        ("only-of-type", None) => only(":first-of-type:last-of-type"),
        ("nth-child", Some(text)) => nth(text, Counted::All, Side::Start),
        ("nth-last-child", Some(text)) => nth(text, Counted::All, Side::End),
        ("nth-of-type", Some(text)) => nth(text, Counted::SameTag, Side::Start),
        ("nth-last-of-type", Some(text)) => nth(text, Counted::SameTag, Side::End),
        ("not", Some(text)) => Some(Part::Not(list(text, depth + 1)?)),
        ("is" | "matches" | "-webkit-any", Some(text)) => Some(Part::Is(forgiving(text, depth))),
        ("where", Some(text)) => Some(Part::Where(forgiving(text, depth))),
        ("hover" | "active" | "focus" | "focus-within" | "focus-visible" | "visited" | "target", None) => {
            Some(Part::Never)
        }
        _ => None,
    }
}

/// Both pseudo-classes of a text hold.
fn only(both: &str) -> Option<Part> {
    Some(Part::Is(vec![parse(both, 0)?]))
}

fn forgiving(text: &str, depth: usize) -> Vec<Selector> {
    super::super::text::split(text, ',')
        .filter_map(|one| parse(one.trim(), depth + 1))
        .collect()
}

/// Step and offset of `an+b`.
fn steps(text: &str) -> Option<(i64, i64)> {
    let text: String = text
        .to_ascii_lowercase()
        .chars()
        .filter(|one| !one.is_whitespace())
        .collect();
    let whole = |text: &str| text.parse::<i32>().ok().map(i64::from);
    match text.as_str() {
        "odd" => Some((2, 1)),
        "even" => Some((2, 0)),
        _ => match text.split_once('n') {
            None => Some((0, whole(&text)?)),
            Some((step, offset)) => {
                let step = match step {
                    "" | "+" => 1,
                    "-" => -1,
                    step => whole(step)?,
                };
                Some((step, if offset.is_empty() { 0 } else { whole(offset)? }))
            }
        },
    }
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '\\') || !character.is_ascii()
}

struct Input<'a> {
    rest: &'a str,
}

impl<'a> Input<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let first = characters.next();
        self.rest = characters.as_str();
        first
    }

    fn skip_blanks(&mut self) -> bool {
        let before = self.rest.len();
        self.rest = self.rest.trim_start();
        self.rest.len() < before
    }

    /// A name; a character after a backslash stands for itself.
    fn name(&mut self) -> Option<String> {
        let mut name = String::new();
        while let Some(character) = self.peek().filter(|&one| is_name(one)) {
            self.next();
            name.push(if character == '\\' { self.next()? } else { character });
        }
        (!name.is_empty()).then_some(name)
    }

    /// Between brackets, which may nest.
    fn bracket(&mut self, open: char, close: char) -> Option<&'a str> {
        let mut depth = 0_usize;
        for (at, character) in self.rest.char_indices() {
            depth += usize::from(character == open);
            if character == close {
                depth = depth.checked_sub(1)?;
            }
            if depth == 0 {
                let inside = self.rest.get(open.len_utf8()..at)?;
                self.rest = &self.rest[at + close.len_utf8()..];
                return Some(inside);
            }
        }
        None
    }
}
