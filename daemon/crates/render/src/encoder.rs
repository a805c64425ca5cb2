//! Encodes images once for each format, and measures the stages.

use std::time::Instant;

use resvg::tiny_skia::Pixmap;
use tradepost_codec::{IndexedImage, Overlay, StraightImage, png, webp};

use super::coverage::Coverage;
use super::presets::Format;
use super::times::StageTimes;

/// Encodes one image after the other; keeps its buffers.
#[derive(Default)]
pub struct Encoder {
    /// Time of the last images.
    pub times: StageTimes,
    indexed: IndexedImage,
    /// The prediction modes of the last image are known, because it was encoded as lossy WebP.
    knows_modes: bool,
    /// A file while it grows.
    file: Vec<u8>,
}

/// Converts pixels to straight alpha.
pub fn straight(pixmap: &Pixmap) -> StraightImage {
    StraightImage::from_premultiplied(pixmap.width(), pixmap.height(), pixmap.data())
}

impl Encoder {
    /// Encodes the coverage of one colour, exactly, once for each format.
    pub fn encode_coverage(&mut self, coverage: &Coverage, colour: [u8; 3], formats: &[Format]) -> Vec<Vec<u8>> {
        let start = Instant::now();
        self.indexed.set_coverage(&coverage.values, coverage.width, colour);
        self.times.scale += nanoseconds(start);
        self.encode_indexed(formats, None)
    }

    /// Encodes what [`Self::encode_coverage`] encoded last, under an overlay; `None` when that makes more than 256 colours.
    pub fn encode_overlaid(&mut self, overlay: &Overlay, formats: &[Format]) -> Option<Vec<Vec<u8>>> {
        let start = Instant::now();
        let is_laid = self.indexed.lay_over(overlay);
        self.times.scale += nanoseconds(start);
        is_laid.then(|| self.encode_indexed(formats, None))
    }

    /// Encodes an image once for each format and quality: exactly where the colours are few, else as the format can. With an overlay it is the
    /// last image after the overlay was laid over it.
    pub fn encode(
        &mut self,
        image: &StraightImage,
        overlay: Option<&Overlay>,
        formats: &[(Format, u8)],
    ) -> Vec<Vec<u8>> {
        let overlay = overlay.filter(|_| self.knows_modes);
        self.knows_modes = false;
        if let Some(palette) = &image.palette {
            let start = Instant::now();
            self.indexed.set_palette_image(palette, image.width);
            self.times.scale += nanoseconds(start);
            let formats: Vec<Format> = formats.iter().map(|(format, _)| *format).collect();
            return self.encode_indexed(&formats, Some(image));
        }
        let encode = |&(format, quality): &(Format, u8)| {
            let start = Instant::now();
            self.file.clear();
            match format {
                Format::Png => {
                    png::encode_true_colour(image, &mut self.indexed, &mut self.file);
                    self.times.png += nanoseconds(start);
                }
                Format::Webp => {
                    match overlay {
                        Some(overlay) => {
                            webp::encode_lossy_overlaid(image, overlay, quality, &mut self.indexed, &mut self.file);
                        }
                        None => webp::encode_lossy(image, quality, &mut self.indexed, &mut self.file),
                    }
                    self.knows_modes = true;
                    self.times.webp += nanoseconds(start);
                }
            }
            self.file.clone()
        };
        formats.iter().map(encode).collect()
    }

    /// Encodes the indexed image; `image` is the same in true colour, where there is one.
    fn encode_indexed(&mut self, formats: &[Format], image: Option<&StraightImage>) -> Vec<Vec<u8>> {
        let start = Instant::now();
        self.indexed.find_tokens();
        self.times.tokens += nanoseconds(start);
        let mut encode = |format: &Format| {
            let start = Instant::now();
            self.file.clear();
            match format {
                Format::Png => {
                    png::encode_indexed(&mut self.indexed, &mut self.file);
                    if let Some(image) = image {
                        png::drop_palette_if_smaller(image, &mut self.indexed, &mut self.file);
                    }
                    self.times.png += nanoseconds(start);
                }
                Format::Webp => {
                    webp::encode_indexed(&mut self.indexed, &mut self.file);
                    self.times.webp += nanoseconds(start);
                }
            }
            self.file.clone()
        };
        formats.iter().map(&mut encode).collect()
    }
}

fn nanoseconds(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
