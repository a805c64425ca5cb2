//! Textures and samplers.

use std::cell::Cell;

use crate::glb::context::unresolved;
use crate::glb::extensions::Extensions;
use crate::glb::fields::Fields;
use crate::glb::gl::{MAG_FILTERS, MIN_FILTERS, WRAPS, Wrap};
use crate::glb::issue::codes;
use crate::glb::known::{Known, ObjectKind};
use crate::glb::model::Model;
use crate::glb::path::Path;

/// An image with its sampler.
#[derive(Debug)]
pub struct Texture {
    pub sampler: Option<usize>,
    source: Option<usize>,
    webp: Option<WebpSource>,
    pub(crate) used: Cell<bool>,
}

#[derive(Debug)]
struct WebpSource {
    pointer: String,
    source: Option<usize>,
}

/// The sampling of a texture. The filters are only checked.
#[derive(Debug)]
pub struct Sampler {
    pub wrap_s: Wrap,
    pub wrap_t: Wrap,
    pub(crate) used: Cell<bool>,
}

const SAMPLER_MEMBERS: [&str; 5] = ["magFilter", "minFilter", "wrapS", "wrapT", "name"];

impl Sampler {
    pub(crate) const MEMBERS: &'static [&'static str] = &SAMPLER_MEMBERS;

    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        fields.number_of("magFilter", &MAG_FILTERS);
        fields.number_of("minFilter", &MIN_FILTERS);
        let wrap = |name| {
            fields
                .number_of(name, &WRAPS)
                .and_then(Wrap::from_gl)
                .unwrap_or_default()
        };
        let (wrap_s, wrap_t) = (wrap("wrapS"), wrap("wrapT"));
        fields.finish_named(ObjectKind::Other);
        Self {
            wrap_s,
            wrap_t,
            used: Cell::new(false),
        }
    }
}

impl Texture {
    pub(crate) fn read(fields: &Fields<'_, '_>) -> Self {
        let mut texture = Self {
            sampler: fields.index("sampler"),
            source: fields.index("source"),
            webp: None,
            used: Cell::new(false),
        };
        fields.string("name");
        Extensions::read(fields, ObjectKind::Texture, &mut |entry| {
            if entry.known == Known::TextureWebp {
                let webp = entry.fields(&["source"]);
                texture.webp = Some(WebpSource {
                    pointer: webp.path.name("source").to_string(),
                    source: webp.index("source"),
                });
                webp.finish(ObjectKind::Other);
            }
        });
        fields.extras();
        texture
    }

    /// The image to show: the WebP one of `EXT_texture_webp`, if there is one.
    pub fn image(&self) -> Option<usize> {
        self.webp.as_ref().and_then(|webp| webp.source).or(self.source)
    }

    pub(crate) fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        if let Some(index) = self.source {
            match model.image(self.source) {
                Some(image) => image.used.set(true),
                None => unresolved(model.context, &path.name("source"), index),
            }
        }
        if let Some(index) = self.sampler {
            match model.sampler(self.sampler) {
                Some(sampler) => sampler.used.set(true),
                None => unresolved(model.context, &path.name("sampler"), index),
            }
        }
        let Some(webp) = &self.webp else { return };
        let Some(index) = webp.source else { return };
        match model.image(webp.source) {
            Some(image) => image.used.set(true),
            None => model.context.add_to(codes::UNRESOLVED_REFERENCE, &webp.pointer, || {
                format!("There is no image with the index {index}.")
            }),
        }
    }

    /// Checks the image formats: the core of glTF allows JPEG and PNG, `EXT_texture_webp` allows WebP.
    pub(crate) fn check_pictures(&self, model: &Model<'_>, path: &Path<'_>) {
        if let Some(mime_type) = model.image(self.source).and_then(|image| image.effective_mime_type())
            && !["image/jpeg", "image/png"].contains(&mime_type)
        {
            let path = path.name("source");
            model.context.add(codes::TEXTURE_INVALID_IMAGE_MIME_TYPE, &path, || {
                format!("A texture must be JPEG or PNG, not {mime_type:?}.")
            });
        }
        let Some(webp) = &self.webp else { return };
        if let Some(mime_type) = model.image(webp.source).and_then(|image| image.effective_mime_type())
            && mime_type != "image/webp"
        {
            model
                .context
                .add_to(codes::TEXTURE_INVALID_IMAGE_MIME_TYPE, &webp.pointer, || {
                    format!("The image must be WebP here, not {mime_type:?}.")
                });
        }
    }
}
