//! What the pieces of a model are covered with.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::access::{Data, inline};
use super::document::{Material, TextureUse};
use super::texture::{Texture, Wrap};
use super::{MAX_TEXTURE_PIXELS, Unseen};
use crate::raster::Fault;

/// How much of the light goes through what is all transmission: it stays visible.
const MOST_TRANSMISSION: f32 = 0.75;
/// How metallic something is of which a texture says where it is; the texture itself is not read.
const MIXED_METAL: f32 = 0.35;
/// Of findings about textures.
const MAX_NOTES: usize = 5;

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

/// A texture as a material uses it.
struct Look {
    texture: Rc<Texture>,
    set: usize,
    /// Rows of two columns and an offset.
    transform: [[f32; 3]; 2],
    wraps: [Wrap; 2],
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
        look.map_or(0.0, |look| {
            let [[a, b, _], [c, d, _]] = look.transform;
            look.texture.area() * (a * d - b * c).abs()
        })
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

impl Look {
    fn colour(&self, place: [f32; 2], level: usize) -> [f32; 4] {
        let moved = self
            .transform
            .map(|[a, b, offset]| a * place[0] + b * place[1] + offset);
        self.texture.colour(moved, self.wraps, level)
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

/// Decoded textures by the number of their picture.
struct Textures<'a> {
    data: &'a Data<'a>,
    announced: BTreeSet<usize>,
    decoded: BTreeMap<usize, Option<Rc<Texture>>>,
    pixels_left: u64,
    notes: Vec<String>,
}

impl<'a> Textures<'a> {
    fn new(data: &'a Data<'a>) -> Self {
        Self {
            data,
            announced: BTreeSet::new(),
            decoded: BTreeMap::new(),
            pixels_left: MAX_TEXTURE_PIXELS,
            notes: Vec::new(),
        }
    }

    fn picture(&self, texture: &TextureUse) -> Option<usize> {
        let texture = self.data.document.textures.get(texture.index)?;
        let webp = texture.extensions.webp.as_ref().and_then(|webp| webp.source);
        webp.or(texture.source)
    }

    fn announce(&mut self, texture: &TextureUse) {
        self.announced.extend(self.picture(texture));
    }

    /// The more there are, the less is kept of each: they have to fit into memory together.
    fn side(&self) -> u32 {
        match self.announced.len() {
            0..=8 => 1024,
            9..=32 => 512,
            33..=128 => 256,
            129..=512 => 128,
            _ => 64,
        }
    }

    fn look(&mut self, texture: &TextureUse) -> Result<Option<Look>, Unseen> {
        let Some(picture) = self.picture(texture) else {
            return Ok(None);
        };
        let decoded = match self.decoded.get(&picture) {
            Some(decoded) => decoded.clone(),
            None => {
                let decoded = self.decode(picture)?.map(Rc::new);
                self.decoded.insert(picture, decoded.clone());
                decoded
            }
        };
        let sampler = self
            .data
            .document
            .textures
            .get(texture.index)
            .and_then(|texture| texture.sampler);
        let sampler = sampler.and_then(|sampler| self.data.document.samplers.get(sampler));
        let moved = texture.extensions.transform.as_ref();
        Ok(decoded.map(|decoded| Look {
            texture: decoded,
            set: moved.and_then(|moved| moved.tex_coord).unwrap_or(texture.tex_coord),
            transform: moved.map_or([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], |moved| {
                let ([x, y], [scale_x, scale_y]) = (moved.offset, moved.scale.unwrap_or([1.0; 2]));
                let (sine, cosine) = moved.rotation.sin_cos();
                [
                    [cosine * scale_x, sine * scale_y, x],
                    [-sine * scale_x, cosine * scale_y, y],
                ]
            }),
            wraps: [
                Wrap::of(sampler.and_then(|sampler| sampler.wrap_s)),
                Wrap::of(sampler.and_then(|sampler| sampler.wrap_t)),
            ],
        }))
    }

    fn decode(&mut self, picture: usize) -> Result<Option<Texture>, Unseen> {
        let Some(image) = self.data.document.images.get(picture) else {
            return Ok(None);
        };
        let inlined = image.uri.as_deref().and_then(inline);
        let view = image.buffer_view.and_then(|view| self.data.view(view));
        let Some(bytes) = inlined.as_deref().or(view) else {
            return Ok(None);
        };
        match Texture::decode(bytes, self.pixels_left, self.side()) {
            Ok((texture, pixels)) => {
                self.pixels_left = self.pixels_left.saturating_sub(pixels);
                Ok(Some(texture))
            }
            Err(Fault::TooLarge(..)) => Err(Unseen::TooManyPixels),
            Err(fault @ Fault::Damaged(_)) => {
                if self.notes.len() < MAX_NOTES {
                    self.notes
                        .push(format!("/images/{picture}: {fault}; the model is shown without it"));
                }
                Ok(None)
            }
        }
    }
}
