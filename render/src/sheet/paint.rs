//! The look of a contact sheet: rounded cards with a soft shadow on a light ground.

use resvg::tiny_skia::{
    BlendMode, Color, FillRule, FilterQuality, GradientStop, LinearGradient, Paint, Path, PathBuilder, Pixmap,
    PixmapPaint, Point, Rect, SpreadMode, Transform,
};

/// Where the cards are.
pub struct Grid {
    width: u32,
    height: u32,
    columns: usize,
    count: usize,
    /// Around everything, and between the cards.
    margin: f32,
    gap: f32,
    card: f32,
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
            gap,
            card,
        }
    }

    /// The last row is centred.
    fn card(&self, index: usize) -> Option<Rect> {
        let (row, column) = (index / self.columns, index % self.columns);
        let in_row = (self.count - row * self.columns).min(self.columns);
        let step = self.card + self.gap;
        let indent = (self.columns - in_row) as f32 * step / 2.0;
        Rect::from_xywh(
            self.margin + indent + column as f32 * step,
            self.margin + row as f32 * step,
            self.card,
            self.card,
        )
    }
}

const GROUND: [(u8, u8, u8); 2] = [(0xF5, 0xF6, 0xFA), (0xE6, 0xE9, 0xF2)];
const LIGHT_CARD: (u8, u8, u8) = (0xFF, 0xFF, 0xFF);
/// For pictures that a white card would swallow.
const DARK_CARD: (u8, u8, u8) = (0x26, 0x2B, 0x3A);

/// Draws the pictures in the order of the cards; `None` when there is no memory for it.
pub fn paint(pictures: &[Pixmap], grid: &Grid) -> Option<Pixmap> {
    let mut sheet = Pixmap::new(grid.width, grid.height)?;
    ground(&mut sheet)?;
    for (index, picture) in pictures.iter().enumerate() {
        let card = grid.card(index)?;
        let radius = grid.card * 0.07;
        shadow(&mut sheet, card, radius)?;
        let shade = if is_light(picture) { DARK_CARD } else { LIGHT_CARD };
        fill(
            &mut sheet,
            &rounded(card, radius)?,
            Color::from_rgba8(shade.0, shade.1, shade.2, 255),
        );
        place(&mut sheet, picture, card)?;
    }
    Some(sheet)
}

fn ground(sheet: &mut Pixmap) -> Option<()> {
    let (width, height) = (sheet.width() as f32, sheet.height() as f32);
    let stop = |at, (red, green, blue)| GradientStop::new(at, Color::from_rgba8(red, green, blue, 255));
    let stops = vec![stop(0.0, GROUND[0]), stop(1.0, GROUND[1])];
    let shader = LinearGradient::new(
        Point::from_xy(0.0, 0.0),
        Point::from_xy(width * 0.3, height),
        stops,
        SpreadMode::Pad,
        Transform::identity(),
    )?;
    let paint = Paint {
        shader,
        ..Paint::default()
    };
    sheet.fill_rect(
        Rect::from_xywh(0.0, 0.0, width, height)?,
        &paint,
        Transform::identity(),
        None,
    );
    Some(())
}

/// Layers of faint, growing cards: soft enough, and far cheaper than a blur.
fn shadow(sheet: &mut Pixmap, card: Rect, radius: f32) -> Option<()> {
    let unit = card.width() / 260.0;
    for layer in 0..5 {
        let grow = unit * (5.0 - layer as f32) * 1.4;
        let spread = Rect::from_ltrb(
            card.left() - grow,
            card.top() - grow + 3.0 * unit,
            card.right() + grow,
            card.bottom() + grow + 3.0 * unit,
        )?;
        fill(
            sheet,
            &rounded(spread, radius + grow)?,
            Color::from_rgba8(0x1B, 0x23, 0x40, 5),
        );
    }
    Some(())
}

fn fill(sheet: &mut Pixmap, path: &Path, color: Color) {
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    paint.set_color(color);
    sheet.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
}

fn rounded(rect: Rect, radius: f32) -> Option<Path> {
    // The distance of the control points that makes a quarter of a circle.
    let handle = radius * (1.0 - 0.552_284_8);
    let (left, top, right, bottom) = (rect.left(), rect.top(), rect.right(), rect.bottom());
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.cubic_to(right - handle, top, right, top + handle, right, top + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - handle, right - handle, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.cubic_to(left + handle, bottom, left, bottom - handle, left, bottom - radius);
    path.line_to(left, top + radius);
    path.cubic_to(left, top + handle, left + handle, top, left + radius, top);
    path.close();
    path.finish()
}

/// Fits the picture into the middle of the card.
fn place(sheet: &mut Pixmap, picture: &Pixmap, card: Rect) -> Option<()> {
    let inner = card.width() * 0.70;
    let scale = (inner / picture.width() as f32).min(inner / picture.height() as f32);
    let left = card.left() + (card.width() - picture.width() as f32 * scale) / 2.0;
    let top = card.top() + (card.height() - picture.height() as f32 * scale) / 2.0;
    let paint = PixmapPaint {
        opacity: 1.0,
        blend_mode: BlendMode::SourceOver,
        quality: FilterQuality::Bicubic,
    };
    sheet.draw_pixmap(
        0,
        0,
        picture.as_ref(),
        &paint,
        Transform::from_row(scale, 0.0, 0.0, scale, left, top),
        None,
    );
    Some(())
}

/// Whether what shows of the picture is nearly white.
fn is_light(picture: &Pixmap) -> bool {
    let (mut brightness, mut coverage) = (0_u64, 0_u64);
    for pixel in picture.pixels() {
        brightness += (u64::from(pixel.red()) * 3 + u64::from(pixel.green()) * 6 + u64::from(pixel.blue())) / 10;
        coverage += u64::from(pixel.alpha());
    }
    let area = u64::from(picture.width()) * u64::from(picture.height()) * 255;
    // A picture that fills its card brings its own ground.
    coverage < area * 9 / 10 && brightness * 100 > coverage * 85
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::MAX_TILES;

    #[test]
    fn every_card_is_on_the_sheet() {
        for count in 1..=MAX_TILES {
            let grid = Grid::new(count, 1200);
            for index in 0..count {
                let card = grid.card(index).unwrap();
                assert!(
                    card.left() >= 0.0 && card.right() <= 1200.0 && card.bottom() <= grid.height as f32,
                    "{count}: {index}"
                );
            }
        }
        assert_eq!(Grid::new(12, 1200).columns, 4);
    }
}
