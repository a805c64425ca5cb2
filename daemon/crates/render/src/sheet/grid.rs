//! The layout of a contact sheet.

/// The places of the cards, in pixels.
pub struct Grid {
    pub width: u32,
    pub height: u32,
    columns: usize,
    count: usize,
    /// Around everything.
    margin: f32,
    /// From one card to the next.
    step: f32,
    /// A side of a card.
    pub card: u32,
}

impl Grid {
    /// Rows and columns for so many cards on a sheet so wide.
    pub fn new(count: usize, width: u32) -> Self {
        let columns = match count {
            1..=3 => count,
            4 => 2,
            5..=6 | 9 => 3,
            7..=8 | 10..=12 => 4,
            13..=20 => 5,
            21..=30 => 6,
            31..=42 => 7,
            _ => 8,
        };
        let rows = count.div_ceil(columns);
        let unit = width as f32 / 1200.0;
        let gap = unit * if columns > 5 { 16.0 } else { 24.0 };
        let margin = unit * 40.0;
        let card = (width as f32 - 2.0 * margin - gap * (columns as f32 - 1.0)) / columns as f32;
        // One picture alone would make a square poster: keep its card, lower the sheet.
        let height = 2.0 * margin + rows as f32 * card + gap * (rows as f32 - 1.0);
        Self {
            width,
            height: height.round() as u32,
            columns,
            count,
            margin,
            step: card + gap,
            card: (card as u32).max(1),
        }
    }

    /// The upper left corner of a card; the last row is centred.
    pub fn corner(&self, index: usize) -> (u32, u32) {
        let (row, column) = (index / self.columns, index % self.columns);
        let in_row = (self.count - row * self.columns).min(self.columns);
        let indent = (self.columns - in_row) as f32 * self.step / 2.0;
        let left = self.margin + indent + column as f32 * self.step;
        let top = self.margin + row as f32 * self.step;
        (left.round() as u32, top.round() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::MAX_TILES;

    #[test]
    fn every_card_is_on_the_sheet() {
        for width in [64, 333, 1200, 4096] {
            for count in 1..=MAX_TILES {
                let grid = Grid::new(count, width);
                for index in 0..count {
                    let (left, top) = grid.corner(index);
                    assert!(
                        left + grid.card <= width && top + grid.card <= grid.height,
                        "{width}, {count}: {index}"
                    );
                }
            }
        }
        assert_eq!(Grid::new(12, 1200).columns, 4);
    }
}
