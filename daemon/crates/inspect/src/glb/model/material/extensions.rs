//! Extensions of materials and of the textures in them.

use crate::glb::extensions::ExtensionObject;
use crate::glb::fields::{Fields, FloatList, Span};
use crate::glb::issue::codes;
use crate::glb::known::{Known, ObjectKind};
use crate::glb::matrix::rounded;
use crate::glb::model::material::{Material, NoteKind, SlotKind, SpecularGlossiness, TextureTransform, read_color};

/// Reads one extension of a material.
pub fn read(material: &mut Material, entry: &ExtensionObject<'_>) {
    let fields = entry.fields(members(entry.known));
    match entry.known {
        Known::Anisotropy => read_anisotropy(material, &fields),
        Known::Clearcoat => read_clearcoat(material, &fields),
        Known::Dispersion => {
            fields.float("dispersion", Span::NOT_NEGATIVE, 0.0);
            material.note(&fields, NoteKind::NeedsVolume);
        }
        Known::EmissiveStrength => {
            let strength = fields.float("emissiveStrength", Span::NOT_NEGATIVE, 1.0);
            if !strength.is_nan() && strength != 1.0 {
                material.note(&fields, NoteKind::NeedsEmission);
            }
        }
        Known::Ior => {
            fields.float("ior", Span::at_least(1.0).or(0.0), 1.5);
        }
        Known::Iridescence => read_iridescence(material, &fields),
        Known::SpecularGlossiness => {
            material.specular_glossiness = Some(SpecularGlossiness {
                diffuse_factor: read_color(&fields, "diffuseFactor"),
                diffuse_texture: material.read_slot(&fields, "diffuseTexture", SlotKind::Plain),
                glossiness_factor: fields.float("glossinessFactor", Span::UNIT, 1.0) as f32,
            });
            fields.floats("specularFactor", FloatList::unit(3));
            material.read_slot(&fields, "specularGlossinessTexture", SlotKind::Plain);
        }
        Known::Sheen => {
            fields.floats("sheenColorFactor", FloatList::unit(3));
            material.read_slot(&fields, "sheenColorTexture", SlotKind::Plain);
            fields.float("sheenRoughnessFactor", Span::UNIT, 0.0);
            material.read_slot(&fields, "sheenRoughnessTexture", SlotKind::Plain);
        }
        Known::Specular => {
            fields.float("specularFactor", Span::UNIT, 1.0);
            material.read_slot(&fields, "specularTexture", SlotKind::Plain);
            fields.floats("specularColorFactor", FloatList::with_length(3).from(0.0));
            material.read_slot(&fields, "specularColorTexture", SlotKind::Plain);
        }
        Known::Transmission => {
            material.transmission_factor = fields.float("transmissionFactor", Span::UNIT, 0.0) as f32;
            material.read_slot(&fields, "transmissionTexture", SlotKind::Plain);
        }
        Known::Volume => read_volume(material, &fields),
        _ => {}
    }
    fields.finish(ObjectKind::Other);
}

/// Reads a texture transform, with its pointer, and the set of texture coordinates if it names one.
pub fn read_transform(entry: &ExtensionObject<'_>) -> Option<(String, TextureTransform, Option<u64>)> {
    if entry.known != Known::TextureTransform {
        return None;
    }
    let fields = entry.fields(&["offset", "rotation", "scale", "texCoord"]);
    let transform = TextureTransform {
        offset: fields.array("offset", FloatList::ANY).map_or([0.0; 2], rounded),
        rotation: fields.float("rotation", Span::ANY, 0.0) as f32,
        scale: fields.array("scale", FloatList::ANY).map_or([1.0; 2], rounded),
    };
    let coordinates = fields.count("texCoord", 0..=u64::MAX);
    fields.finish(ObjectKind::Other);
    Some((fields.path.to_string(), transform, coordinates))
}

fn members(known: Known) -> &'static [&'static str] {
    match known {
        Known::Anisotropy => &["anisotropyStrength", "anisotropyRotation", "anisotropyTexture"],
        Known::Clearcoat => &[
            "clearcoatFactor",
            "clearcoatTexture",
            "clearcoatRoughnessFactor",
            "clearcoatRoughnessTexture",
            "clearcoatNormalTexture",
        ],
        Known::Dispersion => &["dispersion"],
        Known::EmissiveStrength => &["emissiveStrength"],
        Known::Ior => &["ior"],
        Known::Iridescence => &[
            "iridescenceFactor",
            "iridescenceTexture",
            "iridescenceIor",
            "iridescenceThicknessMinimum",
            "iridescenceThicknessMaximum",
            "iridescenceThicknessTexture",
        ],
        Known::SpecularGlossiness => &[
            "diffuseFactor",
            "diffuseTexture",
            "specularFactor",
            "glossinessFactor",
            "specularGlossinessTexture",
        ],
        Known::Sheen => &[
            "sheenColorFactor",
            "sheenColorTexture",
            "sheenRoughnessFactor",
            "sheenRoughnessTexture",
        ],
        Known::Specular => &[
            "specularFactor",
            "specularTexture",
            "specularColorFactor",
            "specularColorTexture",
        ],
        Known::Transmission => &["transmissionFactor", "transmissionTexture"],
        Known::Volume => &[
            "attenuationColor",
            "attenuationDistance",
            "thicknessFactor",
            "thicknessTexture",
        ],
        _ => &[],
    }
}

fn read_anisotropy(material: &mut Material, fields: &Fields<'_, '_>) {
    fields.float("anisotropyStrength", Span::UNIT, 0.0);
    fields.float("anisotropyRotation", Span::ANY, 0.0);
    if material
        .read_slot(fields, "anisotropyTexture", SlotKind::Plain)
        .is_some()
    {
        note_coordinates(material, codes::KHR_MATERIALS_ANISOTROPY_ANISOTROPY_TEXTURE_TEXCOORD);
        if let Some(slot) = material.slots.last_mut() {
            slot.needs_tangent = true;
        }
    }
}

fn read_clearcoat(material: &mut Material, fields: &Fields<'_, '_>) {
    fields.float("clearcoatFactor", Span::UNIT, 0.0);
    material.read_slot(fields, "clearcoatTexture", SlotKind::Plain);
    fields.float("clearcoatRoughnessFactor", Span::UNIT, 0.0);
    material.read_slot(fields, "clearcoatRoughnessTexture", SlotKind::Plain);
    if material
        .read_slot(fields, "clearcoatNormalTexture", SlotKind::Normal)
        .is_some()
    {
        note_coordinates(
            material,
            codes::KHR_MATERIALS_CLEARCOAT_CLEARCOAT_NORMAL_TEXTURE_TEXCOORD,
        );
    }
}

/// The texture that was read last should have the coordinates of the normal texture.
fn note_coordinates(material: &mut Material, code: crate::glb::issue::Code) {
    let (Some(slot), Some(coordinates)) = (material.slots.last(), material.last_coordinates()) else {
        return;
    };
    let pointer = slot.pointer.clone();
    let kind = NoteKind::SameCoordinates(code, coordinates);
    material.notes.push(crate::glb::model::material::Note { pointer, kind });
}

fn read_iridescence(material: &mut Material, fields: &Fields<'_, '_>) {
    fields.float("iridescenceFactor", Span::UNIT, 0.0);
    material.read_slot(fields, "iridescenceTexture", SlotKind::Plain);
    fields.float("iridescenceIor", Span::at_least(1.0), 1.3);
    let minimum = fields.float("iridescenceThicknessMinimum", Span::NOT_NEGATIVE, 100.0);
    let maximum = fields.float("iridescenceThicknessMaximum", Span::NOT_NEGATIVE, 400.0);
    if material
        .read_slot(fields, "iridescenceThicknessTexture", SlotKind::Plain)
        .is_some()
    {
        if minimum == maximum {
            fields.report_at(
                codes::KHR_MATERIALS_IRIDESCENCE_THICKNESS_TEXTURE_UNUSED,
                "iridescenceThicknessTexture",
                || "The texture has no effect, because both limits of the thickness are the same.".to_owned(),
            );
        }
    } else if !minimum.is_nan() && fields.has("iridescenceThicknessMinimum") {
        fields.report_at(
            codes::KHR_MATERIALS_IRIDESCENCE_THICKNESS_RANGE_WITHOUT_TEXTURE,
            "iridescenceThicknessMinimum",
            || "The minimum thickness has no effect without a thickness texture.".to_owned(),
        );
    }
}

fn read_volume(material: &mut Material, fields: &Fields<'_, '_>) {
    fields.floats("attenuationColor", FloatList::unit(3));
    fields.float("attenuationDistance", Span::POSITIVE, f64::NAN);
    let thickness = fields.float("thicknessFactor", Span::NOT_NEGATIVE, 0.0);
    material.read_slot(fields, "thicknessTexture", SlotKind::Plain);
    material.note(fields, NoteKind::NeedsTransmission);
    if thickness > 0.0 {
        material.note(fields, NoteKind::NotDoubleSided);
    }
}
