//! The cascade: the declarations of style sheets and style attributes that hold for each element.

use super::dom::{Child, Dom, Id};
use super::media::{self, Viewport};
use super::selector::Specificity;
use super::sheet::{Declaration, Sheet, declarations};

/// Bounds the comparisons of selectors with elements in one file.
const MAX_STEPS: u64 = 20_000_000;

/// Decides between two declarations of one property: the greater one holds.
type Weight = (bool, bool, Specificity, usize);

/// Reads all style sheets and gives each element its declarations.
pub fn apply(dom: &mut Dom<'_>, viewport: Viewport) -> Sheet {
    let mut sheet = Sheet::default();
    for id in dom.ids().filter(|&id| is_sheet(dom, id, viewport)) {
        let texts = dom.elements[id].children.iter().filter_map(|child| match child {
            Child::Text(text) => Some(*text),
            Child::Element(_) => None,
        });
        let css: String = texts.collect();
        sheet.read(&css, viewport);
    }
    let mut steps = MAX_STEPS;
    for id in dom.ids() {
        let own = dom.attribute(id, "style").map(declarations).unwrap_or_default();
        if !own.is_empty() || !sheet.rules.is_empty() {
            dom.elements[id].style = cascaded(dom, id, &sheet, &own, &mut steps);
        }
    }
    sheet
}

fn is_sheet(dom: &Dom<'_>, id: Id, viewport: Viewport) -> bool {
    let attribute = |name: &str| dom.attribute(id, name).unwrap_or_default();
    let is_css = || attribute("type").is_empty() || attribute("type").eq_ignore_ascii_case("text/css");
    dom.name(id) == "style" && is_css() && media::matches(attribute("media"), viewport)
}

fn cascaded(dom: &Dom<'_>, id: Id, sheet: &Sheet, own: &[Declaration], steps: &mut u64) -> Vec<(String, String)> {
    let mut weighed: Vec<(Weight, &Declaration)> = Vec::new();
    for (order, rule) in sheet.rules.iter().enumerate() {
        let matching = rule
            .selectors
            .iter()
            .filter(|selector| selector.matches(dom, id, steps));
        if let Some(specificity) = matching.map(|selector| selector.specificity()).max() {
            let weight = |declaration: &Declaration| (declaration.important, false, specificity, order);
            weighed.extend(
                rule.declarations
                    .iter()
                    .map(|declaration| (weight(declaration), declaration)),
            );
        }
    }
    weighed.extend(
        own.iter()
            .map(|declaration| ((declaration.important, true, [0; 3], 0), declaration)),
    );
    weighed.sort_by_key(|(weight, _)| *weight);
    let mut style: Vec<(String, String)> = Vec::new();
    for (_, Declaration { name, value, .. }) in weighed {
        // The later one holds, and comes last: a shorthand after it would win otherwise.
        if !is_void(name, value) {
            style.retain(|(other, _)| other != name);
            style.push((name.clone(), value.clone()));
        }
    }
    style
}

/// Browsers drop declarations that they can not read; only the likely ones are told here.
fn is_void(name: &str, value: &str) -> bool {
    let is_number = || {
        value
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
            && value != "0"
    };
    // Lengths need a unit in CSS, other than in attributes.
    matches!(name, "x" | "y" | "width" | "height" | "cx" | "cy" | "r" | "rx" | "ry") && is_number()
}
