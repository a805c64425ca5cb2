//! Draws loudness as bars.

use resvg::tiny_skia::{FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Transform};

use super::Bar;

/// Red, green and blue: shows on white and on black.
const COLOUR: (u8, u8, u8) = (0x4C, 0x6F, 0xEB);
const FAINT: u8 = 110;
/// Width of a bar, as a share of the bar and the gap after it.
const FILLED: f32 = 0.68;
/// Lowest bar, as a share of the height of the picture: silence is a line of dots.
const LEAST: f32 = 0.012;
/// Sounds that are quieter throughout are not amplified further.
const QUIETEST: f32 = 0.1;

/// Draws the bars across the whole width.
pub fn draw(bars: &[Bar], width: u32) -> Option<Pixmap> {
    let height = (width * 2 / 5).max(1);
    let mut pixmap = Pixmap::new(width, height)?;
    let loudest = bars.iter().map(|bar| bar.peak).fold(QUIETEST, f32::max);
    let (step, middle) = (width as f32 / bars.len() as f32, height as f32 / 2.0);
    let mut fill = |level: &dyn Fn(&Bar) -> f32, alpha: u8| {
        let mut paths = PathBuilder::new();
        for (at, bar) in bars.iter().enumerate() {
            // Thinner than a pixel would be nothing.
            let half = ((level(bar) / loudest * 0.96).clamp(LEAST, 1.0) * middle).max(0.5);
            let left = (at as f32 + (1.0 - FILLED) / 2.0) * step;
            push_bar(&mut paths, left, middle - half, step * FILLED, half * 2.0);
        }
        let path = paths.finish()?;
        paint(&mut pixmap, &path, alpha);
        Some(())
    };
    fill(&|bar| bar.peak, FAINT)?;
    fill(&|bar| bar.mean, 255)?;
    Some(pixmap)
}

/// A rectangle with round ends.
fn push_bar(path: &mut PathBuilder, left: f32, top: f32, width: f32, height: f32) {
    let radius = (width / 2.0).min(height / 2.0);
    let (right, bottom) = (left + width, top + height);
    if radius < 1.0 {
        if let Some(rect) = Rect::from_ltrb(left, top, right, bottom) {
            path.push_rect(rect);
        }
        return;
    }
    path.move_to(left, top + radius);
    path.quad_to(left, top, left + radius, top);
    path.line_to(right - radius, top);
    path.quad_to(right, top, right, top + radius);
    path.line_to(right, bottom - radius);
    path.quad_to(right, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.quad_to(left, bottom, left, bottom - radius);
    path.close();
}

fn paint(pixmap: &mut Pixmap, path: &Path, alpha: u8) {
    let mut paint = Paint {
        anti_alias: true,
        ..Paint::default()
    };
    paint.set_color_rgba8(COLOUR.0, COLOUR.1, COLOUR.2, alpha);
    pixmap.fill_path(path, &paint, FillRule::Winding, Transform::identity(), None);
}
