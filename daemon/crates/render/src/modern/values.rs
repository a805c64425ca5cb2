//! Values of styles and attributes in the forms that usvg reads: expressions, colours, geometry, shorthands.

use super::calc::{self, Reference};
use super::colour;
use super::dom::{Dom, Id};
use super::text;

/// Pages of browsers without a size of their own.
const PAGE: (f64, f64) = (300.0, 150.0);
const GEOMETRY: [&str; 9] = ["x", "y", "width", "height", "cx", "cy", "r", "rx", "ry"];
/// Elements that have each of these.
const WITH_BOX: [&str; 8] = [
    "rect",
    "image",
    "svg",
    "use",
    "symbol",
    "foreignObject",
    "mask",
    "filter",
];
/// Attributes of long lists and of other languages.
const NOT_A_VALUE: [&str; 8] = ["d", "points", "style", "id", "class", "href", "values", "transform"];

/// Writes out the values of every element.
pub fn write_out(dom: &mut Dom<'_>) {
    for id in dom.ids() {
        expressions(dom, id);
        colours(dom, id);
        if !dom.elements[id].style.is_empty() {
            geometry(dom, id);
            background(dom, id);
        }
    }
}

/// The size of the drawing in pixels: conditions of media queries compare with it.
pub fn page(dom: &Dom<'_>) -> (f64, f64) {
    let length = |name: &str| calc::absolute_length(dom.attribute(0, name)?);
    let (width, height) = view_box(dom, 0).unwrap_or(PAGE);
    (length("width").unwrap_or(width), length("height").unwrap_or(height))
}

/// True when neither a viewBox nor lengths say how large the drawing is.
pub fn is_unsized(dom: &Dom<'_>) -> bool {
    let is_length = |name: &str| dom.attribute(0, name).is_some_and(|value| !value.ends_with('%'));
    dom.attribute(0, "viewBox").is_none() && !is_length("width") && !is_length("height")
}

fn view_box(dom: &Dom<'_>, id: Id) -> Option<(f64, f64)> {
    let numbers = dom.attribute(id, "viewBox")?.split([' ', ',', '\t', '\n']);
    let numbers: Vec<f64> = numbers.filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        [_, _, width, height] => Some((*width, *height)),
        _ => None,
    }
}

/// Width and height of the coordinates that an element is in.
pub fn viewport(dom: &Dom<'_>, id: Id) -> (f64, f64) {
    let around = dom
        .ancestors(id)
        .skip(usize::from(id != 0))
        .find(|&id| matches!(dom.name(id), "svg" | "symbol"));
    let around = around.unwrap_or(0);
    let length = |name: &str| calc::absolute_length(dom.attribute(around, name)?);
    let size = || Some((length("width")?, length("height")?));
    view_box(dom, around).or_else(size).unwrap_or(PAGE)
}

/// The lengths that relative units refer to; 100 % is that of the property's axis.
pub fn reference(dom: &Dom<'_>, id: Id, property: &str) -> Reference {
    let (width, height) = viewport(dom, id);
    let percent = match property {
        "x" | "cx" | "width" | "rx" | "x1" | "x2" | "dx" => width,
        "y" | "cy" | "height" | "ry" | "y1" | "y2" | "dy" => height,
        _ => ((width * width + height * height) / 2.0).sqrt(),
    };
    let font_size = dom.inherited(id, "font-size").and_then(calc::absolute_length);
    Reference {
        percent,
        font_size: font_size.unwrap_or(16.0),
        viewport: page(dom),
    }
}

fn has_expression(value: &str) -> bool {
    value.contains('(')
        && ["calc(", "min(", "max(", "clamp("]
            .iter()
            .any(|call| value.contains(call))
}

fn expressions(dom: &mut Dom<'_>, id: Id) {
    for at in 0..dom.elements[id].style.len() {
        let (name, value) = &dom.elements[id].style[at];
        // Transforms have axes of their own.
        if has_expression(value)
            && !matches!(
                name.as_str(),
                "transform" | "translate" | "transform-origin" | "clip-path"
            )
        {
            let new = calc::written_out(value, reference(dom, id, name));
            if let Some(new) = new {
                let unit = if GEOMETRY.contains(&dom.elements[id].style[at].0.as_str()) {
                    "px"
                } else {
                    ""
                };
                dom.elements[id].style[at].1 = new + unit;
            }
        }
    }
    for at in 0..dom.elements[id].attributes.len() {
        let (name, value) = &dom.elements[id].attributes[at];
        if has_expression(value) && !NOT_A_VALUE.contains(&name.as_ref()) {
            let new = calc::written_out(value, reference(dom, id, name));
            if let Some(new) = new {
                dom.elements[id].attributes[at].1 = new.into();
            }
        }
    }
}

fn colours(dom: &mut Dom<'_>, id: Id) {
    let may_differ = |property: &str, value: &str| {
        let is_one = colour::PROPERTIES.contains(&property) || property == "filter";
        is_one && (value.contains('(') || colour::is_unknown_word(value))
    };
    for at in 0..dom.elements[id].style.len() {
        let (name, value) = &dom.elements[id].style[at];
        if may_differ(name, value)
            && let Some(new) = colour::written_out(dom, id, name, value)
        {
            dom.elements[id].style[at].1 = new;
        }
    }
    for at in 0..dom.elements[id].attributes.len() {
        let (name, value) = &dom.elements[id].attributes[at];
        if may_differ(name, value)
            && let Some(new) = colour::written_out(dom, id, name, value)
        {
            dom.elements[id].attributes[at].1 = new.into();
        }
    }
}

/// Geometry in the style becomes attributes.
fn geometry(dom: &mut Dom<'_>, id: Id) {
    let name = dom.name(id);
    for property in GEOMETRY {
        let applies = match property {
            "x" | "y" | "width" | "height" => WITH_BOX.contains(&name),
            "cx" | "cy" => matches!(name, "circle" | "ellipse"),
            "r" => name == "circle",
            _ => matches!(name, "rect" | "ellipse"),
        };
        let Some(value) = dom.take_declared(id, property).filter(|_| applies) else {
            continue;
        };
        if value == "auto" {
            dom.remove_attribute(id, property);
        } else if value.ends_with('%') {
            dom.set_attribute(id, property, value);
        } else if let Some(length) = calc::length(&value, reference(dom, id, property)) {
            dom.set_attribute(id, property, calc::number(length));
        }
    }
    if name == "path"
        && let Some(value) = dom.take_declared(id, "d")
    {
        match text::call(&value) {
            Some(("path", inside)) => dom.set_attribute(id, "d", inside.trim().trim_matches(['"', '\'']).to_owned()),
            _ => dom.set_attribute(id, "d", String::new()),
        }
    }
}

/// The colour of the shorthand, which shows only behind the whole drawing.
fn background(dom: &mut Dom<'_>, id: Id) {
    if let Some(value) = dom.take_declared(id, "background").filter(|_| id == 0) {
        let words = text::words(&value).filter(|word| !word.contains("url("));
        let colours = words.filter_map(|word| colour::solid(dom, id, word));
        if let Some(colour) = colours.last() {
            dom.declare(id, "background-color", colour);
        }
    }
}
