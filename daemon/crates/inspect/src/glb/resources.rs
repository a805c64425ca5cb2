//! Bringing the bytes: buffers and pictures from the binary chunk, from `data:` addresses, and, where that is allowed, from files beside the
//! model. Nothing is allocated by a length that the model declares.

use std::borrow::Cow;

use super::issue::codes;
use super::model::Model;
use super::model::buffer::Buffer;
use super::model::image::{self, Image};
use super::path::Path;
use super::uri;
use crate::media::header::{self, HeaderError, ImageHeader};

/// Gives the file beside the model that has the relative path.
pub type Files<'f> = &'f dyn Fn(&str) -> Option<Vec<u8>>;

/// Loads all buffers.
pub fn load_buffers<'a>(model: &Model<'a>, bin: Option<&'a [u8]>, files: Files<'_>) {
    let path = Path::ROOT.name("buffers");
    for (at, buffer) in model.all_buffers() {
        load_buffer(model, at, buffer, bin, files, &path.index(at));
    }
}

/// Inspects all images, which comes after the buffers were loaded.
pub fn check_images(model: &Model<'_>, files: Files<'_>) {
    let path = Path::ROOT.name("images");
    for (at, image) in model.all_images() {
        if !image.extended {
            load_image(model, image, files, &path.index(at));
        }
    }
    let path = Path::ROOT.name("textures");
    for (at, texture) in model.all_textures() {
        texture.check_pictures(model, &path.index(at));
    }
}

fn load_buffer<'a>(
    model: &Model<'a>,
    at: usize,
    buffer: &Buffer<'a>,
    bin: Option<&'a [u8]>,
    files: Files<'_>,
    path: &Path<'_>,
) {
    let Some(length) = buffer.length else { return };
    let in_bin = model.context.is_glb() && at == 0 && !buffer.has_uri;
    let loaded = if let Some(file) = buffer.file {
        read_file(model, file, files, path).map(Cow::Owned)
    } else if let Some(bytes) = buffer.bytes.get() {
        check_length(model, bytes.len(), length, path);
        return;
    } else if in_bin {
        if bin.is_none() {
            missing(model, path);
        }
        bin.map(Cow::Borrowed)
    } else {
        if model.context.policy.embedded_only && !buffer.has_uri {
            missing(model, path);
        }
        None
    };
    let Some(bytes) = loaded else { return };
    if !check_length(model, bytes.len(), length, path) {
        return;
    }
    if in_bin {
        let extra = (bytes.len() as u64).saturating_sub(length.saturating_add(3) & !3);
        if extra > 0 {
            model.context.add(codes::BUFFER_GLB_CHUNK_TOO_BIG, path, || {
                format!("The binary chunk has {extra} bytes more than the buffer.")
            });
        }
    }
    // Only this sets it, once for each buffer.
    let _ = buffer.bytes.set(bytes);
}

fn missing(model: &Model<'_>, path: &Path<'_>) {
    model.context.add(codes::BUFFER_MISSING_GLB_DATA, path, || {
        "The bytes of the buffer are not in the file.".to_owned()
    });
}

fn check_length(model: &Model<'_>, actual: usize, declared: u64, path: &Path<'_>) -> bool {
    let enough = actual as u64 >= declared;
    if !enough {
        model.context.add(codes::BUFFER_BYTE_LENGTH_MISMATCH, path, || {
            format!("The buffer declares {declared} bytes, but there are only {actual}.")
        });
    }
    enough
}

fn read_file(model: &Model<'_>, file: &str, files: Files<'_>, path: &Path<'_>) -> Option<Vec<u8>> {
    if model.context.policy.embedded_only {
        // It was reported where it is referred to.
        return None;
    }
    let name = String::from_utf8(uri::percent_decoded(file)).ok();
    let bytes = name.and_then(|name| files(&name));
    if bytes.is_none() {
        model.context.add(codes::IO_ERROR, &path.name("uri"), || {
            format!("There is no file {file:?} next to the model.")
        });
    }
    bytes
}

fn load_image(model: &Model<'_>, image: &Image<'_>, files: Files<'_>, path: &Path<'_>) {
    let (info, place) = if let Some(file) = image.file {
        let Some(bytes) = read_file(model, file, files, path) else {
            return;
        };
        (header::read(&bytes), "uri")
    } else if let Some(bytes) = &image.data {
        (header::read(bytes), "uri")
    } else if let Some(bytes) = model.view_bytes(image.view) {
        (header::read(bytes), "bufferView")
    } else {
        return;
    };
    match info {
        Ok(info) => check_picture(model, image, info, path, place),
        Err(HeaderError::Unrecognized) => model.context.add(codes::IMAGE_UNRECOGNIZED_FORMAT, path, || {
            "The image is not in a known format: use PNG, JPEG or WebP.".to_owned()
        }),
        Err(HeaderError::Truncated) => model.context.add(codes::IMAGE_UNEXPECTED_EOS, path, || {
            "The image is cut off: export it again.".to_owned()
        }),
        Err(HeaderError::Invalid(why)) => model.context.add(codes::IMAGE_DATA_INVALID, path, || {
            format!("The image is damaged: {why}.")
        }),
    }
}

fn check_picture(model: &Model<'_>, image: &Image<'_>, info: ImageHeader, path: &Path<'_>, place: &str) {
    let context = model.context;
    let found = info.mime_type;
    if !image::mime_types(&context.declared).contains(&found) {
        context.add(codes::IMAGE_NON_ENABLED_MIME_TYPE, path, || {
            format!("An image of the type {found:?} needs an extension.")
        });
    }
    if let Some(declared) = image.mime_type
        && declared != found
    {
        context.add(codes::IMAGE_MIME_TYPE_INVALID, &path.name(place), || {
            format!("The image is declared as {declared:?}, but it is {found:?}.")
        });
    }
    if !info.width.is_power_of_two() || !info.height.is_power_of_two() {
        context.add(codes::IMAGE_NPOT_DIMENSIONS, path, || {
            format!(
                "The size {} x {} is not a power of two on both sides.",
                info.width, info.height
            )
        });
    }
    if info.is_unusual {
        context.add(codes::IMAGE_FEATURES_UNSUPPORTED, path, || {
            "The image has a color space, a pixel shape or an animation that viewers ignore.".to_owned()
        });
    }
    if u64::from(info.width) * u64::from(info.height) > context.policy.max_pixels {
        context.add(codes::IMAGE_TOO_LARGE, path, || {
            format!("An image of {} x {} pixels is too large.", info.width, info.height)
        });
    }
    // Only this sets it, once for each picture.
    let _ = image.info.set(info);
}
