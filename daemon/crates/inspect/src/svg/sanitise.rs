//! The published copy: the tree written anew, with nothing but what is known to be harmless.
//!
//! Every attribute and every style goes through the inspection as well, so that it never finds anything in a copy.

use std::collections::HashSet;

use roxmltree::{Attribute, Document, Node, NodeId};

use super::inspect::{animates_something_harmless, faults_of_attribute, faults_of_style, sheet};
use super::walk::{Edge, edges};
use super::{NAMESPACE, allow, css, embedded};

const XLINK: &str = "http://www.w3.org/1999/xlink";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// Writes the copy. No comments, no processing instructions, no document type, no metadata, no foreign name spaces, nothing that runs or loads.
pub fn sanitise(document: &Document<'_>) -> String {
    let mut writer = CopyWriter {
        selected: selected_attributes(document),
        out: String::with_capacity(document.input_text().len()),
        open_tag: None,
        uses_xlink: false,
    };
    let mut skipped: Option<NodeId> = None;
    for edge in edges(document.root_element()) {
        match edge {
            Edge::Open(node) if skipped.is_none() => {
                if node.is_element() && !is_kept(node) {
                    skipped = Some(node.id());
                } else {
                    writer.open(node);
                }
            }
            Edge::Close(node) if skipped.is_some() => {
                skipped = skipped.filter(|&id| id != node.id());
            }
            Edge::Close(node) => writer.close(node),
            Edge::Open(_) => {}
        }
    }
    writer.finish()
}

/// The `data-*` attributes that style sheets of the file name.
fn selected_attributes(document: &Document<'_>) -> HashSet<String> {
    let sheets = document.descendants().filter(|node| is_style(*node));
    sheets.flat_map(|node| css::selected_attributes(&sheet(node))).collect()
}

struct CopyWriter {
    /// Attributes that are kept because a style depends on them.
    selected: HashSet<String>,
    out: String,
    /// The element whose tag is not closed yet: it may turn out to have nothing in it.
    open_tag: Option<NodeId>,
    uses_xlink: bool,
}

const ROOT: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"";

impl CopyWriter {
    fn open(&mut self, node: Node<'_, '_>) {
        if node.is_element() {
            self.close_tag();
            self.out.push('<');
            self.out.push_str(node.tag_name().name());
            for attribute in node.attributes() {
                self.attribute(node, attribute);
            }
            self.open_tag = Some(node.id());
            if is_style(node) {
                let cleaned = css::clean_sheet(&sheet(node));
                self.text(&cleaned);
            }
        } else if let Some(text) = node.text().filter(|_| node.is_text()) {
            self.child_text(node, text);
        }
    }

    /// Text shows in some elements only; blanks between the others keep the copy readable.
    fn child_text(&mut self, node: Node<'_, '_>, text: &str) {
        let parent = node.parent_element();
        let shows = parent.is_some_and(|parent| allow::has_text(parent.tag_name().name()));
        let is_blank = || text.bytes().all(|byte| byte.is_ascii_whitespace());
        if !parent.is_some_and(is_style) && (shows || is_blank()) {
            self.text(text);
        }
    }

    fn text(&mut self, text: &str) {
        if !text.is_empty() {
            self.close_tag();
            escape(text, TextContext::Content, &mut self.out);
        }
    }

    fn close_tag(&mut self) {
        if self.open_tag.take().is_some() {
            self.out.push('>');
        }
    }

    fn close(&mut self, node: Node<'_, '_>) {
        if !node.is_element() {
            return;
        }
        if self.open_tag.take() == Some(node.id()) {
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(node.tag_name().name());
            self.out.push('>');
        }
    }

    fn attribute(&mut self, node: Node<'_, '_>, attribute: Attribute<'_, '_>) {
        let name = attribute.name();
        let prefix = match attribute.namespace() {
            None if allow::is_attribute(name) || self.selected.contains(name) => "",
            Some(XLINK) if name == "href" => "xlink:",
            Some(XML) if matches!(name, "lang" | "space") => "xml:",
            _ => return,
        };
        if name == "style" {
            let cleaned = css::clean_declarations(attribute.value());
            if !cleaned.is_empty() && faults_of_style(&cleaned).is_empty() {
                self.write_attribute(prefix, name, &cleaned);
            }
        } else if faults_of_attribute(node, attribute).is_empty()
            && !(name == "filter" && css::is_progid(attribute.value()))
        {
            self.uses_xlink |= prefix == "xlink:";
            let corrected = (name == "href")
                .then(|| embedded::with_right_type(attribute.value()))
                .flatten();
            self.write_attribute(prefix, name, corrected.as_deref().unwrap_or(attribute.value()));
        }
    }

    fn write_attribute(&mut self, prefix: &str, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(prefix);
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(value, TextContext::Attribute, &mut self.out);
        self.out.push('"');
    }

    fn finish(self) -> String {
        // Every element is written without a prefix, so the root's tag is known.
        let rest = self.out.strip_prefix("<svg").unwrap_or(&self.out);
        let xlink = if self.uses_xlink {
            " xmlns:xlink=\"http://www.w3.org/1999/xlink\""
        } else {
            ""
        };
        format!("{ROOT}{xlink}{rest}\n")
    }
}

pub(super) fn is_kept(node: Node<'_, '_>) -> bool {
    let name = node.tag_name().name();
    node.tag_name().namespace() == Some(NAMESPACE)
        && allow::is_element(name)
        && (!matches!(name, "animate" | "animateMotion" | "animateTransform" | "set" | "mpath")
            || animates_something_harmless(node))
        && (name != "style" || is_css(node))
        // To a browser that reads the copy as a page, elements in these are HTML.
        && !node.parent_element().is_some_and(|parent| matches!(parent.tag_name().name(), "title" | "desc"))
}

/// A style of another kind would come to life without its type.
fn is_css(node: Node<'_, '_>) -> bool {
    let kind = node.attribute("type").unwrap_or_default();
    kind.is_empty() || kind == "text/css"
}

fn is_style(node: Node<'_, '_>) -> bool {
    node.has_tag_name((NAMESPACE, "style"))
}

/// The context in which a text is written.
#[derive(Clone, Copy, PartialEq)]
enum TextContext {
    Content,
    Attribute,
}

/// Characters that are markup in XML or in HTML, and blanks that a parser would change.
fn escape(text: &str, context: TextContext, out: &mut String) {
    let mut plain = 0;
    for (at, character) in text.char_indices() {
        let reference = match character {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' => "&quot;",
            // Old browsers took it for a quote.
            '`' => "&#96;",
            '\r' => "&#13;",
            '\n' if context == TextContext::Attribute => "&#10;",
            '\t' if context == TextContext::Attribute => "&#9;",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        out.push_str(reference);
        plain = at + character.len_utf8();
    }
    out.push_str(&text[plain..]);
}
