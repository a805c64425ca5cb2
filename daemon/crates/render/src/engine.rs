//! The engine: one SVG in, one picture for each preset out. Runs in the jail.
//!
//! The file is parsed once and drawn once, at the largest width; smaller pictures are made of larger ones by halving.

mod draw;

use std::fs::File;
use std::sync::Arc;
use std::time::Instant;

use resvg::tiny_skia::Pixmap;
use resvg::usvg::{self, fontdb};
use roxmltree::Document;
use serde::{Deserialize, Serialize};
use tradepost_base::Finding;

use super::copy::same_drawing;
use super::encoder::Encoder;
use super::fingerprint::{Fingerprint, fingerprint};
use super::frame::draw_at;
use super::paint::Scratch;
use super::presets::{Format, Preset};
use super::scale::ImageSizes;
use super::stencil::{CoverageSizes, Stencil};
use super::times::StageTimes;
use super::watermark::Marks;
use super::{cost, fonts, modern};
use tradepost_inspect::svg::{self, refusal};

/// The widest picture that is drawn.
pub const MAX_WIDTH_PX: u32 = 4_096;
/// The largest ratio of the sides; nothing of a longer drawing is visible.
const MAX_ASPECT: f32 = 1_000.0;
/// The fingerprint is made of the picture at this width.
const FINGERPRINT_WIDTH_PX: u32 = 256;

/// Moments of an animation are looked at in this width.
const LOOK_WIDTH_PX: u32 = 64;

/// The purpose for which a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The file may be published: it is inspected and drawn, its copy is made and compared, its fingerprint taken.
    Publish,
    /// Only renditions are needed.
    Draw,
}

/// One encoded picture.
#[derive(Debug)]
pub struct Picture {
    pub preset: String,
    pub format: Format,
    pub width_px: u32,
    pub height_px: u32,
    pub bytes: Vec<u8>,
}

/// The result of one SVG.
#[derive(Debug)]
pub struct Drawing {
    pub natural_width: f32,
    pub natural_height: f32,
    /// Active content; blocking findings do not stop the drawing, which runs none of it.
    pub findings: Vec<Finding>,
    /// One for each preset, in their order.
    pub pictures: Vec<Picture>,
    /// The sanitized copy to be published. `None` when it looks different, which a finding reports.
    pub copy: Option<String>,
    /// The fingerprint of the drawing.
    pub fingerprint: Option<Fingerprint>,
}

/// Draws files one after the other; keeps fonts, watermarks and buffers.
#[derive(Default)]
pub struct Engine {
    font_files: Vec<File>,
    /// Loaded when the first file with text comes.
    fonts: Option<Arc<fontdb::Database>>,
    marks: Marks,
    coverages: CoverageSizes,
    encoder: Encoder,
    scratch: Scratch,
    times: StageTimes,
    moment: Option<f64>,
}

impl Engine {
    /// An engine that draws text with these fonts ([`crate::fonts::open_system`]).
    pub fn new(font_files: Vec<File>) -> Self {
        Self {
            font_files,
            ..Self::default()
        }
    }

    /// The moment of the last drawing that its pictures show, in seconds; `None` of one that does not move.
    pub fn moment(&self) -> Option<f64> {
        self.moment
    }

    /// Takes the time of the files since the last call, by stage.
    pub fn take_times(&mut self) -> StageTimes {
        let mut times = std::mem::take(&mut self.times);
        times += std::mem::take(&mut self.encoder.times);
        times
    }

    /// Inspects and draws one file. The error lists every reason why there is no picture.
    pub fn render(
        &mut self,
        bytes: &[u8],
        path: &str,
        presets: &[Preset],
        max_bytes: u64,
    ) -> Result<Drawing, Vec<Finding>> {
        self.render_for(Purpose::Publish, bytes, path, presets, max_bytes)
    }

    /// As [`Self::render`], for a purpose.
    pub fn render_for(
        &mut self,
        purpose: Purpose,
        bytes: &[u8],
        path: &str,
        presets: &[Preset],
        max_bytes: u64,
    ) -> Result<Drawing, Vec<Finding>> {
        let start = Instant::now();
        let text = svg::open(bytes, path, max_bytes)?;
        let document = svg::parse(&text, path)?;
        add_time(&mut self.times.parse, start);
        let start = Instant::now();
        let mut findings = match purpose {
            Purpose::Publish => svg::inspect(&document, path),
            Purpose::Draw => Vec::new(),
        };
        add_time(&mut self.times.judge, start);
        match self.draw_document(purpose, &document, path, presets, &mut findings) {
            Ok(drawing) => Ok(Drawing { findings, ..drawing }),
            Err(reasons) => {
                findings.extend(reasons);
                Err(findings)
            }
        }
    }

    fn draw_document(
        &mut self,
        purpose: Purpose,
        document: &Document<'_>,
        path: &str,
        presets: &[Preset],
        findings: &mut Vec<Finding>,
    ) -> Result<Drawing, Vec<Finding>> {
        let start = Instant::now();
        let complexity = svg::complexity(document, path);
        if !complexity.is_empty() {
            return Err(complexity);
        }
        let widest = presets.iter().map(|preset| preset.width_px).max().unwrap_or(1);
        let tree = self
            .sound_tree(document, path, widest)
            .map_err(|finding| vec![finding])?;
        add_time(&mut self.times.parse, start);
        let (pictures, fingerprint) = self.pictures(purpose, &tree, widest, presets).ok_or_else(|| {
            let message = "shows nothing: every pixel of it is transparent";
            vec![refusal(path, svg::RENDERS_NOTHING, message)]
        })?;
        let start = Instant::now();
        let publishes = purpose == Purpose::Publish;
        let copy = if publishes { self.copy(document, &tree) } else { None };
        if publishes && copy.is_none() {
            findings.push(refusal(path, svg::COPY_DIFFERS, copy_differs(document)));
        }
        add_time(&mut self.times.judge, start);
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

    /// Every picture and, when it is wanted, the fingerprint; `None` when nothing shows.
    fn pictures(
        &mut self,
        purpose: Purpose,
        tree: &usvg::Tree,
        widest: u32,
        presets: &[Preset],
    ) -> Option<(Vec<Picture>, Option<Fingerprint>)> {
        if let Some(stencil) = Stencil::from_tree(tree)
            && self.draws_as_coverage(&stencil, tree, widest)
        {
            let pictures = self.draw_coverage(&stencil, tree, widest, presets)?;
            let start = Instant::now();
            let fingerprint = match purpose {
                Purpose::Publish => {
                    let coverage = self.coverages.at(&stencil, tree, widest, FINGERPRINT_WIDTH_PX)?;
                    Some(fingerprint(tree, &coverage.in_colour(stencil.colour)?))
                }
                Purpose::Draw => None,
            };
            add_time(&mut self.times.judge, start);
            return Some((pictures, fingerprint));
        }
        // Out of the engine while pictures are drawn from both.
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut sizes = ImageSizes::new(widest, |width| draw_at(tree, width, &mut scratch));
        let pictures = self.draw(&mut sizes, widest, presets)?;
        let start = Instant::now();
        let fingerprint = match purpose {
            Purpose::Publish => sizes.at(FINGERPRINT_WIDTH_PX).map(|pixels| fingerprint(tree, pixels)),
            Purpose::Draw => None,
        };
        add_time(&mut self.times.judge, start);
        drop(sizes);
        self.scratch = scratch;
        Some((pictures, fingerprint))
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
        same_drawing(original, &tree, &mut self.coverages, &mut self.scratch).then_some(copy)
    }

    fn tree(&mut self, document: &Document<'_>) -> Result<usvg::Tree, usvg::Error> {
        let mut options = usvg::Options {
            image_href_resolver: usvg::ImageHrefResolver {
                resolve_data: embedded_picture(),
                // The default opens files by their path.
                resolve_string: Box::new(|_, _| None),
            },
            ..usvg::Options::default()
        };
        if document.descendants().any(|node| node.tag_name().name() == "text") {
            options.fontdb = Arc::clone(self.fonts.get_or_insert_with(|| fonts::load(&self.font_files)));
            options.font_resolver.select_font = Box::new(fonts::select);
            options.font_size = fonts::DEFAULT_SIZE_PX;
        }
        let (tree, moment) = modern::tree(document, &options, |tree| is_empty(tree, &mut self.scratch))?;
        self.moment = moment;
        Ok(tree)
    }
}

/// Takes pictures in addresses for what they are by their bytes, as browsers do, whatever media type is declared.
fn embedded_picture() -> usvg::ImageHrefDataResolverFn<'static> {
    let by_type = usvg::ImageHrefResolver::default_data_resolver();
    Box::new(move |media_type, data, options| match data.as_slice() {
        [0x89, b'P', b'N', b'G', ..] => Some(usvg::ImageKind::PNG(data)),
        [0xff, 0xd8, 0xff, ..] => Some(usvg::ImageKind::JPEG(data)),
        [b'G', b'I', b'F', b'8', ..] => Some(usvg::ImageKind::GIF(data)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(usvg::ImageKind::WEBP(data)),
        _ => by_type(media_type, data, options),
    })
}

/// Names what the copy goes without.
fn copy_differs(document: &Document<'_>) -> String {
    let left_out = svg::left_out(document);
    if left_out.is_empty() {
        return "looks different in the copy that is published, which has no comments, instructions and data of editors: \
                save it as plain SVG, or draw it in another way"
            .to_owned();
    }
    format!(
        "looks different without {}, which the published copy does not have: remove that, or draw it in another way",
        left_out.join(", ")
    )
}

/// True when nothing of a drawing shows. What costs too much to look at is refused later.
fn is_empty(tree: &usvg::Tree, scratch: &mut Scratch) -> bool {
    let is_transparent = |pixmap: Pixmap| pixmap.pixels().iter().all(|pixel| pixel.alpha() == 0);
    cost::excess(tree, LOOK_WIDTH_PX).is_none() && draw_at(tree, LOOK_WIDTH_PX, scratch).is_none_or(is_transparent)
}

fn add_time(stage: &mut u64, start: Instant) {
    *stage += u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
}
