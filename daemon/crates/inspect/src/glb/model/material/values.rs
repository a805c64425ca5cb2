//! The values of a material that the renderer needs.

/// The metallic-roughness model.
#[derive(Debug, Clone)]
pub struct MetallicRoughness {
    /// Linear red, green, blue, and alpha.
    pub base_color_factor: [f32; 4],
    pub base_color_texture: Option<TextureInfo>,
    /// 0 to 1.
    pub metallic_factor: f32,
    /// 0 to 1.
    pub roughness_factor: f32,
    pub metallic_roughness_texture: Option<TextureInfo>,
}

impl Default for MetallicRoughness {
    fn default() -> Self {
        Self {
            base_color_factor: [1.0; 4],
            base_color_texture: None,
            metallic_factor: 1.0,
            roughness_factor: 1.0,
            metallic_roughness_texture: None,
        }
    }
}

/// `KHR_materials_pbrSpecularGlossiness`, without its specular part, which is only checked.
#[derive(Debug, Clone)]
pub struct SpecularGlossiness {
    /// Linear red, green, blue, and alpha.
    pub diffuse_factor: [f32; 4],
    pub diffuse_texture: Option<TextureInfo>,
    /// 0 to 1.
    pub glossiness_factor: f32,
}

/// The use of the alpha of the base color.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlphaMode {
    #[default]
    Opaque,
    Mask,
    Blend,
}

/// A texture as a material uses it.
#[derive(Debug, Clone, Copy)]
pub struct TextureInfo {
    pub texture: Option<usize>,
    /// The number of the set of texture coordinates, with that of the transform in mind.
    pub coordinate_set: u64,
    pub transform: Option<TextureTransform>,
}

/// `KHR_texture_transform`.
#[derive(Debug, Clone, Copy)]
pub struct TextureTransform {
    pub offset: [f32; 2],
    /// Counter-clockwise, in radians.
    pub rotation: f32,
    pub scale: [f32; 2],
}
