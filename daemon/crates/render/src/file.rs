//! One uploaded file of any kind: its type, findings, renditions, and the bytes that may be published.

use tradepost_base::{Finding, FindingSeverity};
use tradepost_inspect::glb;
use tradepost_inspect::media::{self, Family, Media};
use tradepost_inspect::svg;

use super::engine::{Drawing, Engine, Picture, Purpose};
use super::fingerprint::{Fingerprint, of_pixels};
use super::frame::MAX_HEIGHT;
use super::model::{ModelError, Still};
use super::presets::Preset;
use super::raster::Raster;
use super::scale::ImageSizes;
use super::sound::{SoundError, Waveform};

/// The fingerprint is made of the picture at this width.
const FINGERPRINT_WIDTH_PX: u32 = 128;

/// The result of one file.
#[derive(Debug)]
pub struct Opened {
    /// The natural size of a drawing or an image, in its own units. No side is shorter than one: what is smaller keeps its proportions.
    pub size: Option<(f32, f32)>,
    /// Blocking findings do not stop the drawing: a moderator sees the picture.
    pub findings: Vec<Finding>,
    /// One for each preset, in their order; none of a model or a sound that can not be shown, which a finding says.
    pub pictures: Vec<Picture>,
    pub published: Published,
    pub fingerprint: Option<Fingerprint>,
}

/// The bytes that may be published of a file.
#[derive(Debug)]
pub enum Published {
    /// The uploaded bytes: every one of them was inspected.
    Itself,
    /// A sanitized copy, or the file without what was cut off it.
    Copy(Vec<u8>),
    /// None.
    Nothing,
}

impl Engine {
    /// Inspects one file and draws it in every preset. The error lists every reason why there is no picture.
    pub fn open(
        &mut self,
        bytes: &[u8],
        path: &str,
        presets: &[Preset],
        svg_bytes: u64,
    ) -> Result<Opened, Vec<Finding>> {
        self.open_for(Purpose::Publish, bytes, path, presets, svg_bytes)
    }

    /// As [`Self::open`], for a purpose.
    pub fn open_for(
        &mut self,
        purpose: Purpose,
        bytes: &[u8],
        path: &str,
        presets: &[Preset],
        svg_bytes: u64,
    ) -> Result<Opened, Vec<Finding>> {
        let media = media::inspect(bytes, path)?;
        match media.file_type.family() {
            Some(Family::Drawing) => Ok(drawing(
                self.render_for(purpose, bytes, path, presets, svg_bytes)?,
                media,
            )),
            Some(Family::Picture) => self.picture(bytes, path, presets, media),
            Some(Family::Model) => self.model(bytes, path, presets, media),
            Some(Family::Sound) => Ok(self.sound(bytes, path, presets, media)),
            None => Ok(without_picture(media.findings)),
        }
    }

    fn picture(&mut self, bytes: &[u8], path: &str, presets: &[Preset], media: Media) -> Result<Opened, Vec<Finding>> {
        let raster = Raster::decode(media.cleaned.as_deref().unwrap_or(bytes))
            .map_err(|fault| vec![svg::refusal(path, "picture.structure", fault.to_string())])?;
        let note: Vec<Finding> = raster
            .note()
            .map(|message| note(path, "picture.colour-profile", FindingSeverity::Info, message))
            .into_iter()
            .collect();
        let widest = presets.iter().map(|preset| preset.width_px).max().unwrap_or(1);
        let mut sizes = ImageSizes::new(widest, |width| raster.at(width, MAX_HEIGHT));
        let pictures = self.draw(&mut sizes, widest, presets).ok_or_else(|| {
            let message = "shows nothing: every pixel of it is transparent";
            vec![svg::refusal(path, svg::RENDERS_NOTHING, message)]
        })?;
        Ok(Opened {
            size: Some((raster.width() as f32, raster.height() as f32)),
            findings: [media.findings, note].concat(),
            pictures,
            published: published(media.cleaned),
            fingerprint: sizes.at(FINGERPRINT_WIDTH_PX).map(of_pixels),
        })
    }

    /// A model is inspected by its structure; a missing picture refuses nothing.
    fn model(&mut self, bytes: &[u8], path: &str, presets: &[Preset], media: Media) -> Result<Opened, Vec<Finding>> {
        let findings = glb::to_findings(&glb::check(bytes, path, &glb::Policy::upload()));
        if findings
            .iter()
            .any(|finding| finding.severity == FindingSeverity::Blocking)
        {
            return Err(findings);
        }
        let mut opened = without_picture([media.findings, findings].concat());
        let widest = presets.iter().map(|preset| preset.width_px).max().unwrap_or(1);
        match Still::draw(bytes, widest) {
            Ok(still) => {
                let notes = still.notes.iter();
                let notes = notes.map(|message| note(path, "model.texture", FindingSeverity::Warning, message));
                opened.findings.extend(notes);
                let mut sizes = ImageSizes::new(widest, |width| still.at(width));
                opened.pictures = self.draw(&mut sizes, widest, presets).unwrap_or_default();
                opened.fingerprint = sizes.at(FINGERPRINT_WIDTH_PX).map(of_pixels);
            }
            Err(error) => {
                let severity = match error {
                    ModelError::Unreadable => FindingSeverity::Warning,
                    _ => FindingSeverity::Info,
                };
                opened.findings.push(note(path, "model.no-picture", severity, error));
            }
        }
        Ok(opened)
    }

    /// A sound is inspected by its structure; a missing picture refuses nothing. Waveforms are no fingerprints: too many look alike.
    fn sound(&mut self, bytes: &[u8], path: &str, presets: &[Preset], media: Media) -> Opened {
        let mut opened = without_picture(media.findings);
        let cleaned = media.cleaned;
        let bytes = cleaned.as_deref().unwrap_or(bytes);
        let widest = presets.iter().map(|preset| preset.width_px).max().unwrap_or(1);
        match Waveform::read(bytes, media.duration_ms.unwrap_or(0)) {
            Ok(waveform) => {
                let mut sizes = ImageSizes::new(widest, |width| waveform.at(width));
                opened.pictures = self.draw(&mut sizes, widest, presets).unwrap_or_default();
            }
            Err(error) => {
                let severity = match error {
                    SoundError::Damaged(_) => FindingSeverity::Warning,
                    SoundError::TooLong | SoundError::NotDecodedHere => FindingSeverity::Info,
                };
                opened.findings.push(note(path, "sound.no-picture", severity, error));
            }
        }
        opened.published = published(cleaned);
        opened
    }
}

fn drawing(drawing: Drawing, media: Media) -> Opened {
    let Drawing {
        natural_width,
        natural_height,
        findings,
        pictures,
        copy,
        fingerprint,
    } = drawing;
    // The catalogue keeps whole units.
    let scale = (1.0 / natural_width.min(natural_height)).max(1.0);
    Opened {
        size: Some((natural_width * scale, natural_height * scale)),
        findings: [media.findings, findings].concat(),
        pictures,
        published: copy.map_or(Published::Nothing, |copy| Published::Copy(copy.into_bytes())),
        fingerprint,
    }
}

fn published(cleaned: Option<Vec<u8>>) -> Published {
    cleaned.map_or(Published::Itself, Published::Copy)
}

fn without_picture(findings: Vec<Finding>) -> Opened {
    Opened {
        size: None,
        findings,
        pictures: Vec::new(),
        published: Published::Itself,
        fingerprint: None,
    }
}

/// A finding that does not block.
fn note(path: &str, rule: &str, severity: FindingSeverity, message: impl std::fmt::Display) -> Finding {
    Finding {
        severity,
        ..svg::refusal(path, rule, message.to_string())
    }
}
