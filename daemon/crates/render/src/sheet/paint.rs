//! The look of a contact sheet: rounded cards with a soft shadow on a light ground.
//!
//! All cards of a sheet are alike and begin at whole pixels: one is drawn and stamped wherever one is needed, which is most of the speed.

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use resvg::tiny_skia::{Color, FillRule, Paint, Path, PathBuilder, Pixmap, Rect, Transform};

use super::grid::Grid;

const GROUND: [[f32; 3]; 2] = [[245.0, 246.0, 250.0], [230.0, 233.0, 242.0]];
const LIGHT_CARD: (u8, u8, u8) = (0xFF, 0xFF, 0xFF);
/// The card of nearly white pictures.
const DARK_CARD: (u8, u8, u8) = (0x26, 0x2B, 0x3A);
const SHADOW: (u8, u8, u8, u8) = (0x1B, 0x23, 0x40, 5);
/// Radius of a card's corners, as a share of its side.
const RADIUS: f32 = 0.07;
/// Side of the square in a card's middle that the picture fits into, as a share of the card's side.
const INNER: f32 = 0.70;

/// Draws the pictures in the order of the cards; `None` when there is no memory for it.
pub fn paint(pictures: &[Pixmap], grid: &Grid) -> Option<Pixmap> {
    let mut sheet = ground(grid.width, grid.height)?;
    let (mut light, mut dark) = (None, None);
    for (index, picture) in pictures.iter().enumerate() {
        let (stamp, colour) = if is_light(picture) {
            (&mut dark, DARK_CARD)
        } else {
            (&mut light, LIGHT_CARD)
        };
        if stamp.is_none() {
            *stamp = Some(Stamp::new(grid.card, colour)?);
        }
        let stamp = stamp.as_ref()?;
        let (left, top) = grid.corner(index);
        let reach = stamp.reach.cast_signed();
        blend(
            &mut sheet,
            &stamp.pixels,
            left.cast_signed() - reach,
            top.cast_signed() - reach,
        );
        let picture = fitted(picture, (grid.card as f32 * INNER).max(1.0))?;
        let (left, top) = (
            left + (grid.card - picture.width()) / 2,
            top + (grid.card - picture.height()) / 2,
        );
        blend(&mut sheet, &picture, left.cast_signed(), top.cast_signed());
    }
    Some(sheet)
}

/// The background: a gradient along a line that falls steeply to the right.
fn ground(width: u32, height: u32) -> Option<Pixmap> {
    const STEPS: usize = 1024;
    let colours: Vec<[u8; 4]> = (0..=STEPS)
        .map(|step| {
            let part = step as f32 / STEPS as f32;
            let channel = |at: usize| (GROUND[0][at] + (GROUND[1][at] - GROUND[0][at]) * part).round() as u8;
            [channel(0), channel(1), channel(2), 255]
        })
        .collect();
    let mut sheet = Pixmap::new(width, height)?;
    let (along, down) = (width as f32 * 0.3, height as f32);
    let scale = STEPS as f32 / (along * along + down * down);
    let (pixels, _) = sheet.data_mut().as_chunks_mut::<4>();
    for (y, row) in pixels.chunks_exact_mut(width as usize).enumerate() {
        let (start, step) = (y as f32 * down * scale, along * scale);
        for (x, pixel) in row.iter_mut().enumerate() {
            *pixel = colours[((start + x as f32 * step) as usize).min(STEPS)];
        }
    }
    Some(sheet)
}

/// A card with its shadow.
struct Stamp {
    pixels: Pixmap,
    /// The extent of the shadow beyond the card, in pixels.
    reach: u32,
}

impl Stamp {
    fn new(side: u32, (red, green, blue): (u8, u8, u8)) -> Option<Self> {
        let unit = side as f32 / 260.0;
        let reach = (unit * 11.0).ceil() as u32;
        let whole = side.checked_add(reach.checked_mul(2)?)?;
        let mut pixels = Pixmap::new(whole, whole)?;
        let card = Rect::from_xywh(reach as f32, reach as f32, side as f32, side as f32)?;
        let radius = side as f32 * RADIUS;
        shadow(&mut pixels, card, radius)?;
        fill(
            &mut pixels,
            &rounded(card, radius)?,
            Color::from_rgba8(red, green, blue, 255),
        );
        Some(Self { pixels, reach })
    }
}

/// Layers of faint, growing cards: soft enough, and far cheaper than a blur.
fn shadow(target: &mut Pixmap, card: Rect, radius: f32) -> Option<()> {
    let unit = card.width() / 260.0;
    let (red, green, blue, alpha) = SHADOW;
    for layer in 0..5 {
        let grow = unit * (5.0 - layer as f32) * 1.4;
        let spread = Rect::from_ltrb(
            card.left() - grow,
            card.top() - grow + 3.0 * unit,
            card.right() + grow,
            card.bottom() + grow + 3.0 * unit,
        )?;
        fill(
            target,
            &rounded(spread, radius + grow)?,
            Color::from_rgba8(red, green, blue, alpha),
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

/// The picture so large that it just fits into a square.
fn fitted(picture: &Pixmap, side: f32) -> Option<Pixmap> {
    let scale = side / picture.width().max(picture.height()) as f32;
    let length = |length: u32| ((length as f32 * scale).round() as u32).clamp(1, (side as u32).max(1));
    let (width, height) = (length(picture.width()), length(picture.height()));
    let source = ImageRef::new(picture.width(), picture.height(), picture.data(), PixelType::U8x4).ok()?;
    let mut scaled = Image::new(width, height, PixelType::U8x4);
    let filter = ResizeAlg::Convolution(FilterType::CatmullRom);
    let options = ResizeOptions::new().resize_alg(filter).use_alpha(false);
    Resizer::new().resize(&source, &mut scaled, &options).ok()?;
    let mut fitted = Pixmap::new(width, height)?;
    fitted.data_mut().copy_from_slice(scaled.buffer());
    let (pixels, _) = fitted.data_mut().as_chunks_mut::<4>();
    for pixel in pixels {
        // The filter overshoots at edges; no colour is more than its alpha.
        let alpha = pixel[3];
        pixel[..3]
            .iter_mut()
            .for_each(|channel| *channel = (*channel).min(alpha));
    }
    Some(fitted)
}

/// Draws a picture over the opaque sheet, at whole pixels; what is beyond the sheet is left out.
fn blend(sheet: &mut Pixmap, picture: &Pixmap, left: i32, top: i32) {
    let (width, picture_width) = (sheet.width() as usize, picture.width() as usize);
    let skipped = usize::try_from(-left).unwrap_or(0);
    let first = usize::try_from(left).unwrap_or(0);
    let (targets, _) = sheet.data_mut().as_chunks_mut::<4>();
    let (sources, _) = picture.data().as_chunks::<4>();
    for (y, sources) in sources.chunks_exact(picture_width).enumerate() {
        let Some(row) = i32::try_from(y).ok().and_then(|y| usize::try_from(top + y).ok()) else {
            continue;
        };
        let Some(row) = targets.get_mut(row * width..(row + 1) * width) else {
            break;
        };
        for (target, source) in row.iter_mut().skip(first).zip(sources.iter().skip(skipped)) {
            match source[3] {
                0 => {}
                255 => *target = *source,
                alpha => {
                    let below = 255 - u32::from(alpha);
                    for (target, source) in target.iter_mut().zip(source) {
                        let product = u32::from(*target) * below + 128;
                        *target = source.saturating_add(((product + (product >> 8)) >> 8) as u8);
                    }
                }
            }
        }
    }
}

/// Returns `true` when the visible pixels are nearly white.
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

    #[test]
    fn pictures_are_on_their_cards() {
        let mut wide = Pixmap::new(200, 100).unwrap();
        wide.fill(Color::from_rgba8(200, 0, 0, 255));
        let mut white = Pixmap::new(10, 40).unwrap();
        white.fill_rect(
            Rect::from_xywh(2.0, 2.0, 6.0, 30.0).unwrap(),
            &Paint {
                shader: resvg::tiny_skia::Shader::SolidColor(Color::WHITE),
                ..Paint::default()
            },
            Transform::identity(),
            None,
        );
        let grid = Grid::new(2, 1200);
        let sheet = paint(&[wide, white], &grid).unwrap();
        let at = |card: usize, x: f32, y: f32| {
            let (left, top) = grid.corner(card);
            let side = grid.card as f32;
            let pixel = sheet.pixel(left + (side * x) as u32, top + (side * y) as u32).unwrap();
            (pixel.red(), pixel.green(), pixel.blue(), pixel.alpha())
        };
        assert_eq!(at(0, 0.5, 0.5), (200, 0, 0, 255));
        assert_eq!(at(0, 0.5, 0.2), (255, 255, 255, 255));
        assert_eq!(at(1, 0.5, 0.5), (255, 255, 255, 255));
        // It would be invisible on a white card.
        assert_eq!(at(1, 0.1, 0.5), (DARK_CARD.0, DARK_CARD.1, DARK_CARD.2, 255));
        assert!(sheet.pixels().iter().all(|pixel| pixel.alpha() == 255));
    }

    #[test]
    fn a_picture_beyond_the_edges_is_cut() {
        let mut sheet = ground(20, 10).unwrap();
        let mut square = Pixmap::new(8, 8).unwrap();
        square.fill(Color::BLACK);
        for (left, top) in [(-4, -4), (16, 6), (-8, 0), (20, 10), (0, -8), (30, 30)] {
            blend(&mut sheet, &square, left, top);
        }
        let black = sheet.pixels().iter().filter(|pixel| pixel.red() == 0).count();
        assert_eq!(black, 2 * 4 * 4);
    }
}
