//! Limits of the time and memory that drawing a file may take, estimated from the tree before anything is drawn.
//!
//! The limits of the jail stop everything that passes these; these findings tell the contributor the element to change.

mod copies;

use roxmltree::{Document, Node};
use tradepost_base::Finding;

use super::embedded;
use super::rules::{TOO_COMPLEX, finding};
use super::walk::{Edge, edges};

/// Drawing walks the tree by recursion.
const MAX_DEPTH: u32 = 250;
/// Each octave looks at every pixel anew; more than ten change less than one step of a colour.
const MAX_OCTAVES: f64 = 16.0;
/// In parts of the picture's width: the cost grows with the square.
const MAX_MORPHOLOGY: f64 = 0.05;
const MAX_KERNEL: f64 = 100.0;
const MAX_PRIMITIVES: usize = 500;
/// Decoded, all pictures in the file together.
const MAX_EMBEDDED_PIXELS: u64 = 32_000_000;
const MAX_DASHES: usize = 1_000;
/// Letters of all texts: each becomes a path.
const MAX_LETTERS: usize = 20_000;
/// Selectors of all style sheets: each is parsed and sorted.
const MAX_STYLE_RULES: usize = 20_000;
/// Every rule of the style sheets is tried on every element.
const MAX_RULES_TRIED: u64 = 10_000_000;
const MAX_FINDINGS: usize = 20;

/// Looks for it; `path` is only for the findings. Files with findings should not be drawn.
pub fn complexity(document: &Document<'_>, path: &str) -> Vec<Finding> {
    let mut scene = ComplexityCheck {
        document,
        path,
        width: width(document.root_element()),
        pixels: 0,
        primitives: 0,
        letters: 0,
        findings: Vec::new(),
    };
    scene.walk();
    scene.styles();
    if let Some((node, message)) = copies::too_many(document) {
        scene.add(node, message);
    }
    scene.findings
}

struct ComplexityCheck<'a, 'input> {
    document: &'a Document<'input>,
    path: &'a str,
    /// In the units of the file; `None` when it does not say.
    width: Option<f64>,
    pixels: u64,
    primitives: usize,
    letters: usize,
    findings: Vec<Finding>,
}

impl ComplexityCheck<'_, '_> {
    fn walk(&mut self) {
        let mut depth = 0_u32;
        for edge in edges(self.document.root_element()) {
            match edge {
                Edge::Open(node) if node.is_element() => {
                    depth = depth.saturating_add(1);
                    if depth > MAX_DEPTH {
                        let message = format!("nests elements more than {MAX_DEPTH} deep: ungroup some of them");
                        return self.add(node, message);
                    }
                    self.element(node);
                    if self.findings.len() >= MAX_FINDINGS {
                        return;
                    }
                }
                Edge::Open(node) => self.text(node),
                Edge::Close(node) if node.is_element() => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn element(&mut self, node: Node<'_, '_>) {
        let name = node.tag_name().name();
        if name.starts_with("fe") {
            self.primitive(node, name);
        }
        if matches!(name, "image" | "feImage") {
            self.embedded(node);
        }
        if let Some(dashes) = node.attribute("stroke-dasharray") {
            self.dashes(node, dashes);
        }
    }

    fn text(&mut self, node: Node<'_, '_>) {
        let Some(parent) = node.parent_element().filter(|_| node.is_text()) else {
            return;
        };
        if !matches!(parent.tag_name().name(), "text" | "tspan" | "textPath" | "a") {
            return;
        }
        let before = self.letters;
        self.letters += node.text().map_or(0, |text| text.chars().count());
        if self.letters > MAX_LETTERS && before <= MAX_LETTERS {
            self.add(
                parent,
                format!("has texts of more than {MAX_LETTERS} letters: shorten them"),
            );
        }
    }

    fn styles(&mut self) {
        let elements = self.document.descendants().filter(Node::is_element).count() as u64;
        let styles = self
            .document
            .descendants()
            .filter(|node| node.tag_name().name() == "style");
        let sheets: Vec<Node<'_, '_>> = styles.collect();
        let rules: usize = sheets
            .iter()
            .map(|sheet| super::inspect::sheet(*sheet).matches(['{', ',']).count())
            .sum();
        if let Some(&first) = sheets
            .first()
            .filter(|_| rules > MAX_STYLE_RULES || elements.saturating_mul(rules as u64) > MAX_RULES_TRIED)
        {
            let message = format!("has {rules} style rules for {elements} elements: use fewer rules");
            self.add(first, message);
        }
    }

    fn primitive(&mut self, node: Node<'_, '_>, name: &str) {
        self.primitives += 1;
        if self.primitives == MAX_PRIMITIVES + 1 {
            self.add(
                node,
                format!("has more than {MAX_PRIMITIVES} filter effects: use fewer"),
            );
        }
        let number = |attribute: &str| largest_number(node.attribute(attribute)?);
        match name {
            "feTurbulence" if number("numOctaves").is_some_and(|octaves| octaves > MAX_OCTAVES) => {
                self.add(
                    node,
                    format!("has a turbulence of more than {MAX_OCTAVES} octaves: 8 look the same"),
                );
            }
            "feMorphology" => {
                // Without a size the bounding box is the width, which is not known here.
                let width = self.width.unwrap_or(100.0);
                if number("radius").is_some_and(|radius| radius > width * MAX_MORPHOLOGY) {
                    let message = "has a morphology with a radius over 5 % of the picture's width: use a smaller one";
                    self.add(node, message.to_owned());
                }
            }
            "feConvolveMatrix" => {
                let order = numbers(node.attribute("order").unwrap_or("3"));
                let (columns, rows) = (
                    order.first().copied().unwrap_or(3.0),
                    order.last().copied().unwrap_or(3.0),
                );
                if columns * rows > MAX_KERNEL {
                    self.add(
                        node,
                        format!("has a convolution of more than {MAX_KERNEL} numbers: use a smaller one"),
                    );
                }
            }
            _ => {}
        }
    }

    fn embedded(&mut self, node: Node<'_, '_>) {
        let hrefs = node.attributes().filter(|attribute| attribute.name() == "href");
        let pixels: u64 = hrefs
            .filter_map(|href| embedded::pixels(href.value()))
            .max()
            .unwrap_or(0);
        let before = self.pixels;
        self.pixels = before.saturating_add(pixels);
        if self.pixels > MAX_EMBEDDED_PIXELS && before <= MAX_EMBEDDED_PIXELS {
            let most = MAX_EMBEDDED_PIXELS / 1_000_000;
            self.add(
                node,
                format!("embeds pictures of more than {most} megapixels in all: embed smaller ones"),
            );
        }
    }

    fn dashes(&mut self, node: Node<'_, '_>, dashes: &str) {
        if dashes.split([',', ' ']).filter(|dash| !dash.is_empty()).count() > MAX_DASHES {
            self.add(
                node,
                format!("has a dash pattern of more than {MAX_DASHES} numbers: use a shorter one"),
            );
        }
    }

    fn add(&mut self, node: Node<'_, '_>, message: String) {
        let range = node.range();
        let text = self.document.input_text();
        self.findings
            .push(finding(TOO_COMPLEX, self.path, message, text, range));
    }
}

/// The reference of relative lengths.
fn width(root: Node<'_, '_>) -> Option<f64> {
    let view_box = root.attribute("viewBox").map(numbers);
    let width = view_box.and_then(|numbers| numbers.get(2).copied());
    let width = width.or_else(|| largest_number(root.attribute("width")?.trim_end_matches(char::is_alphabetic)));
    width.filter(|width| width.is_finite() && *width > 0.0)
}

fn numbers(text: &str) -> Vec<f64> {
    text.split([',', ' ', '\t', '\n'])
        .filter(|part| !part.is_empty())
        .take(8)
        .filter_map(|part| part.parse().ok())
        .collect()
}

fn largest_number(text: &str) -> Option<f64> {
    numbers(text).into_iter().reduce(f64::max)
}
