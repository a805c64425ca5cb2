//! Attributes: handlers, addresses and styles.

use std::ops::Range;

use roxmltree::{Attribute, Node};

use super::super::rules::{ANIMATION, EVENT_HANDLER, EXTERNAL_LINK, EXTERNAL_REFERENCE, SCRIPT_URL};
use super::super::url::{self, UrlTarget};
use super::super::{NAMESPACE, css};
use super::{UrlContext, XHTML, fault_of_address, faults_of_style, is_animation};
use crate::text::clean;

/// Something that an attribute should not have.
pub(in crate::svg) struct Violation {
    pub rule: &'static str,
    pub message: String,
    /// Its place in the value; `None` for all of it.
    part: Option<Range<usize>>,
}

impl Violation {
    fn whole(rule: &'static str, message: impl Into<String>) -> Self {
        Self {
            rule,
            message: message.into(),
            part: None,
        }
    }

    pub(super) fn at(rule: &'static str, message: String, part: Range<usize>) -> Self {
        Self {
            rule,
            message,
            part: Some(part),
        }
    }

    /// The place in the text of the file.
    pub(super) fn inside(&self, text: &str, attribute: Attribute<'_, '_>) -> Range<usize> {
        let part = self
            .part
            .clone()
            .and_then(|part| place_in(text, attribute.range_value(), attribute.value(), part));
        part.unwrap_or_else(|| attribute.range())
    }

    /// The place in the text of the file, of a fault in a style sheet that is written there as `value`.
    pub(super) fn inside_text(&self, text: &str, written: Range<usize>, value: &str) -> Option<Range<usize>> {
        place_in(text, written, value, self.part.clone()?)
    }
}

/// The place of a part of a value. Only exact where the value is written without references; else it is looked for.
fn place_in(text: &str, written: Range<usize>, value: &str, part: Range<usize>) -> Option<Range<usize>> {
    let raw = text.get(written.clone())?;
    let piece = value.get(part.clone())?;
    let at = if raw == value {
        part.start
    } else {
        raw.find(piece).filter(|_| !piece.is_empty())?
    };
    Some(written.start + at..written.start + at + piece.len())
}

/// Everything that is wrong with an attribute.
pub(in crate::svg) fn faults_of_attribute(node: Node<'_, '_>, attribute: Attribute<'_, '_>) -> Vec<Violation> {
    let name = attribute.name().to_ascii_lowercase();
    let value = attribute.value();
    if is_handler(&name) && matches!(attribute.namespace(), None | Some(NAMESPACE | XHTML)) {
        let message = format!(
            "has the event handler {}: images must not contain scripts. Remove it.",
            clean(&name, 40)
        );
        return vec![Violation::whole(EVENT_HANDLER, message)];
    }
    if is_address(&name) {
        return fault_of_reference(node, &name, value).into_iter().collect();
    }
    if name == "style" || css::may_refer(value) {
        return faults_of_style(value);
    }
    if is_animation(node) && matches!(name.as_str(), "values" | "to" | "from" | "by") {
        return fault_of_values(value).into_iter().collect();
    }
    if value.contains(':') && value.split(';').any(|part| url::target(part) == UrlTarget::Script) {
        let message = format!("has an address that runs a script in {}: remove it", clean(&name, 40));
        return vec![Violation::whole(SCRIPT_URL, message)];
    }
    Vec::new()
}

fn fault_of_reference(node: Node<'_, '_>, name: &str, value: &str) -> Option<Violation> {
    let place = match node.tag_name().name() {
        "image" | "feImage" => UrlContext::Picture,
        _ => UrlContext::Elsewhere,
    };
    let (rule, message) = fault_of_address(value, place)?;
    let is_link = rule == EXTERNAL_REFERENCE && name == "href" && node.has_tag_name((NAMESPACE, "a"));
    if is_link && url::is_web(value) {
        let message = "links to another place: buyers get the image without the link";
        return Some(Violation::whole(EXTERNAL_LINK, message));
    }
    Some(Violation::whole(rule, message))
}

/// The values of an animation, which its target attribute was never inspected with.
fn fault_of_values(value: &str) -> Option<Violation> {
    let dangerous = |part: &str| {
        matches!(
            url::target(part),
            UrlTarget::Script | UrlTarget::Data | UrlTarget::Picture | UrlTarget::Font
        )
    };
    let found = value.split(';').any(dangerous) || dangerous(value);
    found.then(|| {
        Violation::whole(
            ANIMATION,
            "animates to an address with data or a script in it: remove it",
        )
    })
}

fn is_address(name: &str) -> bool {
    matches!(
        name,
        "href"
            | "src"
            | "srcset"
            | "action"
            | "formaction"
            | "poster"
            | "base"
            | "ping"
            | "manifest"
            | "handler"
            | "background"
            | "cite"
            | "longdesc"
            | "usemap"
            | "codebase"
            | "archive"
            | "srcdoc"
            | "definitionurl"
    )
}

/// SVG has no other attribute that begins like this.
pub(super) fn is_handler(name: &str) -> bool {
    name.len() > 2 && name.starts_with("on") && name.as_bytes()[2].is_ascii_alphabetic()
}
