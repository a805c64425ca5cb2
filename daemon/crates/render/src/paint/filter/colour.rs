//! Effects on the colour of each pixel for itself, with resvg's rounding.

use resvg::tiny_skia;
use resvg::usvg::filter::{ColorInterpolation, ColorMatrixKind, ComponentTransfer, Flood, TransferFunction};

use super::image::{Image, Pixels};
use crate::paint::area::Area;
use crate::paint::over::Pixel;

/// One colour all over the region.
pub fn flood(flood: &Flood, region: Area) -> Image {
    let color = flood.color();
    let color = tiny_skia::Color::from_rgba8(color.red, color.green, color.blue, flood.opacity().to_u8());
    Image {
        area: region,
        // The colour of a flood is sRGB, even where the effect works in linear RGB.
        space: ColorInterpolation::SRGB,
        pixels: Pixels::Flood(premultiplied(color)),
    }
}

/// The bytes of a colour.
pub fn premultiplied(color: tiny_skia::Color) -> Pixel {
    let color = color.premultiply().to_color_u8();
    [color.red(), color.green(), color.blue(), color.alpha()]
}

/// The function of a colour matrix.
pub fn matrix(kind: &ColorMatrixKind) -> impl Fn(Pixel) -> Pixel + use<> {
    let rows = rows(kind);
    // Else a fraction of the last bit could be cut off.
    let keeps_alpha = matches!(kind, ColorMatrixKind::Saturate(_) | ColorMatrixKind::HueRotate(_));
    move |pixel| {
        let from = demultiplied(pixel).map(|channel| f32::from(channel) / 255.0);
        let [red, green, blue, alpha] = from;
        let mut to = rows.map(|row| to_byte(red * row[0] + green * row[1] + blue * row[2] + alpha * row[3] + row[4]));
        if keeps_alpha {
            to[3] = pixel[3];
        }
        multiplied(to)
    }
}

/// Factors of red, green, blue, alpha and one for each of the new channels.
fn rows(kind: &ColorMatrixKind) -> [[f32; 5]; 4] {
    let coloured = |[a, b, c, d, e, f, g, h, i]: [f32; 9]| {
        [
            [a, b, c, 0.0, 0.0],
            [d, e, f, 0.0, 0.0],
            [g, h, i, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, 0.0],
        ]
    };
    match kind {
        ColorMatrixKind::Matrix(matrix) => std::array::from_fn(|row| {
            std::array::from_fn(|column| matrix.get(row * 5 + column).copied().unwrap_or_default())
        }),
        ColorMatrixKind::Saturate(amount) => {
            let v = amount.get().max(0.0);
            coloured([
                0.213 + 0.787 * v,
                0.715 - 0.715 * v,
                0.072 - 0.072 * v,
                0.213 - 0.213 * v,
                0.715 + 0.285 * v,
                0.072 - 0.072 * v,
                0.213 - 0.213 * v,
                0.715 - 0.715 * v,
                0.072 + 0.928 * v,
            ])
        }
        ColorMatrixKind::HueRotate(degrees) => {
            let (sin, cos) = degrees.to_radians().sin_cos();
            coloured([
                0.213 + 0.787 * cos - 0.213 * sin,
                0.715 - 0.715 * cos - 0.715 * sin,
                0.072 - 0.072 * cos + 0.928 * sin,
                0.213 - 0.213 * cos + 0.143 * sin,
                0.715 + 0.285 * cos + 0.140 * sin,
                0.072 - 0.072 * cos - 0.283 * sin,
                0.213 - 0.213 * cos - 0.787 * sin,
                0.715 - 0.715 * cos + 0.715 * sin,
                0.072 + 0.928 * cos + 0.072 * sin,
            ])
        }
        ColorMatrixKind::LuminanceToAlpha => [[0.0; 5], [0.0; 5], [0.0; 5], [0.2125, 0.7154, 0.0721, 0.0, 0.0]],
    }
}

/// The function of a component transfer.
pub fn transfer(transfer: &ComponentTransfer) -> impl Fn(Pixel) -> Pixel + use<> {
    let table =
        |function: &TransferFunction| -> [u8; 256] { std::array::from_fn(|value| transferred(function, value as u8)) };
    let functions = [
        transfer.func_r(),
        transfer.func_g(),
        transfer.func_b(),
        transfer.func_a(),
    ];
    let tables: [[u8; 256]; 4] = functions.map(table);
    move |pixel| {
        let from = demultiplied(pixel);
        multiplied(std::array::from_fn(|channel| {
            tables[channel][usize::from(from[channel])]
        }))
    }
}

fn transferred(function: &TransferFunction, value: u8) -> u8 {
    let c = f32::from(value) / 255.0;
    let step = |count: usize, most: usize| ((c * count as f32).floor() as usize).min(most);
    to_byte(match function {
        TransferFunction::Identity => return value,
        TransferFunction::Table(values) | TransferFunction::Discrete(values) if values.is_empty() => return value,
        TransferFunction::Table(values) => {
            let last = values.len() - 1;
            let index = step(last, last);
            match values.get(index + 1) {
                Some(next) => values[index] + (c - index as f32 / last as f32) * last as f32 * (next - values[index]),
                None => values[index],
            }
        }
        TransferFunction::Discrete(values) => values[step(values.len(), values.len() - 1)],
        TransferFunction::Linear { slope, intercept } => slope * c + intercept,
        TransferFunction::Gamma {
            amplitude,
            exponent,
            offset,
        } => amplitude * c.powf(*exponent) + offset,
    })
}

/// The conversion to a colour space.
pub fn converter(space: ColorInterpolation) -> impl Fn(Pixel) -> Pixel {
    let table: [u8; 256] = std::array::from_fn(|value| {
        let c = value as f64 / 255.0;
        let converted = match space {
            ColorInterpolation::LinearRGB if c <= 0.04045 => c / 12.92,
            ColorInterpolation::LinearRGB => ((c + 0.055) / 1.055).powf(2.4),
            ColorInterpolation::SRGB if c <= 0.003_130_8 => c * 12.92,
            ColorInterpolation::SRGB => 1.055 * c.powf(1.0 / 2.4) - 0.055,
        };
        (converted * 255.0).round() as u8
    });
    move |pixel| {
        let [red, green, blue, alpha] = demultiplied(pixel);
        let [red, green, blue] = [red, green, blue].map(|channel| table[usize::from(channel)]);
        multiplied([red, green, blue, alpha])
    }
}

fn to_byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0) as u8
}

fn demultiplied(pixel: Pixel) -> Pixel {
    let [red, green, blue, alpha] = pixel;
    match alpha {
        0 | 255 => pixel,
        _ => {
            let a = f32::from(alpha) / 255.0;
            let [red, green, blue] = [red, green, blue].map(|channel| (f32::from(channel) / a + 0.5) as u8);
            [red, green, blue, alpha]
        }
    }
}

fn multiplied(pixel: Pixel) -> Pixel {
    let [red, green, blue, alpha] = pixel;
    match alpha {
        255 => pixel,
        _ => {
            let a = f32::from(alpha) / 255.0;
            let [red, green, blue] = [red, green, blue].map(|channel| (f32::from(channel) * a + 0.5) as u8);
            [red, green, blue, alpha]
        }
    }
}
