//! The light on a model: one lamp at the upper left, a little from the right, and a sky that is brighter than the ground.

use std::sync::LazyLock;

use super::surface::{Sample, Surface};

/// To the right, up, towards the camera; of length one.
const LAMP: [f32; 3] = [-0.45, 0.70, 0.554];
const FILL: [f32; 3] = [0.87, 0.10, 0.483];
const LAMP_STRENGTH: f32 = 0.72;
const FILL_STRENGTH: f32 = 0.16;
const SKY: f32 = 0.46;
const GROUND: f32 = 0.24;
/// What a surface that is no metal throws back like a mirror.
const GLOSS: f32 = 0.04;

/// The colour of a surface in the light, in sRGB.
pub fn lit(surface: &Surface, sample: &Sample, normal: [f32; 3]) -> [u8; 3] {
    if !surface.is_lit {
        return std::array::from_fn(|part| to_srgb(sample.colour[part] + sample.emission[part]));
    }
    let up = normal[1] * 0.5 + 0.5;
    let lamp = dot(normal, LAMP).max(0.0) * LAMP_STRENGTH;
    let diffuse = GROUND + (SKY - GROUND) * up + lamp + dot(normal, FILL).max(0.0) * FILL_STRENGTH;
    let polish = 1.0 - surface.roughness;
    // Half way between the lamp and the camera.
    let half = normalised([LAMP[0], LAMP[1], LAMP[2] + 1.0]);
    let sharpness = 4.0 + 160.0 * polish * polish;
    let highlight = dot(normal, half).max(0.0).powf(sharpness) * (0.10 + 0.9 * polish);
    // The sky as a mirror shows it: bright above the horizon.
    let mirrored = 2.0 * normal[2] * normal[1];
    let reflection = 0.22 + 0.75 * smooth((mirrored + 0.35 * (1.0 - polish) + 0.2) / (0.4 + surface.roughness));
    let edge = (1.0 - normal[2].clamp(0.0, 1.0)).powi(4) * 0.25 * polish;
    std::array::from_fn(|part| {
        let colour = sample.colour[part];
        let mirror = GLOSS + (colour - GLOSS) * surface.metal;
        let matt = colour * diffuse * (1.0 - 0.72 * surface.metal);
        let shine =
            mirror * reflection * (0.25 + 0.75 * surface.metal) + (mirror + 0.06) * highlight + edge * reflection;
        to_srgb(matt + shine + sample.emission[part])
    })
}

/// Of length one; towards the camera when there is no direction.
pub fn normalised(vector: [f32; 3]) -> [f32; 3] {
    let length = dot(vector, vector).sqrt();
    if length > 1e-12 {
        vector.map(|part| part / length)
    } else {
        [0.0, 0.0, 1.0]
    }
}

pub fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
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
