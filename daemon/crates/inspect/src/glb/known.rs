//! The known extensions, and the ones that a document declares.

use std::collections::HashSet;

/// The kinds of objects that a known extension can be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    Root,
    ChannelTarget,
    Material,
    Node,
    Primitive,
    Texture,
    TextureInfo,
    /// Everything that no known extension extends.
    Other,
}

/// The extensions whose content is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    TextureWebp,
    AnimationPointer,
    Lights,
    Anisotropy,
    Clearcoat,
    Dispersion,
    EmissiveStrength,
    Ior,
    Iridescence,
    SpecularGlossiness,
    Sheen,
    Specular,
    Transmission,
    Unlit,
    Variants,
    Volume,
    Quantization,
    Visibility,
    TextureTransform,
}

const NAMES: [(&str, Known); 19] = [
    ("EXT_texture_webp", Known::TextureWebp),
    ("KHR_animation_pointer", Known::AnimationPointer),
    ("KHR_lights_punctual", Known::Lights),
    ("KHR_materials_anisotropy", Known::Anisotropy),
    ("KHR_materials_clearcoat", Known::Clearcoat),
    ("KHR_materials_dispersion", Known::Dispersion),
    ("KHR_materials_emissive_strength", Known::EmissiveStrength),
    ("KHR_materials_ior", Known::Ior),
    ("KHR_materials_iridescence", Known::Iridescence),
    ("KHR_materials_pbrSpecularGlossiness", Known::SpecularGlossiness),
    ("KHR_materials_sheen", Known::Sheen),
    ("KHR_materials_specular", Known::Specular),
    ("KHR_materials_transmission", Known::Transmission),
    ("KHR_materials_unlit", Known::Unlit),
    ("KHR_materials_variants", Known::Variants),
    ("KHR_materials_volume", Known::Volume),
    ("KHR_mesh_quantization", Known::Quantization),
    ("KHR_node_visibility", Known::Visibility),
    ("KHR_texture_transform", Known::TextureTransform),
];

impl Known {
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, known)| *known)
    }

    pub(super) fn stands_on(self, place: ObjectKind) -> bool {
        match self {
            Self::TextureWebp => place == ObjectKind::Texture,
            Self::AnimationPointer => place == ObjectKind::ChannelTarget,
            Self::Lights => matches!(place, ObjectKind::Root | ObjectKind::Node),
            Self::Variants => matches!(place, ObjectKind::Root | ObjectKind::Primitive),
            Self::Visibility => place == ObjectKind::Node,
            Self::TextureTransform => place == ObjectKind::TextureInfo,
            // It only widens what accessors may be.
            Self::Quantization => false,
            _ => place == ObjectKind::Material,
        }
    }

    /// Must not be beside other extensions.
    pub(super) fn stands_alone(self) -> bool {
        matches!(self, Self::SpecularGlossiness | Self::Unlit)
    }
}

/// The extensions in `extensionsUsed` and `extensionsRequired`.
#[derive(Debug, Default)]
pub struct Declared<'a> {
    pub(super) used: HashSet<&'a str>,
    pub(super) known: Vec<Known>,
}

impl Declared<'_> {
    pub fn has(&self, known: Known) -> bool {
        self.known.contains(&known)
    }
}
