//! The rules for SVG, and their findings.

use std::ops::Range;

use tradepost_base::{Finding, FindingSeverity};

use crate::text::clean;

const MAX_EXCERPT: usize = 120;

pub const SCRIPT: &str = "active-content.script";
pub const EVENT_HANDLER: &str = "active-content.event-handler";
pub const SCRIPT_URL: &str = "active-content.script-url";
pub const STYLE_SCRIPT: &str = "active-content.style-script";
pub const EXTERNAL_REFERENCE: &str = "active-content.external-reference";
pub const EXTERNAL_LINK: &str = "active-content.external-link";
pub const EMBEDDED_DATA: &str = "active-content.embedded-data";
pub const FOREIGN_CONTENT: &str = "active-content.foreign-content";
pub const PRIVATE_CONTENT: &str = "active-content.private-content";
pub const ANIMATION: &str = "active-content.animation";
pub const STYLESHEET: &str = "active-content.stylesheet";
pub const INSTRUCTION: &str = "active-content.instruction";
pub const DOCTYPE: &str = "active-content.doctype";
pub const NOT_SVG: &str = "not-svg";
pub const TOO_LARGE: &str = "too-large";
pub const ENCODING: &str = "svg.encoding";
pub const COMPRESSED: &str = "svg.compressed";
pub const TOO_COMPLEX: &str = "svg.too-complex";
pub const COPY_DIFFERS: &str = "svg.copy-differs";
pub const RENDERS_NOTHING: &str = "renders-nothing";

/// Every rule: its id, how much it weighs, and what it means.
pub const RULES: &[(&str, FindingSeverity, &str)] = &[
    (
        SCRIPT,
        FindingSeverity::Blocking,
        "An element that runs a script: script, handler, listener.",
    ),
    (
        EVENT_HANDLER,
        FindingSeverity::Blocking,
        "An attribute that runs a script: onload, onclick and every other on….",
    ),
    (
        SCRIPT_URL,
        FindingSeverity::Blocking,
        "An address that runs a script: javascript:, vbscript:.",
    ),
    (
        STYLE_SCRIPT,
        FindingSeverity::Blocking,
        "A style that runs a script in old browsers: expression(), behavior, -moz-binding, -o-link.",
    ),
    (
        EXTERNAL_REFERENCE,
        FindingSeverity::Blocking,
        "Something outside the file is loaded with it: a picture, a font, a style sheet, an element of another file.",
    ),
    (
        EXTERNAL_LINK,
        FindingSeverity::Warning,
        "A link (a) to another page. It loads nothing; the published copy does not have it.",
    ),
    (
        EMBEDDED_DATA,
        FindingSeverity::Blocking,
        "A data: address that is neither a raster picture where pictures are shown nor a font where fonts are declared.",
    ),
    (
        FOREIGN_CONTENT,
        FindingSeverity::Blocking,
        "Something that is not SVG and that a browser shows or runs: foreignObject, HTML, MathML, XSLT, XInclude.",
    ),
    (
        PRIVATE_CONTENT,
        FindingSeverity::Info,
        "A foreignObject that only a drawing program reads and that shows nothing. The published copy goes without it.",
    ),
    (
        ANIMATION,
        FindingSeverity::Blocking,
        "An animation of an address, a style or an event handler.",
    ),
    (
        STYLESHEET,
        FindingSeverity::Blocking,
        "A style sheet named by an xml-stylesheet instruction.",
    ),
    (
        INSTRUCTION,
        FindingSeverity::Warning,
        "A processing instruction that is not known to be harmless. The published copy goes without it.",
    ),
    (
        DOCTYPE,
        FindingSeverity::Blocking,
        "A document type with an entity that is outside the file, has markup in it or grows too large, or with an address that is not the W3C's.",
    ),
    (
        NOT_SVG,
        FindingSeverity::Blocking,
        "Not an SVG file, or not well-formed XML.",
    ),
    (
        TOO_LARGE,
        FindingSeverity::Blocking,
        "Larger than an SVG may be, packed or unpacked.",
    ),
    (
        ENCODING,
        FindingSeverity::Blocking,
        "An encoding that is not read, or that differs from the declared one.",
    ),
    (
        COMPRESSED,
        FindingSeverity::Blocking,
        "Compressed in a way that is not read: damaged, more than one member, or far larger unpacked.",
    ),
    (
        TOO_COMPLEX,
        FindingSeverity::Blocking,
        "Would take more time or memory to draw than a picture may.",
    ),
    (
        COPY_DIFFERS,
        FindingSeverity::Blocking,
        "The copy without what is not allowed does not look the same.",
    ),
    (RENDERS_NOTHING, FindingSeverity::Blocking, "Shows nothing at all."),
];

/// A finding about a piece of a text, as heavy as its rule. Lines and columns count from 1, columns in characters.
pub(super) fn finding(rule: &str, path: &str, message: impl Into<String>, text: &str, range: Range<usize>) -> Finding {
    let before = text.get(..range.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let newlines = before.bytes().filter(|&byte| byte == b'\n').count();
    Finding {
        line: i32::try_from(newlines + 1).ok(),
        column: i32::try_from(before[line_start..].chars().count() + 1).ok(),
        excerpt: text.get(range).map(|excerpt| clean(excerpt, MAX_EXCERPT)),
        ..refusal(path, rule, message)
    }
}

/// A finding about a whole file, as heavy as its rule.
pub fn refusal(path: &str, rule: &str, message: impl Into<String>) -> Finding {
    let known = RULES.iter().find(|(id, ..)| *id == rule);
    Finding {
        file: Some(path.to_owned()),
        rule: rule.to_owned(),
        severity: known.map_or(FindingSeverity::Blocking, |&(_, severity, _)| severity),
        message: message.into(),
        line: None,
        column: None,
        excerpt: None,
    }
}
