//! The parts of a file that its published copy goes without, for messages.

use roxmltree::{Document, Node};

use super::sanitise::is_kept;
use super::walk::{Edge, edges};
use super::{allow, inspect};
use crate::text::clean;

/// Parts that are named.
const MAX_NAMED: usize = 5;
const MAX_NAME: usize = 40;

/// Names what may have been seen: elements, attributes and styles, each with its line. Data of editors is left out, because nothing shows it.
pub fn left_out(document: &Document<'_>) -> Vec<String> {
    let mut named = Vec::new();
    let mut skipped = None;
    for edge in edges(document.root_element()) {
        if named.len() >= MAX_NAMED {
            break;
        }
        match edge {
            Edge::Open(node) if skipped.is_none() && node.is_element() => {
                if !is_kept(node) {
                    skipped = Some(node.id());
                    if !allow::is_private(node) && node.tag_name().name() != "metadata" {
                        named.push(format!("<{}>{}", clean(node.tag_name().name(), MAX_NAME), line(node)));
                    }
                } else if let Some(name) = attribute(node) {
                    let element = clean(node.tag_name().name(), MAX_NAME);
                    named.push(format!(
                        "the attribute {} of <{element}>{}",
                        clean(&name, MAX_NAME),
                        line(node)
                    ));
                } else if node.tag_name().name() == "style"
                    && !inspect::faults_of_style(&inspect::sheet(node)).is_empty()
                {
                    named.push(format!("a rule of <style>{}", line(node)));
                }
            }
            Edge::Close(node) => skipped = skipped.filter(|&id| id != node.id()),
            Edge::Open(_) => {}
        }
    }
    named
}

/// The first attribute that the copy does not have, or has without a part of it.
fn attribute(node: Node<'_, '_>) -> Option<String> {
    let mut own = node.attributes().filter(|attribute| attribute.namespace().is_none());
    let lost = own.find(|attribute| {
        !allow::is_attribute(attribute.name()) || !inspect::faults_of_attribute(node, *attribute).is_empty()
    });
    lost.map(|attribute| attribute.name().to_owned())
}

fn line(node: Node<'_, '_>) -> String {
    let at = node.document().text_pos_at(node.range().start);
    format!(" (line {})", at.row)
}
