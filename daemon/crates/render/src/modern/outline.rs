//! Outlines of shapes, their length, and points on them.

use kurbo::{
    BezPath, Circle, Ellipse, ParamCurve as _, ParamCurveArclen as _, ParamCurveDeriv as _, PathSeg, Point, Rect,
    Shape as _,
};

use super::calc;
use super::dom::{Dom, Id};
use super::values;

/// In user units.
const ACCURACY: f64 = 1e-3;

/// The outline of a basic shape or a path, from where its dashes begin.
pub fn from_element(dom: &Dom<'_>, id: Id) -> Option<BezPath> {
    let number = |name: &str| {
        let value = dom.attribute(id, name);
        value
            .and_then(|value| calc::length(value, values::reference(dom, id, name)))
            .unwrap_or(0.0)
    };
    match dom.name(id) {
        "path" => BezPath::from_svg(dom.attribute(id, "d")?).ok(),
        "line" => BezPath::from_svg(&format!(
            "M{} {}L{} {}",
            number("x1"),
            number("y1"),
            number("x2"),
            number("y2")
        ))
        .ok(),
        "polyline" => BezPath::from_svg(&format!("M{}", dom.attribute(id, "points")?)).ok(),
        "polygon" => BezPath::from_svg(&format!("M{}z", dom.attribute(id, "points")?)).ok(),
        "circle" => Some(Circle::new((number("cx"), number("cy")), number("r")).to_path(ACCURACY)),
        "ellipse" => {
            let radii = (number("rx"), number("ry"));
            Some(Ellipse::new((number("cx"), number("cy")), radii, 0.0).to_path(ACCURACY))
        }
        "rect" => {
            let (x, y) = (number("x"), number("y"));
            let rect = Rect::new(x, y, x + number("width"), y + number("height"));
            let radius = number("rx").max(number("ry"));
            Some(if radius > 0.0 {
                rect.to_rounded_rect(radius).to_path(ACCURACY)
            } else {
                rect.to_path(ACCURACY)
            })
        }
        _ => None,
    }
}

pub fn length(path: &BezPath) -> f64 {
    path.perimeter(ACCURACY)
}

/// The point at a share of the length, and the direction there in degrees.
pub fn point_at(path: &BezPath, share: f64) -> Option<(Point, f64)> {
    let mut left = length(path) * share;
    let mut last = None;
    for segment in path.segments() {
        let own = segment.arclen(ACCURACY);
        if left <= own {
            return Some(on(segment, segment.inv_arclen(left, ACCURACY)));
        }
        left -= own;
        last = Some(segment);
    }
    last.map(|segment| on(segment, 1.0))
}

fn on(segment: PathSeg, at: f64) -> (Point, f64) {
    let direction = match segment {
        PathSeg::Line(line) => line.p1 - line.p0,
        PathSeg::Quad(curve) => curve.deriv().eval(at).to_vec2(),
        PathSeg::Cubic(curve) => curve.deriv().eval(at).to_vec2(),
    };
    (segment.eval(at), direction.atan2().to_degrees())
}
