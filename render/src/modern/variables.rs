//! The variables that a file defines: in styles of elements, and for the whole file in its style sheets.

use std::collections::HashMap;

use roxmltree::{Document, Node};

/// Selectors of rules that hold for every element.
const EVERYWHERE: [&str; 3] = [":root", "svg", "*"];

/// What a file's variables are.
pub struct Variables {
    global: HashMap<String, String>,
    /// Whether any element defines one for itself and what is in it.
    local: bool,
}

impl Variables {
    pub fn of(document: &Document<'_>) -> Self {
        let mut global = HashMap::new();
        let mut local = false;
        for node in document.descendants() {
            local |= node.attribute("style").is_some_and(|style| style.contains("--"));
            let is_sheet = node.is_text()
                && node
                    .parent_element()
                    .is_some_and(|parent| parent.tag_name().name() == "style");
            if let Some(sheet) = node.text().filter(|_| is_sheet) {
                read_sheet(sheet, &mut global);
            }
        }
        Self { global, local }
    }

    /// The value of a variable such as `--name` at an element.
    pub fn value(&self, node: Node<'_, '_>, name: &str) -> Option<String> {
        let nearest = || {
            let styles = node.ancestors().filter_map(|ancestor| ancestor.attribute("style"));
            styles.filter(|style| style.contains("--")).find_map(|style| {
                let found = declarations(style).filter(|(declared, _)| *declared == name).last();
                found.map(|(_, value)| value.to_owned())
            })
        };
        let local = if self.local { nearest() } else { None };
        local.or_else(|| self.global.get(name).cloned())
    }
}

fn read_sheet(sheet: &str, global: &mut HashMap<String, String>) {
    let mut rest = sheet;
    while let Some((prelude, after)) = rest.split_once('{') {
        let selector = prelude.rsplit([';', '}']).next().unwrap_or_default();
        let selector = selector
            .rsplit_once("*/")
            .map_or(selector, |(_, selector)| selector)
            .trim();
        let (block, next) = after.split_at(end_of_block(after));
        let holds = selector.split(',').any(|one| EVERYWHERE.contains(&one.trim()));
        if holds {
            let declared = declarations(block).map(|(name, value)| (name.to_owned(), value.to_owned()));
            global.extend(declared);
        }
        rest = next;
    }
}

/// Where the block ends that began before; rules in rules (of media, say) belong to it.
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
