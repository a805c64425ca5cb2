//! A lossy encoder of single frames of VP8 (RFC 6386), for drawings: large areas of one colour, sharp edges, much transparency.
//!
//! One pass over the image chooses predictions and keeps the branches of the coefficient tokens; at the end they are written with the
//! probabilities that were counted.

mod bool_coder;
mod chroma;
mod context;
mod cost;
mod frame;
mod luma;
mod plane;
mod predict;
mod quantize;
mod subblock;
mod tables;
mod token_partition;
mod transform;
mod yuv;

use self::context::{MacroblockContext, NonZeroFlags, PlaneContext, Y2_FLAG};
use self::frame::{FrameHeader, LumaMode, MacroblockHeader};
use self::plane::ReconstructedPlane;
use self::predict::{DC_PRED, H_PRED, MacroblockEdge, V_PRED};
use self::quantize::Quantizer;
use self::token_partition::TokenPartition;
use self::yuv::{MacroblockContent, YuvMacroblock};
use super::straight::StraightImage;

/// An encoder that keeps its buffers from image to image.
#[derive(Default)]
pub struct Vp8Encoder {
    luma: ReconstructedPlane,
    chroma: [ReconstructedPlane; 2],
    tokens: TokenPartition,
    macroblocks: Vec<MacroblockHeader>,
    /// Those of the image before.
    before: Vec<MacroblockHeader>,
    above: Vec<NonZeroFlags>,
    pixels: YuvMacroblock,
}

/// The modes that may predict one colour, the cheapest first.
const FLAT_MODES: [u8; 3] = [DC_PRED, V_PRED, H_PRED];

/// The prediction modes that are tried. Fewer take less of the first partition, whose size is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PredictionModes {
    All,
    /// No B_PRED.
    Whole,
    /// DC_PRED, and no macroblock is skipped.
    DcOnly,
}

/// The settings of an image.
struct Settings {
    quantizer: Quantizer,
    modes: PredictionModes,
}

impl Vp8Encoder {
    /// Encodes an image of at most 16,383 pixels a side at a quality of 0 to 100 as the contents of a `VP8 ` chunk.
    pub fn encode(&mut self, image: &StraightImage, quality: u8) -> Vec<u8> {
        self.encode_with(image, None, Quantizer::new(quality), frame::MAX_FIRST_PARTITION_BYTES)
    }

    /// Encodes the last image again after some macroblocks of it were changed; the others keep their prediction modes, whose choice takes most
    /// of the time. `changed` has one for each macroblock, row by row.
    pub fn encode_again(&mut self, image: &StraightImage, changed: &[bool], quality: u8) -> Vec<u8> {
        self.encode_with(
            image,
            Some(changed),
            Quantizer::new(quality),
            frame::MAX_FIRST_PARTITION_BYTES,
        )
    }

    /// Encodes with fewer prediction modes until the first partition is within a limit, which [`PredictionModes::DcOnly`] may exceed.
    fn encode_with(
        &mut self,
        image: &StraightImage,
        changed: Option<&[bool]>,
        quantizer: Quantizer,
        max_first_bytes: usize,
    ) -> Vec<u8> {
        let header = FrameHeader {
            width: image.width as u16,
            height: image.height as u16,
            quantizer_index: quantizer.index,
            quantizer_deltas: quantizer.deltas,
            filter_level: quantizer.filter_level,
        };
        let mut settings = Settings {
            quantizer,
            modes: PredictionModes::All,
        };
        loop {
            self.code_macroblocks(image, changed, &settings);
            let (tokens, probabilities) = self.tokens.finish();
            let first = frame::first_partition(&header, &probabilities, &self.macroblocks);
            settings.modes = match settings.modes {
                // Even 16,383 by 16,383 pixels take 400,000 bytes only.
                PredictionModes::DcOnly => return frame::assemble(&header, &first, &tokens),
                _ if first.len() <= max_first_bytes => return frame::assemble(&header, &first, &tokens),
                PredictionModes::All => PredictionModes::Whole,
                PredictionModes::Whole => PredictionModes::DcOnly,
            };
        }
    }

    fn code_macroblocks(&mut self, image: &StraightImage, changed: Option<&[bool]>, settings: &Settings) {
        let (columns, rows) = (image.width.div_ceil(16) as usize, image.height.div_ceil(16) as usize);
        std::mem::swap(&mut self.macroblocks, &mut self.before);
        let count = columns * rows;
        let changed = changed.filter(|changed| {
            changed.len() == count && self.before.len() == count && settings.modes == PredictionModes::All
        });
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
                let mut context = MacroblockContext { above, left };
                let content = yuv::read_macroblock(image, column, row, &mut self.pixels);
                let at = row * columns + column;
                let known = changed.filter(|changed| !changed[at]).map(|_| self.before[at]);
                let macroblock = match self.predict_flat(&content, (column, row), &mut context, settings) {
                    Some(macroblock) => macroblock,
                    None => self.code_macroblock(&content, known, (column, row), &mut context, settings),
                };
                self.macroblocks.push(macroblock);
                self.above[column] = context.above;
                left = context.left;
            }
            self.luma.extend_row(columns * 16, row * 16 + 15);
        }
    }

    fn code_macroblock(
        &mut self,
        content: &MacroblockContent,
        known: Option<MacroblockHeader>,
        (column, row): (usize, usize),
        context: &mut MacroblockContext,
        settings: &Settings,
    ) -> MacroblockHeader {
        let mut modes = settings.modes;
        let colour = match *content {
            MacroblockContent::Detailed => None,
            MacroblockContent::Flat(colour) => Some(colour),
            MacroblockContent::Transparent => Some([128; 3]),
        };
        if let Some([luma, blue, red]) = colour {
            self.pixels.luma = [[luma; 16]; 16];
            self.pixels.chroma = [[[blue; 16]; 4], [[red; 16]; 4]];
            modes = modes.max(PredictionModes::Whole);
        }
        let outside = LumaMode::default();
        let at = self.macroblocks.len();
        let columns = self.above.len();
        let above = (row > 0).then(|| &self.macroblocks[at - columns].luma);
        let left = (column > 0).then(|| &self.macroblocks[at - 1].luma);
        let neighbours = luma::LumaNeighbours {
            modes: [above, left].map(|mode| mode.unwrap_or(&outside)),
            context,
        };
        let quantizer = &settings.quantizer;
        let place = (column * 16, row * 16);
        let luma = match known.filter(|_| modes == PredictionModes::All) {
            Some(known) => luma::code_as(
                known.luma,
                &self.pixels.luma,
                &mut self.luma,
                place,
                &neighbours,
                quantizer,
            ),
            None => luma::code(&self.pixels.luma, &mut self.luma, place, &neighbours, quantizer, modes),
        };
        let place = (column * 8, row * 8);
        let modes_tried = chroma::ModesTried::new(modes, known.map(|known| known.chroma));
        let chroma = chroma::code(
            &self.pixels.chroma,
            &mut self.chroma,
            place,
            context,
            quantizer,
            modes_tried,
        );
        let is_skipped = modes != PredictionModes::DcOnly && luma.is_empty() && chroma.is_empty();
        if is_skipped {
            context.clear(&luma.mode);
        } else {
            self.put_tokens(&luma, &chroma, context);
        }
        MacroblockHeader {
            luma: luma.mode,
            chroma: chroma.mode,
            is_skipped,
        }
    }

    /// Skips a transparent macroblock, or one of a colour that its neighbours predict; `None` for others.
    fn predict_flat(
        &mut self,
        content: &MacroblockContent,
        (column, row): (usize, usize),
        context: &mut MacroblockContext,
        settings: &Settings,
    ) -> Option<MacroblockHeader> {
        let colour = match content {
            _ if settings.modes == PredictionModes::DcOnly => return None,
            MacroblockContent::Transparent => None,
            MacroblockContent::Flat(colour) => Some(colour),
            MacroblockContent::Detailed => return None,
        };
        let luma = self.luma.macroblock_edge::<16>(column * 16, row * 16);
        let chroma: [MacroblockEdge<8>; 2] =
            std::array::from_fn(|plane| self.chroma[plane].macroblock_edge(column * 8, row * 8));
        let (luma_mode, chroma_mode) = match colour {
            None => (DC_PRED, DC_PRED),
            Some([brightness, blue, red]) => (
                FLAT_MODES.into_iter().find(|&mode| luma.predicts(mode, *brightness))?,
                FLAT_MODES
                    .into_iter()
                    .find(|&mode| chroma[0].predicts(mode, *blue) && chroma[1].predicts(mode, *red))?,
            ),
        };
        self.luma.predict(column * 16, row * 16, luma_mode, &luma);
        for (plane, edge) in self.chroma.iter_mut().zip(&chroma) {
            plane.predict(column * 8, row * 8, chroma_mode, edge);
        }
        let luma = LumaMode::Whole(luma_mode);
        context.clear(&luma);
        Some(MacroblockHeader {
            luma,
            chroma: chroma_mode,
            is_skipped: true,
        })
    }

    fn put_tokens(
        &mut self,
        luma: &luma::LumaResidual,
        chroma: &chroma::ChromaResidual,
        context: &mut MacroblockContext,
    ) {
        let (block_type, from) = match luma.mode {
            LumaMode::Subblocks(_) => (tables::Y_WITH_DC, 0),
            LumaMode::Whole(_) => {
                self.tokens.put(tables::Y2, 0, context.y2(), &luma.y2);
                context.above[Y2_FLAG] = u8::from(luma.y2.count > 0);
                context.left[Y2_FLAG] = context.above[Y2_FLAG];
                (tables::Y_WITHOUT_DC, 1)
            }
        };
        let mut contexts = context.luma();
        for (at, block) in luma.blocks.iter().enumerate() {
            self.tokens.put(block_type, from, contexts.at(at), block);
            contexts.set(at, block);
        }
        context.set(0, &contexts);
        for (plane, blocks) in chroma.blocks.iter().enumerate() {
            let mut contexts: PlaneContext<2> = context.plane(4 + plane * 2);
            for (at, block) in blocks.iter().enumerate() {
                self.tokens.put(tables::CHROMA, 0, contexts.at(at), block);
                contexts.set(at, block);
            }
            context.set(4 + plane * 2, &contexts);
        }
    }
}

#[cfg(test)]
mod tests;
