//! The engine: one SVG in, one picture for each preset out. Runs in the jail.
//!
//! The file is parsed once and drawn once, at the largest width; smaller pictures are made of larger ones by halving.

use std::fs::File;
use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};
use roxmltree::Document;
use tradepost_common::uploads::Finding;

use super::copy::same_picture_with;
use super::fingerprint::{Fingerprint, fingerprint};
use super::paint::{self, Scratch};
use super::presets::{Format, Preset, Watermark};
use super::scale::Levels;
use super::straight::Straight;
use super::watermark::Marks;
use super::{cost, encode_png, encode_webp, fonts, modern};
use tradepost_inspect::svg::{self, refusal};

/// Taller pictures are fitted into this many times the width.
pub(super) const MAX_HEIGHT: u32 = 4;
/// One side against the other; nothing is left to see of what is longer.
const MAX_ASPECT: f32 = 1_000.0;
/// The fingerprint is made of the picture at this width.
const FINGERPRINT_WIDTH_PX: u32 = 256;

/// One encoded picture.
#[derive(Debug)]
pub struct Picture {
    pub preset: String,
    pub format: Format,
    pub width_px: u32,
    pub height_px: u32,
    pub bytes: Vec<u8>,
}

/// What came of one file.
#[derive(Debug)]
pub struct Drawing {
    pub natural_width: f32,
    pub natural_height: f32,
    /// Active content; blocking findings do not stop the drawing, which runs none of it.
    pub findings: Vec<Finding>,
    /// One for each preset, in their order.
    pub pictures: Vec<Picture>,
    /// What is published: the file written anew without anything active. `None` when that does not look the same, which a finding says.
    pub copy: Option<String>,
    /// What copies of the file would have in common with it.
    pub fingerprint: Option<Fingerprint>,
}

/// Draws files one after the other; keeps what is dear to make.
#[derive(Default)]
pub struct Engine {
    font_files: Vec<File>,
    /// Loaded when the first file with text comes.
    fonts: Option<Arc<fontdb::Database>>,
    marks: Marks,
    scratch: Scratch,
}

impl Engine {
    /// An engine that draws text with these fonts ([`crate::fonts::open_system`]).
    pub fn new(font_files: Vec<File>) -> Self {
        Self {
            font_files,
            ..Self::default()
        }
    }

    /// Judges and draws one file. The error is every reason why there is no picture.
    pub fn render(
        &mut self,
        bytes: &[u8],
        path: &str,
        presets: &[Preset],
        max_bytes: u64,
    ) -> Result<Drawing, Vec<Finding>> {
        let text = svg::open(bytes, path, max_bytes)?;
        let document = svg::parse(&text, path)?;
        let mut findings = svg::judge(&document, path);
        match self.draw_document(&document, path, presets, &mut findings) {
            Ok(drawing) => Ok(Drawing { findings, ..drawing }),
            Err(reasons) => {
                findings.extend(reasons);
                Err(findings)
            }
        }
    }

    fn draw_document(
        &mut self,
        document: &Document<'_>,
        path: &str,
        presets: &[Preset],
        findings: &mut Vec<Finding>,
    ) -> Result<Drawing, Vec<Finding>> {
        let complexity = svg::complexity(document, path);
        if !complexity.is_empty() {
            return Err(complexity);
        }
        let widest = presets.iter().map(|preset| preset.width_px).max().unwrap_or(1);
        let tree = self
            .sound_tree(document, path, widest)
            .map_err(|finding| vec![finding])?;
        // Out of the engine while pictures are drawn from both.
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut levels = Levels::new(widest, |width| draw_at(&tree, width, &mut scratch));
        let pictures = self.draw(&mut levels, widest, presets).ok_or_else(|| {
            let message = "shows nothing: every pixel of it is transparent";
            vec![refusal(path, svg::RENDERS_NOTHING, message)]
        })?;
        let fingerprint = levels.at(FINGERPRINT_WIDTH_PX).map(|pixels| fingerprint(&tree, pixels));
        drop(levels);
        self.scratch = scratch;
        let copy = self.copy(document, &tree);
        if copy.is_none() {
            let message = "looks different without what is not allowed in it: remove that, or draw it in another way";
            findings.push(refusal(path, svg::COPY_DIFFERS, message));
        }
        let size = tree.size();
        Ok(Drawing {
            natural_width: size.width(),
            natural_height: size.height(),
            findings: Vec::new(),
            pictures,
            copy,
            fingerprint,
        })
    }

    /// The tree, when it can be drawn within bounds.
    fn sound_tree(&mut self, document: &Document<'_>, path: &str, widest: u32) -> Result<usvg::Tree, Finding> {
        let tree = self
            .tree(document)
            .map_err(|error| refusal(path, svg::NOT_SVG, format!("cannot be drawn: {error}")))?;
        let (width, height) = (tree.size().width(), tree.size().height());
        if !(width <= height * MAX_ASPECT && height <= width * MAX_ASPECT) {
            let message = format!("is {width} wide and {height} high: one may be {MAX_ASPECT} times the other at most");
            return Err(refusal(path, svg::TOO_COMPLEX, message));
        }
        match cost::excess(&tree, widest) {
            Some(message) => Err(refusal(path, svg::TOO_COMPLEX, message)),
            None => Ok(tree),
        }
    }

    /// The text that is published, when it looks the same.
    fn copy(&mut self, document: &Document<'_>, original: &usvg::Tree) -> Option<String> {
        let copy = svg::sanitise(document);
        let tree = self.tree(&svg::parse(&copy, "copy").ok()?).ok()?;
        same_picture_with(original, &tree, &mut self.scratch).then_some(copy)
    }

    fn tree(&mut self, document: &Document<'_>) -> Result<usvg::Tree, usvg::Error> {
        let mut options = usvg::Options {
            image_href_resolver: usvg::ImageHrefResolver {
                resolve_data: usvg::ImageHrefResolver::default_data_resolver(),
                // The default opens files by their path.
                resolve_string: Box::new(|_, _| None),
            },
            ..usvg::Options::default()
        };
        if document.descendants().any(|node| node.tag_name().name() == "text") {
            options.fontdb = Arc::clone(self.fonts.get_or_insert_with(|| fonts::load(&self.font_files)));
        }
        let modern = modern::written_out(document);
        match modern.as_deref().map(|text| svg::parse(text, "modern")) {
            Some(Ok(document)) => usvg::Tree::from_xmltree(&document, &options),
            _ => usvg::Tree::from_xmltree(document, &options),
        }
    }

    /// `None` when nothing shows.
    pub(super) fn draw<F>(&mut self, levels: &mut Levels<F>, widest: u32, presets: &[Preset]) -> Option<Vec<Picture>>
    where
        F: FnMut(u32) -> Option<Pixmap>,
    {
        let is_empty = |pixmap: &Pixmap| pixmap.pixels().iter().all(|pixel| pixel.alpha() == 0);
        if is_empty(levels.at(widest)?) {
            return None;
        }
        let mut pictures: Vec<Option<Picture>> = presets.iter().map(|_| None).collect();
        for index in 0..presets.len() {
            if pictures[index].is_some() {
                continue;
            }
            // Presets that differ in their format only share the pixels.
            let Preset {
                width_px, watermark, ..
            } = presets[index];
            let level = levels.at(width_px)?;
            let straight = match watermark {
                Watermark::None => Straight::of(level),
                Watermark::Tiled => Straight::of(&self.marks.draw_over(level)?),
            };
            let same = |preset: &Preset| preset.width_px == width_px && preset.watermark == watermark;
            for (preset, picture) in presets.iter().zip(&mut pictures).filter(|(preset, _)| same(preset)) {
                *picture = Some(encode(&straight, preset));
            }
        }
        pictures.into_iter().collect()
    }
}

fn encode(straight: &Straight, preset: &Preset) -> Picture {
    let bytes = match preset.format {
        Format::Png => encode_png::encode(straight),
        Format::Webp => encode_webp::encode(straight, preset.quality),
    };
    Picture {
        preset: preset.name.clone(),
        format: preset.format,
        width_px: straight.width,
        height_px: straight.height,
        bytes,
    }
}

/// Fills the picture's width; the height follows, within bounds.
pub(super) fn draw_at(tree: &usvg::Tree, width: u32, scratch: &mut Scratch) -> Option<Pixmap> {
    let size = tree.size();
    let natural = f64::from(width) * f64::from(size.height()) / f64::from(size.width());
    let most = width * MAX_HEIGHT;
    if natural > f64::from(most) {
        let scale = most as f32 / size.height();
        let left = (width as f32 - size.width() * scale) / 2.0;
        let mut pixmap = Pixmap::new(width, most)?;
        let transform = Transform::from_row(scale, 0.0, 0.0, scale, left, 0.0);
        paint::render(tree, transform, &mut pixmap.as_mut(), scratch);
        return Some(pixmap);
    }
    let height = (natural.round() as u32).max(1);
    let mut pixmap = Pixmap::new(width, height)?;
    let transform = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    paint::render(tree, transform, &mut pixmap.as_mut(), scratch);
    Some(pixmap)
}
