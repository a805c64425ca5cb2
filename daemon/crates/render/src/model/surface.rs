//! Materials as the renderer evaluates them.

use std::collections::{BTreeMap, BTreeSet};

use tradepost_inspect::glb::{AlphaMode, Material, Model, TextureInfo};

use super::ModelError;
use super::textures::{Sampler, Textures};

/// The transparency of full transmission: it stays visible.
const MAX_TRANSMISSION: f32 = 0.75;
/// The factor on metalness that a texture varies; the texture itself is not read.
const TEXTURED_METAL: f32 = 0.35;
/// The material of a primitive.
pub struct Surface {
    base: [f32; 4],
    base_texture: Option<Sampler>,
    emission: [f32; 3],
    emission_texture: Option<Sampler>,
    /// 0 to 1.
    pub metal: f32,
    /// 0 to 1.
    pub roughness: f32,
    pub is_lit: bool,
    alpha_mode: AlphaMode,
    /// Less opaque parts of a mask do not show.
    alpha_cutoff: f32,
}

/// A surface at a place, in linear light, before lighting.
pub struct Sample {
    pub colour: [f32; 3],
    pub opacity: f32,
    pub emission: [f32; 3],
}

impl Surface {
    /// Returns `true` when it blends with what is behind it.
    pub fn is_blended(&self) -> bool {
        self.alpha_mode == AlphaMode::Blend
    }

    /// The set of texture coordinates that it uses.
    pub fn texture_set(&self) -> usize {
        let sampler = self.base_texture.as_ref().or(self.emission_texture.as_ref());
        sampler.map_or(0, |sampler| sampler.set)
    }

    /// Pixels of its texture on one unit of texture coordinates.
    pub fn texture_density(&self) -> f32 {
        let sampler = self.base_texture.as_ref().or(self.emission_texture.as_ref());
        sampler.map_or(0.0, Sampler::density)
    }

    /// The surface at texture coordinates; `None` where a mask hides it.
    pub fn sample(&self, coordinates: [f32; 2], level: usize, colour: [f32; 4]) -> Option<Sample> {
        let base = match &self.base_texture {
            Some(sampler) => sampler.colour(coordinates, level),
            None => [1.0; 4],
        };
        let [red, green, blue, opacity] = std::array::from_fn(|part| base[part] * self.base[part] * colour[part]);
        let opacity = match self.alpha_mode {
            AlphaMode::Mask if opacity < self.alpha_cutoff => return None,
            AlphaMode::Opaque | AlphaMode::Mask => 1.0,
            AlphaMode::Blend => opacity.clamp(0.0, 1.0),
        };
        let emission = match &self.emission_texture {
            Some(sampler) if sampler.set == self.texture_set() => sampler.colour(coordinates, level),
            Some(_) => [0.0; 4],
            None => [1.0; 4],
        };
        Some(Sample {
            colour: [red, green, blue],
            opacity,
            emission: std::array::from_fn(|part| emission[part] * self.emission[part]),
        })
    }

    fn from_material(
        material: &Material,
        sampler: &mut impl FnMut(&TextureInfo) -> Result<Option<Sampler>, ModelError>,
    ) -> Result<Self, ModelError> {
        let metallic = &material.metallic_roughness;
        let glossy = material.specular_glossiness.as_ref();
        let (mut base, texture) = match glossy {
            Some(glossy) => (glossy.diffuse_factor, &glossy.diffuse_texture),
            None => (metallic.base_color_factor, &metallic.base_color_texture),
        };
        let transmission = material.transmission_factor.clamp(0.0, 1.0);
        base[3] *= 1.0 - transmission * MAX_TRANSMISSION;
        let is_textured = metallic.metallic_roughness_texture.is_some();
        let metal = metallic.metallic_factor.clamp(0.0, 1.0);
        let mut sampler = |texture: &Option<TextureInfo>| match texture {
            Some(texture) => sampler(texture),
            None => Ok(None),
        };
        let emission = material.emissive_factor.map(|part| part as f32);
        Ok(Self {
            base,
            base_texture: sampler(texture)?,
            emission,
            emission_texture: if emission == [0.0; 3] {
                None
            } else {
                sampler(&material.emissive_texture)?
            },
            metal: match glossy {
                Some(_) => 0.0,
                None if is_textured => metal * TEXTURED_METAL,
                None => metal,
            },
            roughness: match glossy {
                Some(glossy) => 1.0 - glossy.glossiness_factor.clamp(0.0, 1.0),
                None if is_textured => (metallic.roughness_factor * 0.6).clamp(0.0, 1.0),
                None => metallic.roughness_factor.clamp(0.0, 1.0),
            },
            is_lit: !material.is_unlit(),
            alpha_mode: match material.alpha_mode {
                AlphaMode::Opaque if transmission > 0.0 => AlphaMode::Blend,
                mode => mode,
            },
            alpha_cutoff: material.alpha_cutoff,
        })
    }

    /// The surface of primitives without a material: a light grey.
    fn plain() -> Self {
        Self {
            base: [0.8, 0.8, 0.8, 1.0],
            base_texture: None,
            emission: [0.0; 3],
            emission_texture: None,
            metal: 0.0,
            roughness: 0.7,
            is_lit: true,
            alpha_mode: AlphaMode::Opaque,
            alpha_cutoff: 0.0,
        }
    }
}

/// The materials that are in use.
pub struct Surfaces {
    surfaces: BTreeMap<usize, Surface>,
    plain: Surface,
    notes: Vec<String>,
}

impl Surfaces {
    /// Reads the materials and decodes their textures.
    pub fn new(model: &Model<'_>, used: impl Iterator<Item = Option<usize>>) -> Result<Self, ModelError> {
        let used: BTreeSet<usize> = used.flatten().collect();
        let mut textures = Textures::new(model);
        let mut surfaces = BTreeMap::new();
        let materials = used.iter().filter_map(|&at| Some((at, model.material(Some(at))?)));
        // Once to count them, once to read them.
        for (_, material) in materials.clone() {
            Surface::from_material(material, &mut |texture| {
                textures.announce(texture);
                Ok(None)
            })?;
        }
        for (at, material) in materials {
            surfaces.insert(
                at,
                Surface::from_material(material, &mut |texture| textures.sampler(texture))?,
            );
        }
        Ok(Self {
            surfaces,
            plain: Surface::plain(),
            notes: textures.notes,
        })
    }

    /// The surface of a material; the plain one where there is none.
    pub fn get(&self, material: Option<usize>) -> &Surface {
        material.and_then(|at| self.surfaces.get(&at)).unwrap_or(&self.plain)
    }

    /// Textures that could not be shown.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }
}
