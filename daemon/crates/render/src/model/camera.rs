//! Where the model is looked at from: so near that it just fits.

use super::matrix::{Vector, cross, dot, normalised, subtract};
use super::shape::Shape;
use super::surface::Surface;

/// To the right of the front, in degrees; the front of a model is where +Z points.
const TURN_DEGREES: f64 = 33.0;
/// Above the horizon.
const RISE_DEGREES: f64 = 20.0;
/// How much is seen, from side to side: little, so that near and far are not too different.
const VIEW_DEGREES: f64 = 26.0;
/// Of the side of the picture, on each side of the model.
const MARGIN: f64 = 0.04;

/// A camera in front of a model.
pub struct Camera {
    right: Vector,
    up: Vector,
    back: Vector,
    /// Everything is measured from here.
    centre: Vector,
    /// Where the camera is: to the right, above, behind the centre.
    place: Vector,
}

impl Camera {
    /// The camera that has all points in view; `None` when there are none, or they are one.
    pub fn around<I: Iterator<Item = Vector>>(points: impl Fn() -> I) -> Option<Self> {
        let (turn, rise) = (TURN_DEGREES.to_radians(), RISE_DEGREES.to_radians());
        let back = [turn.sin() * rise.cos(), rise.sin(), turn.cos() * rise.cos()];
        let right = normalised(cross([0.0, 1.0, 0.0], back));
        let up = cross(back, right);
        let (mut low, mut high) = ([f64::MAX; 3], [f64::MIN; 3]);
        let is_sound = |point: &Vector| point.iter().all(|part| part.abs() < 1e30);
        for point in points().filter(is_sound) {
            for axis in 0..3 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let extent = (0..3).map(|axis| high[axis] - low[axis]).fold(0.0, f64::max);
        if !(extent > 0.0 && extent.is_finite()) {
            return None;
        }
        let centre = std::array::from_fn(|axis| (low[axis] + high[axis]) / 2.0);
        let mut camera = Self {
            right,
            up,
            back,
            centre,
            place: [0.0; 3],
        };
        let places = points().filter(is_sound).map(|point| camera.turned(point));
        camera.place = place(places, extent);
        Some(camera)
    }

    fn turned(&self, point: Vector) -> Vector {
        let point = subtract(point, self.centre);
        [dot(point, self.right), dot(point, self.up), dot(point, self.back)]
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

/// The nearest place from which all points are within the four planes around the view: the planes that touch them meet there.
fn place(points: impl Iterator<Item = Vector>, extent: f64) -> Vector {
    let tangent = tangent();
    let (mut most, mut least) = ([f64::MIN; 2], [f64::MAX; 2]);
    for point in points {
        for axis in 0..2 {
            most[axis] = most[axis].max(point[axis] + point[2] * tangent);
            least[axis] = least[axis].min(point[axis] - point[2] * tangent);
        }
    }
    let distance = (0..2)
        .map(|axis| (most[axis] - least[axis]) / 2.0 / tangent)
        .fold(f64::MIN, f64::max);
    let aside = |axis: usize| (most[axis] + least[axis]) / 2.0;
    // A little farther, so that nothing touches the camera itself.
    [aside(0), aside(1), distance + extent * 0.01]
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
    /// One by the distance, in the model's size; 0 of what cannot be seen.
    pub nearness: f32,
    /// To the right, above, behind the camera; in the model's size.
    pub place: [f32; 3],
    /// In the same directions, of length one; zeros where the model says nothing.
    pub normal: [f32; 3],
    pub texture: [f32; 2],
    /// Linear red, green and blue, and opacity.
    pub colour: [u8; 4],
}

impl Lens<'_> {
    /// How far a point of the scene is.
    pub fn distance(&self, point: Vector) -> f64 {
        self.camera.place[2] - self.camera.turned(point)[2]
    }

    /// Looks at a vertex of a shape.
    pub fn see(&self, shape: &Shape<'_>, at: usize, surface: &Surface) -> Vertex {
        let (point, normal) = shape.vertex(at);
        let camera = self.camera;
        let place = subtract(camera.turned(point), camera.place);
        let depth = -place[2];
        let is_seen = depth > 0.0 && place.iter().all(|part| part.is_finite());
        let scale = if is_seen { self.focus / depth } else { 0.0 };
        let unit = camera.place[2].abs().max(f64::MIN_POSITIVE);
        let normal = normal.map_or([0.0; 3], |normal| {
            [
                dot(normal, camera.right),
                dot(normal, camera.up),
                dot(normal, camera.back),
            ]
        });
        Vertex {
            x: (self.half + place[0] * scale) as f32,
            y: (self.half - place[1] * scale) as f32,
            nearness: if is_seen { (unit / depth) as f32 } else { 0.0 },
            place: place.map(|part| (part / unit) as f32),
            normal: normal.map(|part| part as f32),
            texture: shape.texture_place(surface.texture_set(), at),
            colour: shape
                .colour(at)
                .map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8),
        }
    }
}
