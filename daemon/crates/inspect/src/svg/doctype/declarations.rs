//! The internal subset: entities and default attributes that drawing programs declare.

use std::collections::HashMap;

use super::unquoted;

/// All that an internal subset may declare.
#[derive(Debug, Default)]
pub(super) struct Declarations<'a> {
    /// The text of each entity, with character references replaced.
    pub entities: HashMap<&'a str, String>,
    /// By element: names and values, as they are written.
    pub attributes: HashMap<&'a str, Vec<(&'a str, &'a str)>>,
}

/// A declaration that is not accepted, and its place in the subset.
pub(super) struct Fault {
    pub message: String,
    pub at: usize,
    pub length: usize,
}

impl<'a> Declarations<'a> {
    /// Takes a subset apart; lists all that is wrong with it.
    pub fn parse(subset: &'a str) -> (Self, Vec<Fault>) {
        let mut declared = Self::default();
        let mut faults = Vec::new();
        for (at, declaration) in declarations(subset) {
            if let Err(message) = declared.add(declaration) {
                faults.push(Fault {
                    message,
                    at,
                    length: declaration.len(),
                });
            }
        }
        (declared, faults)
    }

    fn add(&mut self, declaration: &'a str) -> Result<(), String> {
        let inner = |word: &str| declaration.strip_prefix(word).and_then(|rest| rest.strip_suffix('>'));
        if let Some(entity) = inner("<!ENTITY") {
            return self.entity(entity.trim());
        }
        if let Some(list) = inner("<!ATTLIST") {
            return self.list(list.trim());
        }
        // They change nothing for a program that does not validate.
        if inner("<!ELEMENT").is_some() || declaration.starts_with("<?") {
            return Ok(());
        }
        Err("has a declaration in its document type that an image does not need: remove it".to_owned())
    }

    fn entity(&mut self, entity: &'a str) -> Result<(), String> {
        if entity.starts_with('%') {
            return Err(
                "declares a parameter entity, which an image does not need: remove it from the document type"
                    .to_owned(),
            );
        }
        let (name, value) = entity
            .split_once(char::is_whitespace)
            .ok_or("declares an entity without a value: remove it from the document type")?;
        let shown = crate::text::clean(name, 40);
        let Some((value, "")) = quoted(value) else {
            return Err(format!(
                "declares the entity {shown}, whose value is outside the file: write the value where &{shown}; is used"
            ));
        };
        let replaced = characters(value)
            .filter(|text| !value.contains('%') && is_plain(text))
            .ok_or_else(|| {
                format!("declares the entity {shown} with markup in it: write its content where &{shown}; is used")
            })?;
        // The first declaration counts; those of XML itself stay what they are.
        if !["lt", "gt", "amp", "quot", "apos"].contains(&name) {
            self.entities.entry(name).or_insert(replaced);
        }
        Ok(())
    }

    /// `svg  xmlns:a CDATA #FIXED "..."  width CDATA #IMPLIED`.
    fn list(&mut self, list: &'a str) -> Result<(), String> {
        let (element, mut rest) = word(list);
        while !rest.is_empty() {
            let (name, after) = word(rest);
            let unreadable = || {
                let (element, name) = (crate::text::clean(element, 40), crate::text::clean(name, 40));
                format!(
                    "declares the attribute {name} of <{element}> in a way that is not read: remove the ATTLIST from the document type"
                )
            };
            let after = skip_kind(after).ok_or_else(unreadable)?;
            let (default, after) = match after.strip_prefix('#') {
                Some(keyword) => {
                    let (keyword, after) = word(keyword);
                    match keyword {
                        "FIXED" => quoted(after)
                            .map(|(value, after)| (Some(value), after))
                            .ok_or_else(unreadable)?,
                        "IMPLIED" | "REQUIRED" => (None, after),
                        _ => return Err(unreadable()),
                    }
                }
                None => quoted(after)
                    .map(|(value, after)| (Some(value), after))
                    .ok_or_else(unreadable)?,
            };
            rest = after.trim_start();
            if let Some(value) = default {
                let is_name = name
                    .chars()
                    .all(|character| character.is_alphanumeric() || ":_-.".contains(character));
                if !is_name || value.contains('<') {
                    return Err(unreadable());
                }
                let attributes = self.attributes.entry(element).or_default();
                if attributes.iter().all(|(known, _)| *known != name) {
                    attributes.push((name, value));
                }
            }
        }
        Ok(())
    }
}

/// The first word, and the rest after its blanks.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

/// Skips `CDATA`, `(a | b)`, `NOTATION (a | b)`.
fn skip_kind(text: &str) -> Option<&str> {
    let text = text.strip_prefix("NOTATION").map_or(text, str::trim_start);
    if text.starts_with('(') {
        return Some(text[text.find(')')? + 1..].trim_start());
    }
    let (kind, rest) = word(text);
    kind.bytes().all(|byte| byte.is_ascii_uppercase()).then_some(rest)
}

/// The quoted text that another one begins with, and the rest.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let quote = text.chars().next().filter(|first| matches!(first, '"' | '\''))?;
    let (value, rest) = text[1..].split_once(quote)?;
    Some((value, rest.trim()))
}

/// Replaces the references to characters, as XML does in the value of an entity.
fn characters(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, reference)) = rest.split_once("&#") {
        out.push_str(before);
        let (number, after) = reference.split_once(';')?;
        let code = match number.strip_prefix('x') {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        out.push(char::from_u32(code.ok()?)?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// True for a text without markup, and with whole references only.
fn is_plain(text: &str) -> bool {
    let whole = |rest: &str| {
        rest.split_once(';').is_some_and(|(name, _)| {
            !name.is_empty()
                && name
                    .chars()
                    .all(|character| character.is_alphanumeric() || "#:_-.".contains(character))
        })
    };
    !text.contains('<') && text.split('&').skip(1).all(whole)
}

/// Every markup declaration of the subset with its offset; comments are skipped, whatever is between them counts as well.
fn declarations(subset: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &subset[at..];
            let blank = rest.len() - rest.trim_start().len();
            at += blank;
            let rest = &subset[at..];
            if rest.is_empty() {
                return None;
            }
            if let Some(comment) = rest.strip_prefix("<!--") {
                at += 4 + comment.find("-->").map_or(comment.len(), |end| end + 3);
                continue;
            }
            let end = unquoted(rest, &['>']).map_or(rest.len(), |end| end + 1);
            let start = at;
            at += end;
            return Some((start, &subset[start..start + end]));
        }
    })
}
