//! A lossy encoder of single frames of VP8 (RFC 6386), for drawings: large areas of one colour, sharp edges, much transparency.
//!
//! One pass over the picture chooses predictions and takes the coefficients down as decisions; when all are known, the decisions are written
//! with the likelihoods that were counted.

mod bool_coder;
mod chroma;
mod context;
mod cost;
mod frame;
mod luma;
mod plane;
mod predict;
mod quantise;
mod tables;
mod tokens;
mod transform;
mod yuv;

use self::context::{Context, Filled, Filling, MEANS};
use self::frame::{Header, Luma, Macroblock};
use self::plane::Plane;
use self::predict::{ABOVE, Around, LEFT, MEAN};
use self::quantise::Quantiser;
use self::tokens::Tokens;
use self::yuv::{Content, Pixels};
use super::straight::StraightImage;

/// An encoder that keeps its memory from picture to picture.
#[derive(Default)]
pub struct Vp8 {
    luma: Plane,
    chroma: [Plane; 2],
    tokens: Tokens,
    macroblocks: Vec<Macroblock>,
    above: Vec<Filled>,
    pixels: Pixels,
}

/// The modes that may foretell one colour, the cheapest first.
const FLAT_MODES: [u8; 3] = [MEAN, ABOVE, LEFT];

/// Encodes a picture of at most 16,383 pixels a side at a quality of 0 to 100: the contents of a `VP8 ` chunk.
pub fn encode(picture: &StraightImage, quality: u8) -> Vec<u8> {
    Vp8::default().encode(picture, quality)
}

/// Which predictions are tried. Those of fewer modes take less room in the first partition, which is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Effort {
    /// Every one.
    All,
    /// Of macroblocks as a whole only.
    Whole,
    /// The mean of the neighbours; not even whether a macroblock is empty is said.
    Mean,
}

/// What holds for a whole picture.
struct Settings {
    quantiser: Quantiser,
    effort: Effort,
}

impl Vp8 {
    /// Encodes a picture of at most 16,383 pixels a side at a quality of 0 to 100: the contents of a `VP8 ` chunk.
    pub fn encode(&mut self, picture: &StraightImage, quality: u8) -> Vec<u8> {
        self.encode_with(picture, Quantiser::new(quality), frame::MOST_MODES_BYTES)
    }

    /// Encodes with a limit to the first partition; what is possible without anything said of macroblocks is done in any case.
    fn encode_with(&mut self, picture: &StraightImage, quantiser: Quantiser, most_modes_bytes: usize) -> Vec<u8> {
        let header = Header {
            width: picture.width as u16,
            height: picture.height as u16,
            index: quantiser.index,
            offsets: quantiser.offsets,
            smoothing: quantiser.smoothing,
        };
        let mut settings = Settings {
            quantiser,
            effort: Effort::All,
        };
        loop {
            self.code(picture, &settings);
            let (coefficients, slots) = self.tokens.finish();
            let modes = frame::modes(&header, &slots, &self.macroblocks);
            settings.effort = match settings.effort {
                // Of 16,383 by 16,383 pixels even that takes 400,000 bytes only.
                Effort::Mean => return frame::frame(&header, &modes, &coefficients),
                _ if modes.len() <= most_modes_bytes => return frame::frame(&header, &modes, &coefficients),
                Effort::All => Effort::Whole,
                Effort::Whole => Effort::Mean,
            };
        }
    }

    /// Goes through the macroblocks.
    fn code(&mut self, picture: &StraightImage, settings: &Settings) {
        let (columns, rows) = (
            picture.width.div_ceil(16) as usize,
            picture.height.div_ceil(16) as usize,
        );
        self.luma.resize(columns * 16, rows * 16);
        for plane in &mut self.chroma {
            plane.resize(columns * 8, rows * 8);
        }
        self.tokens.clear();
        self.macroblocks.clear();
        self.above.clear();
        self.above.resize(columns, [0; 9]);
        for row in 0..rows {
            let mut left = [0; 9];
            for column in 0..columns {
                let above = self.above[column];
                let mut context = Context { above, left };
                let content = yuv::take(picture, column, row, &mut self.pixels);
                let macroblock = match self.foretold(&content, (column, row), &mut context, settings) {
                    Some(macroblock) => macroblock,
                    None => self.macroblock(&content, (column, row), &mut context, settings),
                };
                self.macroblocks.push(macroblock);
                self.above[column] = context.above;
                left = context.left;
            }
            self.luma.extend_row(columns * 16, row * 16 + 15);
        }
    }

    fn macroblock(
        &mut self,
        content: &Content,
        (column, row): (usize, usize),
        context: &mut Context,
        settings: &Settings,
    ) -> Macroblock {
        let mut effort = settings.effort;
        let colour = match *content {
            Content::Full => None,
            Content::Flat(colour) => Some(colour),
            Content::Nothing => Some([128; 3]),
        };
        if let Some([luma, blue, red]) = colour {
            self.pixels.luma = [[luma; 16]; 16];
            self.pixels.chroma = [[[blue; 16]; 4], [[red; 16]; 4]];
            effort = effort.max(Effort::Whole);
        }
        let nothing = Luma::default();
        let at = self.macroblocks.len();
        let columns = self.above.len();
        let neighbours = [
            if row > 0 {
                &self.macroblocks[at - columns].luma
            } else {
                &nothing
            },
            if column > 0 {
                &self.macroblocks[at - 1].luma
            } else {
                &nothing
            },
        ];
        let place = (column * 16, row * 16);
        let near = luma::Near {
            modes: neighbours,
            context,
        };
        let luma = luma::choose(
            &self.pixels.luma,
            &mut self.luma,
            place,
            &near,
            &settings.quantiser,
            effort,
        );
        let place = (column * 8, row * 8);
        let chroma = chroma::choose(
            &self.pixels.chroma,
            &mut self.chroma,
            place,
            context,
            &settings.quantiser,
            effort,
        );
        let is_empty = effort != Effort::Mean && luma.is_empty() && chroma.is_empty();
        self.put(&luma, &chroma, is_empty, context);
        Macroblock {
            luma: luma.luma,
            chroma: chroma.mode,
            is_empty,
        }
    }

    /// A macroblock of one colour, when its neighbours foretell it.
    fn foretold(
        &mut self,
        content: &Content,
        (column, row): (usize, usize),
        context: &mut Context,
        settings: &Settings,
    ) -> Option<Macroblock> {
        let colour = match content {
            _ if settings.effort == Effort::Mean => return None,
            Content::Nothing => None,
            Content::Flat(colour) => Some(colour),
            Content::Full => return None,
        };
        let luma = self.luma.around::<16>(column * 16, row * 16);
        let chroma: [Around<8>; 2] = std::array::from_fn(|plane| self.chroma[plane].around(column * 8, row * 8));
        let (luma_mode, chroma_mode) = match colour {
            None => (MEAN, MEAN),
            Some([bright, blue, red]) => (
                FLAT_MODES.into_iter().find(|&mode| luma.foretells(mode, *bright))?,
                FLAT_MODES
                    .into_iter()
                    .find(|&mode| chroma[0].foretells(mode, *blue) && chroma[1].foretells(mode, *red))?,
            ),
        };
        self.luma.predict(column * 16, row * 16, luma_mode, &luma);
        for (plane, around) in self.chroma.iter_mut().zip(&chroma) {
            plane.predict(column * 8, row * 8, chroma_mode, around);
        }
        context.above = [0; 9];
        context.left = [0; 9];
        Some(Macroblock {
            luma: Luma::Whole(luma_mode),
            chroma: chroma_mode,
            is_empty: true,
        })
    }

    fn put(&mut self, luma: &luma::Coded, chroma: &chroma::Coded, is_empty: bool, context: &mut Context) {
        let has_means = matches!(luma.luma, Luma::Whole(_));
        if is_empty {
            for filled in [&mut context.above, &mut context.left] {
                filled[..MEANS].fill(0);
                if has_means {
                    filled[MEANS] = 0;
                }
            }
            return;
        }
        let (kind, from) = if has_means {
            self.tokens.put(luma::KIND_MEANS, 0, context.means(), &luma.means);
            context.above[MEANS] = u8::from(luma.means.count > 0);
            context.left[MEANS] = context.above[MEANS];
            (luma::KIND_WITHOUT_MEAN, 1)
        } else {
            (luma::KIND_WITH_MEAN, 0)
        };
        let mut near = context.luma();
        for (at, block) in luma.blocks.iter().enumerate() {
            self.tokens.put(kind, from, near.at(at), block);
            near.set(at, block.count > 0);
        }
        context.set(0, &near);
        for (plane, blocks) in chroma.blocks.iter().enumerate() {
            let mut near: Filling<2> = context.near(4 + plane * 2);
            for (at, block) in blocks.iter().enumerate() {
                self.tokens.put(luma::KIND_CHROMA, 0, near.at(at), block);
                near.set(at, block.count > 0);
            }
            context.set(4 + plane * 2, &near);
        }
    }
}

#[cfg(test)]
mod tests;
