//! The animation elements of SVG: `animate`, `set`, `animateTransform`, `animateMotion`.

use super::super::calc;
use super::super::dom::{Dom, Id};
use super::super::outline;
use super::timing::{Timing, Timings};
use super::values::{all_values, value_at};
use super::{Span, base};
use kurbo::BezPath;

/// Attributes that are no properties: an animation changes them in the element, not in its style.
const PROPERTIES: [&str; 26] = [
    "clip-path",
    "clip-rule",
    "color",
    "display",
    "fill",
    "fill-opacity",
    "fill-rule",
    "filter",
    "flood-color",
    "flood-opacity",
    "font-size",
    "font-weight",
    "letter-spacing",
    "mask",
    "opacity",
    "stop-color",
    "stop-opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-opacity",
    "stroke-width",
    "visibility",
    "word-spacing",
];

/// Without `animateColor`, which browsers gave up.
fn is_animation(name: &str) -> bool {
    matches!(name, "animate" | "set" | "animateTransform" | "animateMotion")
}

/// One animation and the element that it changes.
struct Animation {
    id: Id,
    target: Id,
    timing: Timing,
}

/// In the order of their beginnings: the later one holds.
fn all(dom: &Dom<'_>) -> Vec<Animation> {
    let mut timings = Timings::default();
    let ids = dom.ids().filter(|&id| is_animation(dom.name(id)));
    let mut found: Vec<Animation> = ids
        .filter_map(|id| {
            let target = dom
                .attribute(id, "href")
                .map_or(dom.elements[id].parent, |href| dom.target(href))?;
            let timing = timings.find(dom, id)?;
            Some(Animation { id, target, timing })
        })
        .collect();
    found.sort_by(|left, right| left.timing.begin.total_cmp(&right.timing.begin));
    found
}

pub fn spans(dom: &Dom<'_>) -> Vec<Span> {
    let span = |animation: &Animation| {
        let Timing {
            begin,
            duration,
            end,
            loops,
        } = animation.timing;
        Span {
            // An animation of no duration has settled as it begins.
            end: match () {
                () if loops => f64::INFINITY,
                () if duration.is_infinite() => begin,
                () => end,
            },
            period: duration,
        }
    };
    all(dom).iter().map(span).collect()
}

pub fn apply(dom: &mut Dom<'_>, moment: f64) {
    let animations = all(dom);
    let mut moved: Vec<Id> = Vec::new();
    for animation in &animations {
        let Some(progress) = progress(dom, animation, moment) else {
            continue;
        };
        match dom.name(animation.id) {
            "animateTransform" => {
                let sums = dom.attribute(animation.id, "additive") == Some("sum");
                let additive = if sums || moved.contains(&animation.target) {
                    Additive::Sum
                } else {
                    Additive::Replace
                };
                animate_transform(dom, animation, progress, additive);
            }
            "animateMotion" => {
                animate_motion(dom, animation, progress);
                // Motion comes before every transform.
                moved.push(animation.target);
            }
            _ => animate(dom, animation, progress),
        }
    }
}

/// The share of the repetition at a moment; `None` when the animation changes nothing then.
fn progress(dom: &Dom<'_>, animation: &Animation, moment: f64) -> Option<f64> {
    let Timing {
        begin, duration, end, ..
    } = animation.timing;
    if moment < begin {
        return None;
    }
    let freezes = dom.attribute(animation.id, "fill") == Some("freeze");
    if moment >= end && !freezes {
        return None;
    }
    if duration.is_infinite() {
        return Some(0.0);
    }
    let passed = (moment.min(end) - begin) / duration;
    // A last repetition that is whole ends at its end.
    let is_whole = passed > 0.5 && (passed - passed.round()).abs() < 1e-6;
    Some(if moment >= end && is_whole { 1.0 } else { passed.fract() })
}

fn animate(dom: &mut Dom<'_>, animation: &Animation, progress: f64) {
    let &Animation { id, target, .. } = animation;
    let Some(name) = dom.attribute(id, "attributeName").map(|name| name.trim().to_owned()) else {
        return;
    };
    if name.contains("href") || name == "style" || name == "class" || name == "id" {
        return;
    }
    let base = base(dom, target, &name).map(str::to_owned);
    let values = all_values(dom, id, base.as_deref());
    let Some(mut value) = values.and_then(|values| value_at(dom, id, &values, progress)) else {
        return;
    };
    if dom.attribute(id, "additive") == Some("sum")
        && let Some((base, own)) = base
            .and_then(|base| calc::absolute_length(&base))
            .zip(calc::absolute_length(&value))
    {
        value = calc::number(base + own);
    }
    dom.take_declared(target, &name);
    if PROPERTIES.contains(&name.as_str()) {
        dom.declare(target, &name, value);
    } else {
        dom.set_attribute(target, &name, value);
    }
}

/// The attribute `additive`: a value is put after the one that the element has, or replaces it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Additive {
    Sum,
    Replace,
}

fn animate_transform(dom: &mut Dom<'_>, animation: &Animation, progress: f64, additive: Additive) {
    let &Animation { id, target, .. } = animation;
    let kind = dom.attribute(id, "type").unwrap_or("translate").to_owned();
    let start = if kind == "scale" { "1" } else { "0" };
    let values = all_values(dom, id, Some(start));
    let Some(value) = values.and_then(|values| value_at(dom, id, &values, progress)) else {
        return;
    };
    let name = match dom.name(target) {
        "linearGradient" | "radialGradient" => "gradientTransform",
        "pattern" => "patternTransform",
        _ => "transform",
    };
    let base = dom
        .attribute(target, name)
        .filter(|_| additive == Additive::Sum)
        .unwrap_or_default();
    let value = format!("{base} {kind}({value})");
    dom.take_declared(target, name);
    dom.set_attribute(target, name, value.trim().to_owned());
}

fn animate_motion(dom: &mut Dom<'_>, animation: &Animation, progress: f64) {
    let &Animation { id, target, .. } = animation;
    let linked = dom.children(id).find(|&child| dom.name(child) == "mpath");
    let linked = linked.and_then(|mpath| dom.target(dom.attribute(mpath, "href")?));
    let path = match linked {
        Some(path) => outline::from_element(dom, path),
        None => match dom.attribute(id, "path") {
            Some(data) => BezPath::from_svg(data).ok(),
            None => all_values(dom, id, Some("0,0"))
                .and_then(|points| BezPath::from_svg(&format!("M{}", points.join(" "))).ok()),
        },
    };
    let points = dom
        .attribute(id, "keyPoints")
        .map(|points| points.split(';').map(|one| one.trim().to_owned()).collect::<Vec<_>>());
    let share = points
        .and_then(|points| value_at(dom, id, &points, progress)?.parse().ok())
        .unwrap_or(progress);
    let Some((point, direction)) = path.and_then(|path| outline::point_at(&path, share)) else {
        return;
    };
    let turn = match dom.attribute(id, "rotate").unwrap_or("0") {
        "auto" => direction,
        "auto-reverse" => direction + 180.0,
        angle => angle.parse().unwrap_or(0.0),
    };
    let base = dom.attribute(target, "transform").unwrap_or_default();
    let value = format!(
        "translate({} {}) rotate({}) {base}",
        calc::number(point.x),
        calc::number(point.y),
        calc::number(turn)
    );
    dom.set_attribute(target, "transform", value.trim().to_owned());
}
