//! The textures of a model, as its materials use them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use tradepost_inspect::glb::{Model, TextureInfo, Wrap};

use super::texture::Mipmap;
use super::{MAX_TEXTURE_PIXELS, ModelError};
use crate::raster::Fault;

/// The most findings about textures.
const MAX_NOTES: usize = 5;

/// A texture as a material uses it.
pub struct Sampler {
    texture: Rc<Mipmap>,
    /// The set of texture coordinates.
    pub set: usize,
    /// Rows of two columns and an offset.
    transform: [[f32; 3]; 2],
    wraps: [Wrap; 2],
}

impl Sampler {
    /// Pixels of the texture on one unit of texture coordinates.
    pub fn density(&self) -> f32 {
        let [[a, b, _], [c, d, _]] = self.transform;
        self.texture.area() * (a * d - b * c).abs()
    }

    /// Linear red, green, blue, and opacity.
    pub fn colour(&self, coordinates: [f32; 2], level: usize) -> [f32; 4] {
        let moved = self
            .transform
            .map(|[a, b, offset]| a * coordinates[0] + b * coordinates[1] + offset);
        self.texture.colour(moved, self.wraps, level)
    }
}

/// Decoded textures by the number of their image.
pub struct Textures<'m, 'a> {
    model: &'m Model<'a>,
    announced: BTreeSet<usize>,
    decoded: BTreeMap<usize, Option<Rc<Mipmap>>>,
    pixels_left: u64,
    /// Textures that could not be read.
    pub notes: Vec<String>,
}

impl<'m, 'a> Textures<'m, 'a> {
    pub fn new(model: &'m Model<'a>) -> Self {
        Self {
            model,
            announced: BTreeSet::new(),
            decoded: BTreeMap::new(),
            pixels_left: MAX_TEXTURE_PIXELS,
            notes: Vec::new(),
        }
    }

    fn image(&self, texture: &TextureInfo) -> Option<usize> {
        self.model.texture(texture.texture)?.image()
    }

    /// Counts a texture that will be asked for.
    pub fn announce(&mut self, texture: &TextureInfo) {
        self.announced.extend(self.image(texture));
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
    pub fn sampler(&mut self, texture: &TextureInfo) -> Result<Option<Sampler>, ModelError> {
        let Some(image) = self.image(texture) else {
            return Ok(None);
        };
        let decoded = match self.decoded.get(&image) {
            Some(decoded) => decoded.clone(),
            None => {
                let decoded = self.decode(image)?.map(Rc::new);
                self.decoded.insert(image, decoded.clone());
                decoded
            }
        };
        let sampler = self.model.texture(texture.texture).and_then(|texture| texture.sampler);
        let sampler = self.model.sampler(sampler);
        Ok(decoded.map(|decoded| Sampler {
            texture: decoded,
            set: usize::try_from(texture.coordinate_set).unwrap_or(usize::MAX),
            transform: texture.transform.map_or([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], |moved| {
                let ([x, y], [scale_x, scale_y]) = (moved.offset, moved.scale);
                let (sine, cosine) = moved.rotation.sin_cos();
                [
                    [cosine * scale_x, sine * scale_y, x],
                    [-sine * scale_x, cosine * scale_y, y],
                ]
            }),
            wraps: [
                sampler.map_or(Wrap::Repeat, |sampler| sampler.wrap_s),
                sampler.map_or(Wrap::Repeat, |sampler| sampler.wrap_t),
            ],
        }))
    }

    fn decode(&mut self, image: usize) -> Result<Option<Mipmap>, ModelError> {
        let Some(bytes) = self.model.image_bytes(Some(image)) else {
            return Ok(None);
        };
        match Mipmap::decode(bytes, self.pixels_left, self.side()) {
            Ok((texture, pixels)) => {
                self.pixels_left = self.pixels_left.saturating_sub(pixels);
                Ok(Some(texture))
            }
            Err(Fault::TooLarge(..)) => Err(ModelError::TooManyPixels),
            Err(fault @ Fault::Damaged(_)) => {
                if self.notes.len() < MAX_NOTES {
                    self.notes
                        .push(format!("/images/{image}: {fault}; the model is shown without it"));
                }
                Ok(None)
            }
        }
    }
}
