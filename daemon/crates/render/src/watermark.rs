//! The watermark over renditions: the name of the marketplace, repeated on a slant, drawn from strokes that need no font.

use resvg::tiny_skia::{
    LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Point, PremultipliedColorU8, Stroke, Transform,
};
use resvg::usvg;

/// The letters on a grid 4 wide and 6 high, as strokes of points.
const LETTERS: [&[&[(f32, f32)]]; 9] = [
    &[&[(0.0, 0.0), (4.0, 0.0)], &[(2.0, 0.0), (2.0, 6.0)]],
    &[
        &[
            (0.0, 6.0),
            (0.0, 0.0),
            (3.0, 0.0),
            (4.0, 1.0),
            (4.0, 2.0),
            (3.0, 3.0),
            (0.0, 3.0),
        ],
        &[(2.0, 3.0), (4.0, 6.0)],
    ],
    &[&[(0.0, 6.0), (2.0, 0.0), (4.0, 6.0)], &[(0.8, 4.0), (3.2, 4.0)]],
    &[&[
        (0.0, 0.0),
        (2.5, 0.0),
        (4.0, 1.5),
        (4.0, 4.5),
        (2.5, 6.0),
        (0.0, 6.0),
        (0.0, 0.0),
    ]],
    &[
        &[(4.0, 0.0), (0.0, 0.0), (0.0, 6.0), (4.0, 6.0)],
        &[(0.0, 3.0), (3.0, 3.0)],
    ],
    &[&[
        (0.0, 6.0),
        (0.0, 0.0),
        (3.0, 0.0),
        (4.0, 1.0),
        (4.0, 2.0),
        (3.0, 3.0),
        (0.0, 3.0),
    ]],
    &[&[
        (1.0, 0.0),
        (3.0, 0.0),
        (4.0, 1.0),
        (4.0, 5.0),
        (3.0, 6.0),
        (1.0, 6.0),
        (0.0, 5.0),
        (0.0, 1.0),
        (1.0, 0.0),
    ]],
    &[&[
        (4.0, 0.5),
        (3.0, 0.0),
        (1.0, 0.0),
        (0.0, 1.0),
        (0.0, 2.0),
        (1.0, 3.0),
        (3.0, 3.0),
        (4.0, 4.0),
        (4.0, 5.0),
        (3.0, 6.0),
        (1.0, 6.0),
        (0.0, 5.5),
    ]],
    &[&[(0.0, 0.0), (4.0, 0.0)], &[(2.0, 0.0), (2.0, 6.0)]],
];
const LETTER_STEP: f32 = 5.6;
const WORD_WIDTH: f32 = LETTER_STEP * LETTERS.len() as f32;

/// Pixels of a unit of the letters in a picture 512 px wide.
const UNIT_PX: f32 = 3.6;
const ROW_STEP: f32 = 30.0;
const WORD_STEP: f32 = WORD_WIDTH + 12.0;
const SLANT_DEGREES: f32 = -30.0;

/// Draws marks; keeps the last one, since most pictures are of one width.
#[derive(Default)]
pub struct Marks {
    last: Option<Mark>,
    /// The last SVG watermark of an operator, by its text.
    own: Option<(String, usvg::Tree)>,
}

impl Marks {
    /// A copy of the picture with the mark over it; `None` when there is no memory for it.
    pub fn draw_over(&mut self, picture: &Pixmap) -> Option<Pixmap> {
        let mut marked = picture.clone();
        self.at_size(picture.width(), picture.height())?
            .draw_on(marked.pixels_mut());
        Some(marked)
    }

    /// The mark for a picture; `None` when there is no memory for it.
    pub fn at_size(&mut self, width: u32, height: u32) -> Option<&Mark> {
        if self
            .last
            .as_ref()
            .is_none_or(|mark| mark.width != width || mark.height < height)
        {
            // Higher than needed, so that the next picture finds it drawn.
            self.last = Some(Mark::new(width, height.next_multiple_of(width))?);
        }
        self.last.as_ref()
    }
}

/// Checks that an operator's watermark can be drawn.
///
/// # Errors
/// The reason why it cannot.
pub fn check_mark(text: &str) -> Result<(), String> {
    let tree = usvg::Tree::from_str(text, &usvg::Options::default()).map_err(|error| error.to_string())?;
    if tree.root().has_children() {
        Ok(())
    } else {
        Err("shows nothing (texts have to be converted to outlines)".to_owned())
    }
}

impl Marks {
    /// Draws an operator's mark over the picture, as large as it fits, in the middle; `None` when it cannot be drawn.
    pub fn draw_svg(&mut self, picture: &mut Pixmap, text: &str) -> Option<()> {
        if self.own.as_ref().is_none_or(|(known, _)| known != text) {
            let tree = usvg::Tree::from_str(text, &usvg::Options::default()).ok()?;
            self.own = Some((text.to_owned(), tree));
        }
        let (_, tree) = self.own.as_ref()?;
        let (width, height) = (picture.width() as f32, picture.height() as f32);
        let scale = (width / tree.size().width()).min(height / tree.size().height());
        let left = (width - tree.size().width() * scale) / 2.0;
        let top = (height - tree.size().height() * scale) / 2.0;
        let transform = Transform::from_row(scale, 0.0, 0.0, scale, left, top);
        resvg::render(tree, transform, &mut picture.as_mut());
        Some(())
    }
}

/// The mark for pictures of one width, up to a height: only the pixels that have something of it.
pub struct Mark {
    width: u32,
    height: u32,
    /// The colours of its pixels; the first is transparent.
    pub shades: Vec<PremultipliedColorU8>,
    /// The start of each span, and the shades of its pixels.
    pub spans: Vec<(usize, Vec<u8>)>,
}

impl Mark {
    fn new(width: u32, height: u32) -> Option<Self> {
        // Words are cut differently where the canvas ends: not within the mark, whose height depends on earlier pictures.
        let drawn = draw(width, height.checked_add(width)?)?;
        let mut shades = vec![PremultipliedColorU8::TRANSPARENT];
        let mut shade = |pixel: PremultipliedColorU8| {
            let pixel = coarse(pixel);
            let known = shades.iter().position(|&shade| shade == pixel);
            known.unwrap_or_else(|| {
                shades.push(pixel);
                shades.len() - 1
            }) as u8
        };
        let mut spans = Vec::new();
        let mut at = 0;
        let pixels = drawn.pixels().get(..width as usize * height as usize)?;
        for span in pixels.chunk_by(|left, right| (left.alpha() == 0) == (right.alpha() == 0)) {
            if span[0].alpha() != 0 {
                spans.push((at, span.iter().map(|&pixel| shade(pixel)).collect()));
            }
            at += span.len();
        }
        Some(Self {
            width,
            height,
            shades,
            spans,
        })
    }

    fn draw_on(&self, pixels: &mut [PremultipliedColorU8]) {
        for (start, span) in &self.spans {
            let Some(below) = pixels.get_mut(*start..) else {
                break;
            };
            for (below, &shade) in below.iter_mut().zip(span) {
                *below = over(self.shades[usize::from(shade)], *below);
            }
        }
    }
}

/// Fewer shades of the mark leave simple pictures with few enough colours for a palette.
fn coarse(pixel: PremultipliedColorU8) -> PremultipliedColorU8 {
    const STEP: u8 = 20;
    let round = |value: u8| value.saturating_add(STEP / 2) / STEP * STEP;
    let alpha = round(pixel.alpha());
    let light = round(pixel.red()).min(alpha);
    PremultipliedColorU8::from_rgba(light, light, light, alpha).unwrap_or(PremultipliedColorU8::TRANSPARENT)
}

/// One pixel over another.
pub fn over(above: PremultipliedColorU8, below: PremultipliedColorU8) -> PremultipliedColorU8 {
    let left = u32::from(255 - above.alpha());
    let mix = |above: u8, below: u8| (u32::from(above) + (u32::from(below) * left + 127) / 255).min(255) as u8;
    let alpha = mix(above.alpha(), below.alpha());
    let channel = |above, below| mix(above, below).min(alpha);
    let (red, green, blue) = (
        channel(above.red(), below.red()),
        channel(above.green(), below.green()),
        channel(above.blue(), below.blue()),
    );
    PremultipliedColorU8::from_rgba(red, green, blue, alpha).unwrap_or(below)
}

/// Dark under light, so that it shows on every ground.
fn draw(width: u32, height: u32) -> Option<Pixmap> {
    let mut pixmap = Pixmap::new(width, height)?;
    let scale = UNIT_PX * width as f32 / 512.0;
    let slant = Transform::from_rotate(SLANT_DEGREES).pre_scale(scale, scale);
    let shades = [(1.5, 0, 60), (0.8, 255, 140)].map(|(stroke_width, shade, alpha)| {
        let mut paint = Paint::default();
        paint.set_color_rgba8(shade, shade, shade, alpha);
        (
            paint,
            Stroke {
                width: stroke_width,
                line_cap: LineCap::Round,
                line_join: LineJoin::Round,
                ..Stroke::default()
            },
        )
    });
    let word = word()?;
    for place in places(&slant, width as f32, height as f32) {
        let transform = slant.pre_translate(place.x, place.y);
        shades
            .iter()
            .for_each(|(paint, stroke)| pixmap.stroke_path(&word, paint, stroke, transform, None));
    }
    Some(pixmap)
}

/// The starts of words, on a lattice that is turned about the picture's upper left corner; every other row is moved by half a word.
fn places(slant: &Transform, width: f32, height: f32) -> Vec<Point> {
    let reach = width.hypot(height) / slant.sx.hypot(slant.ky);
    let (rows, columns) = ((reach / ROW_STEP).ceil() as i32, (reach / WORD_STEP).ceil() as i32);
    let lattice = (-rows..=rows).flat_map(|row| (-columns..=columns).map(move |column| (row, column)));
    let place = |(row, column): (i32, i32)| {
        let shift = if row % 2 == 0 { 0.0 } else { WORD_STEP / 2.0 };
        Point::from_xy(
            column as f32 * WORD_STEP - shift,
            row as f32 * ROW_STEP + ROW_STEP / 2.0,
        )
    };
    let shows = |place: &Point| {
        let mut ends = [*place, Point::from_xy(place.x + WORD_WIDTH, place.y)];
        slant.map_points(&mut ends);
        let margin = ROW_STEP;
        ends[1].x > -margin && ends[0].x < width + margin && ends[0].y > -margin && ends[1].y < height + margin
    };
    lattice.map(place).filter(shows).collect()
}

fn word() -> Option<Path> {
    let mut path = PathBuilder::new();
    for (number, strokes) in LETTERS.iter().enumerate() {
        let left = number as f32 * LETTER_STEP;
        for points in *strokes {
            for (at, point) in points.iter().enumerate() {
                let (x, y) = (left + point.0, point.1);
                if at == 0 {
                    path.move_to(x, y)
                } else {
                    path.line_to(x, y)
                }
            }
        }
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_is_the_same_whatever_was_drawn_before() {
        let grey = |width, height| {
            let mut pixmap = Pixmap::new(width, height).unwrap();
            pixmap.fill(resvg::tiny_skia::Color::from_rgba8(90, 90, 90, 255));
            pixmap
        };
        for (width, height) in [(512, 512), (512, 300), (64, 64)] {
            let alone = Marks::default().draw_over(&grey(width, height)).unwrap();
            let mut marks = Marks::default();
            marks.draw_over(&grey(width, height * 3)).unwrap();
            assert!(
                marks.draw_over(&grey(width, height)).unwrap() == alone,
                "{width} x {height}"
            );
        }
    }
}
