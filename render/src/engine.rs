//! The engine: one SVG in, one picture for each preset out. Runs in the jail.
//!
//! The file is parsed once and drawn once, at the largest width; smaller pictures are made of larger ones by halving.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};
use roxmltree::{Document, ParsingOptions};
use tradepost_common::uploads::{Finding, FindingSeverity};

use super::presets::{Format, Preset, Watermark};
use super::scale::Levels;
use super::straight::Straight;
use super::watermark::Marks;
use super::{encode_png, encode_webp, fonts};
use tradepost_inspect::magic::{SvgText, svg_text};
use tradepost_inspect::svg::active;

/// The file is not what it should be; the message says in which way.
pub const NOT_SVG_RULE: &str = "not-svg";
/// The file is sound and shows nothing.
pub const RENDERS_NOTHING_RULE: &str = "renders-nothing";
/// The file is larger than it may be.
pub const TOO_LARGE_RULE: &str = "too-large";

const SVG: &str = "http://www.w3.org/2000/svg";

/// As many as usvg itself allows.
const MAX_NODES: u32 = 1_000_000;
/// Taller pictures are fitted into this many times the width.
const MAX_HEIGHT: u32 = 4;

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
}

/// Draws files one after the other; keeps what is dear to make.
#[derive(Default)]
pub struct Engine {
    /// Loaded when the first file with text comes.
    fonts: Option<Arc<fontdb::Database>>,
    marks: Marks,
}

impl Engine {
    /// Judges and draws one file. The error is every reason why there is no picture.
    pub fn render(
        &mut self,
        bytes: &[u8],
        path: &str,
        presets: &[Preset],
        max_bytes: u64,
    ) -> Result<Drawing, Vec<Finding>> {
        if bytes.len() as u64 > max_bytes {
            return Err(vec![refusal(
                path,
                TOO_LARGE_RULE,
                format!("is larger than {} MiB, the limit for an SVG", max_bytes >> 20),
            )]);
        }
        let text = readable(bytes).map_err(|message| vec![refusal(path, NOT_SVG_RULE, message)])?;
        let doctype = active::judge_doctype(text, path);
        if !doctype.is_empty() {
            return Err(doctype);
        }
        let document = parse(text, path).map_err(|finding| vec![finding])?;
        let mut findings = active::judge(&document, path);
        let tree = match self.tree(&document) {
            Ok(tree) => tree,
            Err(error) => {
                findings.push(refusal(path, NOT_SVG_RULE, format!("cannot be drawn: {error}")));
                return Err(findings);
            }
        };
        let Some(pictures) = self.draw(&tree, presets) else {
            findings.push(refusal(
                path,
                RENDERS_NOTHING_RULE,
                "shows nothing: every pixel of it is transparent",
            ));
            return Err(findings);
        };
        let size = tree.size();
        Ok(Drawing {
            natural_width: size.width(),
            natural_height: size.height(),
            findings,
            pictures,
        })
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
            options.fontdb = Arc::clone(self.fonts.get_or_insert_with(fonts::system));
        }
        usvg::Tree::from_xmltree(document, &options)
    }

    /// `None` when nothing shows.
    fn draw(&mut self, tree: &usvg::Tree, presets: &[Preset]) -> Option<Vec<Picture>> {
        let widest = presets.iter().map(|preset| preset.width_px).max()?;
        let mut levels = Levels::new(widest, |width| draw_at(tree, width));
        if levels
            .at(widest)?
            .data()
            .iter()
            .skip(3)
            .step_by(4)
            .all(|&alpha| alpha == 0)
        {
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

/// The text of the file, or why it is not read.
fn readable(bytes: &[u8]) -> Result<&str, &'static str> {
    match svg_text(bytes) {
        SvgText::Text(text) => Ok(text),
        SvgText::Compressed => Err("is compressed with gzip: upload the plain SVG"),
        SvgText::OtherEncoding => Err("is not in UTF-8, the only encoding that is accepted"),
        SvgText::NotXml => Err("is not an SVG file"),
    }
}

fn parse<'input>(text: &'input str, path: &str) -> Result<Document<'input>, Finding> {
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        let at = error.pos();
        let mut finding = refusal(path, NOT_SVG_RULE, format!("is not well-formed XML: {error}"));
        finding.line = i32::try_from(at.row).ok();
        finding.column = i32::try_from(at.col).ok();
        finding
    })?;
    let root = document.root_element().tag_name();
    if root.name() == "svg" && root.namespace() == Some(SVG) {
        return Ok(document);
    }
    Err(refusal(
        path,
        NOT_SVG_RULE,
        format!("is XML but not SVG: its root element is not <svg> in the name space {SVG}"),
    ))
}

/// Fills the picture's width; the height follows, within bounds.
fn draw_at(tree: &usvg::Tree, width: u32) -> Option<Pixmap> {
    let size = tree.size();
    let natural = f64::from(width) * f64::from(size.height()) / f64::from(size.width());
    let most = width * MAX_HEIGHT;
    if natural > f64::from(most) {
        let scale = most as f32 / size.height();
        let left = (width as f32 - size.width() * scale) / 2.0;
        let mut pixmap = Pixmap::new(width, most)?;
        resvg::render(
            tree,
            Transform::from_row(scale, 0.0, 0.0, scale, left, 0.0),
            &mut pixmap.as_mut(),
        );
        return Some(pixmap);
    }
    let height = (natural.round() as u32).max(1);
    let mut pixmap = Pixmap::new(width, height)?;
    let transform = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(tree, transform, &mut pixmap.as_mut());
    Some(pixmap)
}

fn refusal(path: &str, rule: &str, message: impl Into<String>) -> Finding {
    Finding {
        file: Some(path.to_owned()),
        rule: rule.to_owned(),
        severity: FindingSeverity::Blocking,
        message: message.into(),
        line: None,
        column: None,
        excerpt: None,
    }
}
