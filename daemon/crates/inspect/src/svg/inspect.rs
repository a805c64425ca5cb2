//! Active content in SVG: everything that could run, load or change something in a browser.
//!
//! The inspection works on the tree of a real XML parser and the tokens of a real CSS tokenizer, so that character references, CDATA, escapes and odd spelling
//! are already undone.

mod attribute;
mod element;

use std::ops::Range;

use roxmltree::{Document, Node};
use tradepost_base::Finding;

use super::css::{self, DangerKind};
use super::rules::{
    EMBEDDED_DATA, EXTERNAL_REFERENCE, INSTRUCTION, SCRIPT_URL, STYLE_SCRIPT, STYLESHEET, TOO_COMPLEX, finding,
};
use super::url::{self, UrlTarget};
use super::{allow, embedded};
use crate::text::clean;

pub(super) use self::attribute::{Violation, faults_of_attribute};
pub(super) use self::element::{animates_something_harmless, sheet};

const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// The inspection ends after this many findings.
pub(super) const MAX_FINDINGS: usize = 50;

/// Inspects a parsed file; `path` is only for the findings.
pub fn inspect(document: &Document<'_>, path: &str) -> Vec<Finding> {
    let mut inspection = Inspection {
        document,
        path,
        findings: Vec::new(),
    };
    for node in document.root().descendants() {
        if inspection.findings.len() >= MAX_FINDINGS {
            break;
        }
        if let Some(pi) = node.pi() {
            inspection.instruction(node, pi.target);
        } else if node.is_element() {
            inspection.element(node);
            inspection.attributes(node);
        }
    }
    inspection.findings
}

struct Inspection<'a, 'input> {
    document: &'a Document<'input>,
    path: &'a str,
    findings: Vec<Finding>,
}

impl<'input> Inspection<'_, 'input> {
    fn instruction(&mut self, node: Node<'_, '_>, target: &str) {
        let name = target.to_ascii_lowercase();
        if name == "xml-stylesheet" {
            let message =
                "loads a style sheet with <?xml-stylesheet?>: put the styles into the file, in a <style> element";
            self.add(STYLESHEET, message, node.range());
        } else if !is_harmless_instruction(&name) {
            let name = clean(target, 40);
            let message = format!("has the processing instruction <?{name}?>, which an image does not need: remove it");
            self.add(INSTRUCTION, message, node.range());
        }
    }

    fn attributes(&mut self, node: Node<'_, 'input>) {
        // RDF and the like name their subjects by address; nothing loads them.
        if allow::is_private(node) {
            return;
        }
        for attribute in node.attributes() {
            for fault in faults_of_attribute(node, attribute) {
                let range = fault.inside(self.document.input_text(), attribute);
                self.add(fault.rule, fault.message, range);
            }
        }
    }

    fn add(&mut self, rule: &str, message: impl Into<String>, range: Range<usize>) {
        if self.findings.len() < MAX_FINDINGS {
            let text = self.document.input_text();
            self.findings.push(finding(rule, self.path, message, text, range));
        }
    }
}

/// The packet wrapper of XMP, and the instructions of editors.
fn is_harmless_instruction(name: &str) -> bool {
    name == "xpacket" || name.starts_with("adobe") || name.starts_with("xml-model")
}

/// The rule and the message for each thing in a style that should not be there, and where in the style it is.
pub(super) fn faults_of_style(css: &str) -> Vec<Violation> {
    css::dangers(css)
        .into_iter()
        .filter_map(|danger| {
            let (rule, message) = match danger.kind {
                DangerKind::Import => (
                    EXTERNAL_REFERENCE,
                    "imports a style sheet: put its styles into the file".to_owned(),
                ),
                DangerKind::Script => (
                    STYLE_SCRIPT,
                    "has a style that old browsers run as a script: remove it".to_owned(),
                ),
                DangerKind::MadeUrl => (
                    EXTERNAL_REFERENCE,
                    "computes an address when the style is used: write the address itself, like url(#id)".to_owned(),
                ),
                DangerKind::Excess => (
                    TOO_COMPLEX,
                    "has a style that is too long or nested too deeply".to_owned(),
                ),
                DangerKind::Url(address) => fault_of_address(&address, UrlContext::Style)?,
            };
            Some(Violation::at(rule, message, danger.range))
        })
        .collect()
}

/// The place of a URL.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum UrlContext {
    /// `image`, `feImage`.
    Picture,
    /// A style, which may name pictures and fonts.
    Style,
    Elsewhere,
}

/// A picture inside the file is the only data that an element may refer to, and only where pictures are shown.
pub(super) fn fault_of_address(address: &str, place: UrlContext) -> Option<(&'static str, String)> {
    let external = "refers to something outside the file: put it into the file, or remove the reference";
    match url::target(address) {
        UrlTarget::Nothing | UrlTarget::Fragment => None,
        UrlTarget::Font if place == UrlContext::Style => None,
        UrlTarget::Picture | UrlTarget::Font | UrlTarget::Data
            if place != UrlContext::Elsewhere && embedded::is_picture(address) =>
        {
            None
        }
        UrlTarget::Data if place == UrlContext::Style && embedded::is_font(address) => None,
        UrlTarget::Picture if place != UrlContext::Elsewhere => Some((
            EMBEDDED_DATA,
            "embeds data that is not the declared picture: embed a PNG, JPEG, GIF or WebP in base64".to_owned(),
        )),
        UrlTarget::Script => Some((SCRIPT_URL, "has an address that runs a script: remove it".to_owned())),
        UrlTarget::Picture | UrlTarget::Font | UrlTarget::Data => Some((
            EMBEDDED_DATA,
            "embeds data that is, by its bytes, not allowed there: only PNG, JPEG, GIF and WebP in <image>, and fonts in @font-face".to_owned(),
        )),
        UrlTarget::Elsewhere => Some((EXTERNAL_REFERENCE, external.to_owned())),
    }
}

fn is_animation(node: Node<'_, '_>) -> bool {
    let name = node.tag_name().name();
    name.eq_ignore_ascii_case("set") || name.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("animate"))
}
