//! Rectangles of whole pixels.

use resvg::tiny_skia::{NonZeroRect, Rect};

/// Nothing is drawn further away than this; sums of a few coordinates stay within an `i32`.
const FAR_PX: i32 = 1 << 28;
/// Edges this close to a pixel's are meant to be there.
const ROUNDING_PX: f32 = 1.0 / 256.0;

/// Pixels from `left` and `top` to before `right` and `bottom`; never inside out, may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Area {
    pub const EMPTY: Self = Self {
        left: 0,
        top: 0,
        right: 0,
        bottom: 0,
    };

    /// A picture of this size at the origin.
    pub fn of_size(width: usize, height: usize) -> Self {
        let clamp = |length: usize| i32::try_from(length).unwrap_or(FAR_PX).min(FAR_PX);
        Self {
            right: clamp(width),
            bottom: clamp(height),
            ..Self::EMPTY
        }
    }

    /// Every pixel that the rectangle touches, and some around it.
    pub fn around(rect: Rect, margin: i32) -> Self {
        Self::from_edges(
            rect.left().floor(),
            rect.top().floor(),
            rect.right().ceil(),
            rect.bottom().ceil(),
        )
        .grown(margin, margin)
    }

    /// Every pixel that a filter region touches, as in Chromium; resvg loses the last ones of a region that begins inside of a pixel.
    pub fn of_region(rect: NonZeroRect) -> Self {
        let end = |edge: f32, start: f32| (edge - ROUNDING_PX).ceil().max(start + 1.0);
        let (left, top) = ((rect.x() + ROUNDING_PX).floor(), (rect.y() + ROUNDING_PX).floor());
        Self::from_edges(left, top, end(rect.right(), left), end(rect.bottom(), top))
    }

    fn from_edges(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        // The cast saturates and turns NaN into 0.
        let clamp = |edge: f32| (edge as i32).clamp(-FAR_PX, FAR_PX);
        let (left, top) = (clamp(left), clamp(top));
        Self {
            left,
            top,
            right: clamp(right).max(left),
            bottom: clamp(bottom).max(top),
        }
    }

    pub fn width(self) -> usize {
        self.right.abs_diff(self.left) as usize
    }

    pub fn height(self) -> usize {
        self.bottom.abs_diff(self.top) as usize
    }

    /// In pixels.
    pub fn len(self) -> usize {
        self.width().saturating_mul(self.height())
    }

    pub fn is_empty(self) -> bool {
        self.left >= self.right || self.top >= self.bottom
    }

    /// The intersection, which may be empty.
    pub fn intersect(self, other: Self) -> Self {
        let both = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        if both.is_empty() { Self::EMPTY } else { both }
    }

    /// The smallest that has both; what is empty adds nothing.
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Larger by so many pixels at both sides, above and below.
    pub fn grown(self, x: i32, y: i32) -> Self {
        if self.is_empty() {
            return Self::EMPTY;
        }
        let clamp = |edge: i32| edge.clamp(-FAR_PX, FAR_PX);
        Self {
            left: clamp(self.left.saturating_sub(x)),
            top: clamp(self.top.saturating_sub(y)),
            right: clamp(self.right.saturating_add(x)),
            bottom: clamp(self.bottom.saturating_add(y)),
        }
    }

    /// The area moved by `x` and `y`.
    pub fn shifted(self, x: i32, y: i32) -> Self {
        let (x, y) = (x.clamp(-FAR_PX, FAR_PX), y.clamp(-FAR_PX, FAR_PX));
        Self {
            left: self.left + x,
            top: self.top + y,
            right: self.right + x,
            bottom: self.bottom + y,
        }
    }

    /// The index of a pixel inside this area, row by row.
    pub fn index(self, x: i32, y: i32) -> usize {
        y.abs_diff(self.top) as usize * self.width() + x.abs_diff(self.left) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_far_away_or_no_number_stays_a_small_area_of_whole_numbers() {
        for edge in [1e30, -1e30, f32::MAX, 5e8] {
            if let Some(rect) = Rect::from_xywh(edge, 0.0, 1.0, 1.0) {
                let area = Area::around(rect, 3).shifted(FAR_PX, -FAR_PX).grown(i32::MAX, i32::MAX);
                assert!(area.width() <= 1 << 30 && area.height() <= 1 << 30, "{edge}");
            }
        }
    }

    #[test]
    fn areas_apart_have_nothing_in_common() {
        let area = Area::of_size(4, 3);
        assert!(area.intersect(area.shifted(4, 0)).is_empty());
        assert_eq!(area.intersect(area.shifted(3, 2)).len(), 1);
        assert_eq!(area.union(area.shifted(3, 2)), Area::of_size(7, 5));
        assert_eq!(area.index(2, 1), 6);
    }
}
