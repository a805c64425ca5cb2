//! Encodes a drawing in all presets.

use std::time::Instant;

use resvg::tiny_skia::{Color, Pixmap, PixmapPaint, Transform};
use resvg::usvg;

use tradepost_codec::StraightImage;

use super::{Engine, Picture, add_time};
use crate::encoder::straight;
use crate::presets::{Format, Preset, Watermark};
use crate::scale::ImageSizes;
use crate::stencil::Stencil;

/// Groups of presets that differ in their format only and share the pixels, as indices.
fn sharing(presets: &[Preset]) -> Vec<Vec<usize>> {
    let same = |left: &Preset, right: &Preset| {
        left.width_px == right.width_px && left.background == right.background && left.watermark == right.watermark
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, preset) in presets.iter().enumerate() {
        match groups.iter_mut().find(|group| same(&presets[group[0]], preset)) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

/// Returns `true` for presets without background and watermark.
fn is_plain(preset: &Preset) -> bool {
    preset.background.is_none() && preset.watermark == Watermark::None
}

/// Pictures in the order of their presets, from groups in any order.
struct Album<'a> {
    presets: &'a [Preset],
    pictures: Vec<Option<Picture>>,
}

impl<'a> Album<'a> {
    fn new(presets: &'a [Preset]) -> Self {
        Self {
            presets,
            pictures: presets.iter().map(|_| None).collect(),
        }
    }

    fn put(&mut self, group: &[usize], width_px: u32, height_px: u32, files: Vec<Vec<u8>>) {
        for (&index, bytes) in group.iter().zip(files) {
            let preset = &self.presets[index];
            self.pictures[index] = Some(Picture {
                preset: preset.name.clone(),
                format: preset.format,
                width_px,
                height_px,
                bytes,
            });
        }
    }

    fn finish(self) -> Option<Vec<Picture>> {
        self.pictures.into_iter().collect()
    }
}

impl Engine {
    /// Draws the coverage of a drawing at its widest; `false` when that is not possible.
    pub(super) fn draws_as_coverage(&mut self, stencil: &Stencil<'_>, tree: &usvg::Tree, widest: u32) -> bool {
        let start = Instant::now();
        self.coverages.clear();
        let is_drawn = self.coverages.draw(stencil, tree, widest).is_some();
        add_time(&mut self.times.render, start);
        is_drawn
    }

    /// Encodes it in every preset. `None` when nothing shows.
    pub(super) fn draw_coverage(
        &mut self,
        stencil: &Stencil<'_>,
        tree: &usvg::Tree,
        widest: u32,
        presets: &[Preset],
    ) -> Option<Vec<Picture>> {
        let mut album = Album::new(presets);
        if self.coverages.at(stencil, tree, widest, widest)?.is_empty() {
            return None;
        }
        for group in sharing(presets) {
            let first = &presets[group[0]];
            let start = Instant::now();
            let coverage = self.coverages.at(stencil, tree, widest, first.width_px)?;
            let (width, height) = (coverage.width, coverage.height);
            if is_plain(first) {
                add_time(&mut self.times.scale, start);
                let formats: Vec<Format> = group.iter().map(|&index| presets[index].format).collect();
                let files = self.encoder.encode_coverage(coverage, stencil.colour, &formats);
                album.put(&group, width, height, files);
            } else if first.background.is_none()
                && first.watermark == Watermark::Tiled
                && self
                    .marked
                    .try_fill(self.marks.at_size(width, height)?, coverage, stencil.colour)
            {
                add_time(&mut self.times.scale, start);
                let formats: Vec<Format> = group.iter().map(|&index| presets[index].format).collect();
                let files = self.encoder.encode_marked(&self.marked, width, &formats);
                album.put(&group, width, height, files);
            } else {
                let pixmap = coverage.in_colour(stencil.colour)?;
                let image = straight(&self.dressed(&pixmap, first.background, &first.watermark)?);
                add_time(&mut self.times.scale, start);
                album.put(&group, width, height, self.encode(&image, presets, &group));
            }
        }
        album.finish()
    }

    /// Encodes pixels in every preset. `None` when nothing shows.
    pub(crate) fn draw(&mut self, sizes: &mut ImageSizes<'_>, widest: u32, presets: &[Preset]) -> Option<Vec<Picture>> {
        let start = Instant::now();
        let is_empty = |pixmap: &Pixmap| pixmap.pixels().iter().all(|pixel| pixel.alpha() == 0);
        let shows = !is_empty(sizes.at(widest)?);
        add_time(&mut self.times.render, start);
        if !shows {
            return None;
        }
        let mut album = Album::new(presets);
        for group in sharing(presets) {
            let first = &presets[group[0]];
            let start = Instant::now();
            let image = sizes.at(first.width_px)?;
            let image = if is_plain(first) {
                straight(image)
            } else {
                straight(&self.dressed(image, first.background, &first.watermark)?)
            };
            add_time(&mut self.times.scale, start);
            let files = self.encode(&image, presets, &group);
            album.put(&group, image.width, image.height, files);
        }
        album.finish()
    }

    fn encode(&mut self, image: &StraightImage, presets: &[Preset], group: &[usize]) -> Vec<Vec<u8>> {
        let format = |&index: &usize| (presets[index].format, presets[index].quality);
        let formats: Vec<(Format, u8)> = group.iter().map(format).collect();
        self.encoder.encode(image, &formats)
    }

    /// The picture before its background and under its mark.
    fn dressed(&mut self, picture: &Pixmap, background: Option<[u8; 3]>, watermark: &Watermark) -> Option<Pixmap> {
        let mut dressed = match background {
            None => picture.clone(),
            Some([red, green, blue]) => {
                let mut paper = Pixmap::new(picture.width(), picture.height())?;
                paper.fill(Color::from_rgba8(red, green, blue, 255));
                let paint = PixmapPaint::default();
                paper.draw_pixmap(0, 0, picture.as_ref(), &paint, Transform::identity(), None);
                paper
            }
        };
        match watermark {
            Watermark::None => {}
            Watermark::Tiled => dressed = self.marks.draw_over(&dressed)?,
            Watermark::Svg(text) => self.marks.draw_svg(&mut dressed, text)?,
        }
        Some(dressed)
    }
}
