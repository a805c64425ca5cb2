//! The watermark over renditions: the name of the marketplace in rows, dark and light in turns, so that some of it shows on every ground.
//!
//! The pixels that it covers are not in the file: it is opaque, and cannot be computed back as a translucent mark can. At 512 px a letter fills one
//! macroblock of VP8 and its rows repeat, so that most of a marked picture is encoded as the picture without it.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;
use tradepost_codec::{Overlay, OverlaySpan};

/// The letters of TRADEPOST as rows of three cells, the left one in the highest bit.
const LETTERS: [[u8; 5]; 9] = [
    [0b111, 0b010, 0b010, 0b010, 0b010],
    [0b110, 0b101, 0b110, 0b101, 0b101],
    [0b010, 0b101, 0b111, 0b101, 0b101],
    [0b110, 0b101, 0b101, 0b101, 0b110],
    [0b111, 0b100, 0b110, 0b100, 0b111],
    [0b110, 0b101, 0b110, 0b100, 0b100],
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b010, 0b010, 0b010, 0b010],
];

/// Cells of a letter with the space behind it.
const LETTER_STEP: i32 = 4;
/// Letters of a word with the space behind it.
const WORD_STEP: i32 = 12;
/// Letters by which each row begins further to the right.
const ROW_SHIFT: i32 = 5;
/// The width of a cell, its height, the distance of rows and the place of the first one, in pixels of a picture 512 px wide.
const CELL_WIDTH: u32 = 4;
const CELL_HEIGHT: u32 = 3;
const ROW_STEP: u32 = 64;
const FIRST_ROW: u32 = 16;
/// The colours of the rows, in turns.
const COLOURS: [[u8; 3]; 2] = [[0x40; 3], [0xe0; 3]];

/// Draws marks; keeps the last one, since most pictures are of one width.
#[derive(Default)]
pub struct Marks {
    last: Option<Mark>,
    /// The last SVG watermark of an operator, by its text.
    own: Option<(String, usvg::Tree)>,
}

/// The mark for pictures of one width, up to a height.
struct Mark {
    width: u32,
    height: u32,
    overlay: Overlay,
}

impl Marks {
    /// The mark for a picture.
    pub fn at_size(&mut self, width: u32, height: u32) -> &Overlay {
        let last = self
            .last
            .take()
            .filter(|mark| mark.width == width && mark.height >= height);
        // Higher than needed, so that the next picture finds it drawn.
        let mark = last.unwrap_or_else(|| Mark::new(width, height.next_multiple_of(width)));
        &self.last.insert(mark).overlay
    }

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

impl Mark {
    fn new(width: u32, height: u32) -> Self {
        let scaled = |length: u32| ((length * width + 256) / 512).max(1);
        let (row_step, cell_height) = (scaled(ROW_STEP), scaled(CELL_HEIGHT));
        let mut overlay = Overlay {
            colours: COLOURS.to_vec(),
            spans: Vec::new(),
        };
        for y in 0..height {
            let Some(below) = y.checked_sub(scaled(FIRST_ROW)) else {
                continue;
            };
            let (row, cell) = (below / row_step, (below % row_step / cell_height) as usize);
            if cell < LETTERS[0].len() {
                put_row(&mut overlay.spans, width, y, row, cell);
            }
        }
        Self { width, height, overlay }
    }
}

/// Appends one row of pixels: a row of cells of the letters in a row of words.
fn put_row(spans: &mut Vec<OverlaySpan>, width: u32, y: u32, row: u32, cell: usize) {
    let cell_width = ((CELL_WIDTH * width + 256) / 512).max(1) as usize;
    let shift = row.cast_signed() * ROW_SHIFT;
    let is_set = |column: usize| {
        let place = column.cast_signed() as i32;
        let letter = (place / LETTER_STEP - shift).rem_euclid(WORD_STEP) as usize;
        LETTERS
            .get(letter)
            .is_some_and(|letter| letter[cell] << (place % LETTER_STEP) & 0b100 != 0)
    };
    let columns: Vec<usize> = (0..(width as usize).div_ceil(cell_width)).collect();
    for run in columns.chunk_by(|&left, &right| is_set(left) == is_set(right)) {
        if is_set(run[0]) {
            let start = run[0] * cell_width;
            let end = (start + run.len() * cell_width).min(width as usize);
            spans.push(OverlaySpan {
                start: y as usize * width as usize + start,
                length: end - start,
                colour: (row % COLOURS.len() as u32) as u8,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::presets::{Format, Preset, Watermark};

    #[test]
    fn mark_is_the_same_whatever_was_drawn_before() {
        for (width, height) in [(512, 512), (512, 300), (64, 64)] {
            let mut marks = Marks::default();
            let spans = |marks: &mut Marks| {
                let spans = &marks.at_size(width, height).spans;
                let within = spans.iter().filter(|span| span.start < (width * height) as usize);
                within.copied().collect::<Vec<_>>()
            };
            let alone = spans(&mut marks);
            marks.at_size(width, height * 3);
            assert!(spans(&mut marks) == alone, "{width} x {height}");
        }
    }

    /// Decoded PNGs, 512 px wide: without the mark and with it.
    fn drawn(svg: &str) -> [Vec<[u8; 4]>; 2] {
        let presets = [Watermark::None, Watermark::Tiled].map(|watermark| Preset {
            name: watermark.name(),
            width_px: 512,
            format: Format::Png,
            quality: 80,
            background: None,
            watermark,
        });
        let drawing = Engine::default().render(svg.as_bytes(), "a.svg", &presets, 1 << 20);
        let pictures = drawing.unwrap().pictures;
        std::array::from_fn(|at| {
            let image = image::load_from_memory_with_format(&pictures[at].bytes, image::ImageFormat::Png).unwrap();
            image.to_rgba8().pixels().map(|pixel| pixel.0).collect()
        })
    }

    #[test]
    fn the_mark_is_opaque_and_everywhere_in_both_shades() {
        let shape = "M3 20C8 2 16 2 21 20Z";
        let icon =
            format!(r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{shape}"/></svg>"##);
        let gradient = icon.replace(
            "<path",
            r##"<linearGradient id="g"><stop stop-color="red"/><stop offset="1" stop-color="#04f"/></linearGradient><path fill="url(#g)""##,
        );
        for svg in [icon, gradient] {
            let [plain, marked] = drawn(&svg);
            let changed = plain
                .iter()
                .zip(&marked)
                .enumerate()
                .filter(|(_, (plain, marked))| plain != marked);
            // By tiles of 128 px and by shade.
            let mut found = [[0_usize; 2]; 16];
            for (at, (_, &[red, green, blue, alpha])) in changed {
                let shade = COLOURS.iter().position(|colour| *colour == [red, green, blue]).unwrap();
                assert_eq!(alpha, 255, "nothing can be seen through it");
                found[at / 512 / 128 * 4 + at % 512 / 128][shade] += 1;
            }
            assert!(found.iter().flatten().all(|&pixels| pixels > 300), "{found:?}");
            let covered: usize = found.iter().flatten().sum();
            assert!(covered < 512 * 512 / 8, "the picture can be judged: {covered}");
        }
    }
}
