//! The textures of a model, as its materials use them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::access::{Data, inline};
use super::document::TextureUse;
use super::texture::{Texture, Wrap};
use super::{MAX_TEXTURE_PIXELS, Unseen};
use crate::raster::Fault;

/// Of findings about textures.
const MAX_NOTES: usize = 5;

/// A texture as a material uses it.
pub struct Look {
    texture: Rc<Texture>,
    /// The set of texture places.
    pub set: usize,
    /// Rows of two columns and an offset.
    transform: [[f32; 3]; 2],
    wraps: [Wrap; 2],
}

impl Look {
    /// Pixels of the texture on one unit of texture places.
    pub fn density(&self) -> f32 {
        let [[a, b, _], [c, d, _]] = self.transform;
        self.texture.area() * (a * d - b * c).abs()
    }

    /// Linear red, green, blue, and opacity.
    pub fn colour(&self, place: [f32; 2], level: usize) -> [f32; 4] {
        let moved = self
            .transform
            .map(|[a, b, offset]| a * place[0] + b * place[1] + offset);
        self.texture.colour(moved, self.wraps, level)
    }
}

/// Decoded textures by the number of their picture.
pub struct Textures<'a> {
    data: &'a Data<'a>,
    announced: BTreeSet<usize>,
    decoded: BTreeMap<usize, Option<Rc<Texture>>>,
    pixels_left: u64,
    /// What could not be read.
    pub notes: Vec<String>,
}

impl<'a> Textures<'a> {
    /// None yet.
    pub fn new(data: &'a Data<'a>) -> Self {
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

    /// Counts a texture that will be asked for.
    pub fn announce(&mut self, texture: &TextureUse) {
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

    /// A texture as a material uses it; `None` when it can not be shown.
    pub fn look(&mut self, texture: &TextureUse) -> Result<Option<Look>, Unseen> {
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
