//! Numbers that describe one outline, whatever commands it is written with.

use resvg::tiny_skia::{Path, PathBuilder, PathSegment, Point};

/// Five nodes and weights of Gauss and Legendre on [0, 1]: exact for the area under a cubic curve.
const NODES: [(f64, f64); 5] = [
    (0.046_910_077_030_668, 0.118_463_442_528_095),
    (0.230_765_344_947_158, 0.239_314_335_249_683),
    (0.5, 0.284_444_444_444_444),
    (0.769_234_655_052_842, 0.239_314_335_249_683),
    (0.953_089_922_969_332, 0.118_463_442_528_095),
];

const THIRD: Point = Point {
    x: 1.0 / 3.0,
    y: 1.0 / 3.0,
};

/// One outline, in the coordinates of its path.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Outline {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
    pub length: f64,
    /// The middle of the line.
    pub x: f64,
    pub y: f64,
    /// The enclosed area, without a sign.
    pub area: f64,
    /// The slant of the line (`/` or `\\`) and its direction (`<` or `>`, `^` or `v`): its mixed moments about the middle, as lengths.
    pub lean: f64,
    pub points_x: f64,
    pub points_y: f64,
}

/// An outline that ends where it began, or not.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ends {
    /// As it is filled.
    Joined,
    /// As it is written.
    AsWritten,
}

/// The outlines of a path.
pub(super) fn outlines(path: &Path, ends: Ends) -> Vec<Outline> {
    let mut outlines = Vec::new();
    let mut sum = Sum::default();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(point) => {
                outlines.extend(std::mem::take(&mut sum).finish(ends));
                sum.begin(point);
            }
            PathSegment::LineTo(point) => sum.line_to(point),
            PathSegment::QuadTo(control, point) => {
                let third = |from: Point| {
                    Point::from_xy(
                        from.x + (control.x - from.x) * 2.0 / 3.0,
                        from.y + (control.y - from.y) * 2.0 / 3.0,
                    )
                };
                sum.curve([sum.at, third(sum.at), third(point), point], Kind::Curve);
            }
            PathSegment::CubicTo(first, second, point) => sum.curve([sum.at, first, second, point], Kind::Curve),
            PathSegment::Close => sum.close(),
        }
    }
    outlines.extend(sum.finish(ends));
    outlines
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Line,
    Curve,
}

/// Integrates the numbers of an outline along its segments.
#[derive(Default)]
struct Sum {
    start: Point,
    at: Point,
    path: Option<PathBuilder>,
    length: f64,
    x: f64,
    y: f64,
    area: f64,
    /// Integrals of squares and products, for the moments.
    xx: f64,
    xy: f64,
    yy: f64,
    xxy: f64,
    xyy: f64,
}

impl Sum {
    fn begin(&mut self, point: Point) {
        let mut path = PathBuilder::new();
        path.move_to(point.x, point.y);
        (self.start, self.at, self.path) = (point, point, Some(path));
    }

    fn close(&mut self) {
        self.line_to(self.start);
    }

    fn line_to(&mut self, end: Point) {
        let third = (end - self.at) * THIRD;
        self.curve([self.at, self.at + third, end - third, end], Kind::Line);
    }

    fn curve(&mut self, points: [Point; 4], kind: Kind) {
        let end = points[3];
        if let Some(path) = &mut self.path {
            match kind {
                Kind::Line => path.line_to(end.x, end.y),
                Kind::Curve => path.cubic_to(points[1].x, points[1].y, points[2].x, points[2].y, end.x, end.y),
            }
        }
        match kind {
            Kind::Line => self.piece(points, 0.0, 1.0),
            // Halves are nearly as good as the curve itself.
            Kind::Curve => [0.0, 0.5].iter().for_each(|&from| self.piece(points, from, 0.5)),
        }
        self.at = end;
    }

    /// A piece of a curve from `from`, `width` of it long.
    fn piece(&mut self, points: [Point; 4], from: f64, width: f64) {
        for (node, weight) in NODES {
            let (t, weight) = (from + node * width, weight * width);
            let (x, dx) = cubic(points.map(|point| f64::from(point.x)), t);
            let (y, dy) = cubic(points.map(|point| f64::from(point.y)), t);
            let step = dx.hypot(dy) * weight;
            self.length += step;
            self.x += x * step;
            self.y += y * step;
            self.xx += x * x * step;
            self.xy += x * y * step;
            self.yy += y * y * step;
            self.xxy += x * x * y * step;
            self.xyy += x * y * y * step;
            self.area += (x * dy - y * dx) * weight / 2.0;
        }
    }

    fn finish(mut self, ends: Ends) -> Option<Outline> {
        if ends == Ends::Joined {
            self.close();
        } else {
            // An open line encloses what it would enclose if it were closed.
            let [from_x, from_y, to_x, to_y] = [self.at.x, self.at.y, self.start.x, self.start.y].map(f64::from);
            self.area += (from_x * to_y - to_x * from_y) / 2.0;
        }
        let bounds = self.path?.finish()?.compute_tight_bounds()?;
        let [left, top, right, bottom] = [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()].map(f64::from);
        if self.length <= 0.0 {
            let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
            return Some(Outline {
                left,
                top,
                right,
                bottom,
                x,
                y,
                ..Outline::default()
            });
        }
        let [x, y, xx, xy, yy, xxy, xyy] =
            [self.x, self.y, self.xx, self.xy, self.yy, self.xxy, self.xyy].map(|sum| sum / self.length);
        // Divided without a square root, which would magnify rounding errors near zero.
        let size = (right - left).max(bottom - top).max(f64::MIN_POSITIVE);
        let lean = xy - x * y;
        Some(Outline {
            left,
            top,
            right,
            bottom,
            length: self.length,
            x,
            y,
            area: self.area.abs(),
            lean: lean / size,
            points_x: (xyy - 2.0 * y * xy - x * yy + 2.0 * x * y * y) / (size * size),
            points_y: (xxy - 2.0 * x * xy - y * xx + 2.0 * x * x * y) / (size * size),
        })
    }
}

/// A coordinate of a cubic curve, and how fast it changes.
fn cubic([a, b, c, d]: [f64; 4], t: f64) -> (f64, f64) {
    let s = 1.0 - t;
    let value = s * s * s * a + 3.0 * s * s * t * b + 3.0 * s * t * t * c + t * t * t * d;
    let change = 3.0 * (s * s * (b - a) + 2.0 * s * t * (c - b) + t * t * (d - c));
    (value, change)
}
