//! A camera in front of the model, so near that it just fits.

use glam::{DMat3, DVec2, DVec3, Vec3};

use super::shape::{PlacedPrimitive, bounds};
use super::surface::Surface;

/// To the right of the front, in degrees; the front of a model is where +Z points.
const TURN_DEGREES: f64 = 33.0;
/// Above the horizon.
const RISE_DEGREES: f64 = 20.0;
/// The field of view: narrow, so that near and far are not too different.
const VIEW_DEGREES: f64 = 26.0;
/// Empty margin on each side of the model, as a share of the side of the picture.
const MARGIN: f64 = 0.04;

/// A camera in front of a model.
pub struct Camera {
    /// Turns the scene: x points to the right, y up, z towards the camera.
    view: DMat3,
    /// The origin of the turned scene.
    centre: DVec3,
    /// The position in the turned scene.
    position: DVec3,
}

impl Camera {
    /// The camera that has all points in view; `None` when there are none, or they are one.
    pub fn around<I: Iterator<Item = DVec3>>(points: impl Fn() -> I) -> Option<Self> {
        let (turn, rise) = (TURN_DEGREES.to_radians(), RISE_DEGREES.to_radians());
        let back = DVec3::new(turn.sin() * rise.cos(), rise.sin(), turn.cos() * rise.cos());
        let right = DVec3::Y.cross(back);
        let right = right / right.length();
        let up = back.cross(right);
        let is_sound = |point: &DVec3| point.abs().cmplt(DVec3::splat(1e30)).all();
        let (low, high) = bounds(points().filter(is_sound));
        let extent = (high - low).max_element().max(0.0);
        if !(extent > 0.0 && extent.is_finite()) {
            return None;
        }
        let mut camera = Self {
            view: DMat3::from_cols(right, up, back).transpose(),
            centre: (low + high) / 2.0,
            position: DVec3::ZERO,
        };
        let turned = points().filter(is_sound).map(|point| camera.turn(point));
        camera.position = nearest_position(turned, extent);
        Some(camera)
    }

    fn turn(&self, point: DVec3) -> DVec3 {
        self.view * (point - self.centre)
    }

    /// The camera for a picture so many pixels wide and high.
    pub fn lens(&self, side: usize) -> Lens<'_> {
        let half = side as f64 / 2.0;
        Lens {
            camera: self,
            half,
            focus: half * (1.0 - 2.0 * MARGIN) / tangent(),
        }
    }
}

fn tangent() -> f64 {
    (VIEW_DEGREES / 2.0).to_radians().tan()
}

/// The nearest position from which all points are within the four planes around the view: the planes that touch them meet there.
fn nearest_position(points: impl Iterator<Item = DVec3>, extent: f64) -> DVec3 {
    let tangent = tangent();
    let (mut most, mut least) = (DVec2::splat(f64::MIN), DVec2::splat(f64::MAX));
    for point in points {
        let spread = DVec2::splat(point.z * tangent);
        most = most.max(point.truncate() + spread);
        least = least.min(point.truncate() - spread);
    }
    let distance = ((most - least) / 2.0 / tangent).max_element();
    // A little farther, so that nothing touches the camera itself.
    ((most + least) / 2.0).extend(distance + extent * 0.01)
}

/// A camera with a picture behind it.
pub struct Lens<'a> {
    camera: &'a Camera,
    half: f64,
    focus: f64,
}

/// A vertex as the camera sees it.
#[derive(Debug, Clone, Copy)]
pub struct Vertex {
    /// In pixels from the upper left corner.
    pub x: f32,
    pub y: f32,
    /// The reciprocal of the distance, in the model's size; 0 of what cannot be seen.
    pub nearness: f32,
    /// To the right, above, behind the camera; in the model's size.
    pub position: Vec3,
    /// In the same directions, of length one; zero where the model has none.
    pub normal: Vec3,
    pub texture: [f32; 2],
    /// Linear red, green and blue, and opacity.
    pub colour: [u8; 4],
}

impl Lens<'_> {
    /// The distance of a point of the scene.
    pub fn distance(&self, point: DVec3) -> f64 {
        self.camera.position.z - self.camera.turn(point).z
    }

    /// Projects a vertex of a shape.
    pub fn project(&self, shape: &PlacedPrimitive<'_>, at: usize, surface: &Surface) -> Vertex {
        let (point, normal) = shape.vertex(at);
        let camera = self.camera;
        let position = camera.turn(point) - camera.position;
        let depth = -position.z;
        let is_seen = depth > 0.0 && position.is_finite();
        let scale = if is_seen { self.focus / depth } else { 0.0 };
        let unit = camera.position.z.abs().max(f64::MIN_POSITIVE);
        let normal = normal.map_or(DVec3::ZERO, |normal| camera.view * normal);
        Vertex {
            x: (self.half + position.x * scale) as f32,
            y: (self.half - position.y * scale) as f32,
            nearness: if is_seen { (unit / depth) as f32 } else { 0.0 },
            position: (position / unit).as_vec3(),
            normal: normal.as_vec3(),
            texture: shape.texture_coordinates(surface.texture_set(), at),
            colour: shape
                .colour(at)
                .map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8),
        }
    }
}
