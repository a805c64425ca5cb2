//! An image of a bought file, drawn in the jail when it is asked for.

use axum::body::Body;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use std::io::{Seek as _, Write as _};

use anyhow::Context as _;
use nix::sys::memfd::{MFdFlags, memfd_create};
use tradepost_render::presets::Format;
use tradepost_store::sha256;

use super::queries::File;
use super::variant::preset;
use crate::app::App;
use crate::downloads::part;
use crate::error::{ApiError, ApiResult};
use crate::objects::member_key;
use crate::pinned;

/// Answers a request for an image of a file. The same file, format and width have the same bytes.
pub async fn answer(
    app: &App,
    file: &File,
    (format, width_px): (Format, u32),
    method: &Method,
    asked: &HeaderMap,
) -> ApiResult<Response> {
    let bytes = app
        .store
        .read_content(&member_key(file.sha256))
        .await
        .context("reading a published file")?;
    pinned::check(&bytes, &file.sha256, "a published file").map_err(anyhow::Error::new)?;
    let mut input =
        std::fs::File::from(memfd_create(c"item", MFdFlags::MFD_CLOEXEC).context("making a file in memory")?);
    input
        .write_all(&bytes)
        .and_then(|()| input.rewind())
        .context("handing the file to the jail")?;
    let path = super::archive::name_in_zip(&file.path);
    let drawn = app
        .jail
        .render(input, &file.sha256, path, &[preset(format, width_px)])
        .await;
    let drawn = match drawn {
        Ok(drawn) => drawn.renditions.into_iter().next(),
        Err(error) if error.is_busy() => return Err(ApiError::Unavailable("Too many images are drawn now.")),
        Err(error) if error.is_about_the_file() => None,
        Err(error) => return Err(anyhow::Error::new(error).context("drawing a bought file").into()),
    };
    let image = drawn.ok_or_else(|| ApiError::conflict("no-image", "The file can not be drawn in this size."))?;
    let etag = format!("\"{}\"", hex::encode(sha256(&image.bytes)));
    let (mut response, range) = part::begin(asked, method, &etag, image.bytes.len() as u64)?;
    if let Some(range) = range {
        *response.body_mut() = Body::from(image.bytes.slice(range.start as usize..range.end as usize));
    }
    Ok(response)
}
