//! Materials.

mod extensions;
mod values;

use std::cell::Cell;

pub use self::values::{AlphaMode, MetallicRoughness, SpecularGlossiness, TextureInfo, TextureTransform};

use crate::glb::extensions::Extensions;
use crate::glb::fields::{Fields, FloatList, Span};
use crate::glb::issue::{Code, codes};
use crate::glb::known::{Known, ObjectKind};
use crate::glb::matrix::rounded;
use crate::glb::model::Model;

/// A material.
#[derive(Debug, Default)]
pub struct Material {
    pub metallic_roughness: MetallicRoughness,
    /// Linear red, green, blue; NaN when it is wrong.
    pub emissive_factor: [f64; 3],
    pub emissive_texture: Option<TextureInfo>,
    pub alpha_mode: AlphaMode,
    /// 0 to 1; only of [`AlphaMode::Mask`].
    pub alpha_cutoff: f32,
    pub double_sided: bool,
    /// `KHR_materials_pbrSpecularGlossiness`; replaces `metallic_roughness`.
    pub specular_glossiness: Option<SpecularGlossiness>,
    /// `KHR_materials_transmission`, 0 to 1.
    pub transmission_factor: f32,
    /// The textures that it uses, also in its extensions.
    pub(crate) slots: Vec<TextureSlot>,
    /// Checks that need the whole material.
    pub(crate) notes: Vec<Note>,
    /// The texture coordinates of its normal texture, if it has one.
    pub(crate) normal_coordinates: Option<Option<u64>>,
    /// Vertices need tangents to show it.
    pub(crate) needs_tangent: Cell<bool>,
    pub(crate) used: Cell<bool>,
    extensions: Extensions,
}

/// A place where a material uses a texture.
#[derive(Debug)]
pub struct TextureSlot {
    pub pointer: String,
    pub texture: Option<usize>,
    /// The sets of texture coordinates it takes, each with the pointer that names it.
    pub coordinates: Vec<(String, Option<u64>)>,
    pub needs_tangent: bool,
}

/// A check of an extension that depends on the rest of the material.
#[derive(Debug)]
pub struct Note {
    pub pointer: String,
    pub kind: NoteKind,
}

#[derive(Debug)]
pub enum NoteKind {
    /// The texture should have the coordinates of the normal texture.
    SameCoordinates(Code, Option<u64>),
    NeedsVolume,
    NeedsEmission,
    NeedsTransmission,
    NotDoubleSided,
}

/// The additional properties of a texture slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlotKind {
    Plain,
    Normal,
    Occlusion,
}

const MEMBERS: [&str; 9] = [
    "pbrMetallicRoughness",
    "normalTexture",
    "occlusionTexture",
    "emissiveTexture",
    "emissiveFactor",
    "alphaMode",
    "alphaCutoff",
    "doubleSided",
    "name",
];

impl Material {
    pub(crate) const MEMBERS: &'static [&'static str] = &MEMBERS;

    /// `KHR_materials_unlit`.
    pub fn is_unlit(&self) -> bool {
        self.extensions.known.contains(&Known::Unlit)
    }

    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        let mut material = Self::default();
        material.read_roughness(fields);
        if material.read_slot(fields, "normalTexture", SlotKind::Normal).is_some() {
            material.normal_coordinates = material.last_coordinates();
        }
        material.read_slot(fields, "occlusionTexture", SlotKind::Occlusion);
        material.emissive_texture = material.read_slot(fields, "emissiveTexture", SlotKind::Plain);
        material.emissive_factor = match fields.array("emissiveFactor", FloatList::UNIT) {
            Some(factor) => factor,
            None if fields.has("emissiveFactor") => [f64::NAN; 3],
            None => [0.0; 3],
        };
        material.alpha_mode = match fields.string_of("alphaMode", &["OPAQUE", "MASK", "BLEND"]) {
            Some("MASK") => AlphaMode::Mask,
            Some("BLEND") => AlphaMode::Blend,
            _ => AlphaMode::Opaque,
        };
        material.alpha_cutoff = fields.float("alphaCutoff", Span::NOT_NEGATIVE, 0.5) as f32;
        if material.alpha_mode != AlphaMode::Mask && fields.has("alphaCutoff") {
            fields.report_at(codes::MATERIAL_ALPHA_CUTOFF_INVALID_MODE, "alphaCutoff", || {
                "The cutoff has a meaning only in the alpha mode MASK.".to_owned()
            });
        }
        material.double_sided = fields.flag("doubleSided").unwrap_or(false);
        material.extensions = Extensions::read(fields, ObjectKind::Material, &mut |entry| {
            extensions::read(&mut material, &entry);
        });
        fields.string("name");
        fields.extras();
        material
    }

    fn read_roughness(&mut self, fields: &Fields<'_, '_>) {
        const MEMBERS: [&str; 5] = [
            "baseColorFactor",
            "baseColorTexture",
            "metallicFactor",
            "roughnessFactor",
            "metallicRoughnessTexture",
        ];
        let Some(fields) = fields.object("pbrMetallicRoughness", &MEMBERS) else {
            return;
        };
        self.metallic_roughness = MetallicRoughness {
            base_color_factor: read_color(&fields, "baseColorFactor"),
            base_color_texture: self.read_slot(&fields, "baseColorTexture", SlotKind::Plain),
            metallic_factor: fields.float("metallicFactor", Span::UNIT, 1.0) as f32,
            roughness_factor: fields.float("roughnessFactor", Span::UNIT, 1.0) as f32,
            metallic_roughness_texture: self.read_slot(&fields, "metallicRoughnessTexture", SlotKind::Plain),
        };
        fields.finish(ObjectKind::Other);
    }

    /// Reads the texture that the property `name` uses.
    pub(crate) fn read_slot(&mut self, fields: &Fields<'_, '_>, name: &str, kind: SlotKind) -> Option<TextureInfo> {
        let members: &[&str] = match kind {
            SlotKind::Plain => &["index", "texCoord"],
            SlotKind::Normal => &["index", "texCoord", "scale"],
            SlotKind::Occlusion => &["index", "texCoord", "strength"],
        };
        let fields = fields.object(name, members)?;
        let pointer = fields.path.to_string();
        let mut transformed = None;
        Extensions::read(&fields, ObjectKind::TextureInfo, &mut |entry| {
            transformed = transformed.take().or_else(|| extensions::read_transform(&entry));
        });
        let texture = fields.need_index("index");
        let set = fields.count_or_zero("texCoord");
        let mut info = TextureInfo {
            texture,
            coordinate_set: set.unwrap_or(0),
            transform: None,
        };
        let mut slot = TextureSlot {
            texture,
            coordinates: vec![(pointer.clone(), set)],
            pointer,
            needs_tangent: kind == SlotKind::Normal,
        };
        if let Some((pointer, transform, set)) = transformed {
            info.coordinate_set = set.unwrap_or(info.coordinate_set);
            info.transform = Some(transform);
            slot.coordinates.push((pointer, set));
        }
        match kind {
            SlotKind::Plain => {}
            SlotKind::Normal => {
                fields.float("scale", Span::ANY, 1.0);
            }
            SlotKind::Occlusion => {
                fields.float("strength", Span::UNIT, 1.0);
            }
        }
        fields.extras();
        self.slots.push(slot);
        Some(info)
    }

    /// The coordinates that the slot read last takes.
    pub(crate) fn last_coordinates(&self) -> Option<Option<u64>> {
        let (_, coordinates) = self.slots.last()?.coordinates.first()?;
        Some(*coordinates)
    }

    pub(crate) fn note(&mut self, fields: &Fields<'_, '_>, kind: NoteKind) {
        let pointer = fields.path.to_string();
        self.notes.push(Note { pointer, kind });
    }

    pub(crate) fn can_provide_tangent(&self) -> bool {
        self.normal_coordinates.is_some()
    }

    pub(crate) fn link(&self, model: &Model<'_>) {
        for slot in &self.slots {
            if slot.needs_tangent {
                self.needs_tangent.set(true);
            }
            let Some(index) = slot.texture else { continue };
            match model.texture(slot.texture) {
                Some(texture) => texture.used.set(true),
                None => {
                    let pointer = format!("{}/index", slot.pointer);
                    model.context.add_to(codes::UNRESOLVED_REFERENCE, &pointer, || {
                        format!("There is no texture with the index {index}.")
                    });
                }
            }
        }
        for note in &self.notes {
            if let Some((code, message)) = self.check_note(&note.kind) {
                model.context.add_to(code, &note.pointer, || message.to_owned());
            }
        }
    }

    fn check_note(&self, kind: &NoteKind) -> Option<(Code, &'static str)> {
        let (wrong, code, message) = match kind {
            NoteKind::SameCoordinates(code, coordinates) => (
                self.normal_coordinates.is_some_and(|normal| normal != *coordinates),
                *code,
                "The texture should use the same texture coordinates as the normal texture.",
            ),
            NoteKind::NeedsVolume => (
                !self.extensions.known.contains(&Known::Volume),
                codes::KHR_MATERIALS_DISPERSION_NO_VOLUME,
                "Dispersion shows only in a volume.",
            ),
            NoteKind::NeedsEmission => (
                self.emissive_factor == [0.0; 3],
                codes::KHR_MATERIALS_EMISSIVE_STRENGTH_ZERO_FACTOR,
                "The strength has no effect, because the emissive factor is zero.",
            ),
            NoteKind::NeedsTransmission => (
                // An extension that is not known may let light through.
                !self.extensions.known.contains(&Known::Transmission) && !self.extensions.unknown,
                codes::KHR_MATERIALS_VOLUME_NO_TRANSMISSION,
                "A volume needs an extension that lets light through the surface.",
            ),
            NoteKind::NotDoubleSided => (
                self.double_sided,
                codes::KHR_MATERIALS_VOLUME_DOUBLE_SIDED,
                "A volume should not be double-sided.",
            ),
        };
        wrong.then_some((code, message))
    }
}

/// A color factor, white when it is left out or wrong.
pub fn read_color(fields: &Fields<'_, '_>, name: &str) -> [f32; 4] {
    fields.array(name, FloatList::UNIT).map_or([1.0; 4], rounded)
}
