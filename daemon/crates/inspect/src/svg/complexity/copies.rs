//! The number of elements after every reference is resolved: `use`, and masks, clip paths, patterns and markers that refer to each other.

use std::collections::HashMap;

use roxmltree::{Attribute, Document, Node, NodeId};

/// The most elements that are drawn: a quarter of those that a tree may have.
const MAX_ELEMENTS: u64 = 250_000;
/// Levels of masks, patterns and other references within each other.
const MAX_LEVELS: u32 = 40;
/// Elements looked at while counting.
const MAX_STEPS: u64 = 4_000_000;

/// The element to blame and the reason, when there are more than can be drawn.
pub(super) fn too_many<'a>(document: &'a Document<'_>) -> Option<(Node<'a, 'a>, String)> {
    let root = document.root_element();
    let ids: HashMap<&str, Node<'_, '_>> = document
        .descendants()
        .filter_map(|node| Some((node.attribute("id")?, node)))
        .collect();
    let mut counter = Counter {
        ids,
        known: HashMap::new(),
        steps: 0,
    };
    let count = counter.count(root, 0);
    let blamed = root.descendants().find(|node| refers(*node)).unwrap_or(root);
    (count > MAX_ELEMENTS).then(|| {
        let message = format!(
            "has more than {MAX_ELEMENTS} elements once every use, mask, pattern and marker is followed: repeat fewer"
        );
        (blamed, message)
    })
}

struct Counter<'a, 'input> {
    ids: HashMap<&'a str, Node<'a, 'input>>,
    /// `None` while it is counted: a cycle, which drawing leaves out.
    known: HashMap<NodeId, Option<u64>>,
    steps: u64,
}

impl Counter<'_, '_> {
    fn count(&mut self, node: Node<'_, '_>, level: u32) -> u64 {
        if level > MAX_LEVELS || self.steps > MAX_STEPS {
            return u64::MAX;
        }
        if let Some(known) = self.known.get(&node.id()) {
            return known.unwrap_or(0);
        }
        self.known.insert(node.id(), None);
        let mut count = 0_u64;
        for element in node.descendants().filter(Node::is_element) {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return u64::MAX;
            }
            count = count.saturating_add(1);
            for attribute in element.attributes() {
                for target in self.targets(attribute) {
                    let copies = copies(element, attribute);
                    count = count.saturating_add(self.count(target, level + 1).saturating_mul(copies));
                }
            }
        }
        self.known.insert(node.id(), Some(count));
        count
    }
}

impl<'a, 'input> Counter<'a, 'input> {
    fn targets(&self, attribute: Attribute<'_, '_>) -> Vec<Node<'a, 'input>> {
        let value = attribute.value();
        if attribute.name() == "href" {
            let target = value.trim().strip_prefix('#').and_then(|id| self.ids.get(id));
            return target.copied().into_iter().collect();
        }
        let ids = value.split("url(").skip(1).filter_map(|rest| {
            let id = rest.split(')').next()?.trim().trim_matches(['"', '\'']);
            self.ids.get(id.strip_prefix('#')?)
        });
        ids.copied().collect()
    }
}

/// Markers are drawn on every point of a line.
fn copies(node: Node<'_, '_>, attribute: Attribute<'_, '_>) -> u64 {
    if !attribute.name().starts_with("marker") && !attribute.value().contains("marker") {
        return 1;
    }
    let line = node.attribute("d").or(node.attribute("points")).unwrap_or_default();
    let numbers = line
        .split(|character: char| !(character.is_ascii_digit() || character == '.'))
        .filter(|number| !number.is_empty());
    (numbers.count() as u64 / 2).max(1)
}

fn refers(node: Node<'_, '_>) -> bool {
    node.attributes()
        .any(|attribute| attribute.name() == "href" || attribute.value().contains("url("))
}
