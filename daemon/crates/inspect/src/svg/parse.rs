//! From text to a tree.

use roxmltree::{Document, ParsingOptions};
use tradepost_base::Finding;

use super::rules::{DOCTYPE, NOT_SVG, refusal};
use super::{NAMESPACE, doctype};

/// The limit of usvg.
const MAX_NODES: u32 = 1_000_000;

/// Parses the text of an SVG that [`super::open`] gave: without internal subset, on which the parser would act.
pub fn parse<'input>(text: &'input str, path: &str) -> Result<Document<'input>, Vec<Finding>> {
    if doctype::has_subset(text) {
        let message = "declares entities or attributes: write their content where they are used";
        return Err(vec![refusal(path, DOCTYPE, message)]);
    }
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        let mut finding = refusal(path, NOT_SVG, format!("is not well-formed XML: {error}"));
        finding.line = i32::try_from(at.row).ok();
        finding.column = i32::try_from(at.col).ok();
        vec![finding]
    })?;
    let root = document.root_element().tag_name();
    if root.name() == "svg" && root.namespace() == Some(NAMESPACE) {
        return Ok(document);
    }
    let message = format!("is XML but not SVG: its root element is not <svg> in the name space {NAMESPACE}");
    Err(vec![refusal(path, NOT_SVG, message)])
}
