//! Rasterizes triangles into pixels with a depth buffer.

use glam::Vec3;
use resvg::tiny_skia::Pixmap;

use super::ModelError;
use super::camera::Vertex;
use super::light::{shade, unit};
use super::surface::Surface;

/// The most that a picture may cost, in visits of a pixel, which take a nanosecond or two.
const MAX_WORK: u64 = 600_000_000;
const TRIANGLE_WORK: u64 = 40;
const SHADED_WORK: u64 = 40;

/// A square of pixels with their depths.
pub struct Canvas {
    side: usize,
    /// sRGB, premultiplied.
    pixels: Vec<[u8; 4]>,
    /// The reciprocal of the distance of what is nearest; 0 where nothing is.
    nearest: Vec<f32>,
    work_left: u64,
}

/// A triangle that is about to be filled.
struct Triangle<'a> {
    corners: [&'a Vertex; 3],
    surface: &'a Surface,
    /// The normal where the model has none.
    flat: Vec3,
    /// 1 or -1: both sides of everything are lit as if they were the outer one.
    facing: f32,
    level: usize,
}

impl Canvas {
    pub fn new(side: u32) -> Self {
        let side = side as usize;
        Self {
            side,
            pixels: vec![[0; 4]; side * side],
            nearest: vec![0.0; side * side],
            work_left: MAX_WORK,
        }
    }

    /// In pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Fills a triangle; one with a corner that is not there, or cannot be seen, is left out.
    pub fn triangle(&mut self, vertices: &[Vertex], corners: [usize; 3], surface: &Surface) -> Result<(), ModelError> {
        self.spend(TRIANGLE_WORK)?;
        let [Some(a), Some(b), Some(c)] = corners.map(|at| vertices.get(at)) else {
            return Ok(());
        };
        let doubled = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        let is_seen = [a, b, c].iter().all(|vertex| vertex.nearness > 0.0);
        if !(is_seen && doubled.abs() > 1e-9 && doubled.is_finite()) {
            return Ok(());
        }
        let bound = |low: f32, high: f32| {
            let first = (low - 0.5).ceil().max(0.0) as usize;
            first..((high + 0.5).floor().max(0.0) as usize).min(self.side)
        };
        let columns = bound(a.x.min(b.x).min(c.x), a.x.max(b.x).max(c.x));
        let rows = bound(a.y.min(b.y).min(c.y), a.y.max(b.y).max(c.y));
        if columns.is_empty() || rows.is_empty() {
            return Ok(());
        }
        self.spend((columns.len() * rows.len()) as u64)?;
        let triangle = Triangle::new([a, b, c], surface, doubled);
        // The weight of each corner, and its change from pixel to pixel.
        let across = [(b.y - c.y) / doubled, (c.y - a.y) / doubled, (a.y - b.y) / doubled];
        let mut shaded = 0;
        for row in rows {
            let (x, y) = (columns.start as f32 + 0.5, row as f32 + 0.5);
            let part = |from: &Vertex, to: &Vertex| ((from.x - x) * (to.y - y) - (from.y - y) * (to.x - x)) / doubled;
            let start = [part(b, c), part(c, a), part(a, b)];
            for column in columns.clone() {
                let step = (column - columns.start) as f32;
                let parts: [f32; 3] = std::array::from_fn(|corner| start[corner] + across[corner] * step);
                if parts.iter().all(|&part| part >= -1e-6) {
                    shaded += u64::from(self.pixel(row * self.side + column, parts, &triangle));
                }
            }
        }
        self.spend(shaded * SHADED_WORK)
    }

    /// Draws a pixel of the triangle; `false` where something is nearer.
    fn pixel(&mut self, at: usize, parts: [f32; 3], triangle: &Triangle<'_>) -> bool {
        let weights: [f32; 3] = std::array::from_fn(|corner| parts[corner] * triangle.corners[corner].nearness);
        let nearness = weights.iter().sum::<f32>();
        if nearness <= self.nearest[at] {
            return false;
        }
        let Some(([red, green, blue], opacity)) = triangle.colour(weights.map(|weight| weight / nearness)) else {
            return true;
        };
        if !triangle.surface.is_blended() {
            self.nearest[at] = nearness;
            self.pixels[at] = [red, green, blue, 255];
            return true;
        }
        let opacity = (opacity * 255.0).round() as u32;
        let below = self.pixels[at];
        let mix = |above: u8, below: u8| {
            ((u32::from(above) * opacity + u32::from(below) * (255 - opacity) + 127) / 255) as u8
        };
        self.pixels[at] = [
            mix(red, below[0]),
            mix(green, below[1]),
            mix(blue, below[2]),
            mix(255, below[3]),
        ];
        true
    }

    fn spend(&mut self, work: u64) -> Result<(), ModelError> {
        self.work_left = self.work_left.checked_sub(work).ok_or(ModelError::TooDear)?;
        Ok(())
    }

    /// The picture at its final width, which is that of the canvas or half of it.
    pub fn into_pixmap(self, side_px: u32) -> Option<Pixmap> {
        let mut pixmap = Pixmap::new(side_px, side_px)?;
        let side = side_px as usize;
        let (targets, _) = pixmap.data_mut().as_chunks_mut::<4>();
        if self.side == side {
            targets.copy_from_slice(&self.pixels);
            return Some(pixmap);
        }
        for (at, target) in targets.iter_mut().enumerate() {
            let corner = at / side * 2 * self.side + at % side * 2;
            let four = [corner, corner + 1, corner + self.side, corner + self.side + 1].map(|at| self.pixels[at]);
            *target = std::array::from_fn(|channel| {
                let sum: u16 = four.iter().map(|pixel| u16::from(pixel[channel])).sum();
                ((sum + 2) / 4) as u8
            });
        }
        Some(pixmap)
    }
}

impl<'a> Triangle<'a> {
    fn new(corners: [&'a Vertex; 3], surface: &'a Surface, doubled: f32) -> Self {
        let [a, b, c] = corners;
        let (first, second) = (b.position - a.position, c.position - a.position);
        let mut flat = unit(first.cross(second));
        if flat.dot(a.position) > 0.0 {
            flat = -flat;
        }
        let normals = a.normal + b.normal + c.normal;
        let texture = (b.texture[0] - a.texture[0]) * (c.texture[1] - a.texture[1])
            - (b.texture[1] - a.texture[1]) * (c.texture[0] - a.texture[0]);
        // Texels for each pixel of the canvas.
        let crowd = (texture / doubled).abs() * surface.texture_density();
        Self {
            corners,
            surface,
            flat,
            facing: if normals.dot(flat) < 0.0 { -1.0 } else { 1.0 },
            level: if crowd > 1.0 {
                (crowd.log2() / 2.0).round().min(16.0) as usize
            } else {
                0
            },
        }
    }

    fn colour(&self, weights: [f32; 3]) -> Option<([u8; 3], f32)> {
        let mix = |of: &dyn Fn(&Vertex) -> f32| -> f32 {
            self.corners
                .iter()
                .zip(weights)
                .map(|(corner, weight)| of(corner) * weight)
                .sum()
        };
        let coordinates = [mix(&|vertex| vertex.texture[0]), mix(&|vertex| vertex.texture[1])];
        let colour = std::array::from_fn(|part| mix(&|vertex| f32::from(vertex.colour[part]) / 255.0));
        let sample = self.surface.sample(coordinates, self.level, colour)?;
        let normal: Vec3 = self
            .corners
            .iter()
            .zip(weights)
            .map(|(corner, weight)| corner.normal * weight)
            .sum();
        let normal = normal * self.facing;
        let normal = if normal.length_squared() > 1e-6 {
            unit(normal)
        } else {
            self.flat
        };
        Some((shade(self.surface, &sample, normal), sample.opacity))
    }
}
