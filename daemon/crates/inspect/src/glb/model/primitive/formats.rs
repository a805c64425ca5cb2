//! The formats that the accessors of attributes may have.

use crate::glb::gl::AccessorType::{Vec2, Vec3, Vec4};
use crate::glb::gl::Component::{F32, I8, I16, U8, U16};
use crate::glb::gl::Format;
use crate::glb::known::{Declared, Known};

const FLOAT_2: Format = Format::plain(Vec2, F32);
const FLOAT_3: Format = Format::plain(Vec3, F32);
const FLOAT_4: Format = Format::plain(Vec4, F32);

const COORDINATES: [Format; 3] = [FLOAT_2, Format::normalized(Vec2, U8), Format::normalized(Vec2, U16)];
const COLORS: [Format; 6] = [
    FLOAT_3,
    Format::normalized(Vec3, U8),
    Format::normalized(Vec3, U16),
    FLOAT_4,
    Format::normalized(Vec4, U8),
    Format::normalized(Vec4, U16),
];
const JOINTS: [Format; 2] = [Format::plain(Vec4, U8), Format::plain(Vec4, U16)];
const WEIGHTS: [Format; 3] = [FLOAT_4, Format::normalized(Vec4, U8), Format::normalized(Vec4, U16)];
const INDICES: [crate::glb::gl::Component; 3] = [U8, U16, crate::glb::gl::Component::U32];

/// True when a standard attribute may have the format; `None` for an application-specific attribute.
pub fn attribute_allows(name: &str, format: Option<Format>, declared: &Declared<'_>) -> Option<bool> {
    let set = set_of(name);
    let plain: &[Format] = match set {
        "POSITION" | "NORMAL" => &[FLOAT_3],
        "TANGENT" => &[FLOAT_4],
        "TEXCOORD" => &COORDINATES,
        "COLOR" => &COLORS,
        "JOINTS" => &JOINTS,
        "WEIGHTS" => &WEIGHTS,
        _ => return None,
    };
    Some(format.is_some_and(|format| {
        plain.contains(&format) || (declared.has(Known::Quantization) && quantized_attribute(set, format))
    }))
}

/// As [`attribute_allows`], for an attribute of a morph target.
pub fn morph_allows(name: &str, format: Option<Format>, declared: &Declared<'_>) -> Option<bool> {
    let set = set_of(name);
    let kinds: &[crate::glb::gl::AccessorType] = match set {
        "POSITION" | "NORMAL" | "TANGENT" => &[Vec3],
        "TEXCOORD" => &[Vec2],
        "COLOR" => &[Vec3, Vec4],
        _ => return None,
    };
    let small = |format: Format| matches!(format.component, I8 | U8 | I16 | U16);
    let signed = |format: Format| matches!(format.component, I8 | I16);
    Some(format.is_some_and(|format| {
        let plain = (format.component == F32 && !format.normalized)
            || (matches!(set, "TEXCOORD" | "COLOR") && small(format) && format.normalized);
        let widened = match set {
            "POSITION" => signed(format),
            "NORMAL" | "TANGENT" => signed(format) && format.normalized,
            "TEXCOORD" => signed(format) && !format.normalized,
            _ => false,
        };
        kinds.contains(&format.kind) && (plain || (declared.has(Known::Quantization) && widened))
    }))
}

pub fn indices_allow(format: Option<Format>) -> bool {
    format.is_some_and(|format| {
        INDICES
            .iter()
            .any(|&component| format == Format::plain(crate::glb::gl::AccessorType::Scalar, component))
    })
}

/// The formats that `KHR_mesh_quantization` adds.
fn quantized_attribute(set: &str, format: Format) -> bool {
    let small = matches!(format.component, I8 | U8 | I16 | U16);
    let signed = matches!(format.component, I8 | I16);
    match set {
        "POSITION" => format.kind == Vec3 && small,
        "NORMAL" => format.kind == Vec3 && signed && format.normalized,
        "TANGENT" => format.kind == Vec4 && signed && format.normalized,
        "TEXCOORD" => format.kind == Vec2 && small,
        _ => false,
    }
}

/// `COLOR` of `COLOR_0`.
fn set_of(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}
