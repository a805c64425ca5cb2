//! A set as a ZIP: its files, the terms, the certificate, and a manifest. The same purchase has the same bytes.

use axum::body::Body;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use std::collections::HashSet;
use std::io;
use std::ops::Range;
use uuid::Uuid;

use super::queries::{self, Entitlement, File, Files};
use super::zip::{Entry, Layout, Piece};
use super::{certificates, crcs};
use crate::app::SharedApp;
use crate::downloads::part;
use crate::error::{ApiError, ApiResult};
use crate::objects::member_key;
use crate::pinned;

/// Files of a set: as many as a pack can have.
const MAX_FILES: i64 = 2_000;

/// Bytes of a member.
#[derive(Clone)]
enum Source {
    Text(Bytes),
    File([u8; 32]),
}

/// Answers a request for a set of an entitlement.
pub async fn answer(
    app: &SharedApp,
    right: &Entitlement,
    set: Uuid,
    method: &Method,
    asked: &HeaderMap,
) -> ApiResult<Response> {
    let layout = layout(app, right, set).await?;
    let etag = format!("\"{}\"", hex::encode(layout.sha256));
    let (mut response, range) = part::begin(asked, method, &etag, layout.size_bytes)?;
    if let Some(range) = range {
        *response.body_mut() = body(app, &layout, &range);
    }
    Ok(response)
}

async fn layout(app: &SharedApp, right: &Entitlement, set: Uuid) -> ApiResult<Layout<Source>> {
    let wanted = Files {
        set: Some(set),
        ..Files::default()
    };
    let mut files = queries::files(&app.db, right.id, wanted, MAX_FILES).await?;
    if files.is_empty() {
        return Err(ApiError::NotFound("set of this purchase"));
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let mut entries = texts(app, right, set, &files).await?;
    let crcs = crcs::of_files(app, &files).await?;
    let mut names = HashSet::new();
    for file in &files {
        let plain = name_in_zip(&file.path);
        let name = if names.insert(plain.to_owned()) {
            plain.to_owned()
        } else {
            file.path.clone()
        };
        entries.push(Entry {
            name: format!("files/{name}"),
            size_bytes: u32::try_from(file.size_bytes).map_err(|_| too_large())?,
            crc32: crcs[&file.sha256],
            source: Source::File(file.sha256),
        });
    }
    Layout::new(entries).ok_or_else(too_large)
}

fn too_large() -> ApiError {
    ApiError::conflict(
        "too-large",
        "The set is too large for a ZIP. Download its files one by one.",
    )
}

/// The sanitized copy of compressed SVG is not compressed.
pub fn name_in_zip(path: &str) -> &str {
    path.strip_suffix('z')
        .filter(|path| path.ends_with(".svg"))
        .unwrap_or(path)
}

async fn texts(app: &SharedApp, right: &Entitlement, set: Uuid, files: &[File]) -> ApiResult<Vec<Entry<Source>>> {
    let lines = queries::certified_lines(&app.db, right.order_id, None).await?;
    let line = lines
        .iter()
        .find(|line| line.product_id == right.product_id && line.licence == right.licence);
    let line = line.ok_or(ApiError::NotFound("purchase"))?;
    let certificate = certificates::for_order(app, right.order_id).await?;
    let certificate = certificate.ok_or(ApiError::NotFound("purchase"))?;
    let (slug, family) = queries::set_names(&app.db, set)
        .await?
        .ok_or(ApiError::NotFound("set"))?;
    let names = files
        .iter()
        .map(|file| json!({ "path": file.path, "sha256": hex::encode(file.sha256) }));
    let manifest = json!({
        "order": right.order_id, "set": slug, "set_id": set, "family": family, "contributor": right.contributor,
        "licence": right.licence, "terms_version": right.terms_version, "files": names.collect::<Vec<_>>(),
    });
    let entry = |(name, text): (&str, String)| {
        let bytes = Bytes::from(text);
        Ok(Entry {
            name: name.to_owned(),
            size_bytes: u32::try_from(bytes.len()).map_err(|_| too_large())?,
            crc32: crc32fast::hash(&bytes),
            source: Source::Text(bytes),
        })
    };
    let terms = format!(
        "{} ({}), version {}\n\n{}\n",
        line.title, line.licence, line.terms_version, line.terms
    );
    let texts = [
        ("LICENCE.txt", terms),
        ("CERTIFICATE.txt", certificate.text),
        ("CERTIFICATE.txt.minisig", certificate.minisig),
        ("manifest.json", format!("{manifest:#}\n")),
    ];
    texts.into_iter().map(entry).collect()
}

/// The bytes of a part. Those of a file leave only after all of them were compared with its hash.
fn body(app: &SharedApp, layout: &Layout<Source>, part: &Range<u64>) -> Body {
    let pieces = layout.pieces(part).into_iter().map(|(piece, range)| match piece {
        Piece::Bytes(bytes) => (Source::Text(Bytes::copy_from_slice(bytes)), range),
        Piece::Member(source) => (source.clone(), range),
    });
    let (pieces, app): (Vec<_>, _) = (pieces.collect(), app.clone());
    let parts = stream::iter(pieces).then(move |(source, range)| {
        let app = app.clone();
        async move {
            match source {
                Source::Text(bytes) => {
                    let cut = bytes.slice(range.start as usize..range.end as usize);
                    Ok(stream::once(std::future::ready(Ok(cut))).boxed())
                }
                Source::File(sha256) => {
                    let (file, _) = app.store.open_content(&member_key(sha256)).await?;
                    let sealed = pinned::seal(&app.store, &file, sha256, "a published file").await;
                    sealed.map_err(io::Error::other)?;
                    Ok::<_, io::Error>(app.store.stream(file, range).boxed())
                }
            }
        }
    });
    Body::from_stream(parts.try_flatten())
}
