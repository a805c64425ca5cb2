//! The difference of two pictures, as a person would see it.

use std::fmt;

use image::RgbaImage;

use crate::SIDE_PX;

/// Pictures are compared in blocks of so many pixels a side, so that the smoothing of edges does not count.
const BLOCK: u32 = 4;
/// The largest difference of a block, of 255, in pictures that are equal.
const EQUAL: f64 = 12.0;
/// A block that differs by more is visible.
const VISIBLE: f64 = 48.0;
/// The share of visible blocks in pictures that are near.
const NEAR: f64 = 0.003;

pub enum Verdict {
    Equal,
    /// With the share of visible blocks.
    Near(f64),
    Wrong(f64),
    Refused,
}

impl Verdict {
    /// Larger is worse.
    pub fn badness(&self) -> f64 {
        match self {
            Self::Equal => 0.0,
            Self::Near(share) | Self::Wrong(share) => *share,
            Self::Refused => 2.0,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal => write!(formatter, "equal"),
            Self::Near(share) => write!(formatter, "near {:.2} %", share * 100.0),
            Self::Wrong(share) => write!(formatter, "wrong {:.2} %", share * 100.0),
            Self::Refused => write!(formatter, "refused"),
        }
    }
}

/// Compares a picture with the nearest of those that are right.
pub fn judge(picture: Option<&RgbaImage>, right: &[RgbaImage]) -> Verdict {
    let Some(picture) = picture else {
        // Refusing an empty picture is right.
        let is_empty = |right: &RgbaImage| right.pixels().all(|pixel| pixel.0[3] == 0);
        return if right.iter().any(is_empty) {
            Verdict::Equal
        } else {
            Verdict::Refused
        };
    };
    let verdicts = right.iter().map(|right| compare(picture, right));
    let best = verdicts.min_by(|left, right| left.badness().total_cmp(&right.badness()));
    best.unwrap_or(Verdict::Refused)
}

fn compare(picture: &RgbaImage, right: &RgbaImage) -> Verdict {
    let across = SIDE_PX / BLOCK;
    let (mut largest, mut visible) = (0.0_f64, 0);
    for block in 0..across * across {
        let (x, y) = (block % across * BLOCK, block / across * BLOCK);
        let [left, right] = [picture, right].map(|picture| mean(picture, x, y));
        let apart = left
            .iter()
            .zip(right)
            .map(|(left, right)| (left - right).abs())
            .fold(0.0, f64::max);
        largest = largest.max(apart);
        visible += u32::from(apart > VISIBLE);
    }
    let share = f64::from(visible) / f64::from(across * across);
    match () {
        () if largest <= EQUAL => Verdict::Equal,
        () if share <= NEAR => Verdict::Near(share),
        () => Verdict::Wrong(share),
    }
}

/// The mean of a block, premultiplied.
fn mean(picture: &RgbaImage, x: u32, y: u32) -> [f64; 4] {
    let mut sum = [0.0; 4];
    for (x, y) in (0..BLOCK * BLOCK).map(|at| (x + at % BLOCK, y + at / BLOCK)) {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0.map(f64::from);
        let share = alpha / 255.0;
        for (sum, channel) in sum.iter_mut().zip([red * share, green * share, blue * share, alpha]) {
            *sum += channel / f64::from(BLOCK * BLOCK);
        }
    }
    sum
}
