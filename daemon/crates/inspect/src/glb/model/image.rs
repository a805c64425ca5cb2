//! Images.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use crate::glb::context::unresolved;
use crate::glb::fields::Fields;
use crate::glb::issue::codes;
use crate::glb::known::{Declared, Known, ObjectKind};
use crate::glb::model::Model;
use crate::glb::model::buffer::read_uri;
use crate::glb::model::view::ViewUsage;
use crate::glb::path::Path;
use crate::glb::uri::Uri;
use crate::media::header::{self, ImageHeader};

/// An image; `info` is set when the resources are loaded.
#[derive(Debug)]
pub struct Image<'a> {
    pub(crate) view: Option<usize>,
    pub(crate) mime_type: Option<&'a str>,
    /// A file beside the model.
    pub(crate) file: Option<&'a str>,
    pub(crate) data: Option<Cow<'a, [u8]>>,
    /// An extension defines the format of its bytes.
    pub(crate) extended: bool,
    pub(crate) info: OnceCell<ImageHeader>,
    pub(crate) used: Cell<bool>,
}

impl<'a> Image<'a> {
    pub(crate) fn read(fields: &Fields<'_, 'a>) -> Self {
        let view = fields.index("bufferView");
        let mime_type = fields.string_of("mimeType", mime_types(&fields.context.declared));
        let uri = fields.string("uri");
        if view.is_some() && mime_type.is_none() {
            fields.report_at(codes::UNSATISFIED_DEPENDENCY, "bufferView", || {
                "An image in a buffer view needs its \"mimeType\".".to_owned()
            });
        }
        if view.is_some() == uri.is_some() {
            fields.report(codes::ONE_OF_MISMATCH, || {
                "Exactly one of \"bufferView\" and \"uri\" must be there.".to_owned()
            });
        }
        let mut image = Self {
            view,
            mime_type,
            file: None,
            data: None,
            extended: false,
            info: OnceCell::new(),
            used: Cell::new(false),
        };
        if let Some(text) = uri {
            image.read_uri(fields, text);
        }
        image.extended = !fields.finish_named(ObjectKind::Other).is_empty();
        image
    }

    fn read_uri(&mut self, fields: &Fields<'_, '_>, text: &'a str) {
        match read_uri(fields, text) {
            Some(Uri::File(file)) => self.file = Some(file),
            Some(Uri::Data { mime_type, bytes }) => {
                if header::mime_type(&bytes) == Some(mime_type.as_str()) {
                    self.data = Some(Cow::Owned(bytes));
                } else {
                    fields.report_at(codes::INVALID_URI, "uri", || {
                        format!("The data is not an image of the media type {mime_type:?}.")
                    });
                }
            }
            _ => {}
        }
    }

    pub(crate) fn link(&self, model: &Model<'_>, path: &Path<'_>) {
        let Some(index) = self.view else { return };
        let path = path.name("bufferView");
        let Some(view) = model.view(self.view) else {
            unresolved(model.context, &path, index);
            return;
        };
        view.set_usage(ViewUsage::Image, model.context, &path);
        if view.stride.is_some() {
            model.context.add(codes::IMAGE_BUFFER_VIEW_WITH_BYTESTRIDE, &path, || {
                "A buffer view with an image cannot have a stride.".to_owned()
            });
        }
    }

    /// The declared media type, else the one of its bytes.
    pub(crate) fn effective_mime_type(&self) -> Option<&str> {
        self.mime_type.or_else(|| self.info.get().map(|info| info.mime_type))
    }
}

/// The media types that are allowed.
pub fn mime_types(declared: &Declared<'_>) -> &'static [&'static str] {
    const ALL: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
    if declared.has(Known::TextureWebp) {
        &ALL
    } else {
        &ALL[..2]
    }
}
