//! Materials.

use std::cell::Cell;

use crate::glb::ext::materials;
use crate::glb::extensions::{Extensions, Known, Place};
use crate::glb::fields::{Fields, FloatList, Span};
use crate::glb::issue::{Code, codes};
use crate::glb::model::Model;

/// A material.
#[derive(Debug, Default)]
pub struct Material {
    /// The textures that it uses, also in its extensions.
    pub slots: Vec<TextureSlot>,
    /// What has to be said about it once all of it is known.
    pub notes: Vec<Note>,
    pub emissive_factor: Option<[f64; 3]>,
    pub double_sided: bool,
    /// The texture coordinates of its normal texture, if it has one.
    pub normal_coordinates: Option<Option<u64>>,
    /// Vertices need tangents to show it.
    pub needs_tangent: Cell<bool>,
    pub used: Cell<bool>,
    extensions: Extensions,
}

/// A place where a material uses a texture.
#[derive(Debug)]
pub struct TextureSlot {
    pub pointer: String,
    pub texture: Option<usize>,
    /// The sets of texture coordinates it takes, and where that is said.
    pub coordinates: Vec<(String, Option<u64>)>,
    pub needs_tangent: bool,
}

/// Something about an extension that depends on the rest of the material.
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

/// What a texture slot has beside its texture.
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
    pub const MEMBERS: &'static [&'static str] = &MEMBERS;

    pub fn read(fields: &Fields<'_, '_>) -> Self {
        let mut material = Self::default();
        material.read_roughness(fields);
        if material.read_slot(fields, "normalTexture", SlotKind::Normal) {
            material.normal_coordinates = material.last_coordinates();
        }
        material.read_slot(fields, "occlusionTexture", SlotKind::Occlusion);
        material.read_slot(fields, "emissiveTexture", SlotKind::Plain);
        let emission = fields.floats("emissiveFactor", FloatList::unit(3));
        material.emissive_factor = match emission.as_deref() {
            Some(&[red, green, blue]) => Some([red, green, blue]),
            _ => (!fields.has("emissiveFactor")).then_some([0.0; 3]),
        };
        let mode = fields.string_of("alphaMode", &["OPAQUE", "MASK", "BLEND"]);
        fields.float("alphaCutoff", Span::NOT_NEGATIVE, 0.5);
        if mode != Some("MASK") && fields.has("alphaCutoff") {
            fields.report_at(codes::MATERIAL_ALPHA_CUTOFF_INVALID_MODE, "alphaCutoff", || {
                "The cutoff has a meaning only in the alpha mode MASK.".to_owned()
            });
        }
        material.double_sided = fields.flag("doubleSided").unwrap_or(false);
        material.extensions = Extensions::read(fields, Place::Material, &mut |entry| {
            materials::read(&mut material, &entry);
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
        fields.floats("baseColorFactor", FloatList::unit(4));
        self.read_slot(&fields, "baseColorTexture", SlotKind::Plain);
        fields.float("metallicFactor", Span::UNIT, 1.0);
        fields.float("roughnessFactor", Span::UNIT, 1.0);
        self.read_slot(&fields, "metallicRoughnessTexture", SlotKind::Plain);
        fields.finish(Place::Other);
    }

    /// Reads the texture that the property `name` uses; false when there is none.
    pub fn read_slot(&mut self, fields: &Fields<'_, '_>, name: &str, kind: SlotKind) -> bool {
        let members: &[&str] = match kind {
            SlotKind::Plain => &["index", "texCoord"],
            SlotKind::Normal => &["index", "texCoord", "scale"],
            SlotKind::Occlusion => &["index", "texCoord", "strength"],
        };
        let Some(fields) = fields.object(name, members) else {
            return false;
        };
        let pointer = fields.path.to_string();
        let mut transformed = Vec::new();
        Extensions::read(&fields, Place::TextureInfo, &mut |entry| {
            transformed.extend(materials::read_transform(&entry));
        });
        let mut slot = TextureSlot {
            texture: fields.need_index("index"),
            coordinates: vec![(pointer.clone(), fields.count_or_zero("texCoord"))],
            pointer,
            needs_tangent: kind == SlotKind::Normal,
        };
        slot.coordinates.append(&mut transformed);
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
        true
    }

    /// The coordinates that the slot read last takes.
    pub fn last_coordinates(&self) -> Option<Option<u64>> {
        let (_, coordinates) = self.slots.last()?.coordinates.first()?;
        Some(*coordinates)
    }

    pub fn note(&mut self, fields: &Fields<'_, '_>, kind: NoteKind) {
        let pointer = fields.path.to_string();
        self.notes.push(Note { pointer, kind });
    }

    pub fn can_provide_tangent(&self) -> bool {
        self.normal_coordinates.is_some()
    }

    pub fn link(&self, model: &Model<'_>) {
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
            if let Some((code, message)) = self.judge(&note.kind) {
                model.context.add_to(code, &note.pointer, || message.to_owned());
            }
        }
    }

    fn judge(&self, kind: &NoteKind) -> Option<(Code, &'static str)> {
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
                self.emissive_factor == Some([0.0; 3]),
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
