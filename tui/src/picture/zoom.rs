//! The part of a picture that is looked at.

use image::{RgbaImage, imageops};

/// Places on each axis that the middle of the part can be at.
const STEPS: u8 = 64;
/// The closest look: an eighth of the picture on each axis.
const MOST: u8 = 8;

/// A part of a picture: how much larger than whole, and around which point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zoom {
    times: u8,
    x: u8,
    y: u8,
}

impl Default for Zoom {
    fn default() -> Self {
        Self {
            times: 1,
            x: STEPS / 2,
            y: STEPS / 2,
        }
    }
}

/// The direction of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pan {
    Left,
    Right,
    Up,
    Down,
}

impl Zoom {
    /// 1 is the whole picture.
    pub fn times(self) -> u8 {
        self.times
    }

    pub fn is_whole(self) -> bool {
        self.times == 1
    }

    pub fn closer(self) -> Self {
        Self {
            times: (self.times * 2).min(MOST),
            ..self
        }
        .inside()
    }

    pub fn wider(self) -> Self {
        Self {
            times: (self.times / 2).max(1),
            ..self
        }
        .inside()
    }

    /// Moves by a quarter of what is seen; stops at the edges.
    pub fn pan(self, pan: Pan) -> Self {
        let step = STEPS / 4 / self.times;
        let (x, y) = match pan {
            Pan::Left => (self.x.saturating_sub(step), self.y),
            Pan::Right => (self.x + step, self.y),
            Pan::Up => (self.x, self.y.saturating_sub(step)),
            Pan::Down => (self.x, self.y + step),
        };
        Self { x, y, ..self }.inside()
    }

    fn inside(self) -> Self {
        let half = STEPS / 2 / self.times;
        Self {
            x: self.x.clamp(half, STEPS - half),
            y: self.y.clamp(half, STEPS - half),
            ..self
        }
    }
}

/// The part that is looked at; `None`: the whole picture.
pub fn part(source: &RgbaImage, zoom: Zoom) -> Option<RgbaImage> {
    if zoom.is_whole() {
        return None;
    }
    let (left, width) = span(source.width(), zoom.x, zoom.times);
    let (top, height) = span(source.height(), zoom.y, zoom.times);
    Some(imageops::crop_imm(source, left, top, width, height).to_image())
}

/// Start and length of the part; at least one pixel, never over the edge.
fn span(side: u32, middle: u8, times: u8) -> (u32, u32) {
    let long = (side / u32::from(times)).max(1).min(side);
    let middle = u64::from(side) * u64::from(middle) / u64::from(STEPS);
    let start = (middle as u32).saturating_sub(long / 2);
    (start.min(side - long), long)
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn part_moves_and_stops_at_the_edges() {
        let picture = RgbaImage::from_fn(64, 64, |x, y| Rgba([x as u8, y as u8, 0, 255]));
        assert!(part(&picture, Zoom::default()).is_none());
        let mut zoom = Zoom::default().closer().closer();
        let middle = part(&picture, zoom).unwrap();
        assert_eq!((middle.dimensions(), middle.get_pixel(0, 0).0[0]), ((16, 16), 24));
        for _ in 0..40 {
            zoom = zoom.pan(Pan::Left).pan(Pan::Down);
        }
        let corner = part(&picture, zoom).unwrap();
        assert_eq!(corner.get_pixel(0, 15).0[..2], [0, 63]);
        assert_eq!(zoom.wider().wider(), Zoom::default(), "wider comes back to the whole");
        assert_eq!(zoom.closer().closer().closer().times(), MOST);
    }

    #[test]
    fn smallest_picture_has_parts_too() {
        for (w, h) in [(1, 1), (3, 1), (1, 4096)] {
            let picture = RgbaImage::new(w, h);
            let zoom = Zoom::default()
                .closer()
                .closer()
                .closer()
                .pan(Pan::Right)
                .pan(Pan::Down);
            let seen = part(&picture, zoom).unwrap();
            assert!(seen.width() >= 1 && seen.height() >= 1 && seen.height() <= h);
        }
    }
}
