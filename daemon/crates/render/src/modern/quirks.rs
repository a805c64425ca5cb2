//! Attributes that browsers read and usvg does not, written out as others that it does.

use resvg::tiny_skia::Transform;

use super::calc::{self, Reference};
use super::dom::{Dom, Id};
use super::{outline, transform, values};

/// The most patterns that name each other.
const MAX_NAMED: usize = 16;

/// Every element with one of them.
pub fn write_out(dom: &mut Dom<'_>) {
    for id in dom.ids() {
        paint_servers(dom, id);
        missing_filter(dom, id);
        match dom.name(id) {
            "use" => reference(dom, id),
            "linearGradient" | "radialGradient" => {
                singular(dom, id);
                one_stop(dom, id);
            }
            // A mask is not masked itself.
            "mask" => {
                dom.remove_attribute(id, "mask");
                dom.take_declared(id, "mask");
            }
            "text" => right_to_left(dom, id),
            "path" | "line" | "polyline" | "polygon" | "rect" | "circle" | "ellipse" => {
                path_length(dom, id);
                non_scaling_stroke(dom, id);
            }
            _ => {}
        }
    }
}

fn number(dom: &Dom<'_>, id: Id, name: &str) -> Option<f64> {
    calc::length(dom.attribute(id, name)?, values::reference(dom, id, name))
}

/// The colour behind a reference is for one that names nothing, or a pattern without an area: a gradient without stops shows nothing.
fn paint_servers(dom: &mut Dom<'_>, id: Id) {
    for name in ["fill", "stroke"] {
        let reference = dom
            .property(id, name)
            .and_then(|paint| Some(paint.split_at(paint.find(')')? + 1)));
        let Some((reference, _)) = reference.filter(|(_, colour)| !colour.trim().is_empty()) else {
            continue;
        };
        let is_there = dom.target(reference).is_some_and(|target| match dom.name(target) {
            "linearGradient" | "radialGradient" => true,
            "pattern" => ["width", "height"].iter().all(|side| is_positive(dom, target, side)),
            _ => false,
        });
        if is_there {
            dom.declare(id, name, reference.to_owned());
        }
    }
}

/// A side of a pattern, its own or that of the pattern it names.
fn is_positive(dom: &Dom<'_>, pattern: Id, side: &str) -> bool {
    let mut named = Some(pattern);
    for _ in 0..MAX_NAMED {
        let Some(id) = named else { return false };
        if dom.attribute(id, side).is_some() {
            return number(dom, id, side).is_some_and(|length| length > 0.0);
        }
        named = dom.attribute(id, "href").and_then(|href| dom.target(href));
    }
    false
}

/// An element with a filter that is not there is drawn without.
fn missing_filter(dom: &mut Dom<'_>, id: Id) {
    let reference = dom.property(id, "filter").map(str::trim);
    if let Some(reference) = reference.filter(|one| one.starts_with("url(") && one.matches('(').count() == 1)
        && dom.target(reference).is_none_or(|target| dom.name(target) != "filter")
    {
        dom.declare(id, "filter", "none".to_owned());
    }
}

/// A gradient that is pressed flat shows nothing.
fn singular(dom: &mut Dom<'_>, id: Id) {
    let list = dom.attribute(id, "gradientTransform");
    let transform = list.and_then(|list| transform::functions(list, (0.0, 0.0), Reference::NONE));
    if transform.is_some_and(|one| one.sx * one.sy - one.kx * one.ky == 0.0) {
        dom.elements[id].children.clear();
        dom.remove_attribute(id, "href");
    }
}

/// A `use` inside a `clipPath` may not name another; a symbol has a size of its own.
fn reference(dom: &mut Dom<'_>, id: Id) {
    let Some(target) = dom.attribute(id, "href").and_then(|href| dom.target(href)) else {
        return;
    };
    let parent = dom.elements[id].parent;
    if parent.is_some_and(|parent| dom.name(parent) == "clipPath") && matches!(dom.name(target), "use" | "g" | "svg") {
        dom.declare(id, "display", "none".to_owned());
    }
    if dom.name(target) != "symbol" {
        return;
    }
    for name in ["width", "height"] {
        if dom.attribute(id, name).is_none()
            && let Some(own) = dom.attribute(target, name).map(str::to_owned)
        {
            dom.set_attribute(id, name, own);
        }
    }
}

/// A gradient of one stop still needs a box with an area: usvg takes it for a colour.
fn one_stop(dom: &mut Dom<'_>, id: Id) {
    let stops: Vec<Id> = dom.children(id).filter(|&child| dom.name(child) == "stop").collect();
    if let [stop] = stops[..] {
        let copy = dom.append(Some(id), "stop");
        dom.elements[copy].attributes = dom.elements[stop].attributes.clone();
        dom.elements[copy].style = dom.elements[stop].style.clone();
        dom.take_declared(copy, "offset");
        dom.set_attribute(stop, "offset", "0".to_owned());
        dom.set_attribute(copy, "offset", "1".to_owned());
    }
}

/// The start of a text that is read from the right is its right end.
fn right_to_left(dom: &mut Dom<'_>, text: Id) {
    if dom.inherited(text, "direction") != Some("rtl") {
        return;
    }
    let mut inside = vec![text];
    while let Some(id) = inside.pop() {
        inside.extend(dom.children(id));
        let anchor = match dom.property(id, "text-anchor") {
            Some("middle" | "inherit") => continue,
            Some("end") => "start",
            Some(_) => "end",
            None if id == text && dom.inherited(id, "text-anchor") == Some("middle") => continue,
            None if id == text => "end",
            None => continue,
        };
        dom.declare(id, "text-anchor", anchor.to_owned());
    }
}

/// Dashes count in parts of `pathLength`.
fn path_length(dom: &mut Dom<'_>, id: Id) {
    let Some(told) = number(dom, id, "pathLength").filter(|told| *told >= 0.0) else {
        return;
    };
    dom.remove_attribute(id, "pathLength");
    let Some(dashes) = dom.inherited(id, "stroke-dasharray").filter(|dashes| *dashes != "none") else {
        return;
    };
    let Some(real) = outline::from_element(dom, id)
        .map(|path| outline::length(&path))
        .filter(|_| told > 0.0)
    else {
        // Nothing of it is dashed.
        return dom.declare(id, "stroke-dasharray", "none".to_owned());
    };
    let reference = values::reference(dom, id, "stroke-dasharray");
    let scaled = |text: &str| Some(calc::number(calc::length(text, reference)? * real / told));
    let parts = dashes.split([',', ' ', '\n', '\t']).filter(|part| !part.is_empty());
    let parts: Option<Vec<String>> = parts.map(scaled).collect();
    let offset = dom.inherited(id, "stroke-dashoffset").and_then(scaled);
    if let Some(parts) = parts {
        dom.declare(id, "stroke-dasharray", parts.join(","));
    }
    if let Some(offset) = offset {
        dom.declare(id, "stroke-dashoffset", offset);
    }
}

/// A stroke that no transform widens is as wide as at the drawing's natural size.
fn non_scaling_stroke(dom: &mut Dom<'_>, id: Id) {
    // Not inherited.
    if dom.property(id, "vector-effect") != Some("non-scaling-stroke") {
        return;
    }
    let mut whole = Transform::identity();
    for id in dom.ancestors(id) {
        let own = dom.attribute(id, "transform");
        let own = own.and_then(|list| transform::functions(list, (0.0, 0.0), Reference::NONE));
        whole = whole.post_concat(own.unwrap_or_default());
        if id == 0 {
            whole = whole.post_concat(page_transform(dom));
        }
    }
    let scale = f64::from((whole.sx * whole.sy - whole.kx * whole.ky).abs().sqrt());
    if !scale.is_normal() || (scale - 1.0).abs() < 1e-4 {
        return;
    }
    for (name, default) in [
        ("stroke-width", Some("1")),
        ("stroke-dashoffset", None),
        ("stroke-dasharray", None),
    ] {
        let Some(value) = dom.inherited(id, name).or(default).filter(|value| *value != "none") else {
            continue;
        };
        let reference = values::reference(dom, id, name);
        let parts = value.split([',', ' ']).filter(|part| !part.is_empty());
        let parts: Option<Vec<String>> = parts
            .map(|part| Some(calc::number(calc::length(part, reference)? / scale)))
            .collect();
        if let Some(parts) = parts {
            dom.declare(id, name, parts.join(","));
        }
    }
}

/// From the viewBox to the natural size.
fn page_transform(dom: &Dom<'_>) -> Transform {
    let (page_width, page_height) = values::page(dom);
    let inner = dom.children(0).next().map(|child| values::viewport(dom, child));
    let (width, height) = inner.unwrap_or((page_width, page_height));
    let scale = (page_width / width).min(page_height / height) as f32;
    if scale.is_normal() {
        Transform::from_scale(scale, scale)
    } else {
        Transform::identity()
    }
}
