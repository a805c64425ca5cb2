//! The variables that a file defines: in styles of elements, and for the whole file in its style sheets.

use std::collections::HashMap;

use roxmltree::{Document, Node};

/// Selectors of rules that hold for every element.
const EVERYWHERE: [&str; 3] = [":root", "svg", "*"];
/// Rules that are remembered of one name: each is looked at for every element around a use.
const MAX_RULES: usize = 64;

/// The CSS variables of a file.
#[derive(Default)]
pub struct Variables {
    global: HashMap<String, String>,
    /// By name, the rules for some elements: a class, an id or a tag, and the value.
    rules: HashMap<String, Vec<(String, String)>>,
    /// Some element defines a variable for itself and its descendants.
    local: bool,
}

impl Variables {
    pub fn from_document(document: &Document<'_>) -> Self {
        let mut variables = Self::default();
        for node in document.descendants() {
            variables.local |= node.attribute("style").is_some_and(|style| style.contains("--"));
            let is_sheet = node.is_text()
                && node
                    .parent_element()
                    .is_some_and(|parent| parent.tag_name().name() == "style");
            if let Some(sheet) = node.text().filter(|_| is_sheet) {
                variables.read_sheet(sheet);
            }
        }
        variables
    }

    /// The value of a variable such as `--name` at an element.
    pub fn value(&self, node: Node<'_, '_>, name: &str) -> Option<String> {
        let nearest = || node.ancestors().find_map(|ancestor| self.own(ancestor, name));
        let is_local = self.local || self.rules.contains_key(name);
        let local = if is_local { nearest() } else { None };
        local.or_else(|| self.global.get(name).cloned())
    }

    /// The value that an element has in its own style or by a rule.
    fn own(&self, node: Node<'_, '_>, name: &str) -> Option<String> {
        let style = node.attribute("style").filter(|style| style.contains("--"));
        let in_style = style.and_then(|style| declarations(style).filter(|(declared, _)| *declared == name).last());
        if let Some((_, value)) = in_style {
            return Some(value.to_owned());
        }
        let mut rules = self.rules.get(name)?.iter().rev();
        let rule = rules.find(|(selector, _)| selects(selector, node));
        rule.map(|(_, value)| value.clone())
    }

    fn read_sheet(&mut self, sheet: &str) {
        let mut rest = sheet;
        while let Some((prelude, after)) = rest.split_once('{') {
            let selector = prelude.rsplit([';', '}']).next().unwrap_or_default();
            let selector = selector
                .rsplit_once("*/")
                .map_or(selector, |(_, selector)| selector)
                .trim();
            let (block, next) = after.split_at(end_of_block(after));
            for one in selector.split(',').map(str::trim) {
                let declared = declarations(block).map(|(name, value)| (name.to_owned(), value.to_owned()));
                if EVERYWHERE.contains(&one) {
                    self.global.extend(declared);
                } else if is_simple(one) {
                    for (name, value) in declared {
                        let rules = self.rules.entry(name).or_default();
                        if rules.len() < MAX_RULES {
                            rules.push((one.to_owned(), value));
                        }
                    }
                }
            }
            rest = next;
        }
    }
}

/// A class, an id or a tag alone.
fn is_simple(selector: &str) -> bool {
    let name = selector.strip_prefix(['.', '#']).unwrap_or(selector);
    !name.is_empty()
        && name
            .chars()
            .all(|one| one.is_alphanumeric() || matches!(one, '-' | '_'))
}

fn selects(selector: &str, node: Node<'_, '_>) -> bool {
    match selector.split_at_checked(1) {
        Some((".", class)) => node
            .attribute("class")
            .is_some_and(|classes| classes.split_ascii_whitespace().any(|one| one == class)),
        Some(("#", id)) => node.attribute("id") == Some(id),
        _ => node.is_element() && node.tag_name().name() == selector,
    }
}

/// The end of the block that began before; rules in rules (of media, say) belong to it.
fn end_of_block(text: &str) -> usize {
    let mut depth = 1usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}

/// Names and values of variables; none that could be markup.
fn declarations(style: &str) -> impl Iterator<Item = (&str, &str)> {
    let declared = style
        .split([';', '}'])
        .filter_map(|declaration| declaration.split_once(':'));
    let pairs = declared.map(|(name, value)| (name.trim(), value.trim()));
    pairs.filter(|(name, value)| {
        name.starts_with("--") && !value.is_empty() && !value.contains(['<', '>', '&', '"', '\''])
    })
}
