//! Writes out, before the tree is made, features that browsers implement and usvg does not: selectors, conditions, variables, colours and expressions of
//! CSS, its transforms and shapes, animations, and some attributes of SVG 2. `docs/RENDERING.md` lists it.
//!
//! Only the drawing changes; the published copy keeps the text of the file.

mod animation;
mod calc;
mod cascade;
mod colour;
mod dom;
mod features;
mod media;
mod outline;
mod quirks;
mod selector;
mod shape;
mod sheet;
#[cfg(test)]
mod tests;
mod text;
mod transform;
mod values;
mod variables;

use resvg::usvg::{self, Options, Tree};
use roxmltree::Document;
use tradepost_inspect::svg;

use self::dom::{Dom, Id};
use self::sheet::Sheet;
use self::transform::Boxes;

/// Makes the tree of a drawing. An animated one is drawn as it is when it has come to rest, and its moment, in seconds, is returned beside it;
/// `is_empty` tells of a tree that nothing of it shows.
pub fn tree(
    document: &Document<'_>,
    options: &Options<'_>,
    is_empty: impl FnMut(&Tree) -> bool,
) -> Result<(Tree, Option<f64>), usvg::Error> {
    if features::any(document) {
        Modern::from_document(document).tree(options, is_empty)
    } else {
        Tree::from_xmltree(document, options).map(|tree| (tree, None))
    }
}

struct Modern<'a> {
    dom: Dom<'a>,
    sheet: Sheet,
    file_bytes: usize,
}

impl<'a> Modern<'a> {
    fn from_document(document: &'a Document<'_>) -> Self {
        let mut dom = Dom::from_document(document);
        let page = values::page(&dom);
        let sheet = cascade::apply(&mut dom, page);
        let file_bytes = document.input_text().len();
        Self { dom, sheet, file_bytes }
    }

    fn tree(
        &self,
        options: &Options<'_>,
        mut is_empty: impl FnMut(&Tree) -> bool,
    ) -> Result<(Tree, Option<f64>), usvg::Error> {
        let moments = animation::moments(&self.dom, &self.sheet);
        let Some((&first, others)) = moments.split_first() else {
            return Ok((parse(&self.written_out(None, options), options)?, None));
        };
        let settled = parse(&self.written_out(Some(first), options), options)?;
        if !is_empty(&settled) {
            return Ok((settled, Some(first)));
        }
        for &moment in others {
            let tree = parse(&self.written_out(Some(moment), options), options)?;
            if !is_empty(&tree) {
                return Ok((tree, Some(moment)));
            }
        }
        Ok((settled, Some(first)))
    }

    /// The text for usvg, at a moment of an animated drawing.
    fn written_out(&self, moment: Option<f64>, options: &Options<'_>) -> String {
        let mut dom = self.dom.clone();
        if let Some(moment) = moment {
            animation::apply(&mut dom, &self.sheet, moment);
        }
        variables::substitute(&mut dom, self.file_bytes);
        values::write_out(&mut dom);
        transform::write_out(&mut dom, &Boxes::new());
        quirks::write_out(&mut dom);
        let waiting = [transform::waiting(&dom), shape::waiting(&dom)].concat();
        if !waiting.is_empty() {
            let boxes = boxes(&dom, &waiting, options);
            shape::write_out(&mut dom, &boxes);
            transform::write_out(&mut dom, &boxes);
        }
        if values::is_unsized(&dom) {
            frame(&mut dom, options);
        }
        dom.write()
    }
}

/// A drawing without any size is as large as what is in it.
fn frame(dom: &mut Dom<'_>, options: &Options<'_>) {
    if let Ok(tree) = parse(&dom.write(), options) {
        let around = tree.root().abs_stroke_bounding_box();
        let numbers = [around.x(), around.y(), around.width(), around.height()];
        if around.width() > 0.0 && around.height() > 0.0 {
            dom.set_attribute(
                0,
                "viewBox",
                numbers.map(|number| calc::number(f64::from(number))).join(" "),
            );
        }
    }
}

fn parse(text: &str, options: &Options<'_>) -> Result<Tree, usvg::Error> {
    let document = svg::parse(text, "modern").map_err(|_| usvg::Error::NotAnUtf8Str)?;
    Tree::from_xmltree(&document, options)
}

/// The bounding boxes of elements that are drawn, in their own coordinates.
fn boxes(dom: &Dom<'_>, wanted: &[Id], options: &Options<'_>) -> Boxes {
    let mut measured = dom.clone();
    let name = |id: Id| format!("measured-{id}");
    for &id in wanted {
        for property in ["transform", "translate", "rotate", "scale", "clip-path"] {
            measured.take_declared(id, property);
            measured.remove_attribute(id, property);
        }
        // Links to the old name break, which changes no box of the element itself.
        measured.set_attribute(id, "id", name(id));
    }
    let Ok(tree) = parse(&measured.write(), options) else {
        return Boxes::new();
    };
    let found = wanted
        .iter()
        .filter_map(|&id| Some((id, tree.node_by_id(&name(id))?.bounding_box())));
    found.collect()
}
