//! The light on a model: one lamp at the upper left, a little from the right, and a sky that is brighter than the ground.

use std::sync::LazyLock;

use glam::Vec3;

use super::surface::{Sample, Surface};

/// To the right, up, towards the camera; of length one.
const LAMP: Vec3 = Vec3::new(-0.45, 0.70, 0.554);
const FILL: Vec3 = Vec3::new(0.87, 0.10, 0.483);
const LAMP_STRENGTH: f32 = 0.72;
const FILL_STRENGTH: f32 = 0.16;
const SKY: f32 = 0.46;
const GROUND: f32 = 0.24;
/// The reflectance of surfaces that are not metal.
const GLOSS: f32 = 0.04;

/// The colour of a surface in the light, in sRGB.
pub fn shade(surface: &Surface, sample: &Sample, normal: Vec3) -> [u8; 3] {
    if !surface.is_lit {
        return std::array::from_fn(|part| to_srgb(sample.colour[part] + sample.emission[part]));
    }
    let up = normal.y * 0.5 + 0.5;
    let lamp = normal.dot(LAMP).max(0.0) * LAMP_STRENGTH;
    let diffuse = GROUND + (SKY - GROUND) * up + lamp + normal.dot(FILL).max(0.0) * FILL_STRENGTH;
    let polish = 1.0 - surface.roughness;
    // Half way between the lamp and the camera.
    let half = unit(LAMP + Vec3::Z);
    let sharpness = 4.0 + 160.0 * polish * polish;
    let highlight = normal.dot(half).max(0.0).powf(sharpness) * (0.10 + 0.9 * polish);
    // The sky as a mirror shows it: bright above the horizon.
    let mirrored = 2.0 * normal.z * normal.y;
    let reflection = 0.22 + 0.75 * smooth((mirrored + 0.35 * (1.0 - polish) + 0.2) / (0.4 + surface.roughness));
    let edge = (1.0 - normal.z.clamp(0.0, 1.0)).powi(4) * 0.25 * polish;
    std::array::from_fn(|part| {
        let colour = sample.colour[part];
        let mirror = GLOSS + (colour - GLOSS) * surface.metal;
        let matt = colour * diffuse * (1.0 - 0.72 * surface.metal);
        let shine =
            mirror * reflection * (0.25 + 0.75 * surface.metal) + (mirror + 0.06) * highlight + edge * reflection;
        to_srgb(matt + shine + sample.emission[part])
    })
}

/// The vector at length one; towards the camera when it has no direction.
pub fn unit(vector: Vec3) -> Vec3 {
    let length = vector.length();
    if length > 1e-12 { vector / length } else { Vec3::Z }
}

fn smooth(at: f32) -> f32 {
    let at = at.clamp(0.0, 1.0);
    at * at * (3.0 - 2.0 * at)
}

const STEPS: usize = 4096;

static SRGB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let shade = |step: usize| {
        let light = step as f32 / STEPS as f32;
        let shade = if light <= 0.003_130_8 {
            light * 12.92
        } else {
            1.055 * light.powf(1.0 / 2.4) - 0.055
        };
        (shade * 255.0).round() as u8
    };
    (0..=STEPS).map(shade).collect()
});

fn to_srgb(light: f32) -> u8 {
    SRGB[(light.clamp(0.0, 1.0) * STEPS as f32).round() as usize]
}
