//! Elements: programs, pages inside the picture, animations, style sheets.

use std::ops::Range;

use roxmltree::{Node, NodeType};

use super::super::rules::{ANIMATION, FOREIGN_CONTENT, PRIVATE_CONTENT, SCRIPT};
use super::super::{NAMESPACE, allow};
use super::attribute::is_handler;
use super::{Inspection, XHTML, faults_of_style, is_animation};
use crate::text::clean;

/// The name spaces whose elements a browser, or something else that opens XML, acts on.
const ACTING: [&str; 9] = [
    XHTML,
    "http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/1999/XSL/Transform",
    "http://www.w3.org/2001/XInclude",
    "http://www.w3.org/2002/xforms",
    "http://www.w3.org/2001/xml-events",
    "http://www.mozilla.org/xbl",
    "http://www.w3.org/ns/xbl",
    "http://www.mozilla.org/keymaster/gatekeeper/there.is.only.xul",
];

impl Inspection<'_, '_> {
    pub(super) fn element(&mut self, node: Node<'_, '_>) {
        let name = node.tag_name().name().to_ascii_lowercase();
        let namespace = node.tag_name().namespace();
        let shown = clean(node.tag_name().name(), 40);
        if matches!(name.as_str(), "script" | "handler" | "listener") {
            self.add(
                SCRIPT,
                format!("has a <{shown}> element: images must not contain scripts. Remove it."),
                node.range(),
            );
        } else if name == "foreignobject" {
            self.foreign_object(node);
        } else if namespace.is_some_and(|namespace| ACTING.contains(&namespace)) {
            let message = format!("has the element <{shown}>, which is not SVG: draw it with shapes and text");
            self.add(FOREIGN_CONTENT, message, opening_tag(node));
        } else if is_html(&name) && matches!(namespace, None | Some(NAMESPACE)) {
            let message = format!("has a <{shown}> element, which is not allowed in an image: remove it");
            self.add(FOREIGN_CONTENT, message, opening_tag(node));
        } else if is_animation(node) {
            self.animation(node);
        } else if name == "style" {
            self.style(node);
        }
    }

    /// Adobe's programs keep their own data in one that no browser shows.
    fn foreign_object(&mut self, node: Node<'_, '_>) {
        let private = |inside: Node<'_, '_>| {
            let namespace = inside.tag_name().namespace().unwrap_or_default();
            namespace.starts_with("http://ns.adobe.com/") || namespace.starts_with("&ns_")
        };
        if node.descendants().skip(1).filter(Node::is_element).all(private) && !shows_text(node) {
            let message = "has a <foreignObject> that shows nothing: buyers get the image without it";
            self.add(PRIVATE_CONTENT, message, opening_tag(node));
        } else {
            let message = "has a <foreignObject>, which shows a page inside the image: draw it with shapes and text";
            self.add(FOREIGN_CONTENT, message, opening_tag(node));
        }
    }

    /// An animation may give an attribute a value that was never inspected as such.
    fn animation(&mut self, node: Node<'_, '_>) {
        let target = node
            .attribute("attributeName")
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let name = target.rsplit(':').next().unwrap_or_default();
        if matches!(name, "href" | "style" | "src" | "base") || is_handler(name) {
            let message = format!(
                "animates the attribute {:?}, which could load or run something: remove it",
                clean(&target, 40)
            );
            self.add(ANIMATION, message, opening_tag(node));
        }
    }

    fn style(&mut self, node: Node<'_, '_>) {
        let css = sheet(node);
        let mut texts = node.children().filter(Node::is_text);
        // Only a single text node has known positions.
        let written = match (texts.next(), texts.next()) {
            (Some(text), None) => Some(without_cdata(node.document().input_text(), text.range())),
            _ => None,
        };
        for fault in faults_of_style(&css) {
            let place = written
                .clone()
                .and_then(|written| fault.inside_text(node.document().input_text(), written, &css));
            let place = place.unwrap_or_else(|| opening_tag(node));
            self.add(fault.rule, fault.message, place);
        }
    }
}

/// The style sheet in a `<style>` element.
pub(in crate::svg) fn sheet(node: Node<'_, '_>) -> String {
    node.children()
        .filter(Node::is_text)
        .filter_map(|text| text.text())
        .collect()
}

/// True when an animation changes only an attribute that the copy may have as well.
pub(in crate::svg) fn animates_something_harmless(node: Node<'_, '_>) -> bool {
    let target = node.attribute("attributeName").map(str::trim);
    match node.tag_name().name() {
        "animateMotion" | "mpath" => target.is_none(),
        _ => target.is_some_and(allow::is_animatable),
    }
}

fn is_html(name: &str) -> bool {
    matches!(
        name,
        "iframe"
            | "frame"
            | "frameset"
            | "embed"
            | "object"
            | "applet"
            | "audio"
            | "video"
            | "source"
            | "track"
            | "canvas"
            | "html"
            | "head"
            | "body"
            | "base"
            | "link"
            | "meta"
            | "form"
            | "input"
            | "button"
            | "select"
            | "textarea"
            | "img"
            | "template"
            | "portal"
            | "noscript"
            | "math"
            | "marquee"
            | "isindex"
            | "keygen"
            | "div"
            | "span"
            | "p"
            | "table"
            | "details"
            | "dialog"
    )
}

fn shows_text(node: Node<'_, '_>) -> bool {
    node.children()
        .any(|child| child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty()))
}

/// An element's text may be the whole file; its opening tag says enough.
fn opening_tag(node: Node<'_, '_>) -> Range<usize> {
    let range = node.range();
    let first_child = node.first_child().map(|child| child.range().start);
    let end = first_child.filter(|end| node.node_type() == NodeType::Element && range.contains(end));
    range.start..end.unwrap_or(range.end)
}

fn without_cdata(text: &str, range: Range<usize>) -> Range<usize> {
    const OPEN: &str = "<![CDATA[";
    let raw = text.get(range.clone()).unwrap_or_default();
    match raw.strip_prefix(OPEN) {
        Some(rest) => {
            range.start + OPEN.len()..range.start + OPEN.len() + rest.strip_suffix("]]>").unwrap_or(rest).len()
        }
        None => range,
    }
}
