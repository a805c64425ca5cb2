//! Flattens an outline into straight edges on the grid of samples.

use resvg::tiny_skia::{Path, PathSegment, Point, Transform};

use super::SAMPLES;

/// The most edges that are kept at a time.
const MAX_EDGES: usize = 1 << 20;
/// The largest coordinate, in 64ths of a sample.
const MAX_COORDINATE: f32 = (1 << 30) as f32;
const PER_SAMPLE: f32 = 64.0;

/// An edge that goes down from line to line of samples.
pub struct Edge {
    /// The crossing with its first line, in 65,536ths of a sample.
    pub x: i64,
    /// The change of the crossing from line to line.
    pub step: i64,
    /// The first line that it crosses.
    pub top: usize,
    /// The line after the last.
    pub bottom: usize,
    /// 1 when the outline goes up here.
    pub up: u16,
}

/// The edges of one outline.
#[derive(Default)]
pub struct Edges {
    edges: Vec<Edge>,
    /// Lines of samples of the picture.
    lines: i64,
}

/// In 64ths of a sample.
type Place = (i64, i64);

impl Edges {
    pub fn iter(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter()
    }

    /// The first line that is crossed, and the one after the last.
    pub fn lines(&self) -> (usize, usize) {
        let first = self.edges.iter().map(|edge| edge.top).min().unwrap_or(0);
        let last = self.edges.iter().map(|edge| edge.bottom).max().unwrap_or(0);
        (first, last)
    }

    /// Becomes the edges of a path in a picture of so many lines. `None` when they are too many or too far away.
    pub fn take(&mut self, path: &Path, transform: Transform, lines: usize) -> Option<()> {
        self.edges.clear();
        self.lines = lines as i64;
        let place = |mut point: Point| -> Option<Place> {
            transform.map_point(&mut point);
            let scale = SAMPLES as f32 * PER_SAMPLE;
            let (x, y) = (point.x * scale, point.y * scale);
            (x.abs() < MAX_COORDINATE && y.abs() < MAX_COORDINATE).then_some((x as i64, y as i64))
        };
        let (mut start, mut last) = ((0, 0), (0, 0));
        for segment in path.segments() {
            let end = match segment {
                PathSegment::MoveTo(point) => {
                    self.line(last, start);
                    start = place(point)?;
                    start
                }
                PathSegment::LineTo(point) => {
                    let end = place(point)?;
                    self.line(last, end);
                    end
                }
                PathSegment::QuadTo(control, point) => {
                    let end = place(point)?;
                    self.quadratic([last, place(control)?, end]);
                    end
                }
                PathSegment::CubicTo(first, second, point) => {
                    let end = place(point)?;
                    self.cubic([last, place(first)?, place(second)?, end]);
                    end
                }
                PathSegment::Close => {
                    self.line(last, start);
                    start
                }
            };
            last = end;
            if self.edges.len() > MAX_EDGES {
                return None;
            }
        }
        self.line(last, start);
        Some(())
    }

    #[inline]
    fn line(&mut self, from: Place, to: Place) {
        let (upper, lower, up) = if from.1 <= to.1 { (from, to, 0) } else { (to, from, 1) };
        // Lines are crossed in their middle.
        let (top, bottom) = ((upper.1 + 32) >> 6, (lower.1 + 32) >> 6);
        if top == bottom || bottom <= 0 || top >= self.lines {
            return;
        }
        let step = ((lower.0 - upper.0) << 16) / (lower.1 - upper.1);
        let down = (top << 6) + 32 - upper.1;
        let x = (upper.0 + ((step * down) >> 16)) << 10;
        let shown = top.max(0);
        self.edges.push(Edge {
            x: x + step * (shown - top),
            step,
            top: shown as usize,
            bottom: bottom.min(self.lines) as usize,
            up,
        });
    }

    fn quadratic(&mut self, [start, control, end]: [Place; 3]) {
        let bend = |start: i64, control: i64, end: i64| (2 * control - start - end) / 4;
        let pieces = pieces(bend(start.0, control.0, end.0), bend(start.1, control.1, end.1));
        let at = |t: f32, start: i64, control: i64, end: i64| {
            let left = 1.0 - t;
            start as f32 * left * left + 2.0 * control as f32 * left * t + end as f32 * t * t
        };
        self.curve(start, end, pieces, |t| {
            (at(t, start.0, control.0, end.0), at(t, start.1, control.1, end.1))
        });
    }

    fn cubic(&mut self, [start, first, second, end]: [Place; 4]) {
        // Distance of the curve from a straight line, at one and two thirds of its length.
        let bend = |a: i64, b: i64, c: i64, d: i64| {
            let third = (8 * a - 15 * b + 6 * c + d) / 27;
            let two_thirds = (a + 6 * b - 15 * c + 8 * d) / 27;
            third.abs().max(two_thirds.abs())
        };
        let pieces = 2 * pieces(
            bend(start.0, first.0, second.0, end.0),
            bend(start.1, first.1, second.1, end.1),
        );
        let at = |t: f32, a: i64, b: i64, c: i64, d: i64| {
            let left = 1.0 - t;
            (a as f32 * left + 3.0 * b as f32 * t) * left * left + (3.0 * c as f32 * left + d as f32 * t) * t * t
        };
        self.curve(start, end, pieces, |t| {
            (
                at(t, start.0, first.0, second.0, end.0),
                at(t, start.1, first.1, second.1, end.1),
            )
        });
    }

    fn curve(&mut self, start: Place, end: Place, pieces: u32, at: impl Fn(f32) -> (f32, f32)) {
        let (mut last, step) = (start, 1.0 / pieces as f32);
        for piece in 1..pieces {
            let (x, y) = at(piece as f32 * step);
            let next = (x as i64, y as i64);
            self.line(last, next);
            last = next;
        }
        self.line(last, end);
    }
}

/// The number of straight pieces for a curve that is bent so far: as many as tiny-skia makes, at most 64.
fn pieces(x: i64, y: i64) -> u32 {
    let (x, y) = (x.unsigned_abs(), y.unsigned_abs());
    let bend = x.max(y) + x.min(y) / 2;
    let wanted = ((bend + 16) >> 5).min(u64::from(u32::MAX)) as u32;
    1 << ((32 - wanted.leading_zeros()) / 2).clamp(1, 6)
}
