//! What the pieces of a model are covered with.

use std::collections::{BTreeMap, BTreeSet};

use super::Unseen;
use super::access::Data;
use super::document::{Material, TextureUse};
use super::look::{Look, Textures};

/// How much of the light goes through what is all transmission: it stays visible.
const MOST_TRANSMISSION: f32 = 0.75;
/// How metallic something is of which a texture says where it is; the texture itself is not read.
const MIXED_METAL: f32 = 0.35;
/// The material of a piece.
pub struct Surface {
    base: [f32; 4],
    base_texture: Option<Look>,
    emission: [f32; 3],
    emission_texture: Option<Look>,
    /// 0 to 1.
    pub metal: f32,
    /// 0 to 1.
    pub roughness: f32,
    pub is_lit: bool,
    mode: Mode,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Opaque,
    /// What is less opaque than this is not there.
    Mask(f32),
    Blend,
}

/// What a surface gives at a place: linear light, without the light that falls on it.
pub struct Sample {
    pub colour: [f32; 3],
    pub opacity: f32,
    pub emission: [f32; 3],
}

impl Surface {
    /// Whether something can be seen through it.
    pub fn is_clear(&self) -> bool {
        self.mode == Mode::Blend
    }

    /// The set of texture places that it uses.
    pub fn texture_set(&self) -> usize {
        let look = self.base_texture.as_ref().or(self.emission_texture.as_ref());
        look.map_or(0, |look| look.set)
    }

    /// How many pixels of its texture there are on one unit of texture places.
    pub fn texture_density(&self) -> f32 {
        let look = self.base_texture.as_ref().or(self.emission_texture.as_ref());
        look.map_or(0.0, |look| look.density())
    }

    /// `None` where it is not there at all.
    pub fn sample(&self, place: [f32; 2], level: usize, colour: [f32; 4]) -> Option<Sample> {
        let base = match &self.base_texture {
            Some(look) => look.colour(place, level),
            None => [1.0; 4],
        };
        let [red, green, blue, opacity] = std::array::from_fn(|part| base[part] * self.base[part] * colour[part]);
        let opacity = match self.mode {
            Mode::Opaque => 1.0,
            Mode::Mask(cutoff) if opacity < cutoff => return None,
            Mode::Mask(_) => 1.0,
            Mode::Blend => opacity.clamp(0.0, 1.0),
        };
        let emission = match &self.emission_texture {
            Some(look) if look.set == self.texture_set() => look.colour(place, level),
            Some(_) => [0.0; 4],
            None => [1.0; 4],
        };
        Some(Sample {
            colour: [red, green, blue],
            opacity,
            emission: std::array::from_fn(|part| emission[part] * self.emission[part]),
        })
    }

    fn of(
        material: &Material,
        look: &mut impl FnMut(&TextureUse) -> Result<Option<Look>, Unseen>,
    ) -> Result<Self, Unseen> {
        let metal = &material.pbr_metallic_roughness;
        let glossy = material.extensions.glossiness.as_ref();
        let (factor, texture) = match glossy {
            Some(glossy) => (glossy.diffuse_factor, &glossy.diffuse_texture),
            None => (metal.base_color_factor, &metal.base_color_texture),
        };
        let mut base = factor.unwrap_or([1.0; 4]);
        let transmission = material.extensions.transmission.as_ref();
        let transmission = transmission.map_or(0.0, |transmission| transmission.transmission_factor.clamp(0.0, 1.0));
        base[3] *= 1.0 - transmission * MOST_TRANSMISSION;
        let mode = match material.alpha_mode.as_deref() {
            Some("MASK") => Mode::Mask(material.alpha_cutoff.unwrap_or(0.5)),
            Some("BLEND") => Mode::Blend,
            _ if transmission > 0.0 => Mode::Blend,
            _ => Mode::Opaque,
        };
        let is_mixed = metal.metallic_roughness_texture.is_some();
        let full_metal = metal.metallic_factor.unwrap_or(1.0).clamp(0.0, 1.0);
        let mut looked_up = |texture: &Option<TextureUse>| match texture {
            Some(texture) => look(texture),
            None => Ok(None),
        };
        Ok(Self {
            base,
            base_texture: looked_up(texture)?,
            emission: material.emissive_factor,
            emission_texture: if material.emissive_factor == [0.0; 3] {
                None
            } else {
                looked_up(&material.emissive_texture)?
            },
            metal: match glossy {
                Some(_) => 0.0,
                None if is_mixed => full_metal * MIXED_METAL,
                None => full_metal,
            },
            roughness: match glossy {
                Some(glossy) => 1.0 - glossy.glossiness_factor.unwrap_or(1.0).clamp(0.0, 1.0),
                None if is_mixed => (metal.roughness_factor.unwrap_or(1.0) * 0.6).clamp(0.0, 1.0),
                None => metal.roughness_factor.unwrap_or(1.0).clamp(0.0, 1.0),
            },
            is_lit: material.extensions.unlit.is_none(),
            mode,
        })
    }

    /// What has no material: a light grey.
    fn plain() -> Self {
        Self {
            base: [0.8, 0.8, 0.8, 1.0],
            base_texture: None,
            emission: [0.0; 3],
            emission_texture: None,
            metal: 0.0,
            roughness: 0.7,
            is_lit: true,
            mode: Mode::Opaque,
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
    pub fn new(data: &Data<'_>, used: impl Iterator<Item = Option<usize>>) -> Result<Self, Unseen> {
        let used: BTreeSet<usize> = used.flatten().collect();
        let mut textures = Textures::new(data);
        let mut surfaces = BTreeMap::new();
        let materials = used
            .iter()
            .filter_map(|&at| Some((at, data.document.materials.get(at)?)));
        // Once to count them, once to read them.
        for (_, material) in materials.clone() {
            Surface::of(material, &mut |texture| {
                textures.announce(texture);
                Ok(None)
            })?;
        }
        for (at, material) in materials {
            surfaces.insert(at, Surface::of(material, &mut |texture| textures.look(texture))?);
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

    /// What could not be shown.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }
}
