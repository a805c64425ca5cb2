//! Active content in SVG: whatever could run, load or change something in a browser. Runs in the jail.
//!
//! Judged on the tree of a real XML parser, so that character references, CDATA and odd spelling are already undone; the document type, which the
//! parser acts on, is judged on the text before it.

mod css;
mod doctype;
#[cfg(test)]
mod tests;
mod url;

use roxmltree::{Attribute, Document, Node};
use tradepost_common::uploads::{Finding, FindingSeverity};

use self::css::Danger;
use self::url::Target;
use crate::text::clean;

pub use self::doctype::judge as judge_doctype;

/// A file with more is not told about every one.
const MAX_FINDINGS: usize = 50;
const MAX_EXCERPT: usize = 120;

const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// The rules, as they appear in a finding.
pub mod rules {
    pub const SCRIPT: &str = "active-content.script";
    pub const EVENT_HANDLER: &str = "active-content.event-handler";
    pub const SCRIPT_URL: &str = "active-content.script-url";
    pub const EXTERNAL_REFERENCE: &str = "active-content.external-reference";
    pub const FOREIGN_CONTENT: &str = "active-content.foreign-content";
    pub const ANIMATION: &str = "active-content.animation";
    pub const STYLESHEET: &str = "active-content.stylesheet";
    pub const DOCTYPE: &str = "active-content.doctype";
}

/// Judges a parsed file; `path` is only for the findings.
pub fn judge(document: &Document<'_>, path: &str) -> Vec<Finding> {
    let mut judge = Judge {
        document,
        path,
        findings: Vec::new(),
    };
    for node in document.root().descendants() {
        if judge.findings.len() >= MAX_FINDINGS {
            break;
        }
        if let Some(pi) = node.pi() {
            judge.instruction(node, pi.target);
        } else if node.is_element() {
            judge.element(node);
            node.attributes().for_each(|attribute| judge.attribute(node, attribute));
        }
    }
    judge.findings
}

struct Judge<'a, 'input> {
    document: &'a Document<'input>,
    path: &'a str,
    findings: Vec<Finding>,
}

impl Judge<'_, '_> {
    fn instruction(&mut self, node: Node<'_, '_>, target: &str) {
        if target.eq_ignore_ascii_case("xml-stylesheet") {
            self.add(rules::STYLESHEET, "loads a style sheet", node.range());
        }
    }

    fn element(&mut self, node: Node<'_, '_>) {
        let name = node.tag_name().name().to_ascii_lowercase();
        match name.as_str() {
            "script" | "handler" | "listener" => {
                self.add(rules::SCRIPT, format!("has a <{name}> element"), node.range())
            }
            "foreignobject" | "iframe" | "embed" | "object" | "audio" | "video" => {
                self.add(
                    rules::FOREIGN_CONTENT,
                    format!("has a <{}> element", node.tag_name().name()),
                    node.range(),
                );
            }
            _ if node.tag_name().namespace() == Some(XHTML) => {
                self.add(
                    rules::FOREIGN_CONTENT,
                    format!("has the HTML element <{}>", clean(&name, 40)),
                    node.range(),
                );
            }
            "set" | "animate" | "animatecolor" | "animatetransform" | "animatemotion" => self.animation(node),
            "style" => {
                let text: String = node
                    .descendants()
                    .filter(Node::is_text)
                    .filter_map(|text| text.text())
                    .collect();
                self.css(&text, node.range());
            }
            _ => {}
        }
    }

    /// An animation may give an attribute a value that was never judged as such.
    fn animation(&mut self, node: Node<'_, '_>) {
        let target = node
            .attribute("attributeName")
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let name = target.rsplit(':').next().unwrap_or_default();
        if matches!(name, "href" | "style" | "src") || is_handler(name) {
            self.add(
                rules::ANIMATION,
                format!("animates the attribute {:?}", clean(&target, 40)),
                node.range(),
            );
        }
    }

    fn attribute(&mut self, node: Node<'_, '_>, attribute: Attribute<'_, '_>) {
        let name = attribute.name().to_ascii_lowercase();
        let value = attribute.value();
        if is_handler(&name) {
            self.add(
                rules::EVENT_HANDLER,
                format!("has the event handler {}", clean(&name, 40)),
                attribute.range(),
            );
        } else if matches!(
            name.as_str(),
            "href" | "src" | "srcset" | "action" | "formaction" | "poster" | "base"
        ) {
            let images = matches!(node.tag_name().name(), "image" | "feImage");
            self.reference(url::target(value), images, attribute.range());
        } else if name == "style" || css::may_refer(value) {
            self.css(value, attribute.range());
        } else if value.contains(':') && value.split(';').any(|part| url::target(part) == Target::Script) {
            self.add(
                rules::SCRIPT_URL,
                format!("has a script address in {}", clean(&name, 40)),
                attribute.range(),
            );
        }
    }

    fn css(&mut self, text: &str, range: std::ops::Range<usize>) {
        for danger in css::dangers(text) {
            match danger {
                Danger::Import => self.add(rules::EXTERNAL_REFERENCE, "imports a style sheet", range.clone()),
                Danger::Script => self.add(rules::SCRIPT_URL, "has a script in its style", range.clone()),
                Danger::Url(address) => self.reference(url::target(&address), true, range.clone()),
            }
        }
    }

    /// A picture inside the file is the only data that an element may refer to, and only where pictures are shown.
    fn reference(&mut self, target: Target, images: bool, range: std::ops::Range<usize>) {
        match target {
            Target::Nothing | Target::Fragment => {}
            Target::Picture | Target::Font if images => {}
            Target::Script => self.add(rules::SCRIPT_URL, "has a script address", range),
            Target::Picture | Target::Font | Target::Data => self.add(
                rules::EXTERNAL_REFERENCE,
                "embeds data of a kind that is not allowed there",
                range,
            ),
            Target::Elsewhere => self.add(rules::EXTERNAL_REFERENCE, "refers to something outside the file", range),
        }
    }

    fn add(&mut self, rule: &str, message: impl Into<String>, range: std::ops::Range<usize>) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings
                .push(finding(rule, self.path, message, self.document.input_text(), range));
        }
    }
}

/// A blocking finding about a piece of a text.
pub fn finding(
    rule: &str,
    path: &str,
    message: impl Into<String>,
    text: &str,
    range: std::ops::Range<usize>,
) -> Finding {
    let before = &text[..range.start];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Finding {
        file: Some(path.to_owned()),
        rule: rule.to_owned(),
        severity: FindingSeverity::Blocking,
        message: message.into(),
        line: i32::try_from(before.matches('\n').count() + 1).ok(),
        column: i32::try_from(before[line_start..].chars().count() + 1).ok(),
        excerpt: Some(clean(&text[range], MAX_EXCERPT)),
    }
}

/// SVG has no other attribute that begins like this.
fn is_handler(name: &str) -> bool {
    name.len() > 2 && name.starts_with("on")
}
