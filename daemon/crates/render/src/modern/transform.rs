//! Transforms in CSS: functions with units, `transform-origin` and `-box`, and the properties `translate`, `rotate` and `scale`.

use std::collections::HashMap;

use resvg::tiny_skia::{Rect, Transform};

use super::calc::{self, Reference};
use super::dom::{Dom, Id};
use super::{text, values};

/// Bounding boxes of elements in their own coordinates.
pub type Boxes = HashMap<Id, Rect>;

/// True when the transform of an element has to be written out.
fn is_ours(dom: &Dom<'_>, id: Id) -> bool {
    ["transform", "translate", "rotate", "scale"]
        .iter()
        .any(|name| dom.declared(id, name).is_some())
        || (dom.attribute(id, "transform").is_some()
            && ["transform-origin", "transform-box"]
                .iter()
                .any(|name| dom.property(id, name).is_some()))
}

/// True when the transform refers to the element's own box.
fn needs_box(dom: &Dom<'_>, id: Id) -> bool {
    dom.property(id, "transform-box")
        .is_some_and(|value| value != "view-box")
}

/// Elements whose transforms wait for their boxes.
pub fn waiting(dom: &Dom<'_>) -> Vec<Id> {
    dom.ids().filter(|&id| is_ours(dom, id) && needs_box(dom, id)).collect()
}

/// Writes out the transforms that need no box, or those whose boxes are known.
pub fn write_out(dom: &mut Dom<'_>, boxes: &Boxes) {
    for id in dom.ids() {
        if !is_ours(dom, id) {
            continue;
        }
        let reference_box = match boxes.get(&id) {
            Some(own) => *own,
            None if needs_box(dom, id) => continue,
            None => view_box(dom, id),
        };
        let transform = resolved(dom, id, reference_box);
        for name in [
            "transform",
            "translate",
            "rotate",
            "scale",
            "transform-origin",
            "transform-box",
        ] {
            dom.take_declared(id, name);
            dom.remove_attribute(id, name);
        }
        let Transform { sx, ky, kx, sy, tx, ty } = transform;
        let numbers = [sx, ky, kx, sy, tx, ty].map(|number| calc::number(f64::from(number)));
        dom.set_attribute(id, "transform", format!("matrix({})", numbers.join(" ")));
    }
}

fn view_box(dom: &Dom<'_>, id: Id) -> Rect {
    let (width, height) = if id == 0 {
        values::page(dom)
    } else {
        values::viewport(dom, id)
    };
    Rect::from_xywh(0.0, 0.0, width as f32, height as f32).unwrap_or_else(unit)
}

fn unit() -> Rect {
    Rect::from_xywh(0.0, 0.0, 0.0, 0.0).expect("an empty box is a box")
}

fn resolved(dom: &Dom<'_>, id: Id, around: Rect) -> Transform {
    let reference = values::reference(dom, id, "transform");
    let size = (f64::from(around.width()), f64::from(around.height()));
    let origin = dom
        .property(id, "transform-origin")
        .unwrap_or(if id == 0 { "center" } else { "0 0" });
    let (x, y) = origin_of(origin, size, reference);
    let (x, y) = (x as f32 + around.x(), y as f32 + around.y());
    let own = match (dom.declared(id, "transform"), dom.attribute(id, "transform")) {
        (Some(declared), _) if is_css(declared) => functions(declared, size, reference),
        (_, Some(attribute)) => functions(attribute, size, reference),
        _ => None,
    };
    let single = |name: &str, to: &str| {
        let value = dom.declared(id, name).filter(|value| *value != "none")?;
        functions(
            &format!("{to}({})", text::words(value).collect::<Vec<_>>().join(",")),
            size,
            reference,
        )
    };
    let steps = [
        single("translate", "translate"),
        rotation(dom, id),
        single("scale", "scale"),
        own,
    ];
    let inner = steps
        .into_iter()
        .flatten()
        .fold(Transform::identity(), |all, one| all.pre_concat(one));
    Transform::from_translate(x, y).pre_concat(inner).pre_translate(-x, -y)
}

/// The property `rotate`: an angle, maybe after the axis that comes out of the picture.
fn rotation(dom: &Dom<'_>, id: Id) -> Option<Transform> {
    let value = dom.declared(id, "rotate").filter(|value| *value != "none")?;
    let degrees = text::words(value).last().and_then(calc::angle)?;
    Some(Transform::from_rotate(degrees as f32))
}

fn origin_of(value: &str, (width, height): (f64, f64), reference: Reference) -> (f64, f64) {
    let words: Vec<&str> = text::words(value).take(2).collect();
    let is_vertical = |word: &str| matches!(word, "top" | "bottom");
    let (first, second) = match words.as_slice() {
        [one] if is_vertical(one) => ("center", *one),
        [first, second] if is_vertical(first) || matches!(*second, "left" | "right") => (*second, *first),
        [first, second] => (*first, *second),
        [one] => (*one, "center"),
        _ => ("0", "0"),
    };
    let place = |word: &str, length: f64| match word {
        "left" | "top" => 0.0,
        "right" | "bottom" => length,
        "center" => length / 2.0,
        word => calc::length(word, reference.with_percent(length)).unwrap_or(0.0),
    };
    (place(first, width), place(second, height))
}

/// True for functions as CSS has them: with commas and units. Attributes do without, and a declaration in their form does not hold.
fn is_css(list: &str) -> bool {
    let has_unit =
        |argument: &str| argument.parse::<f64>().is_ok_and(|number| number == 0.0) || argument.parse::<f64>().is_err();
    let is_function = |(name, arguments): (&str, &str)| {
        let name = name.to_ascii_lowercase();
        let most = match name.as_str() {
            _ if name.starts_with("translate") || name.starts_with("skew") => 3,
            "rotate" => 1,
            _ => return true,
        };
        let arguments: Vec<&str> = text::split(arguments, ',').map(str::trim).collect();
        arguments.len() <= most
            && arguments
                .iter()
                .all(|one| has_unit(one) && text::words(one).count() == 1)
    };
    calls(list).is_some_and(|calls| calls.into_iter().all(is_function))
}

/// A list of transform functions; `None` when one can not be read, and for `none`.
pub fn functions(list: &str, size: (f64, f64), reference: Reference) -> Option<Transform> {
    let calls = calls(list)?.into_iter();
    calls
        .map(|(name, inside)| function(name, inside, size, reference))
        .try_fold(Transform::identity(), |all, one| Some(all.pre_concat(one?)))
}

/// Names and arguments.
fn calls(list: &str) -> Option<Vec<(&str, &str)>> {
    let mut calls = Vec::new();
    let mut rest = list.trim().trim_start_matches(',');
    while !rest.is_empty() {
        let end = text::find(rest, |one| one == '(')?;
        let close = end + 1 + text::find(&rest[end + 1..], |one| one == ')')?;
        calls.push((rest[..end].trim(), &rest[end + 1..close]));
        rest = rest[close + 1..].trim_start().trim_start_matches(',').trim_start();
    }
    Some(calls)
}

fn function(name: &str, inside: &str, (width, height): (f64, f64), reference: Reference) -> Option<Transform> {
    // In attributes blanks separate numbers as well.
    let arguments: Vec<&str> = text::split(inside, ',').flat_map(text::words).collect();
    let length =
        |at: usize, whole: f64| calc::length(arguments.get(at)?, reference.with_percent(whole)).map(|one| one as f32);
    let degrees = |at: usize| calc::angle(arguments.get(at)?).map(|one| one as f32);
    // 100 % of a scale is 1.
    let factor = |at: usize| length(at, 1.0);
    let tangent = |at: usize| degrees(at).map(|angle| angle.to_radians().tan());
    let lower = name.to_ascii_lowercase();
    Some(match lower.as_str() {
        "matrix" => Transform::from_row(factor(0)?, factor(1)?, factor(2)?, factor(3)?, factor(4)?, factor(5)?),
        "matrix3d" => Transform::from_row(factor(0)?, factor(1)?, factor(4)?, factor(5)?, factor(12)?, factor(13)?),
        "translate" | "translate3d" => Transform::from_translate(length(0, width)?, length(1, height).unwrap_or(0.0)),
        "translatex" => Transform::from_translate(length(0, width)?, 0.0),
        "translatey" => Transform::from_translate(0.0, length(0, height)?),
        "translatez" | "perspective" => Transform::identity(),
        "scale" | "scale3d" => Transform::from_scale(factor(0)?, factor(1).or_else(|| factor(0))?),
        "scalex" => Transform::from_scale(factor(0)?, 1.0),
        "scaley" => Transform::from_scale(1.0, factor(0)?),
        "rotate" if arguments.len() == 3 => {
            Transform::from_rotate_at(degrees(0)?, length(1, width)?, length(2, height)?)
        }
        "rotate" | "rotatez" => Transform::from_rotate(degrees(0)?),
        "skewx" => Transform::from_skew(tangent(0)?, 0.0),
        "skewy" => Transform::from_skew(0.0, tangent(0)?),
        "skew" => Transform::from_skew(tangent(0)?, tangent(1).unwrap_or(0.0)),
        _ => return None,
    })
}
