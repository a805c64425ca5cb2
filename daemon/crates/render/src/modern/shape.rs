//! `clip-path` with basic shapes: each becomes a `clipPath` element.

use resvg::tiny_skia::Rect;

use super::calc::{self, Reference};
use super::dom::{Dom, Id};
use super::transform::Boxes;
use super::{text, values};

const SHAPES: [&str; 6] = ["circle", "ellipse", "inset", "polygon", "path", "rect"];

fn shape_of<'d>(dom: &'d Dom<'_>, id: Id) -> Option<(&'d str, &'d str, &'d str)> {
    let value = dom.property(id, "clip-path")?;
    // The reference box may be named beside the shape.
    let is_shape = |word: &&str| text::call(word).is_some_and(|(name, _)| SHAPES.contains(&name));
    let (name, inside) = text::call(text::words(value).find(is_shape)?)?;
    Some((name, inside, value))
}

/// Elements that are clipped to a shape.
pub fn waiting(dom: &Dom<'_>) -> Vec<Id> {
    dom.ids().filter(|&id| shape_of(dom, id).is_some()).collect()
}

/// Replaces the shapes of elements whose boxes are known.
pub fn write_out(dom: &mut Dom<'_>, boxes: &Boxes) {
    for id in waiting(dom) {
        let Some((name, inside, value)) = shape_of(dom, id) else {
            continue;
        };
        let around = if value.contains("view-box") {
            view_box(dom, id)
        } else {
            boxes.get(&id).copied()
        };
        let drawn = around.and_then(|around| drawn(name, inside, around, values::reference(dom, id, "transform")));
        dom.take_declared(id, "clip-path");
        dom.remove_attribute(id, "clip-path");
        let Some((tag, attributes)) = drawn else {
            continue;
        };
        let name = format!("clip-shape-{id}");
        let clip = dom.append(Some(0), "clipPath");
        dom.set_attribute(clip, "id", name.clone());
        let shape = dom.append(Some(clip), tag);
        for (name, value) in attributes {
            dom.set_attribute(shape, name, value);
        }
        dom.set_attribute(id, "clip-path", format!("url(#{name})"));
    }
}

fn view_box(dom: &Dom<'_>, id: Id) -> Option<Rect> {
    let (width, height) = values::viewport(dom, id);
    Rect::from_xywh(0.0, 0.0, width as f32, height as f32)
}

type Drawn = (&'static str, Vec<(&'static str, String)>);

fn drawn(name: &str, inside: &str, around: Rect, reference: Reference) -> Option<Drawn> {
    let (left, top) = (f64::from(around.x()), f64::from(around.y()));
    let (width, height) = (f64::from(around.width()), f64::from(around.height()));
    let frame = Frame {
        left,
        top,
        width,
        height,
        reference,
    };
    match name {
        "circle" | "ellipse" => frame.ellipse(name, inside),
        "inset" | "rect" => frame.inset(name, inside),
        "polygon" => {
            let points =
                text::split(inside, ',').filter(|part| !part.trim().ends_with("zero") && !part.trim().ends_with("odd"));
            let points: Option<Vec<String>> = points
                .map(|point| {
                    let mut words = text::words(point);
                    let (x, y) = frame.point(words.next()?, words.next()?)?;
                    Some(format!("{},{}", calc::number(x), calc::number(y)))
                })
                .collect();
            let rule = if inside.contains("evenodd") {
                "evenodd"
            } else {
                "nonzero"
            };
            Some((
                "polygon",
                vec![("points", points?.join(" ")), ("clip-rule", rule.to_owned())],
            ))
        }
        "path" => {
            let data = text::split(inside, ',').last()?.trim().trim_matches(['"', '\'']);
            let rule = if inside.trim_start().starts_with("evenodd") {
                "evenodd"
            } else {
                "nonzero"
            };
            let place = format!("translate({} {})", calc::number(left), calc::number(top));
            Some((
                "path",
                vec![
                    ("d", data.to_owned()),
                    ("clip-rule", rule.to_owned()),
                    ("transform", place),
                ],
            ))
        }
        _ => None,
    }
}

/// The box that a shape refers to.
struct Frame {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    reference: Reference,
}

impl Frame {
    fn length(&self, text: &str, whole: f64) -> Option<f64> {
        calc::length(text, self.reference.with_percent(whole))
    }

    fn point(&self, x: &str, y: &str) -> Option<(f64, f64)> {
        let place = |word: &str, whole: f64| match word {
            "left" | "top" => Some(0.0),
            "center" => Some(whole / 2.0),
            "right" | "bottom" => Some(whole),
            word => self.length(word, whole),
        };
        Some((self.left + place(x, self.width)?, self.top + place(y, self.height)?))
    }

    fn ellipse(&self, name: &str, inside: &str) -> Option<Drawn> {
        let (radii, place) = inside
            .split_once("at ")
            .map_or((inside, "center center"), |(radii, place)| (radii, place));
        let mut place = text::words(place);
        let x = place.next()?;
        let (x, y) = self.point(x, place.next().unwrap_or("center"))?;
        let sides = |at: f64, start: f64, length: f64| [(at - start).abs(), (start + length - at).abs()];
        let (across, down) = (sides(x, self.left, self.width), sides(y, self.top, self.height));
        let diagonal = ((self.width * self.width + self.height * self.height) / 2.0).sqrt();
        let radius = |word: &str, sides: &[f64], whole: f64| match word {
            "closest-side" => sides.iter().copied().reduce(f64::min),
            "farthest-side" => sides.iter().copied().reduce(f64::max),
            word => self.length(word, whole),
        };
        let mut radii = text::words(radii);
        let first = radii.next().unwrap_or("closest-side");
        let (rx, ry) = if name == "circle" {
            let radius = radius(first, &[across, down].concat(), diagonal)?;
            (radius, radius)
        } else {
            let second = radii.next().unwrap_or("closest-side");
            (radius(first, &across, self.width)?, radius(second, &down, self.height)?)
        };
        let values = [("cx", x), ("cy", y), ("rx", rx), ("ry", ry)];
        Some((
            "ellipse",
            values.map(|(name, value)| (name, calc::number(value))).to_vec(),
        ))
    }

    /// `inset(top right bottom left round radius)`, or `rect()` with edges from the upper left corner.
    fn inset(&self, name: &str, inside: &str) -> Option<Drawn> {
        let (edges, round) = inside
            .split_once("round")
            .map_or((inside, None), |(edges, round)| (edges, Some(round)));
        let words: Vec<&str> = text::words(edges).collect();
        let at = |edge: usize| match (words.len(), edge) {
            (1, _) => words.first(),
            (2, edge) => words.get(edge % 2),
            (3, 3) => words.get(1),
            (_, edge) => words.get(edge),
        };
        let length = |edge: usize, whole: f64| self.length(at(edge)?, whole);
        let (top, left) = (length(0, self.height)?, length(3, self.width)?);
        let (mut right, mut bottom) = (length(1, self.width)?, length(2, self.height)?);
        if name == "rect" {
            (right, bottom) = (self.width - right, self.height - bottom);
        }
        let values = [
            ("x", self.left + left),
            ("y", self.top + top),
            ("width", (self.width - left - right).max(0.0)),
            ("height", (self.height - top - bottom).max(0.0)),
        ];
        let mut attributes: Vec<_> = values
            .iter()
            .map(|&(name, value)| (name, calc::number(value)))
            .collect();
        if let Some(radius) = round.and_then(|round| self.length(text::words(round).next()?, self.width)) {
            attributes.push(("rx", calc::number(radius)));
        }
        Some(("rect", attributes))
    }
}
