//! Converts the colour space of a file to sRGB.
//!
//! A PNG can say them in four ways; the first of cICP, iCCP, sRGB and gAMA (with cHRM) counts, as the PNG specification has it. JPEG and WebP
//! carry a profile or nothing. What cannot be read is left aside: the picture is then shown as most viewers show it, and a finding says so.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use moxcms::{
    Chromaticity, CicpColorPrimaries, CicpProfile, ColorPrimaries, ColorProfile, DataColorSpace, Layout,
    MatrixCoefficients, ParsingOptions, ToneReprCurve, TransferCharacteristics, TransformExecutor, TransformOptions,
    XyY, curve_from_gamma,
};

use super::Channels;

const MAX_PROFILE_BYTES: usize = 4 << 20;
const MAX_TABLE_BYTES: usize = 16 << 20;
const MAX_CURVE_STEPS: usize = 1 << 16;
/// Colours that differ by no more were only rounded on their way.
const SAME: u8 = 1;

const UNREADABLE: &str = "has a colour profile that can not be read: its colours are shown as sRGB";
const OTHER_CHANNELS: &str = "has a colour profile for another kind of pixels: its colours are shown as sRGB";
const HIGH_RANGE: &str =
    "has colours for displays of a high dynamic range (PQ or HLG), which previews do not have: they are shown as sRGB";

/// The conversion of the pixels of a file to sRGB.
pub struct Colours {
    conversion: Conversion,
    note: Option<&'static str>,
}

enum Conversion {
    /// The pixels are sRGB.
    None,
    /// For pictures in shades of grey: the colour that each shade becomes.
    Grey(Box<[[u8; 3]; 256]>),
    Rgb(Arc<dyn TransformExecutor<u8> + Send + Sync>),
}

impl Colours {
    /// Nothing to convert.
    pub fn srgb() -> Self {
        Self {
            conversion: Conversion::None,
            note: None,
        }
    }

    fn without(note: &'static str) -> Self {
        Self {
            conversion: Conversion::None,
            note: Some(note),
        }
    }

    /// The conversion of an ICC profile.
    pub fn of_profile(profile: &[u8], channels: Channels) -> Self {
        if profile.len() > MAX_PROFILE_BYTES {
            return Self::without(UNREADABLE);
        }
        let options = ParsingOptions {
            max_profile_size: MAX_PROFILE_BYTES,
            max_allowed_clut_size: MAX_TABLE_BYTES,
            max_allowed_trc_size: MAX_CURVE_STEPS,
        };
        // A hostile profile must not cost the picture.
        let conversion = catch_unwind(|| {
            let profile = ColorProfile::new_from_slice_with_options(profile, options).ok();
            profile
                .ok_or(UNREADABLE)
                .and_then(|profile| conversion(&profile, channels))
        });
        Self::from(conversion.unwrap_or(Err(UNREADABLE)))
    }

    /// The conversion of the colour chunks of a PNG.
    pub fn of_png(info: &png::Info<'_>, channels: Channels) -> Self {
        if let Some(points) = &info.coding_independent_code_points {
            let conversion = catch_unwind(AssertUnwindSafe(|| of_code_points(points, channels)));
            return Self::from(conversion.unwrap_or(Err(UNREADABLE)));
        }
        if let Some(profile) = &info.icc_profile {
            return Self::of_profile(profile, channels);
        }
        match (info.srgb, info.gama_chunk) {
            (None, Some(gamma)) => {
                let conversion = catch_unwind(AssertUnwindSafe(|| of_gamma(gamma.into_value(), info, channels)));
                Self::from(conversion.unwrap_or(Err(UNREADABLE)))
            }
            _ => Self::srgb(),
        }
    }

    /// The reason why a profile was ignored.
    pub fn note(&self) -> Option<&'static str> {
        self.note
    }

    /// Converts pixels of red, green, blue and alpha, not premultiplied.
    pub fn apply(&self, rgba: &mut [u8]) {
        match &self.conversion {
            Conversion::None => {}
            Conversion::Grey(shades) => {
                for pixel in rgba.chunks_exact_mut(4) {
                    let shade = shades[usize::from(pixel[0])];
                    pixel[..3].copy_from_slice(&shade);
                }
            }
            Conversion::Rgb(transform) => {
                let mut converted = vec![0; rgba.len()];
                let done = catch_unwind(AssertUnwindSafe(|| transform.transform(rgba, &mut converted)));
                if matches!(done, Ok(Ok(()))) {
                    // Transparency is not a colour.
                    for (pixel, converted) in rgba.chunks_exact_mut(4).zip(converted.chunks_exact(4)) {
                        pixel[..3].copy_from_slice(&converted[..3]);
                    }
                }
            }
        }
    }
}

impl From<Result<Conversion, &'static str>> for Colours {
    fn from(result: Result<Conversion, &'static str>) -> Self {
        match result {
            Ok(conversion) => Self { conversion, note: None },
            Err(note) => Self::without(note),
        }
    }
}

fn conversion(profile: &ColorProfile, channels: Channels) -> Result<Conversion, &'static str> {
    let is_grey = matches!(channels, Channels::Grey | Channels::GreyAlpha);
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    match profile.color_space {
        DataColorSpace::Gray if is_grey => {
            let transform = profile.create_transform_8bit(Layout::Gray, &srgb, Layout::Rgb, options);
            let transform = transform.map_err(|_| UNREADABLE)?;
            let shades: [u8; 256] = std::array::from_fn(|shade| shade as u8);
            let mut converted = [0; 256 * 3];
            transform.transform(&shades, &mut converted).map_err(|_| UNREADABLE)?;
            let (triples, _) = converted.as_chunks::<3>();
            let shades = Box::new(std::array::from_fn(|shade| triples[shade]));
            Ok(Conversion::Grey(shades))
        }
        // A grey pixel has a place in every space of three colours.
        DataColorSpace::Rgb => {
            let transform = profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgba, options);
            let transform = transform.map_err(|_| UNREADABLE)?;
            if changes_nothing(&*transform) {
                return Ok(Conversion::None);
            }
            Ok(Conversion::Rgb(transform))
        }
        _ => Err(OTHER_CHANNELS),
    }
}

/// Most profiles are sRGB written in one way or another; what is exact stays exact then.
fn changes_nothing(transform: &(dyn TransformExecutor<u8> + Send + Sync)) -> bool {
    let steps = [0, 32, 64, 96, 128, 160, 192, 224, 255];
    let colours: Vec<u8> = steps
        .iter()
        .flat_map(|&red| steps.iter().map(move |&green| (red, green)))
        .flat_map(|(red, green)| steps.iter().flat_map(move |&blue| [red, green, blue, 255]))
        .collect();
    let mut converted = vec![0; colours.len()];
    let is_near = |(before, after): (&u8, &u8)| before.abs_diff(*after) <= SAME;
    transform.transform(&colours, &mut converted).is_ok() && colours.iter().zip(&converted).all(is_near)
}

fn of_code_points(points: &png::CodingIndependentCodePoints, channels: Channels) -> Result<Conversion, &'static str> {
    if points.matrix_coefficients != 0 || !points.is_video_full_range_image {
        return Err(UNREADABLE);
    }
    let color_primaries = CicpColorPrimaries::try_from(points.color_primaries).map_err(|_| UNREADABLE)?;
    let transfer_characteristics =
        TransferCharacteristics::try_from(points.transfer_function).map_err(|_| UNREADABLE)?;
    if matches!(
        transfer_characteristics,
        TransferCharacteristics::Smpte2084 | TransferCharacteristics::Hlg
    ) {
        return Err(HIGH_RANGE);
    }
    let is_linear = transfer_characteristics == TransferCharacteristics::Linear;
    let mut profile = ColorProfile::new_srgb();
    // It always returns false; the fields it has set show if it knew the numbers.
    (profile.cicp, profile.red_trc) = (None, None);
    profile.update_rgb_colorimetry_from_cicp(CicpProfile {
        color_primaries,
        // The curve of linear light is one that it does not have.
        transfer_characteristics: if is_linear {
            TransferCharacteristics::Srgb
        } else {
            transfer_characteristics
        },
        matrix_coefficients: MatrixCoefficients::Identity,
        full_range: true,
    });
    if profile.cicp.is_none() || profile.red_trc.is_none() {
        return Err(UNREADABLE);
    }
    if is_linear {
        set_curve(&mut profile, curve_from_gamma(1.0));
    }
    conversion(&profile, channels)
}

/// A power function, with the primaries that cHRM names or those of sRGB.
fn of_gamma(file_gamma: f32, info: &png::Info<'_>, channels: Channels) -> Result<Conversion, &'static str> {
    if !(0.05..=5.0).contains(&file_gamma) {
        return Err(UNREADABLE);
    }
    let is_usual = (file_gamma - 1.0 / 2.2).abs() < 0.01;
    let mut profile = ColorProfile::new_srgb();
    if let Some(chromaticities) = &info.chrm_chunk {
        let place = |(x, y): (png::ScaledFloat, png::ScaledFloat)| (x.into_value(), y.into_value());
        let places = [
            chromaticities.red,
            chromaticities.green,
            chromaticities.blue,
            chromaticities.white,
        ]
        .map(place);
        // Below the line of a screen's colours there is nothing to divide by.
        if places
            .iter()
            .any(|&(x, y)| !(0.0..=1.0).contains(&x) || !(0.01..=1.0).contains(&y))
        {
            return Err(UNREADABLE);
        }
        let [red, green, blue, _] = places.map(|(x, y)| Chromaticity::new(x, y));
        let white = XyY::new(places[3].0.into(), places[3].1.into(), 1.0);
        profile.update_rgb_colorimetry(white, ColorPrimaries { red, green, blue });
    }
    if !is_usual {
        set_curve(&mut profile, curve_from_gamma(1.0 / file_gamma));
    }
    conversion(&profile, channels)
}

fn set_curve(profile: &mut ColorProfile, curve: ToneReprCurve) {
    profile.red_trc = Some(curve.clone());
    profile.green_trc = Some(curve.clone());
    profile.blue_trc = Some(curve);
    // Otherwise the curve of the description would count.
    profile.cicp = None;
}
