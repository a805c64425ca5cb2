//! A quick look at a file: it costs little to find that nothing has to be written out.

use std::collections::HashSet;

use roxmltree::{Document, Node};

use super::colour;

/// Properties that usvg does not read, or not in every form.
#[rustfmt::skip]
const PROPERTIES: [&str; 24] = [
    "animation", "animation-name", "-webkit-animation", "-webkit-animation-name", "background", "cx", "cy", "d", "height", "r",
    "rotate", "rx", "ry", "scale", "transform", "transform-box", "transform-origin", "translate", "vector-effect", "width", "x", "y",
    "animation-duration", "animation-delay",
];

/// True when a drawing has something that browsers read and usvg does not.
pub fn any(document: &Document<'_>) -> bool {
    // Referred to by a `use` in a `clipPath`, and by `filter`.
    let (mut clips, mut filters) = (HashSet::new(), HashSet::new());
    let found = document.descendants().any(|node| {
        if node.is_element() {
            if node.tag_name().name() == "use" && is_below(node, "clipPath") {
                let hrefs = node.attributes().filter(|attribute| attribute.name() == "href");
                clips.extend(hrefs.filter_map(|href| href.value().trim().strip_prefix('#')));
            }
            filters.extend(node.attributes().filter_map(|one| filter(one.name(), one.value())));
            let mut attributes = node.attributes();
            element(node)
                || attributes.any(|attribute| {
                    is_attribute(node, attribute.name(), attribute.value())
                        || (attribute.name() == "space" && attribute.namespace().is_none())
                })
        } else {
            node.is_text() && is_below(node, "style") && sheet(node)
        }
    });
    found || (!clips.is_empty() && document.descendants().any(|node| is_no_clip(node, &clips))) || {
        let is_filter = |node: &Node<'_, '_>| node.tag_name().name() == "filter";
        let there = document
            .descendants()
            .filter(is_filter)
            .filter_map(|node| node.attribute("id"));
        !filters.is_empty() && there.filter(|id| filters.contains(id)).count() < filters.len()
    }
}

/// The name of the filter that an element has.
fn filter<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let value = match name {
        "filter" => value,
        "style" if value.contains("filter") => {
            let mut declarations = value.split(';').filter_map(|one| one.split_once(':'));
            declarations.find(|(name, _)| name.trim() == "filter")?.1
        }
        _ => return None,
    };
    let inside = value.trim().strip_prefix("url(")?.strip_suffix(')')?;
    inside.trim().trim_matches(['"', '\'']).strip_prefix('#')
}

fn is_below(node: Node<'_, '_>, name: &str) -> bool {
    node.parent_element()
        .is_some_and(|parent| parent.tag_name().name() == name)
}

/// True for an element that a `clipPath` may not refer to, though one does.
fn is_no_clip(node: Node<'_, '_>, clips: &HashSet<&str>) -> bool {
    matches!(node.tag_name().name(), "use" | "g" | "svg") && node.attribute("id").is_some_and(|id| clips.contains(id))
}

fn element(node: Node<'_, '_>) -> bool {
    match node.tag_name().name() {
        "svg" if node.parent_element().is_none() => {
            let is_length = |name: &str| node.attribute(name).is_some_and(|value| !value.ends_with('%'));
            !node.has_attribute("viewBox") && !is_length("width") && !is_length("height")
        }
        "animate" | "animateTransform" | "animateMotion" | "set" => true,
        "mask" => node.has_attribute("mask"),
        "symbol" => node.has_attribute("width") || node.has_attribute("height"),
        "linearGradient" | "radialGradient" => {
            let stops = node.children().filter(|child| child.tag_name().name() == "stop");
            stops.take(2).count() == 1
        }
        _ => false,
    }
}

fn is_attribute(node: Node<'_, '_>, name: &str, value: &str) -> bool {
    match name {
        "style" => declarations(value),
        "vector-effect" | "pathLength" | "transform-origin" | "transform-box" => true,
        "direction" => value == "rtl",
        "gradientTransform" => value.contains("(0"),
        // Their numbers are read as they are.
        "d" | "points" | "transform" | "patternTransform" | "href" | "id" | "class" | "values" => false,
        _ => is_value(name, value) && !node.tag_name().name().starts_with("animate"),
    }
}

/// A value in a form that usvg does not read.
fn is_value(name: &str, value: &str) -> bool {
    let value = value.trim_start();
    if !value.contains('(') {
        return matches!(value.len(), 12 | 13) && colour::is_unknown_word(value);
    }
    // References, and colours as they were always written.
    let is_reference = value.starts_with("url(");
    let is_old = || value.starts_with("rgb(") && value.contains(',') && !value.contains('/') && !value.contains('%');
    match name {
        "clip-path" | "mask" | "fill" | "stroke" | "marker" | "marker-start" | "marker-mid" | "marker-end"
            if is_reference =>
        {
            // With a colour behind it.
            !value.trim_end().ends_with(')')
        }
        "filter" if is_reference => value.matches('(').count() > 1,
        _ => !is_old(),
    }
}

fn sheet(node: Node<'_, '_>) -> bool {
    let css = node.text().unwrap_or_default();
    let mut inside = false;
    let mut start = 0;
    for (at, byte) in css.bytes().enumerate() {
        match byte {
            b'{' => {
                // Selectors that usvg does not know, and rules that hold under a condition.
                if css[start..at].contains(['@', ':', '~', '^', '$', '*', '|']) {
                    return true;
                }
                (inside, start) = (true, at + 1);
            }
            b'}' => {
                if inside && declarations(&css[start..at]) {
                    return true;
                }
                (inside, start) = (false, at + 1);
            }
            _ => {}
        }
    }
    false
}

fn declarations(block: &str) -> bool {
    block.split(';').any(|declaration| {
        let Some((name, value)) = declaration.split_once(':') else {
            return false;
        };
        let (name, value) = (name.trim(), value.trim());
        match name {
            // In the plain form usvg reads them.
            "clip-path" | "mask" | "filter" => is_value(name, value),
            "direction" => value == "rtl",
            "font-size" | "stroke-width" | "stroke-dasharray" | "stroke-dashoffset" | "text-anchor" => {
                value.contains('(')
            }
            _ => PROPERTIES.contains(&name) || name.starts_with("--") || is_value(name, value),
        }
    })
}
