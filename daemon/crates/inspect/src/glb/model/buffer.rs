//! Buffers: the raw bytes.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use crate::glb::fields::Fields;
use crate::glb::issue::codes;
use crate::glb::known::ObjectKind;
use crate::glb::uri::{self, Uri};

/// A buffer; its bytes are set when the resources are loaded.
#[derive(Debug)]
pub struct Buffer<'a> {
    pub length: Option<u64>,
    pub has_uri: bool,
    /// A file beside the model.
    pub file: Option<&'a str>,
    pub bytes: OnceCell<Cow<'a, [u8]>>,
    pub used: Cell<bool>,
}

impl<'a> Buffer<'a> {
    pub fn read(fields: &Fields<'_, 'a>) -> Self {
        let mut buffer = Self {
            length: fields.need_count("byteLength", 1..=u64::MAX),
            has_uri: fields.has("uri"),
            file: None,
            bytes: OnceCell::new(),
            used: Cell::new(false),
        };
        if let Some(text) = fields.string("uri") {
            buffer.read_uri(fields, text);
        }
        fields.finish_named(ObjectKind::Other);
        buffer
    }

    fn read_uri(&mut self, fields: &Fields<'_, '_>, text: &'a str) {
        match read_uri(fields, text) {
            Some(Uri::File(file)) => self.file = Some(file),
            Some(Uri::Data { mime_type, bytes }) => match mime_type.as_str() {
                "application/gltf-buffer" | "application/octet-stream" => {
                    self.bytes = OnceCell::from(Cow::Owned(bytes));
                }
                other => fields.report_at(codes::BUFFER_DATA_URI_MIME_TYPE_INVALID, "uri", || {
                    format!(
                        "The media type must be \"application/octet-stream\" or \"application/gltf-buffer\", not {other:?}."
                    )
                }),
            },
            _ => {}
        }
    }
}

/// Checks the property `uri` of a buffer or an image.
pub fn read_uri<'a>(fields: &Fields<'_, '_>, text: &'a str) -> Option<Uri<'a>> {
    if fields.context.is_glb() {
        fields.report_at(codes::URI_GLB, "uri", || {
            "In a GLB, data should be in the binary chunk.".to_owned()
        });
    }
    let target = uri::target(text);
    match target {
        Uri::Data { .. } => {
            if fields.context.is_glb() {
                fields.report_at(codes::DATA_URI_GLB, "uri", || {
                    "A data: address is used in a GLB.".to_owned()
                });
            }
        }
        Uri::File(_) | Uri::Elsewhere => {
            if target == Uri::Elsewhere {
                fields.report_at(codes::NON_RELATIVE_URI, "uri", || {
                    format!("{text:?} is not relative to the model.")
                });
            }
            if fields.context.policy.embedded_only {
                fields.report_at(codes::EXTERNAL_RESOURCE, "uri", || {
                    format!("The model refers to something outside itself: {text:?}. Embed it.")
                });
            }
        }
        Uri::Invalid(why) => {
            fields.report_at(codes::INVALID_URI, "uri", || {
                format!("This is not a valid address: {why}.")
            });
            return None;
        }
    }
    Some(target)
}
