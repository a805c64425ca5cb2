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

/// Presets that share the pixels, as indices.
#[derive(Default)]
struct Group {
    plain: Vec<usize>,
    /// Those with the tiled watermark, which is laid over the pixels of the others.
    tiled: Vec<usize>,
}

impl Group {
    fn first(&self) -> usize {
        self.plain.iter().chain(&self.tiled).copied().min().unwrap_or_default()
    }
}

/// Groups the presets that differ in their format and the tiled watermark only.
fn sharing(presets: &[Preset]) -> Vec<Group> {
    let same = |left: &Preset, right: &Preset| {
        left.width_px == right.width_px && left.background == right.background && own_mark(left) == own_mark(right)
    };
    let mut groups: Vec<Group> = Vec::new();
    for (index, preset) in presets.iter().enumerate() {
        let known = groups.iter().position(|group| same(&presets[group.first()], preset));
        let at = known.unwrap_or_else(|| {
            groups.push(Group::default());
            groups.len() - 1
        });
        match preset.watermark {
            Watermark::Tiled => groups[at].tiled.push(index),
            Watermark::None | Watermark::Svg(_) => groups[at].plain.push(index),
        }
    }
    groups
}

/// The watermark of an operator.
fn own_mark(preset: &Preset) -> Option<&str> {
    match &preset.watermark {
        Watermark::Svg(text) => Some(text),
        Watermark::None | Watermark::Tiled => None,
    }
}

/// Returns `true` for presets whose pixels are those of the drawing, but for the tiled watermark.
fn is_bare(preset: &Preset) -> bool {
    preset.background.is_none() && own_mark(preset).is_none()
}

fn formats(presets: &[Preset], group: &[usize]) -> Vec<Format> {
    group.iter().map(|&index| presets[index].format).collect()
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
            let first = &presets[group.first()];
            let start = Instant::now();
            let coverage = self.coverages.at(stencil, tree, widest, first.width_px)?;
            let (width, height) = (coverage.width, coverage.height);
            let mut left = group;
            if is_bare(first) {
                add_time(&mut self.times.scale, start);
                let plain = std::mem::take(&mut left.plain);
                let files = self
                    .encoder
                    .encode_coverage(coverage, stencil.colour, &formats(presets, &plain));
                album.put(&plain, width, height, files);
                if left.tiled.is_empty() {
                    continue;
                }
                let mark = self.marks.at_size(width, height);
                if let Some(files) = self.encoder.encode_overlaid(mark, &formats(presets, &left.tiled)) {
                    album.put(&left.tiled, width, height, files);
                    continue;
                }
            }
            let start = Instant::now();
            let pixmap = self
                .coverages
                .at(stencil, tree, widest, width)?
                .in_colour(stencil.colour)?;
            let image = straight(&self.dressed(pixmap, first)?);
            add_time(&mut self.times.scale, start);
            self.encode(image, presets, &left, &mut album);
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
            let first = &presets[group.first()];
            let start = Instant::now();
            let image = sizes.at(first.width_px)?;
            let image = if is_bare(first) {
                straight(image)
            } else {
                straight(&self.dressed(image.clone(), first)?)
            };
            add_time(&mut self.times.scale, start);
            self.encode(image, presets, &group, &mut album);
        }
        album.finish()
    }

    /// Encodes the pixels of a group, then those under the tiled watermark.
    fn encode(&mut self, mut image: StraightImage, presets: &[Preset], group: &Group, album: &mut Album<'_>) {
        let (width, height) = (image.width, image.height);
        let format = |&index: &usize| (presets[index].format, presets[index].quality);
        if !group.plain.is_empty() {
            let formats: Vec<_> = group.plain.iter().map(format).collect();
            let files = self.encoder.encode(&image, None, &formats);
            album.put(&group.plain, width, height, files);
        }
        if !group.tiled.is_empty() {
            let start = Instant::now();
            let mark = self.marks.at_size(width, height);
            image.lay_over(mark);
            add_time(&mut self.times.scale, start);
            let formats: Vec<_> = group.tiled.iter().map(format).collect();
            let known = (!group.plain.is_empty()).then_some(mark);
            album.put(
                &group.tiled,
                width,
                height,
                self.encoder.encode(&image, known, &formats),
            );
        }
    }

    /// The picture before the background of a preset and under the operator's watermark.
    fn dressed(&mut self, mut picture: Pixmap, preset: &Preset) -> Option<Pixmap> {
        if let Some([red, green, blue]) = preset.background {
            let mut paper = Pixmap::new(picture.width(), picture.height())?;
            paper.fill(Color::from_rgba8(red, green, blue, 255));
            let paint = PixmapPaint::default();
            paper.draw_pixmap(0, 0, picture.as_ref(), &paint, Transform::identity(), None);
            picture = paper;
        }
        if let Some(text) = own_mark(preset) {
            self.marks.draw_svg(&mut picture, text)?;
        }
        Some(picture)
    }
}
